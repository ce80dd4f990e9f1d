package cell

import (
	"fmt"
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// judge goes through what the checker complained about. Faults of the cell's own text are returned. A declaration of
// another cell that no longer compiles is set aside, with a note, and retry is true: what is left is checked again.
func (d *draft) judge(c *checked) (retry bool, errs Errors) {
	type fault struct {
		unit *unit
		part *part
		err  Error
	}
	var old []fault
	for _, e := range c.errs {
		if d.ignore(c, e) {
			continue
		}
		if u := c.vars[d.p.files.set.File(e.Pos)]; u != nil {
			old = append(old, fault{unit: u, err: Error{Msg: Unmark(e.Msg)}})
			continue
		}
		src, off := d.p.files.offset(e.Pos)
		if src == nil {
			errs = append(errs, Error{Pos: Pos{Cell: d.src.cell, Line: 1, Col: 1}, Msg: Unmark(e.Msg)})
			continue
		}
		x := Error{Pos: src.pos(off), Msg: Unmark(e.Msg)}
		if name, ok := strings.CutPrefix(e.Msg, "field and method with the same name "); ok {
			name, _, _ = strings.Cut(name, "\n")
			if u, p := d.olderMethod(name); p != nil {
				old = append(old, fault{u, p, x})
				continue
			}
		}
		if src != d.src {
			if u, p := owner(c, src, off); u != nil {
				old = append(old, fault{u, p, x})
				continue
			}
		}
		errs = append(errs, d.explain(memberHint(c, e, x)))
	}
	if len(old) == 0 {
		return false, tidy(errs)
	}
	done := map[*unit]bool{}
	for _, f := range old {
		if done[f.unit] {
			continue
		}
		done[f.unit] = true
		d.setAside(f.unit, f.part, f.err)
	}
	return true, nil
}

// olderMethod finds a method that a type of this cell has from an earlier one.
func (d *draft) olderMethod(name string) (*unit, *part) {
	for _, u := range d.fresh {
		if u.kind != typeUnit {
			continue
		}
		for _, p := range u.parts[1:] {
			if p.name == name && p.src != d.src {
				return u, p
			}
		}
	}
	return nil, nil
}

// owner finds the unit of an earlier cell whose text stands at an offset.
func owner(c *checked, src *source, off int) (*unit, *part) {
	for _, u := range c.units {
		for _, p := range u.parts {
			if p.src == src && p.start <= off && off <= p.end {
				return u, p
			}
		}
	}
	return nil, nil
}

// setAside marks a unit of an earlier cell as broken, or takes a broken method from its type.
func (d *draft) setAside(u *unit, p *part, err Error) {
	why := err.Msg
	if err.Pos.Line > 0 {
		why += ", " + err.Pos.String()
	}
	if !d.isFresh(u) && d.affected[u] == nil { // nothing that is committed may change
		name := ""
		if p != nil {
			name = p.name
		}
		u = d.again(u)
		for _, q := range u.parts {
			if q.name == name {
				p = q
			}
		}
	}
	if p != nil && u.kind == typeUnit && len(u.parts) > 0 && p != u.parts[0] {
		u.parts = slices.DeleteFunc(u.parts, func(q *part) bool { return q == p })
		d.notes = append(d.notes, fmt.Sprintf("method %s.%s no longer compiles and is gone: %s", u.name(), p.name, why))
		for _, n := range u.names {
			d.changed[n] = true
		}
		d.affect()
		return
	}
	if u.kind == varUnit {
		d.notes = append(d.notes, fmt.Sprintf("variable %s is gone, for its type cannot be had any more: %s", u.name(), why))
		u.broken = "its type cannot be had any more: " + why
	} else {
		d.notes = append(d.notes, fmt.Sprintf("%s no longer compiles: %s", u.name(), why))
		u.broken = why
	}
	d.broken = append(d.broken, u)
}

// ignore drops complaints about what is allowed at the top of a cell.
func (d *draft) ignore(c *checked, e types.Error) bool {
	switch {
	case strings.Contains(e.Msg, "already declared through"):
		return true
	case strings.HasPrefix(e.Msg, "declared and not used: "):
		for id := range d.st.define {
			if id.Pos() == e.Pos {
				return true
			}
		}
	case strings.HasSuffix(e.Msg, "is not used"):
		for _, l := range []*ast.ExprStmt{d.st.last, d.st.silent} {
			if l != nil && l.Pos() <= e.Pos && e.Pos < l.End() {
				return !c.info.Types[l.X].IsType()
			}
		}
	case strings.HasPrefix(e.Msg, "implicit function instantiation") || strings.HasPrefix(e.Msg, "could not import C"):
		return strings.HasPrefix(e.Msg, "could not import C")
	}
	return false
}

// explain adds to an error what the user can do.
func (d *draft) explain(e Error) Error {
	name, ok := strings.CutPrefix(e.Msg, "undefined: ")
	if !ok {
		if m := mismatch.FindStringSubmatch(e.Msg); m != nil {
			vars, _ := strconv.Atoi(m[1])
			if values, _ := strconv.Atoi(m[2]); values == vars+1 {
				e.Hint = "take the last value too: a trailing error is checked for you only in a statement of its own at the top of a cell"
			}
		} else if valueAndError.MatchString(e.Msg) {
			e.Hint = "a call that returns an error too cannot stand there: give its value a name in a statement of its own, x := ..., where the error is checked for you"
		}
		return e
	}
	base, _, dotted := strings.Cut(name, ".")
	if u := d.next.units[name]; u != nil && u.broken != "" {
		e.Msg = name + " cannot be used: " + u.broken
		return e
	}
	for _, v := range d.tops {
		if v.name == name && v.local() {
			e.Hint = "no other function or cell can name its type"
			return e
		}
	}
	if id, ok := d.failed[name]; ok && id != d.src.cell {
		e.Hint = fmt.Sprintf("In[%d] declares it, but that cell failed: run it again", id)
	} else if hint := d.didYouMean(name); hint != "" && !dotted {
		e.Hint = hint
	} else if !dotted && d.selected(base) {
		e.Hint = "no package of that name is known here: import it by its path"
	}
	return e
}

var mismatch = regexp.MustCompile(`^assignment mismatch: (\d+) variables? but .* returns? (\d+) values?`)

// valueAndError is what Go says where a call with a value and an error stands as an argument for one value.
var valueAndError = regexp.MustCompile(`^(?:invalid operation: )?too many arguments (for|in) (?s:.*)(\(expected 1, found 2\)$|have \([^)]*, error\))|^multiple-value .* \(value of type \([^()]*\berror\)\) in `)

// selected reports whether the cell uses a name as name.Something.
func (d *draft) selected(name string) bool {
	found := false
	look := func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			if id, ok := s.X.(*ast.Ident); ok && id.Name == name {
				found = true
			}
		}
		return !found
	}
	for _, decl := range d.cell.decls {
		ast.Inspect(decl, look)
	}
	ast.Inspect(d.cell.run.Body, look)
	return found
}
