package cell

import (
	"fmt"
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// draft is a plan in the making.
type draft struct {
	p      *Planner
	src    *source
	cell   *parsed
	old    *session       // what the session is
	next   *session       // what it will be
	failed map[string]int // names that cells declare which failed
	linked map[string]bool
	st     *statements

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
	plan, _ := (&draft{p: d.p, src: d.src, cell: &parsed{src: d.src, run: &ast.FuncDecl{Body: &ast.BlockStmt{}}}, old: d.old, next: d.next, st: &statements{}, affected: map[*unit]*unit{}, changed: map[string]bool{}, last: &checked{}, first: &checked{files: d.p.files}}).emit()
	plan.Notes = []string{fmt.Sprintf("nothing was run: %s does not hold here", d.cell.skip)}
	return plan
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
