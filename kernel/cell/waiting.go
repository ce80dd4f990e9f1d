package cell

import (
	"fmt"
	"go/ast"
	"go/types"
	"strings"
)

// selectStmt adds a case to a select without default.
func (r *rewriter) selectStmt(n *ast.SelectStmt) {
	waits := true
	for _, c := range n.Body.List {
		switch s := c.(*ast.CommClause).Comm.(type) {
		case nil:
			waits = false // default
		case *ast.SendStmt:
			r.skip[s] = true
		case *ast.ExprStmt:
			r.skip[ast.Unparen(s.X)] = true
		case *ast.AssignStmt:
			r.skip[ast.Unparen(s.Rhs[0])] = true
		}
	}
	if !waits {
		return
	}
	sep := ";"
	if len(n.Body.List) == 0 {
		sep = ""
	}
	r.e.open(r.at(n.Body.Rbrace), sep+"case <-"+r.live("Done()")+": for { "+r.live("Stop()")+" };")
}

// call replaces calls that only wait by forms that an interrupt ends.
func (r *rewriter) call(n *ast.CallExpr) bool {
	f := r.callee(n)
	if f == nil {
		r.builtinPrint(n)
		return true
	}
	switch f.FullName() {
	case "time.Sleep":
		r.e.drop(r.at(n.Fun.Pos()), r.at(n.Fun.End()), r.live("Sleep"))
		for _, a := range n.Args {
			r.walk(a)
		}
		return false
	case "(*sync.WaitGroup).Go", "(*golang.org/x/sync/errgroup.Group).Go", "time.AfterFunc": // these start a goroutine too
		if len(n.Args) > 0 {
			if lit, ok := ast.Unparen(n.Args[len(n.Args)-1]).(*ast.FuncLit); ok {
				r.e.open(r.at(lit.Body.Lbrace)+1, r.live("Go(")+r.cellNumber()+"); defer "+r.live("GoExit(")+r.cellNumber()+");")
			}
		}
	case "(*sync.WaitGroup).Wait":
		r.e.open(r.at(n.Pos()), r.live("Wait("))
		r.e.drop(r.at(n.Lparen), r.at(n.Rparen)+1, ")")
	}
	return true
}

// builtinPrint makes print and println write like any other output.
func (r *rewriter) builtinPrint(n *ast.CallExpr) {
	id, ok := ast.Unparen(n.Fun).(*ast.Ident)
	if !ok {
		return
	}
	b, ok := r.c.info.Uses[id].(*types.Builtin)
	if !ok || b.Name() != "print" && b.Name() != "println" {
		return
	}
	for _, a := range n.Args {
		if t := r.c.info.TypeOf(a); t == nil || types.IsInterface(t) {
			return
		}
	}
	name := "Print"
	if b.Name() == "println" {
		name = "Println"
	}
	r.e.drop(r.at(n.Fun.Pos()), r.at(n.Fun.End()), r.live(name))
}

// keepsCtx notes a function that assigns to ctx or takes its address: there ctx is not a variable.
func (r *rewriter) keepsCtx(x ast.Expr) {
	if id, ok := ast.Unparen(x).(*ast.Ident); ok && !r.run {
		if u := r.c.unitOf(r.c.info.Uses[id]); u != nil && u.predecl {
			r.wrong = append(r.wrong, id.Pos())
		}
	}
}

// pin marks the variable of the session that an address may be kept of.
func (r *rewriter) pin(x ast.Expr) {
	for {
		switch y := x.(type) {
		case *ast.ParenExpr:
			x = y.X
		case *ast.SelectorExpr:
			x = y.X
		case *ast.IndexExpr:
			x = y.X
		case *ast.SliceExpr:
			x = y.X
		case *ast.Ident:
			obj := r.c.info.Uses[y]
			if v := r.top[obj]; v != nil {
				v.pinned = true
			} else if u := r.c.unitOf(obj); u != nil && u.kind == varUnit && !u.predecl {
				u.pinned = true
			}
			return
		default:
			return
		}
	}
}

// goStmt starts a goroutine whose panic is reported under its cell. What go evaluates at once still is evaluated at once.
func (r *rewriter) goStmt(n *ast.GoStmt) bool {
	begin := r.live("Go(") + r.cellNumber() + ");"
	end := "defer " + r.live("GoExit(") + r.cellNumber() + ");"
	if lit, ok := ast.Unparen(n.Call.Fun).(*ast.FuncLit); ok {
		r.e.open(r.at(n.Go), begin)
		r.e.open(r.at(lit.Body.Lbrace)+1, end)
		return true
	}
	if tv := r.c.info.Types[n.Call.Fun]; tv.IsBuiltin() || tv.IsType() {
		return true
	}
	var names, values, args []string
	fun := "f" + mark
	if f := r.callee(n.Call); f != nil && f.Signature().Recv() == nil {
		fun = r.sub(n.Call.Fun)
	} else {
		names, values = []string{fun}, []string{r.sub(n.Call.Fun)}
	}
	var setup string
	if len(n.Call.Args) == 1 {
		if t, ok := r.c.info.TypeOf(n.Call.Args[0]).(*types.Tuple); ok { // go f(g())
			for i := range t.Len() {
				args = append(args, fmt.Sprintf("a%s%d", mark, i))
			}
			setup = strings.Join(args, ", ") + " := " + r.sub(n.Call.Args[0]) + ";"
		}
	}
	if setup == "" {
		for i, a := range n.Call.Args {
			tv := r.c.info.Types[a]
			if tv.Value != nil || tv.IsNil() {
				args = append(args, r.sub(a))
				continue
			}
			name := fmt.Sprintf("a%s%d", mark, i)
			names, values, args = append(names, name), append(values, r.sub(a)), append(args, name)
		}
	}
	if len(names) > 0 {
		setup = strings.Join(names, ", ") + " := " + strings.Join(values, ", ") + ";" + setup
	}
	dots := ""
	if n.Call.Ellipsis.IsValid() {
		dots = "..."
	}
	r.e.drop(r.at(n.Pos()), r.at(n.End()), fmt.Sprintf("{ %s%sgo func() { %s%s(%s%s) }() }", setup, begin, end, fun, strings.Join(args, ", "), dots))
	return false
}
