package assist

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// declarations is what a session has declared, as a Go file and by name.
type declarations struct {
	source  string // what the engine gave
	text    string // with a package clause
	file    *ast.File
	fset    *token.FileSet
	imports map[string]string // name -> spec
	spans   []span
}

// span is where a declaration stands in text. Methods are named Type.Method.
type span struct {
	name     string
	from, to int
}

func readDeclarations(source string) *declarations {
	d := &declarations{source: source, text: source, imports: map[string]string{}, fset: token.NewFileSet()}
	// The engine's text may have a package clause of any name, or none; the cell's document is of package cell.
	fset := token.NewFileSet()
	if f, err := parser.ParseFile(fset, "", source, parser.PackageClauseOnly); err != nil {
		d.text = "package cell\n\n" + source
	} else {
		d.text = source[:fset.Position(f.Name.Pos()).Offset] + "cell" + source[fset.Position(f.Name.End()).Offset:]
	}
	d.file, _ = parser.ParseFile(d.fset, "declarations.go", d.text, parser.SkipObjectResolution)
	if d.file == nil {
		return d
	}
	for _, s := range d.file.Imports {
		spec := s.Path.Value
		name := importName(s)
		if s.Name != nil {
			spec = s.Name.Name + " " + spec
		}
		if name != "_" {
			d.imports[name] = spec
		}
	}
	add := func(name string, n ast.Node) {
		d.spans = append(d.spans, span{name, d.fset.Position(n.Pos()).Offset, d.fset.Position(n.End()).Offset})
	}
	for _, decl := range d.file.Decls {
		switch x := decl.(type) {
		case *ast.FuncDecl:
			name := x.Name.Name
			if x.Recv != nil && len(x.Recv.List) > 0 {
				name = typeOf(x.Recv.List[0].Type) + "." + name
			}
			add(name, x)
		case *ast.GenDecl:
			for _, s := range x.Specs {
				var n ast.Node = s
				if !x.Lparen.IsValid() {
					n = x
				}
				switch s := s.(type) {
				case *ast.TypeSpec:
					add(s.Name.Name, n)
				case *ast.ValueSpec:
					for _, id := range s.Names {
						add(id.Name, n)
					}
				}
			}
		}
	}
	return d
}

// importName is the name that an import is used by; for a path without one, the last part that is no version.
func importName(s *ast.ImportSpec) string {
	if s.Name != nil {
		return s.Name.Name
	}
	p, err := strconv.Unquote(s.Path.Value)
	if err != nil {
		return "_"
	}
	return packageName(p)
}

// packageName guesses a package's name from its path: "gopkg.in/yaml.v3" is yaml, "math/rand/v2" is rand, "x/go-foo" is foo.
func packageName(p string) string {
	base := path.Base(p)
	if len(base) > 1 && base[0] == 'v' && strings.Trim(base[1:], "0123456789") == "" {
		base = path.Base(path.Dir(p))
	}
	if i := strings.Index(base, ".v"); i > 0 {
		base = base[:i]
	}
	base = strings.TrimPrefix(base, "go-")
	base = strings.TrimSuffix(base, "-go")
	return base[strings.LastIndexByte(base, '-')+1:]
}

func typeOf(e ast.Expr) string {
	switch x := e.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.StarExpr:
		return typeOf(x.X)
	case *ast.ParenExpr:
		return typeOf(x.X)
	case *ast.IndexExpr:
		return typeOf(x.X)
	case *ast.IndexListExpr:
		return typeOf(x.X)
	}
	return ""
}

// without gives the text with the declarations of names blanked out: the cell declares them anew.
func (d *declarations) without(names map[string]bool) string {
	text := []byte(d.text)
	changed := false
	for _, s := range d.spans {
		if names[s.name] {
			changed = true
			for i := s.from; i < s.to; i++ {
				if text[i] != '\n' {
					text[i] = ' '
				}
			}
		}
	}
	if !changed {
		return d.text
	}
	return string(text)
}

func (d *declarations) declares(name string) bool {
	for _, s := range d.spans {
		if s.name == name {
			return true
		}
	}
	return false
}

