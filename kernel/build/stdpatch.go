package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A stdFile is a file of the standard library that the packages of a worker are compiled with an edited copy of. Where a Go
// release has changed one of the places the file stays as it is.
type stdFile struct {
	name  string      // below GOROOT/src
	lost  string      // what goes without the edits
	edits [][2]string // old and new text
}

var stdEdits = []stdFile{
	// For every plugin that is opened the runtime puts the types of all modules into a table, in order to find those that the
	// plugin has again. With everything preloaded that are some 50 ms a cell. Kept, the table takes each module's types once:
	// 6 ms are left.
	{"runtime/type.go", "cells take longer to load", [][2]string{
		{"typehash := make(map[uint32][]*_type, len(firstmoduledata.typelinks))", `if typelinksKept == nil {
		typelinksKept = make(map[uint32][]*_type, len(firstmoduledata.typelinks))
		typelinksDone = make(map[*moduledata]bool)
	}
	typehash := typelinksKept`},
		{"for _, tl := range prev.typelinks {", "for _, tl := range typelinksOnce(prev) {"},
		{"func typelinksinit() {", `func typelinksOnce(md *moduledata) []int32 {
	if typelinksDone[md] {
		return nil
	}
	typelinksDone[md] = true
	return md.typelinks
}

var (
	typelinksKept map[uint32][]*_type
	typelinksDone map[*moduledata]bool
)

func typelinksinit() {`}}},
	// kernel/live is asked before each write to stdout or stderr, so that the order between the two is kept and the output of
	// a goroutine comes under the cell that started it.
	{"syscall/syscall_unix.go", "the order between stdout and stderr is not kept", [][2]string{
		{"\t} else {\n\t\tn, err = write(fd, p)\n\t}", `	} else if (fd == 1 || fd == 2) && gosftOutput != nil {
		written := gosftOutput(fd)
		n, err = write(fd, p)
		written()
	} else {
		n, err = write(fd, p)
	}`},
		{"func Write(fd int, p []byte) (n int, err error) {", `//go:linkname gosftOutput

var gosftOutput func(fd int) (written func())

func Write(fd int, p []byte) (n int, err error) {`}}},
}

// stdOverlay writes the edited files and the overlay for the go command below home and returns the overlay's path, "" when
// no file could be edited. The folder's name is made of the contents, so that the go command's cache serves the next start.
// The error says which files stay as they are; the overlay has the others.
func stdOverlay(t *Toolchain, home string) (string, error) {
	text := map[string]string{} // by name
	var lost []error
	h := sha256.New()
	for _, f := range stdEdits {
		s, err := f.edited(t)
		if err != nil {
			lost = append(lost, fmt.Errorf("%s: %w", f.lost, err))
			continue
		}
		text[f.name] = s
		fmt.Fprintln(h, t.Root, f.name, s)
	}
	if len(text) == 0 {
		return "", errors.Join(lost...)
	}
	dir := filepath.Join(home, "overlay-"+hex.EncodeToString(h.Sum(nil)[:6]))
	replace := map[string]string{}
	for name, s := range text {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return "", err
		}
		if err := writeWhole(file, []byte(s)); err != nil {
			return "", err
		}
		replace[filepath.Join(t.Root, "src", filepath.FromSlash(name))] = file
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, "overlay.json")
	if err := writeWhole(out, overlay); err != nil {
		return "", err
	}
	return out, errors.Join(lost...)
}

// edited returns the file's text with all its edits.
func (f stdFile) edited(t *Toolchain) (string, error) {
	b, err := os.ReadFile(filepath.Join(t.Root, "src", filepath.FromSlash(f.name)))
	if err != nil {
		return "", err
	}
	text := string(b)
	for _, e := range f.edits {
		if n := strings.Count(text, e[0]); n != 1 {
			return "", fmt.Errorf("%s of %s has another shape: %q stands %d times in it", f.name, t.Version, e[0], n)
		}
		text = strings.Replace(text, e[0], e[1], 1)
	}
	return text, nil
}
