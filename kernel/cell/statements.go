package cell

import (
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// statements is a cell's run part: which variables it declares for the session, which errors are checked for the user,
// which expression is shown.
type statements struct {
	list   []ast.Stmt          // as the user wrote them, one after the other
	last   *ast.ExprStmt       // shown, when not nil
	silent *ast.ExprStmt       // the last one with a semicolon: computed, not shown
	checks map[ast.Stmt]int    // a trailing error is taken from this many results; the statement's own left side is one shorter
	define map[*ast.Ident]bool // identifiers that declare a variable of the session
	padded map[ast.Stmt]bool
}

// maxNesting is how many times a cell may declare a variable again; further ones assign.
const maxNesting = 200

// newStatements reads the body that the parser made and rearranges it: a variable declared twice at the top of a cell is a
// new one from there on, so what follows goes into a block of its own.
func (p *parsed) newStatements() *statements {
	s := &statements{checks: map[ast.Stmt]int{}, define: map[*ast.Ident]bool{}, padded: map[ast.Stmt]bool{}}
	body := p.run.Body
	s.list = append(s.list, body.List...)
	if n := len(s.list); n > 0 {
		if e, ok := s.list[n-1].(*ast.ExprStmt); ok && !p.lastSemi() {
			s.last = e
		} else if ok {
			s.silent = e
		}
	}
	top := body
	declared := map[string]bool{}
	nesting := 0
	var out []ast.Stmt
	for _, st := range s.list {
		names := s.declares(st)
		again := len(names) > 0
		for _, id := range names {
			again = again && (declared[id.Name])
		}
		if isVar(st) && !again {
			for _, id := range names {
				again = again || declared[id.Name]
			}
		}
		if again && nesting >= maxNesting {
			if a, ok := st.(*ast.AssignStmt); ok {
				a.Tok = token.ASSIGN
				for _, id := range names {
					delete(s.define, id)
				}
			}
		} else if again {
			nesting++
			inner := &ast.BlockStmt{Lbrace: st.Pos(), Rbrace: body.Rbrace}
			out = append(out, inner)
			top.List = out
			top, out = inner, nil
			declared = map[string]bool{}
		}
		for _, id := range names {
			declared[id.Name] = true
		}
		out = append(out, st)
	}
	top.List = out
	return s
}

// lastSemi reports whether the user wrote a semicolon after the last statement.
func (p *parsed) lastSemi() bool {
	for i := len(p.chunks) - 1; i >= 0; i-- {
		if !p.chunks[i].declaration() {
			return p.chunks[i].semi
		}
	}
	return false
}

func isVar(st ast.Stmt) bool {
	_, ok := st.(*ast.DeclStmt)
	return ok
}

// declares returns the identifiers that a statement at the top of the cell declares.
func (s *statements) declares(st ast.Stmt) []*ast.Ident {
	for {
		l, ok := st.(*ast.LabeledStmt)
		if !ok {
			break
		}
		st = l.Stmt
	}
	var ids []*ast.Ident
	add := func(id *ast.Ident) {
		if id.Name != "_" {
			ids = append(ids, id)
			s.define[id] = true
		}
	}
	switch st := st.(type) {
	case *ast.AssignStmt:
		if st.Tok == token.DEFINE {
			for _, x := range st.Lhs {
				if id, ok := x.(*ast.Ident); ok {
					add(id)
				}
			}
		}
	case *ast.DeclStmt:
		if g, ok := st.Decl.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, sp := range g.Specs {
				for _, id := range sp.(*ast.ValueSpec).Names {
					add(id)
				}
			}
		}
	}
	return ids
}

// atTop calls f for every statement of the cell that stands in a list of statements and not inside a function.
func atTop(list []ast.Stmt, f func(ast.Stmt)) {
	for _, st := range list {
		ast.Inspect(st, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncLit:
				return false
			case *ast.BlockStmt:
				callAll(n.List, f)
			case *ast.CaseClause:
				callAll(n.Body, f)
			case *ast.CommClause:
				callAll(n.Body, f)
			}
			return true
		})
		callAll([]ast.Stmt{st}, f)
	}
}

