package cell

import (
	"go/token"
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string // the chunks; a leading ! is a declaration, a trailing ; was written
	}{
		{"x := 1\ny", []string{"x := 1", "y"}},
		{"x := 1; y;", []string{"x := 1;", "y;"}},
		{"5 ; // c", []string{"5;"}},
		{"5\n;", []string{"5;"}},
		{"func f() {\n\tx := 1\n}\nf()", []string{"!func f() {\n\tx := 1\n}", "f()"}},
		{"func (t T) f() {}\nfunc (t *T[P]) g(a int) (b int) { return }", []string{"!func (t T) f() {}", "!func (t *T[P]) g(a int) (b int) { return }"}},
		{"func(a int) int { return a }(1)", []string{"func(a int) int { return a }(1)"}},
		{"func() T { return T{} }()", []string{"func() T { return T{} }()"}},
		{"type (\n A int\n B int\n)\nconst c = 1\nvar v int", []string{"!type (\n A int\n B int\n)", "!const c = 1", "var v int"}},
		{"import \"fmt\"\nimport (\n\"os\"\n)", []string{"!import \"fmt\"", "!import (\n\"os\"\n)"}},
		{"package main\nfunc main() {}", []string{"!package main", "!func main() {}"}},
		{"l:\nfor {\nbreak l\n}", []string{"l:\nfor {\nbreak l\n}"}},
		{"x := `a\n;\n}`\ny := \"}\"", []string{"x := `a\n;\n}`", "y := \"}\""}},
		{"a.\n b(\n c,\n)", []string{"a.\n b(\n c,\n)"}},
		{"/* x; */ a /* ; */ + b", []string{"a /* ; */ + b"}},
		{"s := `a\r\nb`\r\nx", []string{"s := `a\r\nb`", "x"}},
		{"", nil}, {"// c", nil}, {";;", nil},
	} {
		chunks, errs := split(newSource(1, c.text))
		if len(errs) > 0 {
			t.Errorf("%q: %v", c.text, errs)
			continue
		}
		var got []string
		for _, k := range chunks {
			s := c.text[k.start:k.end]
			if k.declaration() {
				s = "!" + s
			}
			if k.semi {
				s += ";"
			}
			got = append(got, s)
		}
		if strings.Join(got, "|") != strings.Join(c.want, "|") {
			t.Errorf("%q: %q, want %q", c.text, got, c.want)
		}
	}
}

func TestKindOf(t *testing.T) {
	for _, c := range []struct {
		head []token.Token
		decl bool
	}{
		{[]token.Token{token.FUNC, token.IDENT, token.LPAREN}, true},
		{[]token.Token{token.FUNC, token.LPAREN, token.IDENT, token.LPAREN}, true},
		{[]token.Token{token.FUNC, token.LPAREN, token.IDENT, token.LBRACE}, false},
		{[]token.Token{token.FUNC, token.LPAREN, token.LBRACE}, false},
		{[]token.Token{token.VAR, token.IDENT}, false},
		{nil, false},
	} {
		if got := (chunk{tok: kindOf(c.head)}).declaration(); got != c.decl {
			t.Errorf("%v: declaration %v", c.head, got)
		}
	}
}

func TestPositions(t *testing.T) {
	p := NewPlanner(testPackages(t))
	plan, err := p.Plan(1, "base := 1\nfunc known() int { return base }")
	if err != nil {
		t.Fatal(err)
	}
	p.Commit(plan)
	for _, c := range []struct {
		text, want string
	}{
		{"é := 1; é + x", "In[2]:1:13: undefined: x"},
		{"a := 1\n\n\tb := a + \"s\"", "In[2]:3:7: invalid operation"},
		{"func f() {\n\treturn 1\n}", "In[2]:2:9: too many return values"},
		{"type T struct {\n\tx Unknown\n}", "In[2]:2:4: undefined: Unknown"},
		{"x := 1 +", "In[2]:1:9: "},
		{"if true {\n", "In[2]:1:9: { is never closed"},
		{"x := 'ab'", "In[2]:1:6: illegal rune literal"},
		{"knwon()", "In[2]:1:1: undefined: knwon (did you mean known?)"},
		{"fmt.Prinln(1)", "In[2]:1:5: undefined: fmt.Prinln"},
		{"import \"fmt\"\nfmt.Prinln(1)", "In[2]:2:5: undefined: fmt.Prinln"},
		{"var a, b = 1", "In[2]:1:12: assignment mismatch"},
		{"base = \"s\"", "In[2]:1:8: cannot use \"s\""},
		{"known = nil", "In[2]:1:1: cannot assign to known"},
		{"for i := range 3 { j := i }", "In[2]:1:20: declared and not used: j"},
		{"x := 1\ninit := 5", "In[2]:2:1: cannot declare init - must be func"},
		{"x, base := 1, \"s\"", ""},
		{"import \"nope/nope\"", "In[2]:1:8: cannot import \"nope/nope\""},
	} {
		_, err := p.Plan(2, c.text)
		got := ""
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, c.want) || c.want == "" && got != "" {
			t.Errorf("%q:\n got %s\nwant %s", c.text, got, c.want)
		}
	}
}

func TestAtMostTenErrors(t *testing.T) {
	_, err := NewPlanner(testPackages(t)).Plan(1, strings.Repeat("nope()\n", 30))
	if errs, ok := err.(Errors); !ok || len(errs) != MaxErrors {
		t.Errorf("%d errors: %v", len(errs), err)
	}
}

func TestEdits(t *testing.T) {
	const text = "f(a,\nb)"
	var e edits
	e.open(0, "outer(")
	e.close(7, ")")
	e.open(0, "inner(")
	e.close(7, "]")
	e.replace(2, 3, "aaa")
	e.drop(3, 6, "")
	e.replace(5, 6, "never")
	if got, want := e.apply(text, 0, len(text)), "outer(inner(f(aaa\n)])"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestUnmark(t *testing.T) {
	for in, want := range map[string]string{"sampleꞏ2": "sample", "a ꞏ b": "a  b", "(*Tꞏ12).fꞏ": "(*T).f", "plain": "plain"} {
		if got := Unmark(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
