package cell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
)

// function adds a poll at the head of a function that may call itself, directly or through others. Any other one ends
// soon, but for its loops, and stays as it is, so that the compiler can inline it.
func (r *rewriter) function(body *ast.BlockStmt) {
	if r.callsBack(body) {
		r.poll(body)
	}
}

func (r *rewriter) poll(body *ast.BlockStmt) {
	r.e.open(r.at(body.Lbrace)+1, r.live("Poll()")+";")
}

// callsBack reports whether code may call the function that it stands in: by name, or through a value or an interface.
func (r *rewriter) callsBack(n ast.Node) bool {
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		if _, lit := n.(*ast.FuncLit); lit || found {
			return false
		}
		call, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		tv := r.c.info.Types[call.Fun]
		if tv.IsType() || tv.IsBuiltin() {
			return true
		}
		f := r.callee(call)
		switch {
		case f == nil:
			_, lit := ast.Unparen(call.Fun).(*ast.FuncLit)
			found = !lit
		case f.Pkg() == r.c.pkg:
			found = r.ring != nil && r.inRing(f)
		}
		if f != nil {
			if recv := f.Signature().Recv(); recv != nil && types.IsInterface(recv.Type()) {
				found = true
			}
		}
		return !found
	})
	return found
}

// inRing reports whether a function or method of the session uses the unit that is being written, as that uses it.
func (r *rewriter) inRing(f *types.Func) bool {
	u := r.c.unitOf(f)
	if recv := f.Signature().Recv(); recv != nil {
		if tn := typeName(recv.Type()); tn != nil {
			u = r.c.unitOf(tn)
		}
	}
	return u != nil && u.ring == *r.ring
}

// callee returns the function or method that a call names, nil for a value.
func (r *rewriter) callee(call *ast.CallExpr) *types.Func {
	fun := ast.Unparen(call.Fun)
	switch f := fun.(type) {
	case *ast.IndexExpr:
		fun = f.X
	case *ast.IndexListExpr:
		fun = f.X
	}
	var id *ast.Ident
	switch f := fun.(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return nil
	}
	f, _ := r.c.info.Uses[id].(*types.Func)
	return f
}

// short reports a loop body without calls, loops or channels: over a slice it ends soon by itself.
func (r *rewriter) short(body *ast.BlockStmt) bool {
	short := true
	ast.Inspect(body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ForStmt, *ast.RangeStmt, *ast.FuncLit, *ast.SelectStmt, *ast.SendStmt, *ast.GoStmt, *ast.DeferStmt:
			short = false
		case *ast.BranchStmt:
			short = short && n.Tok != token.GOTO
		case *ast.UnaryExpr:
			short = short && n.Op != token.ARROW
		case *ast.CallExpr:
			tv := r.c.info.Types[n.Fun]
			short = short && (tv.IsType() || tv.IsBuiltin())
		}
		return short
	})
	return short
}

// channel returns the channel type of an expression, nil when it is none or a type parameter.
func (r *rewriter) channel(x ast.Expr) *types.Chan {
	t := r.c.info.TypeOf(x)
	if t == nil {
		return nil
	}
	if _, param := types.Unalias(t).(*types.TypeParam); param {
		return nil
	}
	c, _ := t.Underlying().(*types.Chan)
	return c
}

// instrument handles what loops or blocks. It reports whether the walk goes on inside n.
func (r *rewriter) instrument(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.ForStmt:
		r.forLoop(n)
	case *ast.RangeStmt:
		return r.rangeLoop(n)
	case *ast.SelectStmt:
		r.selectStmt(n)
	case *ast.SendStmt:
		if r.channel(n.Chan) != nil {
			r.e.open(r.at(n.Chan.Pos()), r.live("To("))
			r.e.replace(r.at(n.Arrow), r.at(n.Arrow)+2, ").Send(")
			r.e.close(r.at(n.Value.End()), ")")
		}
	case *ast.AssignStmt:
		for _, x := range n.Lhs {
			r.keepsCtx(x)
		}
		if len(n.Lhs) == 2 && len(n.Rhs) == 1 {
			r.receive2(n.Rhs[0])
		}
	case *ast.ValueSpec:
		if len(n.Names) == 2 && len(n.Values) == 1 {
			r.receive2(n.Values[0])
		}
	case *ast.SelectorExpr:
		if sel := r.c.info.Selections[n]; sel != nil && sel.Kind() == types.MethodVal {
			if f, ok := sel.Obj().(*types.Func); ok && f.Signature().Recv() != nil {
				if _, ptr := f.Signature().Recv().Type().(*types.Pointer); ptr && !types.IsInterface(sel.Recv()) {
					r.pin(n.X)
				}
			}
		}
	case *ast.SliceExpr:
		r.pin(n.X)
	case *ast.UnaryExpr:
		if n.Op == token.AND {
			r.keepsCtx(n.X)
			r.pin(n.X)
		}
		if n.Op == token.ARROW && r.channel(n.X) != nil {
			r.e.replace(r.at(n.OpPos), r.at(n.OpPos)+2, r.live("Recv("))
			r.e.close(r.at(n.X.End()), ")")
		}
	case *ast.CallExpr:
		return r.call(n)
	case *ast.GoStmt:
		return r.goStmt(n)
	}
	return true
}

