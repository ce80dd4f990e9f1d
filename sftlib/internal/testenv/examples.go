package testenv

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// Examples checks that every exported type of the package in the working directory has a runnable example: a function ExampleT,
// ExampleT_Method or ExampleT_suffix in its tests that says what it prints.
func Examples(t *testing.T) {
	t.Helper()
	var types []string
	shown := map[string]bool{}
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		test := strings.HasSuffix(name, "_test.go")
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.GenDecl:
				for _, s := range d.Specs {
					if s, ok := s.(*ast.TypeSpec); ok && !test && s.Name.IsExported() {
						types = append(types, s.Name.Name)
					}
				}
			case *ast.FuncDecl:
				if name, ok := strings.CutPrefix(d.Name.Name, "Example"); ok && test && d.Recv == nil && prints(file, d) {
					name, _, _ = strings.Cut(name, "_")
					shown[name] = true
				}
			}
		}
	}
	if len(types) == 0 {
		t.Fatal("no exported type was found")
	}
	for _, name := range types {
		if !shown[name] {
			t.Errorf("the type %s has no example that runs (func Example%[1]s with an Output comment)", name)
		}
	}
}

// prints says whether an example has an Output comment, without which it is compiled but not run.
func prints(file *ast.File, d *ast.FuncDecl) bool {
	for _, c := range file.Comments {
		text := strings.ToLower(c.Text())
		if c.Pos() > d.Body.Pos() && c.End() < d.Body.End() && (strings.HasPrefix(text, "output:") || strings.HasPrefix(text, "unordered output:")) {
			return true
		}
	}
	return false
}
