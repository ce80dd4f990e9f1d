package assist

import (
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"strings"
)

// memberPage is what the sources of a package say of pkg.Name at an offset of the cell, declaration and comment as
// Markdown, for the moment before gopls has started. It is "" for packages whose sources are not found without asking the
// go command (see packageDir), and for what is no member of a package.
func (a *Assist) memberPage(code string, name nameAt) string {
	src := blank(code)
	word := wordStart(src, name.at+1)
	if name.alone || !strings.HasSuffix(src[:word], ".") {
		return ""
	}
	from := wordStart(src, word-1)
	if from == word-1 || strings.HasSuffix(src[:from], ".") {
		return ""
	}
	pkg := src[from : word-1]
	dir := a.packageDir(a.importPath(pkg, code))
	if dir == "" {
		return ""
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return ""
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		fset := token.NewFileSet()
		f, _ := parser.ParseFile(fset, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if f == nil || f.Name.Name == "main" {
			continue
		}
		if text, doc := memberOf(fset, f, name.text); text != "" {
			return strings.TrimSpace("```go\n" + strings.Replace(text, "func ", "func "+pkg+".", 1) + "\n```\n\n" + doc)
		}
	}
	return ""
}

// memberOf is the declaration of an exported name in a file, a function without its body, and its comment.
func memberOf(fset *token.FileSet, f *ast.File, name string) (text, doc string) {
	show := func(n ast.Node) string {
		var b strings.Builder
		printer.Fprint(&b, fset, n)
		return b.String()
	}
	for _, decl := range f.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil && d.Name.Name == name {
				return show(&ast.FuncDecl{Name: d.Name, Type: d.Type}), d.Doc.Text()
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					if s.Name.Name == name {
						return "type " + show(s), s.Doc.Text() + d.Doc.Text()
					}
				case *ast.ValueSpec:
					for _, id := range s.Names {
						if id.Name == name {
							return d.Tok.String() + " " + show(s), s.Doc.Text() + d.Doc.Text()
						}
					}
				}
			}
		}
	}
	return "", ""
}
