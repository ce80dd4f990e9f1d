package assist

import (
	"sort"
	"strings"
)

// importSet keeps the import paths of the cell's document the same from one cell to the next: gopls runs go list, half a
// second, whenever a file imports something that it did not import before. A path once imported stays, under the name _.
type importSet struct {
	paths map[string]bool // quoted
}

const maxImports = 400

func newImportSet(preload []string) *importSet {
	s := &importSet{paths: map[string]bool{}}
	for _, p := range preload {
		s.paths[`"`+p+`"`] = true
	}
	return s
}

// specs gives the specs to write for a cell that needs those of need.
func (s *importSet) specs(need []string) []string {
	out := append([]string(nil), need...)
	for _, spec := range need {
		s.add(spec[strings.IndexByte(spec, '"'):])
	}
	for p := range s.paths {
		out = append(out, "_ "+p)
	}
	sort.Strings(out)
	return out
}

// add remembers a quoted path.
func (s *importSet) add(path string) {
	if len(s.paths) < maxImports {
		s.paths[path] = true
	}
}
