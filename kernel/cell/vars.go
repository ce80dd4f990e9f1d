package cell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"sort"
)

// declareVars finds out which variables the statements declare for the session, and their types.
func (d *draft) declareVars() {
	d.topOf = map[types.Object]*topVar{}
	var ids []*ast.Ident
	for id := range d.st.define {
		ids = append(ids, id)
	}
	sort.Slice(ids, func(i, j int) bool { return ids[i].Pos() < ids[j].Pos() })
	locals := 0
	for _, id := range ids {
		obj, ok := d.first.info.Defs[id].(*types.Var)
		if !ok || obj == nil {
			continue // assigned again by a := that declares others
		}
		v := &topVar{name: id.Name, obj: obj}
		d.tops = append(d.tops, v)
		d.topOf[obj] = v
		if v.name == "ctx" && isContext(obj.Type()) {
			v.ctx, v.symbol = true, "ctx"
			continue
		}
		text, err := writeType(obj.Type())
		if err != nil {
			locals++
			v.symbol = fmt.Sprintf("%s%s0%d", v.name, mark, locals)
			d.notes = append(d.notes, fmt.Sprintf("%s is known in this cell only: %v, so no other cell can name its type", v.name, err))
			if d.next.units[v.name] != nil {
				d.next.units[v.name] = nil
				delete(d.next.units, v.name)
				d.changed[v.name] = true
			}
			continue
		}
		v.unit = &unit{kind: varUnit, names: []string{v.name}, expr: text, typ: obj.Type(), cell: d.src.cell}
		for _, n := range sortedKeys(text.names) {
			if u := d.first.units[n]; u != nil {
				v.unit.uses = append(v.unit.uses, use{n, u})
			}
		}
	}
	for _, v := range d.tops {
		if v.unit == nil {
			continue
		}
		old := d.next.units[v.name]
		if old == nil || old.kind != varUnit || old.expr.text != v.unit.expr.text || d.affected[old] != nil {
			d.changed[v.name] = true
		}
		d.next.units[v.name] = v.unit
		delete(d.next.imports, v.name)
	}
	d.affect()
}

