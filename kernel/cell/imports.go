package cell

import (
	"go/ast"
	"go/types"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/tools/go/ast/astutil"
)

// imported loads what the cell imports and puts it into the session to be.
func (d *draft) imported() error {
	var errs Errors
	for _, spec := range d.cell.imports {
		_, off := d.p.files.offset(spec.Path.Pos())
		at := d.src.pos(off)
		path, err := strconv.Unquote(spec.Path.Value)
		if err != nil || path == "" {
			errs = append(errs, Error{Pos: at, Msg: "invalid import path " + spec.Path.Value})
			continue
		}
		name := ""
		if spec.Name != nil {
			name = spec.Name.Name
		}
		if path == "C" {
			d.imports = append(d.imports, binding{"C", "C"})
			d.next.imports["C"] = "C"
			continue
		}
		pkg, err := importer{d.p.pkgs}.Import(path)
		if err != nil {
			errs = append(errs, Error{Pos: at, Msg: "cannot import " + strconv.Quote(path) + ": " + err.Error()})
			continue
		}
		switch name {
		case "_":
			d.blank = append(d.blank, path)
			d.next.blank[path] = true
			continue
		case ".":
			d.dots = append(d.dots, path)
			d.next.addDot(path)
			continue
		case "":
			name = pkg.Name()
		}
		if pkg.Name() == "main" {
			errs = append(errs, Error{Pos: at, Msg: "cannot import " + strconv.Quote(path) + ": it is a program, not a package"})
			continue
		}
		if i := slices.IndexFunc(d.imports, func(b binding) bool { return b.name == name && b.path != path }); i >= 0 {
			errs = append(errs, Error{Pos: at, Msg: name + " redeclared in this cell: it is imported from " + strconv.Quote(d.imports[i].path) + " too", Hint: "give one of them another name"})
			continue
		}
		d.imports = append(d.imports, binding{name, path})
		d.next.imports[name] = path
		if d.next.units[name] != nil {
			delete(d.next.units, name)
			d.changed[name] = true
		}
	}
	if len(errs) > 0 {
		return errs
	}
	return nil
}

// declaredHere is every name that the cell itself declares at its top, with or without those of its statements.
func (d *draft) declaredHere(statements bool) map[string]bool {
	names := map[string]bool{}
	if statements {
		for id := range d.st.define {
			names[id.Name] = true
		}
	}
	for _, decl := range d.cell.decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv == nil {
				names[decl.Name.Name] = true
			}
		case *ast.GenDecl:
			for _, s := range decl.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, id := range s.Names {
						names[id.Name] = true
					}
				}
			}
		}
	}
	return names
}

// guess adds imports for packages that the cell uses by name: foo.Bar where nothing is called foo.
func (d *draft) guess() {
	free := map[*ast.Ident]bool{}
	for _, id := range d.cell.free {
		free[id] = true
	}
	here := d.declaredHere(true)
	uses := map[string]map[string]bool{}
	look := func(n ast.Node) {
		ast.Inspect(n, func(n ast.Node) bool {
			sel, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			id, ok := sel.X.(*ast.Ident)
			if !ok || !free[id] || here[id.Name] || !sel.Sel.IsExported() || d.known(id.Name) && !d.notOf(id.Name, sel.Sel.Name) {
				return true
			}
			if uses[id.Name] == nil {
				uses[id.Name] = map[string]bool{}
			}
			uses[id.Name][sel.Sel.Name] = true
			return true
		})
	}
	for _, decl := range d.cell.decls {
		look(decl)
	}
	here = d.declaredHere(false) // big := big.NewInt(1): the parser knows which is which
	look(d.cell.run.Body)
	names := map[string]bool{}
	for n := range uses {
		names[n] = true
	}
	for _, name := range sortedKeys(names) {
		path, ok := d.p.pkgs.Guess(name, sortedKeys(uses[name]))
		if !ok && d.next.units[name] == nil { // the package may be right and what is used misspelt
			path, ok = d.p.pkgs.Guess(name, nil)
		}
		if !ok {
			continue
		}
		if _, err := (importer{d.p.pkgs}).Import(path); err != nil {
			continue
		}
		d.guessed = append(d.guessed, binding{name, path})
		d.next.imports[name] = path
		if d.next.units[name] != nil {
			delete(d.next.units, name)
			d.changed[name] = true
		}
	}
}

