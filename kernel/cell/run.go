package cell

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

// topVar is a variable that a cell's statements declare for the session, or, where no other cell could name its type, for
// the cell alone.
type topVar struct {
	name   string
	obj    types.Object
	unit   *unit // nil of a local one
	symbol string
	pinned bool
	ctx    bool // the cell's own ctx
}

func (v *topVar) local() bool { return v.unit == nil && !v.ctx }

// runWriter writes a cell's statements as the body of a function: what declares a variable of the session assigns to it.
type runWriter struct {
	*rewriter
	s     *statements
	count int // of temporary names
}

func (w *runWriter) temp(name string) string {
	w.count++
	return fmt.Sprintf("%s%s%d", name, mark, w.count)
}

// statements returns the text for the body, line for line as in the cell.
func (w *runWriter) statements(p *parsed) string {
	w.more = w.statement
	for _, st := range w.s.list { // first, so that it stands behind all else that follows the statement
		w.checkValues(st)
	}
	atTop(w.s.list, func(st ast.Stmt) { // calls whose error is looked at; the walk below passes them
		if n := w.s.checks[st]; n > 0 {
			line, col := w.place(st)
			err := w.temp("err")
			w.e.open(w.at(st.Pos()), "{ "+strings.Repeat("_, ", n-1)+err+" := ")
			w.e.close(w.at(st.End()), w.check(err, line, col)+" }")
		}
	})
	if last := w.s.last; last != nil {
		how := "Value("
		if call, ok := ast.Unparen(last.X).(*ast.CallExpr); ok {
			if tv := w.c.info.Types[call.Fun]; tv.IsValue() && !tv.IsBuiltin() && !makesError(w.callee(call)) {
				how = "Show("
			}
		}
		line, col := w.place(last)
		w.e.open(w.at(last.Pos()), fmt.Sprintf("c%s.At(%d, %d).%s", mark, line, col, how))
		w.e.close(w.at(last.End()), ")")
	}
	if s := w.s.silent; s != nil && !w.stands(s.X) {
		w.e.open(w.at(s.Pos()), "_ = ")
	}
	for _, st := range w.s.list {
		w.walk(st)
	}
	var keep []chunk
	for _, c := range p.chunks {
		if !c.declaration() {
			keep = append(keep, c)
		}
	}
	text := only(w.src.text, keep, false, nil)
	return w.e.apply(text, 0, len(text))
}

// checkValues looks at what a statement at the top has assigned where it is of a type whose values carry the error of the step that made
// them, such as a data.Frame: it ends the cell as an error that is returned does. A statement that takes an error itself is left alone.
func (w *runWriter) checkValues(st ast.Stmt) {
	var ids []*ast.Ident
	switch st := st.(type) {
	case *ast.AssignStmt:
		for _, x := range st.Lhs {
			if id, ok := x.(*ast.Ident); ok {
				ids = append(ids, id)
			}
		}
	case *ast.DeclStmt:
		if g, ok := st.Decl.(*ast.GenDecl); ok && g.Tok == token.VAR {
			for _, sp := range g.Specs {
				if sp := sp.(*ast.ValueSpec); len(sp.Values) > 0 {
					ids = append(ids, sp.Names...)
				}
			}
		}
	}
	for _, id := range ids {
		if obj := w.c.info.ObjectOf(id); obj != nil && isError(obj.Type()) {
			return
		}
	}
	line, col := w.place(st)
	for _, id := range ids {
		if obj := w.c.info.ObjectOf(id); id.Name != "_" && obj != nil && carriesError(obj.Type()) {
			w.e.close(w.at(st.End()), fmt.Sprintf("; c%s.CheckValue(%s, %d, %d)", mark, w.sub(id), line, col))
		}
	}
}

// carriesError is true for types with a method CellError() error.
func carriesError(t types.Type) bool {
	method := types.NewMethodSet(t).Lookup(nil, "CellError")
	if method == nil {
		return false
	}
	s, ok := method.Type().(*types.Signature)
	return ok && s.Params().Len() == 0 && s.Results().Len() == 1 && isError(s.Results().At(0).Type())
}

// stands reports whether Go takes an expression as a statement.
func (w *runWriter) stands(x ast.Expr) bool {
	switch x := ast.Unparen(x).(type) {
	case *ast.CallExpr:
		tv := w.c.info.Types[x.Fun]
		return tv.IsValue() || tv.IsBuiltin() && w.c.info.Types[x].IsVoid()
	case *ast.UnaryExpr:
		return x.Op == token.ARROW
	}
	return false
}

// makesError reports the functions that make an error for its own sake: it is shown, not raised.
func makesError(f *types.Func) bool {
	if f == nil {
		return false
	}
	switch f.FullName() {
	case "errors.New", "errors.Join", "fmt.Errorf":
		return true
	}
	return false
}

func (w *runWriter) place(n ast.Node) (line, col int) {
	p := w.src.pos(w.at(n.Pos()))
	return p.Line, p.Col
}

func (w *runWriter) check(err string, line, col int) string {
	return fmt.Sprintf("; c%s.Check(%s, %d, %d)", mark, err, line, col)
}

// statement deals with what declares variables or leaves out an error.
func (w *runWriter) statement(n ast.Node) bool {
	if w.depth > 0 {
		return false
	}
	switch st := n.(type) {
	case *ast.AssignStmt:
		return w.assign(st)
	case *ast.DeclStmt:
		g, ok := st.Decl.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			return false
		}
		if w.declaresTop(g) {
			w.varGroup(st, g)
			return true
		}
		if w.s.padded[st] {
			sp := g.Specs[0].(*ast.ValueSpec)
			err := w.temp("err")
			sp.Names = sp.Names[:len(sp.Names)-1]
			w.e.close(w.at(sp.Names[len(sp.Names)-1].End()), ", "+err)
			line, col := w.place(st)
			w.e.close(w.at(st.End()), w.check(err, line, col))
			delete(w.s.padded, st)
		}
	}
	return false
}