func isContext(t types.Type) bool {
	n, ok := t.(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "context" && n.Obj().Name() == "Context"
}

// useOfLost reports a variable that the cell's statements read while its value is gone with a worker. One that they assign
// to as a whole at the top is found again.
func (d *draft) useOfLost() error {
	if len(d.next.lost) == 0 {
		return nil
	}
	again := map[string]bool{}
	target := map[*ast.Ident]bool{}
	for _, st := range d.st.list {
		if a, ok := st.(*ast.AssignStmt); ok && (a.Tok == token.ASSIGN || a.Tok == token.DEFINE) {
			for _, x := range a.Lhs {
				if id, ok := x.(*ast.Ident); ok {
					target[id] = true
					if u := d.first.unitOf(d.first.info.Uses[id]); u != nil && u.kind == varUnit {
						again[id.Name] = true
					}
				}
			}
		}
	}
	var errs Errors
	for id, obj := range d.first.info.Uses {
		if id.Pos() < d.cell.run.Body.Lbrace || id.Pos() > d.cell.run.Body.Rbrace || target[id] || again[id.Name] {
			continue
		}
		u := d.first.unitOf(obj)
		if v, ok := d.next.lost[id.Name]; ok && u != nil && u.kind == varUnit {
			_, off := d.p.files.offset(id.Pos())
			errs = append(errs, Error{d.src.pos(off), fmt.Sprintf("the value of %s was lost with the old worker", id.Name), fmt.Sprintf("run the cell that made it again: it was In[%d]", v.Cell)})
		}
	}
	if len(errs) > 0 {
		return tidy(errs)
	}
	d.assigned = sortedKeys(again)
	return nil
}

// sameLayout reports whether a value of type a is one of type b, byte for byte and pointer for pointer: field names, kinds,
// order and embedding are the same all the way down. Methods of types that are not interfaces do not matter.
func sameLayout(a, b types.Type) bool { return (&layouts{}).same(a, b) }

type layouts struct{ assumed map[[2]types.Type]bool }

func (l *layouts) same(a, b types.Type) bool {
	a, b = types.Unalias(a), types.Unalias(b)
	if a == nil || b == nil {
		return false
	}
	na, okA := a.(*types.Named)
	nb, okB := b.(*types.Named)
	if okA || okB {
		if !okA || !okB {
			return false
		}
		local := func(n *types.Named) bool { return ofSession(n.Obj().Pkg()) }
		if !local(na) || !local(nb) { // of the universe or another package: arguments may still be types of the session
			if na.Obj().Name() != nb.Obj().Name() {
				return false
			}
			if pa, pb := pathOf(na), pathOf(nb); pa != pb {
				return Unmark(pa) == Unmark(pb) && l.under(a, b) // edited and loaded again
			}
			if na.TypeArgs().Len() != nb.TypeArgs().Len() {
				return false
			}
			for i := range na.TypeArgs().Len() {
				if !l.same(na.TypeArgs().At(i), nb.TypeArgs().At(i)) {
					return false
				}
			}
			return true
		}
		if na.Obj().Name() != nb.Obj().Name() {
			return false
		}
		return l.under(a, b)
	}
	switch a := a.(type) {
	case *types.Basic:
		b, ok := b.(*types.Basic)
		return ok && a.Kind() == b.Kind()
	case *types.Pointer:
		b, ok := b.(*types.Pointer)
		return ok && l.same(a.Elem(), b.Elem())
	case *types.Slice:
		b, ok := b.(*types.Slice)
		return ok && l.same(a.Elem(), b.Elem())
	case *types.Array:
		b, ok := b.(*types.Array)
		return ok && a.Len() == b.Len() && l.same(a.Elem(), b.Elem())
	case *types.Map:
		b, ok := b.(*types.Map)
		return ok && l.same(a.Key(), b.Key()) && l.same(a.Elem(), b.Elem())
	case *types.Chan:
		b, ok := b.(*types.Chan)
		return ok && a.Dir() == b.Dir() && l.same(a.Elem(), b.Elem())
	case *types.Signature:
		b, ok := b.(*types.Signature)
		return ok && a.Variadic() == b.Variadic() && l.tuple(a.Params(), b.Params()) && l.tuple(a.Results(), b.Results())
	case *types.Struct:
		b, ok := b.(*types.Struct)
		if !ok || a.NumFields() != b.NumFields() {
			return false
		}
		for i := range a.NumFields() {
			f, g := a.Field(i), b.Field(i)
			if f.Name() != g.Name() || f.Embedded() != g.Embedded() || !l.same(f.Type(), g.Type()) {
				return false
			}
		}
		return true
	case *types.Interface:
		b, ok := b.(*types.Interface)
		if !ok || a.NumMethods() != b.NumMethods() {
			return false
		}
		for i := range a.NumMethods() {
			m, n := a.Method(i), b.Method(i)
			if m.Name() != n.Name() || !l.same(m.Signature(), n.Signature()) {
				return false
			}
		}
		return true
	case *types.TypeParam:
		_, ok := b.(*types.TypeParam)
		return ok
	}
	return false
}

func pathOf(n *types.Named) string {
	if n.Obj().Pkg() == nil {
		return ""
	}
	return n.Obj().Pkg().Path()
}

// under compares what two named types are made of. A pair that is being compared already counts as the same.
func (l *layouts) under(a, b types.Type) bool {
	key := [2]types.Type{a, b}
	if l.assumed[key] {
		return true
	}
	if l.assumed == nil {
		l.assumed = map[[2]types.Type]bool{}
	}
	l.assumed[key] = true
	return len(l.assumed) < 10000 && l.same(a.Underlying(), b.Underlying())
}

func (l *layouts) tuple(a, b *types.Tuple) bool {
	if a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if !l.same(a.At(i).Type(), b.At(i).Type()) {
			return false
		}
	}
	return true
}
