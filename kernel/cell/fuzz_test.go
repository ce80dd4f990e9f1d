package cell

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// FuzzParse gives the cell parser any text. It must not panic, its errors must name a place inside the cell, and what it
// accepts must be Go: the statements as a function's body, the declarations as a file.
func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"x := 42\nx + 1", "import \"fmt\"\nfmt.Println(1);", "type T struct{ a int }\nfunc (t T) f() {}\n", "func f() {}; f()", "for {\nbreak\n}",
		"a:\nfor { break a }", "const (\nA = iota\nB\n)", "var (\na = 1\nb int\n)", "func(a int) int { return a }(1)", "x := `\n}`", "/* \n */ 1 // c",
		"//go:build linux\n\n1", "}", "(]", "\"", "\x00", "\xff", "\ufeff1", "package main\nfunc main() {}", "x ꞏ", "type L[T any] []T\nvar l L[int]",
		"if x { } else { }", "switch { case 1: }", "select {}", "go f()", "defer f()", "a, b := 1, 2\na := \"x\"", "import (\n. \"math\"\n_ \"fmt\"\n)",
		"//go:embed x\nvar s string", "/*\n#include <x.h>\n*/\nimport \"C\"\n", "\r\nx := 1\r\n", "func (r *T[P]) m() {}", "func f",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		fs := newFiles()
		src := newSource(1, text)
		p, err := fs.parseCell(src)
		if err != nil {
			errs, ok := err.(Errors)
			if !ok || len(errs) == 0 {
				t.Fatalf("%q: an error of type %T: %v", text, err, err)
			}
			lines := strings.Count(text, "\n") + 1
			for _, e := range errs {
				if e.Msg == "" || e.Pos.Cell != 1 || e.Pos.Line < 1 || e.Pos.Line > lines || e.Pos.Col < 1 {
					t.Errorf("%q: error %+v", text, e)
				}
			}
			return
		}
		if !utf8.ValidString(text) || strings.Contains(text, "\x00") {
			t.Errorf("%q is accepted", text)
		}
		if p.skip != "" {
			return
		}
		st := p.newStatements()
		at := 0
		for _, c := range p.chunks {
			if c.start < at || c.end <= c.start || c.end > len(text) {
				t.Errorf("%q: chunk %+v after %d", text, c, at)
			}
			at = c.end
		}
		for _, s := range st.list {
			from, to := offsets(fs, s)
			if from < 0 || to > len(text) || from > to {
				t.Errorf("%q: statement %T at %d to %d", text, s, from, to)
			}
		}
		for _, d := range p.newParts(fs) {
			piece := "package p;" + d.part.prefix + text[d.part.start:d.part.end]
			if _, err := parser.ParseFile(token.NewFileSet(), "", piece, 0); err != nil {
				t.Errorf("%q: the declaration %q is not Go by itself: %v", text, piece, err)
			}
		}
	})
}

func offsets(fs *files, n ast.Node) (int, int) {
	_, a := fs.offset(n.Pos())
	_, b := fs.offset(n.End())
	return a, b
}

// FuzzPlan gives any text to the planner: it must not panic, and what it takes must come out as a package without errors.
func FuzzPlan(f *testing.F) {
	f.Add("x := 1", "x + 1")
	f.Add("type T struct{ a int }\nt := T{1}", "type T struct{ a, b int }\nt")
	f.Add("ch := make(chan int)\ngo func() { ch <- 1 }()", "for v := range ch { println(v) }\nselect { case <-ch: }")
	f.Add("func f() (int, error) { return 1, nil }", "a := f()\nvar b = f()\nf()")
	f.Add("const (\nA = iota\nB\n)", "B := 5\nA")
	f.Add("var (\na, b = 1, \"x\"\nc []int\n)", "a, b, c = 2, \"\", nil")
	f.Add("type A struct{ B }\ntype B struct{ n int }\nfunc (b *B) f() {}", "func (b *B) g() {}\nvar a A\na.B.f()")
	f.Fuzz(func(t *testing.T, one, two string) {
		e := testPackages(t)
		p := NewPlanner(e)
		for i, text := range []string{one, two, one} {
			start := time.Now()
			plan, err := p.Plan(i+1, text)
			if took := time.Since(start); took > 5*time.Second {
				t.Fatalf("cells %q, %q: %v to plan", one, two, took)
			}
			if err != nil {
				if strings.Contains(err.Error(), "could not read this cell") {
					t.Fatalf("cells %q, %q: %v", one, two, err)
				}
				continue
			}
			if plan.Cgo {
				continue
			}
			fset := token.NewFileSet()
			file, err := parser.ParseFile(fset, "", plan.Files[0].Text, 0)
			if err == nil {
				_, err = (&types.Config{Importer: importer{e}, GoVersion: goVersion(), Sizes: types.SizesFor("gc", "amd64")}).Check(PackagePath, fset, []*ast.File{file}, nil)
			}
			if err != nil {
				t.Fatalf("cells %q, %q: the plan of %q is not Go: %v\n%s", one, two, text, err, plan.Files[0].Text)
			}
			p.Commit(plan)
		}
	})
}