func (w *runWriter) declaresTop(g *ast.GenDecl) bool {
	for _, sp := range g.Specs {
		for _, id := range sp.(*ast.ValueSpec).Names {
			if w.s.define[id] {
				return true
			}
		}
	}
	return false
}

// assign handles := and = at the top.
func (w *runWriter) assign(st *ast.AssignStmt) bool {
	padded := w.s.padded[st]
	lhs := st.Lhs
	if padded {
		lhs = lhs[:len(lhs)-1]
	}
	top, local := false, false
	for _, x := range lhs {
		if id, ok := x.(*ast.Ident); ok && w.s.define[id] {
			top = true
			if v := w.top[w.c.info.Defs[id]]; v != nil && v.local() {
				local = true
			}
		}
	}
	if !top && !padded {
		return false
	}
	line, col := w.place(st)
	if len(lhs) == 2 && len(st.Rhs) == 1 {
		w.receive2(st.Rhs[0])
	}
	for _, x := range st.Rhs {
		w.walk(x)
	}
	if local {
		var names []string
		for _, x := range lhs {
			names = append(names, w.sub(x))
		}
		w.define(w.at(st.Pos()), w.at(st.TokPos)+2, w.at(st.End()), names, lhs, padded, line, col)
		return true
	}
	for _, x := range lhs {
		w.walk(x)
	}
	if top {
		w.e.replace(w.at(st.TokPos), w.at(st.TokPos)+2, " =")
	}
	if padded {
		err := w.temp("err")
		w.e.close(w.at(lhs[len(lhs)-1].End()), ", "+err)
		if top || st.Tok == token.ASSIGN {
			w.e.open(w.at(st.Pos()), "{ var "+err+" error; ")
			w.e.close(w.at(st.End()), w.check(err, line, col)+" }")
		} else {
			w.e.close(w.at(st.End()), w.check(err, line, col))
		}
	}
	return true
}

// define keeps a declaration for those variables that stay in the cell; the others are assigned after it.
// text[from:to] is the left side with its operator.
func (w *runWriter) define(from, to, end int, names []string, lhs []ast.Expr, padded bool, line, col int) {
	var left []string
	after := ""
	for i, x := range lhs {
		id, _ := x.(*ast.Ident)
		switch {
		case names[i] == "_":
			left = append(left, "_")
		case id != nil && w.top[w.c.info.Defs[id]] != nil && w.top[w.c.info.Defs[id]].local():
			left = append(left, names[i])
			after += "; _ = " + names[i]
		default:
			t := w.temp("t")
			left = append(left, t)
			after += "; " + names[i] + " = " + t
		}
	}
	if padded {
		err := w.temp("err")
		left = append(left, err)
		after = w.check(err, line, col) + after
	}
	w.e.drop(from, to, strings.Join(left, ", ")+" := ")
	w.e.close(end, after)
}

// varGroup turns var declarations at the top into assignments, one for each line of a group.
func (w *runWriter) varGroup(st *ast.DeclStmt, g *ast.GenDecl) {
	if len(g.Specs) == 0 {
		return
	}
	w.e.drop(w.at(g.TokPos), w.at(g.Specs[0].Pos()), "")
	if g.Rparen.IsValid() {
		w.e.drop(w.at(g.Rparen), w.at(g.Rparen)+1, "")
	}
	for _, s := range g.Specs {
		w.varSpec(s.(*ast.ValueSpec), w.s.padded[st])
	}
}

func (w *runWriter) varSpec(sp *ast.ValueSpec, padded bool) {
	line, col := w.place(sp)
	ids := sp.Names
	if padded {
		ids = ids[:len(ids)-1]
	}
	var names []string
	var lhs []ast.Expr
	blank, local := true, false
	for _, id := range ids {
		names = append(names, w.sub(id))
		lhs = append(lhs, id)
		blank = blank && id.Name == "_"
		if v := w.top[w.c.info.Defs[id]]; v != nil && v.local() {
			local = true
		}
	}
	start, end := w.at(sp.Pos()), w.at(sp.End())
	if len(sp.Values) == 0 {
		z := w.temp("z")
		text := "{ var " + z + " " + w.sub(sp.Type)
		for i, id := range ids {
			if id.Name != "_" {
				text += "; " + names[i] + " = " + z
			}
		}
		w.e.drop(start, end, text+"; _ = "+z+" }")
		return
	}
	if len(ids) == 2 && len(sp.Values) == 1 {
		w.receive2(sp.Values[0])
	}
	for _, v := range sp.Values {
		w.walk(v)
	}
	first := w.at(sp.Values[0].Pos())
	switch {
	case blank:
		text := "{ var " + strings.Join(names, ", ")
		if sp.Type != nil {
			text += " " + w.sub(sp.Type)
		}
		w.e.drop(start, first, text+" = ")
		w.e.close(end, " }")
	case local:
		w.define(start, first, end, names, lhs, padded, line, col)
	case padded:
		err := w.temp("err")
		w.e.drop(start, first, "{ var "+err+" error; "+strings.Join(names, ", ")+", "+err+" = ")
		w.e.close(end, w.check(err, line, col)+" }")
	default:
		w.e.drop(start, first, strings.Join(names, ", ")+" = ")
	}
}