// receive2 is the form of a receive that also tells whether the channel is open.
func (r *rewriter) receive2(x ast.Expr) {
	u, ok := ast.Unparen(x).(*ast.UnaryExpr)
	if !ok || u.Op != token.ARROW || r.channel(u.X) == nil || r.skip[u] {
		return
	}
	r.skip[u] = true
	r.e.replace(r.at(u.OpPos), r.at(u.OpPos)+2, r.live("Recv2("))
	r.e.close(r.at(u.X.End()), ")")
}

func (r *rewriter) rangeLoop(n *ast.RangeStmt) bool {
	t := r.c.info.TypeOf(n.X)
	if t == nil {
		return true
	}
	if r.channel(n.X) == nil {
		bounded := false
		var counter *ast.Ident
		switch u := t.Underlying().(type) {
		case *types.Slice, *types.Array, *types.Map, *types.Pointer:
			bounded = true
		case *types.Basic:
			bounded = u.Info()&types.IsString != 0
			if id, ok := n.Key.(*ast.Ident); ok && u.Info()&types.IsInteger != 0 && n.Tok == token.DEFINE && id.Name != "_" {
				counter = id
			}
		}
		short := r.short(n.Body)
		switch {
		case short && bounded:
		case short && counter != nil && !r.changes(n.Body, counter):
			r.pollSometimes(n.Body, counter)
		default:
			r.poll(n.Body)
		}
		return true
	}
	// for v := range ch {   becomes   for chꞏ := ch; ; { vꞏ, okꞏ := live.Recv2(chꞏ); if !okꞏ { break }; v := vꞏ;
	take := "_"
	set := ""
	if n.Key != nil {
		if id, ok := n.Key.(*ast.Ident); !ok || id.Name != "_" {
			take = "v" + mark
			set = r.sub(n.Key) + " " + n.Tok.String() + " v" + mark + ";"
		}
	}
	r.e.drop(r.at(n.For)+3, r.at(n.X.Pos()), " ch"+mark+" := ")
	r.e.close(r.at(n.X.End()), "; ; ")
	r.walk(n.X)
	r.e.open(r.at(n.Body.Lbrace)+1, fmt.Sprintf("%s, ok%s := %s(ch%s); if !ok%s { break };%s", take, mark, r.live("Recv2"), mark, mark, set))
	r.walk(n.Body)
	return false
}

// forLoop polls at the head of a loop's body: each time, or, where the body is short and a variable counts the rounds,
// every 256 rounds. One that counts up to the length of something ends soon by itself.
func (r *rewriter) forLoop(n *ast.ForStmt) {
	counter := r.counter(n)
	if counter == nil || !r.short(n.Body) {
		r.poll(n.Body)
		return
	}
	if c, ok := n.Cond.(*ast.BinaryExpr); ok && (c.Op == token.LSS || c.Op == token.LEQ) {
		if call, ok := ast.Unparen(c.Y).(*ast.CallExpr); ok && r.c.info.Types[call.Fun].IsBuiltin() {
			if id, ok := ast.Unparen(call.Fun).(*ast.Ident); ok && id.Name == "len" {
				return
			}
		}
	}
	r.pollSometimes(n.Body, counter)
}

// counter returns the variable of a loop "for i := a; ...; i++" that nothing else changes.
func (r *rewriter) counter(n *ast.ForStmt) *ast.Ident {
	init, ok := n.Init.(*ast.AssignStmt)
	post, ok2 := n.Post.(*ast.IncDecStmt)
	if !ok || !ok2 || init.Tok != token.DEFINE {
		return nil
	}
	id, ok := post.X.(*ast.Ident)
	if !ok {
		return nil
	}
	for _, x := range init.Lhs {
		def, ok := x.(*ast.Ident)
		if !ok || def.Name != id.Name {
			continue
		}
		if b, ok := r.c.info.TypeOf(def).Underlying().(*types.Basic); ok && b.Info()&types.IsInteger != 0 && b.Info()&types.IsUntyped == 0 && !r.changes(n.Body, id) {
			return def
		}
	}
	return nil
}

// changes reports whether code may assign to a variable.
func (r *rewriter) changes(n ast.Node, id *ast.Ident) bool {
	obj := r.c.info.ObjectOf(id)
	is := func(x ast.Expr) bool {
		y, ok := ast.Unparen(x).(*ast.Ident)
		return ok && r.c.info.ObjectOf(y) == obj
	}
	found := false
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, x := range n.Lhs {
				found = found || is(x)
			}
		case *ast.IncDecStmt:
			found = found || is(n.X)
		case *ast.UnaryExpr:
			found = found || n.Op == token.AND && is(n.X)
		}
		return !found
	})
	return found
}

// pollSometimes polls when a counter's lowest byte is 0. Every integer type has one.
func (r *rewriter) pollSometimes(body *ast.BlockStmt, counter *ast.Ident) {
	r.e.open(r.at(body.Lbrace)+1, "if uint8("+counter.Name+") == 0 { "+r.live("Poll()")+" };")
}
