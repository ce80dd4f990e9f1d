package cell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"runtime"
	"strconv"
)

// PackagePath is the one import path under which all cells are compiled.
const PackagePath = "gosft/cell"

// checked is what go/types found out about a set of declarations and, perhaps, a cell's statements.
type checked struct {
	pkg   *types.Package
	info  *types.Info
	errs  []types.Error
	units map[string]*unit // what each name at the top of the package stands for
	files *files
	vars  map[*token.File]*unit // the files that only declare a variable
	wrong []token.Pos           // where a function changes ctx
	gone  map[*ast.Ident]*unit  // names of constants in groups that have been declared again elsewhere
}

// unitOf returns the unit that an object at the top of the package belongs to.
func (c *checked) unitOf(obj types.Object) *unit {
	if obj == nil || obj.Pkg() != c.pkg || obj.Parent() != c.pkg.Scope() {
		return nil
	}
	return c.units[obj.Name()]
}

// unreached stands for a body that is not looked at in this pass.
var unreached = &ast.BlockStmt{List: []ast.Stmt{&ast.ForStmt{Body: &ast.BlockStmt{}}}}

// check type-checks units, extra parts that no name reaches, and a cell's statements as one package. Bodies of functions
// are checked where full says so.
func (f *files) check(pkgs Packages, units []*unit, extra []*part, run *parsed, runImports []binding, means func(string) *unit, full func(*part) bool) *checked {
	c := &checked{units: map[string]*unit{}, files: f, vars: map[*token.File]*unit{}, gone: map[*ast.Ident]*unit{}}
	c.info = &types.Info{
		Types: map[ast.Expr]types.TypeAndValue{}, Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{},
		Implicits: map[ast.Node]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
		Instances: map[*ast.Ident]types.Instance{}, Scopes: map[ast.Node]*types.Scope{},
	}
	var syntax []*ast.File
	part := func(p *part, u *unit) {
		d := p.node
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.CONST && u != nil {
			d = c.hide(g, u)
		}
		if fd, ok := d.(*ast.FuncDecl); ok && fd.Body != nil && !full(p) {
			stub := *fd
			stub.Body = unreached
			d = &stub
		}
		syntax = append(syntax, wrap(d, p.imports))
	}
	for _, u := range units {
		for _, n := range u.names {
			if means(n) == u {
				c.units[n] = u
			}
		}
	}
	for _, u := range units {
		if u.kind == varUnit {
			file, err := parser.ParseFile(f.set, "", packageClause+"var "+u.name()+" "+u.expr.text, 0)
			if err == nil {
				var imps []binding
				for _, path := range u.expr.paths {
					imps = append(imps, binding{aliasOf(path), path})
				}
				c.vars[f.set.File(file.FileStart)] = u
				syntax = append(syntax, wrap(file.Decls[0], imps))
			}
			continue
		}
		for _, p := range u.parts {
			part(p, u)
		}
	}
	for _, p := range extra {
		part(p, nil)
	}
	if run != nil && run.run != nil {
		syntax = append(syntax, wrap(run.run, runImports))
	}
	conf := types.Config{
		GoVersion:                goVersion(),
		Importer:                 importer{pkgs},
		Sizes:                    types.SizesFor("gc", runtime.GOARCH),
		FakeImportC:              true,
		DisableUnusedImportCheck: true,
		Error: func(err error) {
			if e, ok := err.(types.Error); ok {
				c.errs = append(c.errs, e)
			}
		},
	}
	c.pkg = types.NewPackage(PackagePath, "cell")
	types.NewChecker(&conf, f.set, c.pkg, c.info).Files(syntax) // its error is the first that conf.Error saw
	return c
}

// hide returns a group of constants without the names that mean something else by now.
func (c *checked) hide(g *ast.GenDecl, u *unit) ast.Decl {
	if len(u.names) < 2 {
		return g
	}
	out := *g
	out.Specs = nil
	for _, s := range g.Specs {
		v := *s.(*ast.ValueSpec)
		v.Names = append([]*ast.Ident(nil), v.Names...)
		for i, id := range v.Names {
			if id.Name != "_" && c.units[id.Name] != u {
				v.Names[i] = &ast.Ident{NamePos: id.NamePos, Name: "_"}
				c.gone[id] = u
			}
		}
		out.Specs = append(out.Specs, &v)
	}
	return &out
}

// wrap makes a file of one declaration and its imports.
func wrap(d ast.Decl, imports []binding) *ast.File {
	file := &ast.File{Package: d.Pos(), Name: &ast.Ident{NamePos: d.Pos(), Name: "cell"}, FileStart: d.Pos(), FileEnd: d.End()}
	seen := map[string]bool{}
	for _, b := range imports {
		if seen[b.name] {
			continue
		}
		seen[b.name] = true
		spec := &ast.ImportSpec{
			Name: &ast.Ident{NamePos: d.Pos(), Name: b.name},
			Path: &ast.BasicLit{ValuePos: d.Pos(), Kind: token.STRING, Value: strconv.Quote(b.path)},
		}
		if b.path == "C" {
			spec.Name = nil
		}
		file.Imports = append(file.Imports, spec)
		file.Decls = append(file.Decls, &ast.GenDecl{TokPos: d.Pos(), Tok: token.IMPORT, Specs: []ast.Spec{spec}})
	}
	file.Decls = append(file.Decls, d)
	return file
}

// goVersion is the language version of cells: that of the toolchain which built the kernel, without its patch level.
func goVersion() string {
	v := runtime.Version()
	dots := 0
	for i, r := range v {
		if r == '.' {
			if dots++; dots == 2 {
				return v[:i]
			}
		}
		if r == ' ' || r == '-' {
			return v[:i]
		}
	}
	return v
}

type importer struct{ pkgs Packages }

func (i importer) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	return i.pkgs.Import(path)
}
