package assist

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"strconv"
	"strings"
)

// Preloaded lists the packages that the worker's library holds, which cells import most: those that package preload in the
// sources of this module imports. It is empty where the sources are not found.
func Preloaded(tree string) []string {
	files, err := filepath.Glob(filepath.Join(tree, "kernel", "preload", "*.go"))
	if err != nil {
		return nil
	}
	var list []string
	for _, name := range files {
		f, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			continue
		}
		for _, s := range f.Imports {
			if p, err := strconv.Unquote(s.Path.Value); err == nil && !strings.HasPrefix(p, "gosft/kernel/live") {
				list = append(list, p)
			}
		}
	}
	return list
}
