package assist

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"gosft/kernel/session"
)

// members completes name.prefix from the sources of the package that name stands for, for the moment before gopls has
// started: the standard library's, and this module's own where tree is its folder. It does not look at build constraints
// beyond file names.
func (a *Assist) members(code string, at int) (c session.Completion, ok bool) {
	word := wordStart(code, at)
	if !strings.HasSuffix(code[:word], ".") {
		return c, false
	}
	from := wordStart(code, word-1)
	name, prefix := code[from:word-1], code[word:at]
	if name == "" || strings.HasSuffix(code[:from], ".") {
		return c, false
	}
	dir := a.packageDir(a.importPath(name, code))
	if dir == "" {
		return c, false
	}
	c.Start, c.End = runeOffset(code, word), runeOffset(code, at)
	for _, m := range exported(dir) {
		if strings.HasPrefix(strings.ToLower(m.Text), strings.ToLower(prefix)) {
			m.Start, m.End = c.Start, c.End
			c.Matches = append(c.Matches, m.Text)
			c.Items = append(c.Items, m)
		}
	}
	return c, true
}

// importPath is what a package's name stands for in a cell, "" when it is no package.
func (a *Assist) importPath(name, code string) string {
	d := readDeclarations(a.cfg.Declarations())
	if d.declares(name) {
		return ""
	}
	for _, spec := range missing(blank(code), d, a.cfg.Guess) {
		i := strings.IndexByte(spec, '"')
		p, err := strconv.Unquote(spec[i:])
		if err == nil && (strings.TrimSpace(spec[:i]) == name || i == 0 && packageName(p) == name) {
			return p
		}
	}
	doc := makeDocument(code, nil, func(define) int { return -1 })
	f, _ := parser.ParseFile(token.NewFileSet(), "", doc.text, parser.ImportsOnly)
	if f != nil {
		for _, s := range f.Imports {
			if importName(s) == name {
				p, _ := strconv.Unquote(s.Path.Value)
				return p
			}
		}
	}
	return ""
}

// packageDir is the folder of a package's sources, "" where it is not known without asking the go command.
func (a *Assist) packageDir(path string) string {
	if path == "" {
		return ""
	}
	if rest, ok := strings.CutPrefix(path, "gosft/"); ok && a.cfg.Dir != "" {
		return filepath.Join(a.cfg.Dir, filepath.FromSlash(rest))
	}
	if name := packageName(path); std()[name] == path {
		return filepath.Join(goroot(), "src", filepath.FromSlash(path))
	}
	return ""
}

var goroot = sync.OnceValue(runtimeRoot)

var exportedOf sync.Map // folder -> []session.CompletionItem

// exported lists the exported names of the package in a folder.
func exported(dir string) []session.CompletionItem {
	if list, ok := exportedOf.Load(dir); ok {
		return list.([]session.CompletionItem)
	}
	var list []session.CompletionItem
	seen := map[string]bool{}
	add := func(id *ast.Ident, kind string) {
		if id.IsExported() && !seen[id.Name] {
			seen[id.Name] = true
			list = append(list, session.CompletionItem{Text: id.Name, Type: kind})
		}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		return nil
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		f, _ := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if f == nil || f.Name.Name == "main" {
			continue
		}
		for _, decl := range f.Decls {
			switch d := decl.(type) {
			case *ast.FuncDecl:
				if d.Recv == nil {
					add(d.Name, "function")
				}
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch s := spec.(type) {
					case *ast.TypeSpec:
						add(s.Name, "type")
					case *ast.ValueSpec:
						kind := "variable"
						if d.Tok == token.CONST {
							kind = "constant"
						}
						for _, id := range s.Names {
							add(id, kind)
						}
					}
				}
			}
		}
	}
	slices.SortFunc(list, func(x, y session.CompletionItem) int { return strings.Compare(x.Text, y.Text) })
	exportedOf.Store(dir, list)
	return list
}