// notOf reports whether a name is a variable of the session that has no such field or method: a cell with
// big := big.NewInt(1) that is run again means the package again.
func (d *draft) notOf(name, sel string) bool {
	u := d.next.units[name]
	if u == nil || u.kind != varUnit || u.typ == nil {
		return false
	}
	obj, _, _ := types.LookupFieldOrMethod(u.typ, true, nil, sel)
	return obj == nil
}

// known reports whether a name means something before this cell declares anything.
func (d *draft) known(name string) bool {
	if d.next.units[name] != nil || d.next.imports[name] != "" || name == "ctx" || types.Universe.Lookup(name) != nil {
		return true
	}
	return d.dotted(name) != ""
}

// dotted returns the path of the dot import that a name comes from.
func (d *draft) dotted(name string) string {
	if !ast.IsExported(name) {
		return ""
	}
	for _, path := range d.next.dots {
		pkg, err := importer{d.p.pkgs}.Import(path)
		if err == nil && pkg.Scope().Lookup(name) != nil {
			return path
		}
	}
	return ""
}

// undot writes the package in front of names from dot imports, so that nothing later can change what they mean.
func (d *draft) undot() {
	if len(d.next.dots) > 0 {
		here := d.declaredHere(true)
		free := map[*ast.Ident]string{}
		mark := func(ids []*ast.Ident, here map[string]bool) {
			for _, id := range ids {
				if !d.declared(here, id.Name) {
					if path := d.dotted(id.Name); path != "" {
						free[id] = path
					}
				}
			}
		}
		mark(d.cell.free, here)
		mark(d.cell.runFree, d.declaredHere(false))
		put := func(n ast.Node) {
			ast.Inspect(n, func(n ast.Node) bool { // the parser leaves keys alone, which may be fields
				if kv, ok := n.(*ast.KeyValueExpr); ok {
					if id, ok := kv.Key.(*ast.Ident); ok && id.Obj == nil && !d.declared(here, id.Name) && !fieldKey(kv, d) {
						free[id] = d.dotted(id.Name)
					}
				}
				return true
			})
			astutil.Apply(n, func(c *astutil.Cursor) bool {
				if id, ok := c.Node().(*ast.Ident); ok && free[id] != "" {
					c.Replace(&ast.SelectorExpr{X: &ast.Ident{NamePos: id.NamePos, Name: aliasOf(free[id]) + dotMark}, Sel: id})
					return false
				}
				return true
			}, nil)
		}
		for _, decl := range d.cell.decls {
			put(decl)
		}
		put(d.cell.run.Body)
	}
	d.runImports = d.bindings(mentioned(d.cell.run.Body), d.declaredHere(false)) // big := big.NewInt(1) means the package
}

// declared reports whether the cell or the session declares a name itself.
func (d *draft) declared(here map[string]bool, name string) bool {
	return here[name] || d.next.units[name] != nil || d.next.imports[name] != ""
}

// fieldKey guesses whether the key of a composite literal is a field's name: constants of a dot-imported package may be
// keys of maps and arrays, types and functions are not.
func fieldKey(kv *ast.KeyValueExpr, d *draft) bool {
	id := kv.Key.(*ast.Ident)
	path := d.dotted(id.Name)
	if path == "" {
		return true
	}
	pkg, err := importer{d.p.pkgs}.Import(path)
	if err != nil {
		return true
	}
	switch pkg.Scope().Lookup(id.Name).(type) {
	case *types.Const, *types.Var:
		return false
	}
	return true
}

func mentioned(n ast.Node) map[string]bool {
	names := map[string]bool{}
	mention(names, n)
	return names
}

// bindings returns the imports that names stand for. What the cell itself declares, in here, is no import, whatever an earlier
// cell imported under that name.
func (d *draft) bindings(names, here map[string]bool) []binding {
	var out []binding
	for _, b := range d.imports {
		delete(here, b.name)
	}
	for _, n := range sortedKeys(names) {
		if here[n] {
			continue
		}
		if strings.HasSuffix(n, dotMark) {
			for _, path := range d.next.dots {
				if aliasOf(path)+dotMark == n {
					out = append(out, binding{n, path})
				}
			}
		} else if path := d.next.imports[n]; path != "" {
			out = append(out, binding{n, path})
		}
	}
	return out
}

// bind gives a new part the imports that it mentions.
func (d *draft) bind(p *part) {
	p.imports = d.bindings(p.names, d.declaredHere(true))
	for _, b := range p.imports {
		if b.path == "C" {
			p.cgo = d.cell.cgo
		}
	}
}
