package sftlib

import (
	"fmt"
	"html"
	"runtime"

	"gosft/sftlib/backend"
)

// Version is the version of GoSFT, GoMLXVersion the one of GoMLX in go.mod.
const (
	Version      = "0.1.0"
	GoMLXVersion = "v0.28.2"
)

// Line is a line of text that a notebook shows in small grey letters.
type Line string

// MimeBundle gives the line as HTML and as plain text.
func (l Line) MimeBundle() map[string]any {
	return map[string]any{
		"text/plain": string(l),
		"text/html":  `<div style="opacity:.75;font-size:90%">` + html.EscapeString(string(l)) + `</div>`,
	}
}

// Status says in one line the versions, the machine and the backend that models use. When no backend can be opened the
// line says why instead.
func Status() Line {
	computes := ""
	if b, err := backend.Default(); err != nil {
		computes = "no backend: " + err.Error()
	} else {
		computes = b.String()
	}
	return Line(fmt.Sprintf("GoSFT %s · %s · GoMLX %s · %s/%s, %d cores · %s",
		Version, runtime.Version(), GoMLXVersion, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), computes))
}
