package cell

import (
	"regexp"
	"sort"
	"strings"
	"unicode/utf8"
)

// mark is a letter to Go that nobody types. A symbol's name is the user's name, mark and a number; generated names end in it.
const mark = "ꞏ"

var markers = regexp.MustCompile(mark + `\d*`)

// Unmark drops the version markers from text: "sampleꞏ2" is "sample" to the user.
func Unmark(text string) string {
	if !strings.Contains(text, mark) {
		return text
	}
	return markers.ReplaceAllString(text, "")
}

// source is the text of one cell.
type source struct {
	cell  int
	text  string
	lines []int // where each line starts
}

func newSource(cell int, text string) *source {
	s := &source{cell: cell, text: text, lines: []int{0}}
	for i := 0; i < len(text); i++ {
		if text[i] == '\n' {
			s.lines = append(s.lines, i+1)
		}
	}
	return s
}

// pos returns where the byte at offset is.
func (s *source) pos(offset int) Pos {
	offset = max(0, min(offset, len(s.text)))
	line := sort.SearchInts(s.lines, offset+1)
	start := s.lines[line-1]
	return Pos{s.cell, line, 1 + utf8.RuneCountInString(s.text[start:offset])}
}

// byteCol returns the column of an offset in bytes, as //line directives count.
func (s *source) byteCol(offset int) (line, col int) {
	line = sort.SearchInts(s.lines, offset+1)
	return line, offset - s.lines[line-1] + 1
}

// valid reports text that no Go file may hold.
func (s *source) valid() error {
	for i := 0; i < len(s.text); {
		r, size := utf8.DecodeRuneInString(s.text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			return Errors{{s.pos(i), "the cell is not valid UTF-8: byte " + hex(s.text[i]), "write it as \\x" + hex(s.text[i])[2:] + " in a string, or save the text as UTF-8"}}
		case r == 0:
			return Errors{{s.pos(i), "the cell holds a NUL byte", `write it as \x00 in a string`}}
		case r == 0xFEFF && i > 0:
			return Errors{{s.pos(i), "the cell holds a byte order mark in its middle", `write it as \uFEFF in a string`}}
		}
		if s.text[i:i+size] == thisCell || s.text[i:i+size] == thisEntry {
			return one(s.pos(i), "the cell holds the character %U, which GoSFT keeps for itself", r)
		}
		i += size
	}
	return nil
}

func hex(b byte) string {
	const digits = "0123456789abcdef"
	return "0x" + string([]byte{digits[b>>4], digits[b&15]})
}