func callAll(list []ast.Stmt, f func(ast.Stmt)) {
	for _, st := range list {
		for {
			l, ok := st.(*ast.LabeledStmt)
			if !ok {
				break
			}
			st = l.Stmt
		}
		f(st)
	}
}

// pad looks for assignments at the top that leave out a trailing error, as the checker complained about them, and gives
// each a blank more. It reports whether there was one: then the cell is checked again.
func (s *statements) pad(c *checked) bool {
	var spots []token.Pos
	for _, e := range c.errs {
		if strings.HasPrefix(e.Msg, "assignment mismatch: ") || strings.HasPrefix(e.Msg, "multiple-value ") {
			spots = append(spots, e.Pos)
		}
	}
	if len(spots) == 0 {
		return false
	}
	found := false
	atTop(s.list, func(st ast.Stmt) {
		if s.padded[st] {
			return
		}
		hit := false
		for _, p := range spots {
			hit = hit || st.Pos() <= p && p < st.End()
		}
		if !hit {
			return
		}
		switch st := st.(type) {
		case *ast.AssignStmt:
			if len(st.Rhs) == 1 && (st.Tok == token.DEFINE || st.Tok == token.ASSIGN) && trailingError(c, st.Rhs[0]) == len(st.Lhs)+1 {
				st.Lhs = append(st.Lhs, &ast.Ident{NamePos: st.TokPos, Name: "_"})
				s.padded[st] = true
				found = true
			}
		case *ast.DeclStmt:
			g, ok := st.Decl.(*ast.GenDecl)
			if !ok || len(g.Specs) != 1 {
				return
			}
			sp, ok := g.Specs[0].(*ast.ValueSpec)
			if ok && sp.Type == nil && len(sp.Values) == 1 && trailingError(c, sp.Values[0]) == len(sp.Names)+1 {
				sp.Names = append(sp.Names, &ast.Ident{NamePos: sp.Names[len(sp.Names)-1].End(), Name: "_"})
				s.padded[st] = true
				found = true
			}
		}
	})
	return found
}

// trailingError returns how many results a call has when the last one is an error, else 0.
func trailingError(c *checked, x ast.Expr) int {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return 0
	}
	switch t := c.info.Types[call].Type.(type) {
	case *types.Tuple:
		if t.Len() > 0 && isError(t.At(t.Len()-1).Type()) {
			return t.Len()
		}
	case types.Type:
		if tv := c.info.Types[call.Fun]; isError(t) && tv.IsValue() {
			return 1
		}
	}
	return 0
}

func isError(t types.Type) bool { return types.Identical(t, types.Universe.Lookup("error").Type()) }

// loneErrors finds the calls that stand as statements of their own and whose last result is an error.
func (s *statements) loneErrors(c *checked) {
	atTop(s.list, func(st ast.Stmt) {
		e, ok := st.(*ast.ExprStmt)
		if !ok || e == s.last {
			return
		}
		if n := trailingError(c, e.X); n > 0 && !printing(c, e.X) {
			s.checks[st] = n
		}
	})
	for st := range s.padded {
		s.checks[st] = -1
	}
	if s.last != nil && printing(c, s.last.X) {
		s.last = nil
	}
	if s.last != nil && c.info.Types[s.last.X].IsVoid() {
		s.last = nil
	}
}

// printing reports a call of fmt.Print or its kin: their results interest nobody.
func printing(c *checked, x ast.Expr) bool {
	call, ok := ast.Unparen(x).(*ast.CallExpr)
	if !ok {
		return false
	}
	var id *ast.Ident
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.SelectorExpr:
		id = f.Sel
	case *ast.Ident:
		id = f
	default:
		return false
	}
	f, ok := c.info.Uses[id].(*types.Func)
	if !ok || f.Pkg() == nil || f.Pkg().Path() != "fmt" {
		return false
	}
	return strings.HasPrefix(f.Name(), "Print") || strings.HasPrefix(f.Name(), "Fprint")
}
