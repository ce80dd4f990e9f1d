package show

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// Width returns the number of terminal columns that s takes: 2 for East Asian wide and full-width characters and for
// emoji, 0 for combining marks and format characters, else 1.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	switch {
	case r < 0x20 || r == 0x7f:
		return 0
	case r < 0x7f:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// pad fills s with spaces to n columns on the right (or on the left, or on both sides).
func pad(s string, n int, a Align) string {
	space := n - Width(s)
	if space <= 0 {
		return s
	}
	switch a {
	case Right:
		return strings.Repeat(" ", space) + s
	case Center:
		return strings.Repeat(" ", space/2) + s + strings.Repeat(" ", space-space/2)
	}
	return s + strings.Repeat(" ", space)
}

// clip cuts s to at most n columns; what was cut is marked by an ellipsis, which counts.
func clip(s string, n int) string {
	if Width(s) <= n {
		return s
	}
	used := 0
	for i, r := range s {
		w := runeWidth(r)
		if used+w > n-1 {
			return s[:i] + "…"
		}
		used += w
	}
	return s
}

// oneLine makes control characters visible, so that a text cannot break the line of a table.
func oneLine(s string) string {
	if strings.IndexFunc(s, unicode.IsControl) < 0 {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			b.WriteString("⏎")
		case r == '\t':
			b.WriteString("⇥")
		case r == '\r':
		case unicode.IsControl(r):
			b.WriteString("�")
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}
