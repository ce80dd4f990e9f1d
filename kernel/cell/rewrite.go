package cell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"sort"
	"strings"
)

const (
	livePath = "gosft/kernel/live"
	dotMark  = mark + "dot" // ends the made-up package name in front of a dot-imported name

	// Letters that no cell may hold stand for the number of the cell being planned, and for its entry, until the very end.
	thisCell  = "\U0010FFF1"
	thisEntry = "\U0010FFF2"
)

// rewriter turns checked syntax into generated text: names of the session become symbols, packages their aliases, and what
// loops or blocks can be interrupted.
type rewriter struct {
	c      *checked
	src    *source
	cell   int                          // the cell being planned
	symbol func(*unit, string) string   // nil while uses are collected
	local  func(*types.TypeName) string // a name for a type declared inside a function

	top map[types.Object]*topVar // variables that the cell's statements declare; nil in a declaration
	run bool                     // in the cell's statements

	e     edits
	imps  map[string]bool // paths that the text needs
	names map[string]bool // of imports that the text uses
	uses  map[use]bool
	depth int // of function literals, inside the statements
	skip  map[ast.Node]bool
	more  func(ast.Node) bool // looks at a node first; true when it has dealt with it
	wrong []token.Pos         // where a function changes ctx
	ring  *identity           // of the unit that is being written; nil in the cell's statements
}

func newRewriter(c *checked, src *source, cell int) *rewriter {
	return &rewriter{c: c, src: src, cell: cell, imps: map[string]bool{}, names: map[string]bool{}, uses: map[use]bool{}, skip: map[ast.Node]bool{}}
}

// at returns the offset of a position in the cell's text.
func (r *rewriter) at(p token.Pos) int {
	_, off := r.c.files.offset(p)
	return off
}

// pkg returns the alias of an import and notes that it is needed.
func (r *rewriter) pkg(path string) string {
	r.imps[path] = true
	return aliasOf(path)
}

func (r *rewriter) live(name string) string { return r.pkg(livePath) + "." + name }

// cellNumber is the number of the cell that this text stands in, as generated code writes it.
func (r *rewriter) cellNumber() string { return cellNumber(r.src.cell, r.cell) }

func cellNumber(of, planned int) string {
	if of == planned {
		return thisCell
	}
	return fmt.Sprint(of)
}

// sub returns the generated text of one node, for where its place changes.
func (r *rewriter) sub(n ast.Node) string {
	inner := *r
	inner.e, inner.more = edits{}, nil
	inner.walk(n)
	return inner.e.apply(r.src.text, r.at(n.Pos()), r.at(n.End()))
}

// walk collects the edits for n.
func (r *rewriter) walk(n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		if n == nil {
			return false
		}
		if r.skip[n] {
			return true
		}
		if r.more != nil && r.more(n) {
			return false
		}
		switch n := n.(type) {
		case *ast.Ident:
			r.ident(n)
			return false
		case *ast.LabeledStmt:
			r.walk(n.Stmt)
			return false
		case *ast.BranchStmt:
			return false
		case *ast.FuncLit:
			r.depth++
			r.walk(n.Type)
			r.function(n.Body)
			r.walk(n.Body)
			r.depth--
			return false
		case *ast.FuncDecl:
			if n.Body != nil {
				r.function(n.Body)
			}
			return true
		}
		return r.instrument(n)
	})
}

// ident puts a symbol in the place of a name of the session.
func (r *rewriter) ident(id *ast.Ident) {
	obj := r.c.info.Uses[id]
	if obj == nil {
		obj = r.c.info.Defs[id]
	}
	start := r.at(id.Pos())
	if u := r.c.gone[id]; u != nil && r.symbol != nil {
		r.e.replace(start, start+len(id.Name), r.symbol(u, id.Name))
	}
	if obj == nil {
		return
	}
	put := func(text string) {
		if text != id.Name {
			r.e.replace(start, start+len(id.Name), text)
		}
	}
	switch o := obj.(type) {
	case *types.PkgName:
		path := o.Imported().Path()
		r.names[id.Name] = true
		if path == "C" || id.Name == "C" && path == "" {
			r.imps["C"] = true
			return
		}
		if strings.HasSuffix(id.Name, dotMark) {
			r.e.open(start, r.pkg(path)+".")
			return
		}
		put(r.pkg(path))
		return
	case *types.Var:
		if v := r.top[o]; v != nil {
			if r.depth > 0 {
				v.pinned = true
			}
			put(v.symbol)
			return
		}
		if o.IsField() && o.Embedded() {
			if tn := typeName(o.Type()); tn != nil {
				if u := r.c.unitOf(tn); u != nil {
					r.use(u, tn.Name())
					if r.symbol != nil {
						put(r.symbol(u, tn.Name()))
					}
				}
			}
			return
		}
	case *types.TypeName:
		if o.Pkg() == r.c.pkg && o.Parent() != r.c.pkg.Scope() {
			if _, param := o.Type().(*types.TypeParam); !param && r.local != nil {
				put(r.local(o))
			}
			return
		}
	}
	u := r.c.unitOf(obj)
	if u == nil {
		return
	}
	if u.predecl {
		if r.run {
			r.use(u, obj.Name())
			put("ctx")
		} else {
			put(r.live("Context()"))
		}
		return
	}
	r.use(u, obj.Name())
	if u.kind == varUnit && (!r.run || r.depth > 0) {
		u.pinned = true
	}
	if r.symbol != nil {
		put(r.symbol(u, obj.Name()))
	}
}

func (r *rewriter) use(u *unit, name string) { r.uses[use{name, u}] = true }

// typeName returns the name of a named type or alias, or of the one that a pointer points to.
func typeName(t types.Type) *types.TypeName {
	if p, ok := t.(*types.Pointer); ok {
		t = p.Elem()
	}
	switch t := t.(type) {
	case *types.Named:
		return t.Obj()
	case *types.Alias:
		return t.Obj()
	}
	return nil
}

func (r *rewriter) sortedUses() []use {
	out := make([]use, 0, len(r.uses))
	for u := range r.uses {
		out = append(out, u)
	}
	sort.Slice(out, func(i, j int) bool { return out[i].name < out[j].name })
	return out
}

func sortedKeys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

// usesOf returns what a part refers to: names of the session, names of imports, and import paths. A path is what the
// package says: one that was edited and loaded again has another.
func (c *checked) usesOf(p *part, cell int) (uses []use, names map[string]bool, paths []string) {
	r := newRewriter(c, p.src, cell)
	r.walk(p.node)
	c.wrong = append(c.wrong, r.wrong...)
	return r.sortedUses(), r.names, sortedKeys(r.imps)
}

// render makes the generated text of a part. rename, when not "", is put in the place of a function's name.
func (c *checked) render(p *part, ring *identity, cell int, symbol func(*unit, string) string, local func(*types.TypeName) string, rename string) (text string, imports []string) {
	r := newRewriter(c, p.src, cell)
	r.symbol, r.local, r.ring = symbol, local, ring
	if fd, ok := p.node.(*ast.FuncDecl); ok && rename != "" {
		at := r.at(fd.Name.Pos())
		r.e.drop(at, at+len(fd.Name.Name), rename)
		r.skip[fd.Name] = true
	}
	r.walk(p.node)
	line, col := p.src.byteCol(p.start)
	text = fmt.Sprintf("//line In[%s]:%d:%d\n%s%s\n", r.cellNumber(), line, col, p.prefix, r.e.apply(p.src.text, p.start, p.end))
	return text, sortedKeys(r.imps)
}
