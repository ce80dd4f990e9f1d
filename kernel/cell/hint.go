package cell

import (
	"go/ast"
	"go/types"
	"regexp"
	"strings"
)

// didYouMean proposes a name of the session or of Go that is one or two letters away.
func (d *draft) didYouMean(name string) string {
	names := map[string]bool{}
	for n := range d.next.units {
		names[n] = true
	}
	for n := range d.next.imports {
		names[n] = true
	}
	for n := range d.declaredHere(true) {
		names[n] = true
	}
	for _, n := range types.Universe.Names() {
		names[n] = true
	}
	return nearest(name, names)
}

// nearest is the question for the name that is nearest to another, "" where none is near.
func nearest(name string, names map[string]bool) string {
	best, dist := "", 3
	for _, n := range sortedKeys(names) {
		if k := distance(name, n, dist); k < dist && k*3 <= max(len(name), 3) && n != name {
			best, dist = n, k
		}
	}
	if best == "" {
		return ""
	}
	return "did you mean " + best + "?"
}

// hintOf is what to do about an error of the scanner or parser, "" where Go's words are enough.
func hintOf(msg string) string {
	if strings.Contains(msg, "illegal rune literal") || strings.Contains(msg, "more than one character in rune literal") {
		return "text stands in double quotes, or in backquotes over several lines; single quotes hold one character"
	}
	return ""
}

var (
	noMember = regexp.MustCompile(`has no field or method (\w+)`)
	noField  = regexp.MustCompile(`^unknown field (\w+) in struct literal`)
)

// memberHint adds to an error about a field or method that a type lacks the one that was meant.
func memberHint(c *checked, e types.Error, x Error) Error {
	if m := noMember.FindStringSubmatch(e.Msg); m != nil {
		// What stands before the dot, the longest of it, ends where the dot is.
		var before ast.Expr
		for expr := range c.info.Types {
			if expr.End()+1 == e.Pos && (before == nil || expr.Pos() < before.Pos()) {
				before = expr
			}
		}
		if before != nil {
			x.Hint = nearest(m[1], members(c.info.Types[before].Type, c.pkg))
		}
	} else if m := noField.FindStringSubmatch(e.Msg); m != nil {
		var literal *ast.CompositeLit // the innermost
		for expr := range c.info.Types {
			if l, ok := expr.(*ast.CompositeLit); ok && l.Pos() <= e.Pos && e.Pos < l.End() && (literal == nil || l.Pos() > literal.Pos()) {
				literal = l
			}
		}
		if literal != nil {
			names := map[string]bool{}
			fields(c.info.Types[literal].Type, c.pkg, names)
			x.Hint = nearest(m[1], names)
		}
	}
	return x
}

// members are the names that may stand behind a value and a dot.
func members(t types.Type, from *types.Package) map[string]bool {
	names := map[string]bool{}
	if t == nil {
		return names
	}
	fields(t, from, names)
	if _, ok := t.Underlying().(*types.Pointer); !ok && !types.IsInterface(t) {
		t = types.NewPointer(t)
	}
	for m := range types.NewMethodSet(t).Methods() {
		if seen(m.Obj(), from) {
			names[m.Obj().Name()] = true
		}
	}
	return names
}

// seen says whether a package may name a field or method.
func seen(o types.Object, from *types.Package) bool { return o.Exported() || o.Pkg() == from }

func fields(t types.Type, from *types.Package, names map[string]bool) {
	if t == nil {
		return
	}
	if p, ok := t.Underlying().(*types.Pointer); ok {
		t = p.Elem()
	}
	if s, ok := t.Underlying().(*types.Struct); ok {
		for f := range s.Fields() {
			if seen(f, from) {
				names[f.Name()] = true
			}
		}
	}
}

// distance is the number of letters to change, add, leave out or exchange with the next one; limit or more is given as limit.
func distance(a, b string, limit int) int {
	if len(a)-len(b) >= limit || len(b)-len(a) >= limit {
		return limit
	}
	if strings.EqualFold(a, b) {
		return 1
	}
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return min(rows[len(a)][len(b)], limit)
}