// missing gives the import specs that a cell needs: those of the session that it uses, and known packages that nothing
// else of that name stands for.
func missing(src string, d *declarations, guess func(string, []string) (string, bool)) []string {
	toks := scan(src)
	uses, local := map[string][]string{}, map[string]bool{}
	importing := false
	for i, t := range toks {
		switch {
		case t.tok == token.IMPORT:
			importing = true
		case importing && t.tok == token.SEMICOLON && (i == 0 || toks[i-1].tok == token.RPAREN || !insideParen(toks[:i])):
			importing = false
		case importing:
			if t.tok == token.STRING {
				p, _ := strconv.Unquote(t.lit)
				name := packageName(p)
				if i > 0 && toks[i-1].tok == token.IDENT {
					name = toks[i-1].lit
				}
				local[name] = true
			}
		case t.tok == token.IDENT && (i == 0 || toks[i-1].tok != token.PERIOD):
			if i+1 < len(toks) && toks[i+1].tok == token.PERIOD {
				member := ""
				if i+2 < len(toks) && toks[i+2].tok == token.IDENT {
					member = toks[i+2].lit
				}
				uses[t.lit] = append(uses[t.lit], member)
			} else {
				local[t.lit] = true // declared or used as something that is no package
			}
		}
	}
	var specs []string
	for name, members := range uses {
		if local[name] {
			continue
		}
		if spec, ok := d.imports[name]; ok {
			specs = append(specs, spec)
			continue
		}
		if d.declares(name) {
			continue
		}
		var whole []string // the member at the cursor may be half typed
		for _, m := range members {
			if m != "" {
				whole = append(whole, m)
			}
		}
		p, ok := guess(name, whole)
		if !ok && len(whole) > 0 {
			p, ok = guess(name, nil)
		}
		if ok {
			if packageName(p) != name {
				specs = append(specs, name+" "+strconv.Quote(p))
			} else {
				specs = append(specs, strconv.Quote(p))
			}
		}
	}
	for name, spec := range d.imports {
		if name == "." {
			specs = append(specs, spec)
		}
	}
	sort.Strings(specs)
	return specs
}

func insideParen(toks []tok) bool {
	depth := 0
	for _, t := range toks {
		switch t.tok {
		case token.LPAREN:
			depth++
		case token.RPAREN:
			depth--
		}
	}
	return depth > 0
}

// std maps the names of the standard library's packages to their paths; of several (math/rand, crypto/rand) the one that
// goimports prefers: the shorter path, or the one in preferred.
var std = sync.OnceValue(func() map[string]string {
	preferred := map[string]string{"rand": "math/rand", "template": "text/template", "scanner": "text/scanner", "pprof": "runtime/pprof", "cmp": "cmp"}
	list := map[string]string{}
	root := filepath.Join(runtimeRoot(), "src")
	filepath.WalkDir(root, func(p string, e os.DirEntry, err error) error {
		switch base := filepath.Base(p); {
		case err != nil:
			return nil
		case e.IsDir() && (base == "internal" || base == "vendor" || base == "testdata" || base == "builtin" || p == filepath.Join(root, "cmd")):
			return filepath.SkipDir
		case e.IsDir() || !strings.HasSuffix(base, ".go") || strings.HasSuffix(base, "_test.go"):
			return nil
		}
		rel, err := filepath.Rel(root, filepath.Dir(p))
		if err != nil || rel == "." {
			return nil
		}
		rel = filepath.ToSlash(rel)
		name := packageName(rel)
		if old, ok := list[name]; !ok || len(rel) < len(old) {
			list[name] = rel
		}
		return nil
	})
	for name, p := range preferred {
		if list[name] != "" {
			list[name] = p
		}
	}
	return list
})

// runtimeRoot is GOROOT of the go command on the PATH, "" when there is none.
func runtimeRoot() string {
	if r := os.Getenv("GOROOT"); r != "" {
		return r
	}
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func guessStd(name string, _ []string) (string, bool) {
	p, ok := std()[name]
	return p, ok
}
