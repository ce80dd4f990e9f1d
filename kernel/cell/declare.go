package cell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// redeclared is the error for two declarations of a name in one cell.
func (d *draft) redeclared(name string, at token.Pos, old Pos) Errors {
	_, off := d.p.files.offset(at)
	return one(d.src.pos(off), "%s redeclared in this cell (the other declaration is at %v)", name, old)
}

// declare gives the cell's declarations their units and finds what depends on them.
func (d *draft) declare() error {
	list := d.cell.newParts(d.p.files)
	vars := map[string]token.Pos{}
	for id := range d.st.define {
		vars[id.Name] = id.Pos()
	}
	if at, ok := vars["init"]; ok {
		_, off := d.p.files.offset(at)
		return one(d.src.pos(off), "cannot declare init - must be func")
	}
	types_ := map[string]*unit{}
	where := map[string]Pos{}
	var methods []*declared
	for _, n := range list {
		d.bind(n.part)
		switch {
		case n.kind == funcUnit && n.recv != "":
			methods = append(methods, n)
			continue
		case n.kind == funcUnit && n.names[0] == "init":
			d.extra, d.inits = append(d.extra, n.part), append(d.inits, n.part)
			continue
		case len(n.names) == 0 || n.names[0] == "_" && len(n.names) == 1:
			d.extra = append(d.extra, n.part)
			continue
		}
		u := &unit{kind: n.kind, names: n.names, parts: []*part{n.part}}
		for _, name := range n.names {
			at := d.src.pos(n.part.start)
			if old, ok := where[name]; ok {
				return one(at, "%s redeclared in this cell (the other declaration is at %v)", name, old)
			}
			where[name] = at
			if pos, ok := vars[name]; ok {
				return d.redeclared(name, pos, at)
			}
		}
		if n.kind == typeUnit {
			types_[n.names[0]] = u
		}
		if n.kind == funcUnit && n.names[0] == "main" {
			d.main = true
		}
		d.fresh = append(d.fresh, u)
	}
	// methods go to their types; a type that is declared again keeps its other methods
	given := map[string]map[string]bool{}
	for _, m := range methods {
		m.recv = d.unalias(m.recv, types_)
		u := types_[m.recv]
		if u == nil {
			old := d.next.units[m.recv]
			if m.recv == "?" || old == nil && types.Universe.Lookup(m.recv) != nil { // the checker says what is wrong with it
				d.extra = append(d.extra, m.part)
				continue
			}
			if old == nil || old.kind != typeUnit {
				fd := m.part.node.(*ast.FuncDecl)
				_, off := d.p.files.offset(fd.Recv.Pos())
				return Errors{{d.src.pos(off), fmt.Sprintf("method %s: no type %s is declared in this session", m.names[0], m.recv), d.didYouMean(m.recv)}}
			}
			u = &unit{kind: typeUnit, names: old.names, parts: copyParts(old.parts)}
			types_[m.recv] = u
			d.fresh = append(d.fresh, u)
		}
		if given[m.recv] == nil {
			given[m.recv] = map[string]bool{}
		}
		if given[m.recv][m.names[0]] && m.names[0] != "_" {
			return one(d.src.pos(m.part.start), "method %s.%s redeclared in this cell", m.recv, m.names[0])
		}
		given[m.recv][m.names[0]] = true
		u.parts = slices.DeleteFunc(u.parts, func(p *part) bool { return p != u.parts[0] && p.name == m.names[0] && p.src != d.src })
		u.parts = append(u.parts, m.part)
	}
	for name, u := range types_ {
		old := d.next.units[name]
		if u.parts[0].src != d.src || old == nil || old.kind != typeUnit {
			continue
		}
		for _, p := range old.parts[1:] {
			if !given[name][p.name] {
				u.parts = append(u.parts, copyParts([]*part{p})...)
			}
		}
	}
	for _, u := range d.fresh {
		old := d.next.units[u.name()]
		if old == nil || old.kind != u.kind || !slices.Equal(old.names, u.names) || old.own() != u.own() {
			for _, n := range u.names {
				d.changed[n] = true
			}
		}
		for _, n := range u.names {
			d.next.units[n] = u
			delete(d.next.imports, n)
		}
	}
	d.reloaded()
	d.affect()
	return nil
}

// unalias follows the names that a receiver's type goes by.
func (d *draft) unalias(name string, here map[string]*unit) string {
	for range 100 {
		u := here[name]
		if u == nil {
			u = d.next.units[name]
		}
		if u == nil || u.kind != typeUnit {
			return name
		}
		spec := u.parts[0].node.(*ast.GenDecl).Specs[0].(*ast.TypeSpec)
		to, ok := spec.Type.(*ast.Ident)
		if !spec.Assign.IsValid() || !ok {
			return name
		}
		name = to.Name
	}
	return name
}

// reloaded finds declarations that import a package which has been edited and loaded again since.
func (d *draft) reloaded() {
	now := map[string]string{} // path -> what the package calls itself
	self := func(path string) string {
		if _, ok := now[path]; !ok {
			now[path] = path
			if pkg, err := (importer{d.p.pkgs}).Import(path); err == nil {
				now[path] = pkg.Path()
			}
		}
		return now[path]
	}
	for _, u := range d.next.all() {
		if d.isFresh(u) {
			continue
		}
		stale := false
		for _, p := range u.parts {
			for _, b := range p.imports {
				stale = stale || b.path != "C" && !slices.Contains(p.paths, self(b.path)) && u.broken == ""
			}
		}
		expr := u.expr
		for i, path := range u.expr.paths {
			if to := self(Unmark(path)); to != path {
				stale = true
				expr.text = strings.ReplaceAll(expr.text, aliasOf(path), aliasOf(to))
				expr.paths = append([]string(nil), expr.paths...)
				expr.paths[i] = to
			}
		}
		if stale {
			d.again(u).expr = expr
		}
	}
}

func copyParts(ps []*part) []*part {
	out := make([]*part, len(ps))
	for i, p := range ps {
		c := *p
		c.out, c.outImps, c.link, c.linkImp = "", nil, "", nil
		out[i] = &c
	}
	return out
}

// isFresh reports whether this cell's text declares the unit.
func (d *draft) isFresh(u *unit) bool { return slices.Contains(d.fresh, u) }

// affect makes new units for all that depends on a changed name, also through others.
func (d *draft) affect() {
	for {
		found := false
		for _, u := range d.next.all() {
			if d.isFresh(u) || d.affected[u] != nil || d.isTop(u) {
				continue
			}
			hit := false
			if u.broken != "" {
				hit = u.mentionsAny(d.changed)
			} else {
				for _, use := range u.uses {
					hit = hit || d.changed[use.name]
				}
			}
			if !hit {
				continue
			}
			found = true
			d.again(u)
		}
		if !found {
			return
		}
	}
}

// again puts a unit to check again in the place of one that depends on what changed.
func (d *draft) again(u *unit) *unit {
	again := &unit{kind: u.kind, names: u.names, parts: copyParts(u.parts), cell: u.cell, expr: u.expr, pinned: u.pinned}
	d.affected[again] = u
	for _, n := range u.names {
		if d.next.units[n] == u {
			d.next.units[n] = again
			d.changed[n] = true
		}
	}
	return again
}

func (d *draft) isTop(u *unit) bool {
	for _, v := range d.tops {
		if v.unit == u {
			return true
		}
	}
	return false
}
