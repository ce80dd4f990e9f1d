package cell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// draft is a plan in the making.
type draft struct {
	p    *Planner
	src  *source
	cell *parsed
	next *session // what the session will be
	st   *statements

	imports    []binding // of this cell's import declarations
	guessed    []binding
	dots       []string // newly imported with a dot
	blank      []string
	runImports []binding

	fresh    []*unit         // what the cell declares, save variables
	affected map[*unit]*unit // units that depend on what changed: the new one, and the old one it stands for
	changed  map[string]bool // names that mean something else than before
	extra    []*part         // init functions and blank ones
	inits    []*part
	main     bool

	first, last *checked // the check that holds the statements, and the one that holds all bodies
	tops        []*topVar
	topOf       map[types.Object]*topVar
	notes       []string
	assigned    []string // lost variables that the cell gives values again
	broken      []*unit
}

func (d *draft) plan() (*Plan, error) {
	if d.cell.skip != "" {
		return d.nothing(), nil
	}
	d.affected, d.changed = map[*unit]*unit{}, map[string]bool{}
	d.st = d.cell.newStatements()
	if err := d.imported(); err != nil {
		return nil, err
	}
	d.guess()
	d.undot()
	if err := d.declare(); err != nil {
		return nil, err
	}
	if err := d.checkStatements(); err != nil {
		return nil, err
	}
	d.declareVars()
	if err := d.checkBodies(); err != nil {
		return nil, err
	}
	return d.emit()
}

// nothing is the plan for a cell whose build constraint does not hold.
func (d *draft) nothing() *Plan {
	plan, _ := (&draft{p: d.p, src: d.src, cell: &parsed{src: d.src, run: &ast.FuncDecl{Body: &ast.BlockStmt{}}}, next: d.next, st: &statements{}, affected: map[*unit]*unit{}, changed: map[string]bool{}, last: &checked{}, first: &checked{files: d.p.files}}).emit()
	plan.Notes = []string{fmt.Sprintf("nothing was run: %s does not hold here", d.cell.skip)}
	return plan
}

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
		c.out, c.outImps = "", nil
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

// reach returns the units that names lead to, directly or through others.
func (d *draft) reach(names map[string]bool) []*unit {
	seen := map[*unit]bool{}
	var out []*unit
	todo := sortedKeys(names)
	for len(todo) > 0 {
		n := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		u := d.next.units[n]
		if n == "ctx" && u == nil {
			u = ctxUnit
		}
		if u == nil || seen[u] || u.broken != "" {
			continue
		}
		seen[u] = true
		out = append(out, u)
		if d.isFresh(u) || d.affected[u] != nil {
			m := map[string]bool{}
			u.mentions(m)
			todo = append(todo, sortedKeys(m)...)
			continue
		}
		for _, use := range u.uses {
			todo = append(todo, use.name)
		}
	}
	sortUnits(out)
	return out
}

// means returns what a name stands for at the top of the package.
func (d *draft) means(name string) *unit {
	if u := d.next.units[name]; u != nil || name != "ctx" {
		return u
	}
	return ctxUnit
}

// ctxUnit is the predeclared variable ctx.
var ctxUnit = &unit{kind: varUnit, names: []string{"ctx"}, predecl: true, expr: typeText{text: aliasOf("context") + ".Context", paths: []string{"context"}}}

// roots is all that the cell's own text and what it changes may lead to.
func (d *draft) roots(statements bool) map[string]bool {
	names := map[string]bool{}
	for _, u := range d.fresh {
		for _, n := range u.names {
			names[n] = true
		}
	}
	for u := range d.affected {
		for _, n := range u.names {
			names[n] = true
		}
	}
	for _, p := range d.extra {
		for n := range p.names {
			names[n] = true
		}
	}
	if statements {
		mention(names, d.cell.run.Body)
	}
	return names
}

// checkStatements checks the cell, and what it reaches, until nothing is left that can be set right for the user.
func (d *draft) checkStatements() error {
	bodies := len(d.st.define) == 0
	for {
		full := func(*part) bool { return bodies }
		d.first = d.p.files.check(d.p.pkgs, d.reach(d.roots(true)), d.extra, d.cell, d.runImports, d.means, func(p *part) bool { return full(p) && d.wanted(p) })
		if d.st.pad(d.first) {
			continue
		}
		retry, errs := d.judge(d.first)
		if retry {
			continue
		}
		if len(errs) > 0 {
			return errs
		}
		break
	}
	if err := d.useOfLost(); err != nil {
		return err
	}
	d.st.loneErrors(d.first)
	if err := d.overflow(); err != nil {
		return err
	}
	d.last = d.first
	return nil
}

// wanted reports whether a part's body must be looked at: it is new, or what it uses has changed.
func (d *draft) wanted(p *part) bool {
	if slices.Contains(d.extra, p) {
		return true
	}
	for _, u := range d.fresh {
		if slices.Contains(u.parts, p) {
			return true
		}
	}
	for u := range d.affected {
		if slices.Contains(u.parts, p) {
			return true
		}
	}
	return false
}

// checkBodies checks functions and methods when the types of the cell's variables are known.
func (d *draft) checkBodies() error {
	if len(d.st.define) == 0 && len(d.tops) == 0 {
		return nil
	}
	if len(d.fresh)+len(d.affected)+len(d.extra) == 0 {
		return nil
	}
	for {
		d.last = d.p.files.check(d.p.pkgs, d.reach(d.roots(false)), d.extra, nil, nil, d.means, d.wanted)
		retry, errs := d.judge(d.last)
		if retry {
			continue
		}
		if len(errs) > 0 {
			return errs
		}
		return nil
	}
}

// overflow reports a last expression whose constant value fits no variable.
func (d *draft) overflow() error {
	if d.st.last == nil {
		return nil
	}
	tv := d.first.info.Types[d.st.last.X]
	b, ok := tv.Type.(*types.Basic)
	if !ok || tv.Value == nil || b.Info()&types.IsUntyped == 0 {
		return nil
	}
	if b.Info()&types.IsInteger != 0 && !representable(tv, b) {
		_, off := d.p.files.offset(d.st.last.Pos())
		return one(d.src.pos(off), "cannot use %s (untyped int constant %s) as int value: it overflows int", d.src.text[off:min(len(d.src.text), off+int(d.st.last.End()-d.st.last.Pos()))], tv.Value)
	}
	return nil
}

func representable(tv types.TypeAndValue, b *types.Basic) bool {
	s := tv.Value.ExactString()
	var limit = "9223372036854775807"
	if strings.HasPrefix(s, "-") {
		s, limit = s[1:], "9223372036854775808"
	}
	return len(s) < len(limit) || len(s) == len(limit) && s <= limit
}
