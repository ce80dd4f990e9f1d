package cell

import (
	"fmt"
	"go/types"
	"slices"
	"strings"
	"testing"
	"time"
)

func text(p *Plan) string {
	var b strings.Builder
	for _, f := range p.Files {
		b.WriteString(f.Text)
	}
	return b.String()
}

func TestSymbols(t *testing.T) {
	for _, c := range []struct {
		name  string
		cells []string
		want  map[int]string // cell -> text that its package must hold
		not   map[int]string
	}{
		{"a new version", []string{"func f() int { return 1 }", "func f() int { return 2 }\nf()"}, map[int]string{1: "func f() int", 2: "func fꞏ2() int"}, nil},
		{"an old version again", []string{"func f() int { return 1 }", "func f() int { return 2 }", "func f() int { return 1 }"}, map[int]string{3: "func f() int"}, map[int]string{3: "fꞏ3"}},
		{"spaces, comments and ends of lines", []string{"type T struct{ a int }", "// c\ntype T struct {\n\ta int // d\n}"}, map[int]string{2: "type T struct"}, map[int]string{2: "Tꞏ2"}},
		{"what depends on it follows", []string{"type T struct{ a int }\nfunc mk() T { return T{} }\nvar t T", "type T struct{ b int }", "mk()\nt"}, map[int]string{3: "func mkꞏ2() Tꞏ2"}, nil},
		{"a method is part of its type", []string{"type T int\nvar t T", "func (t T) f() {}", "t.f()"}, map[int]string{3: "type Tꞏ2 int"}, nil},
		{"only what is reached", []string{"func a() {}\nfunc b() { a() }\nfunc c() {}", "b()"}, map[int]string{2: "func a()"}, map[int]string{2: "func c()"}},
		{"names that Go gives a meaning", []string{"func len(x int) int { return x }\nlen(1)"}, map[int]string{1: "func lenꞏ1("}, nil},
		{"names that generated code has", []string{"func Run2() {}", "Run2()"}, map[int]string{2: "func Run2ꞏ1()"}, nil},
		{"a variable by name and type", []string{"x := 1", "x := 2", "x := \"s\"", "x := 3"}, map[int]string{2: "var x int", 3: "var xꞏ2 string", 4: "var x int"}, nil},
		{"local types", []string{"func f() any { type L int; return L(1) }", "func g() any { type L string; return L(\"\") }\nf()"}, map[int]string{2: "type Lꞏ1002 string"}, nil},
		{"embedded fields take the symbol", []string{"type A struct{ n int }\ntype B struct{ A }", "type A struct{ m int }\nvar b B\nb.A.m"}, map[int]string{2: "b.Aꞏ2.m"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, plans := run(t, c.cells...)
			for i, w := range c.want {
				if !strings.Contains(text(plans[i-1]), w) {
					t.Errorf("cell %d lacks %q:\n%s", i, w, text(plans[i-1]))
				}
			}
			for i, w := range c.not {
				if strings.Contains(text(plans[i-1]), w) {
					t.Errorf("cell %d has %q:\n%s", i, w, text(plans[i-1]))
				}
			}
		})
	}
}

// A failed cell may have been loaded: its symbols mean for ever what they meant there.
func TestSymbolsOfFailedCells(t *testing.T) {
	p := NewPlanner(testPackages(t))
	if _, err := p.Plan(1, "func f() int { return 1 }"); err != nil { // not committed
		t.Fatal(err)
	}
	plan, err := p.Plan(2, "func f() int { return 2 }")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(text(plan), "func fꞏ2()") {
		t.Errorf("f of a failed cell is used again:\n%s", text(plan))
	}
}

func TestKey(t *testing.T) {
	src := "import \"strings\"\nfunc f() int { return 1 }\ntype T struct{ a int }\nfunc (t T) g() int {\n\tfor {\n\t\ttype L int\n\t\tgo f()\n\t}\n}\nfunc init() { f() }\nx := strings.Repeat(\"a\", f())\nx"
	_, plans := run(t, src, "other := 1", src, src, "func f() int { return 2 }", src)
	if plans[2].Key != plans[3].Key {
		t.Errorf("an unchanged cell has two keys:\n%s\n%s", text(plans[2]), text(plans[3]))
	}
	if plans[0].Key != plans[2].Key {
		t.Errorf("the first run has another key:\n%s\n%s", text(plans[0]), text(plans[2]))
	}
	if plans[4].Key == plans[3].Key || plans[1].Key == plans[2].Key {
		t.Error("different cells have one key")
	}
	_, a := run(t, "x := 1\nx")
	_, b := run(t, "x := 1\nx")
	if text(a[0]) != text(b[0]) {
		t.Errorf("not deterministic:\n%s\n%s", text(a[0]), text(b[0]))
	}
}

func TestValues(t *testing.T) {
	for _, c := range []struct {
		name   string
		cells  []string
		carry  string // in the text of the last plan
		retire []string
		note   string
	}{
		{"replaced", []string{"x := 1", "x := \"s\""}, "", []string{"x"}, ""},
		{"replaced, but a closure holds it", []string{"x := 1\nf := func() int { return x }", "x := \"s\""}, "", nil, ""},
		{"replaced, but a pointer holds it", []string{"x := 1\np := &x", "x := \"s\""}, "", nil, ""},
		{"replaced, but a function may", []string{"x := 1\nfunc f() int { return x }\ng := f", "x := 2.5\nfunc f() {}"}, "", nil, ""},
		{"replaced by a function", []string{"x := 1", "func x() {}"}, "", []string{"x"}, ""},
		{"carried", []string{"type T struct{ a int }\nt := T{1}", "func (t T) f() {}"}, `.Carry("t", "tꞏ2")`, []string{"t"}, ""},
		{"reset", []string{"type T struct{ a int }\nt := T{1}", "type T struct{ a uint }"}, "tꞏ2 = *new(Tꞏ2)", []string{"t"}, "t was reset: its type T has a new layout"},
		{"back", []string{"type T struct{ a int }\nt := T{1}", "func (t T) f() {}", "type T struct { a int }\nfunc (t T) f() { println() }"}, `.Carry("tꞏ2", "tꞏ3")`, []string{"tꞏ2"}, ""},
		{"nothing", []string{"x := 1", "x := 5"}, "", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, plans := run(t, c.cells...)
			last := plans[len(plans)-1]
			if !strings.Contains(text(last), c.carry) {
				t.Errorf("no %q in\n%s", c.carry, text(last))
			}
			if c.carry == "" && strings.Contains(text(last), ".Carry(") {
				t.Errorf("a value is carried:\n%s", text(last))
			}
			if !slices.Equal(last.Retire, c.retire) {
				t.Errorf("retires %q, want %q", last.Retire, c.retire)
			}
			if got := strings.Join(last.Notes, "\n"); got != c.note {
				t.Errorf("notes %q, want %q", got, c.note)
			}
		})
	}
}

func TestLose(t *testing.T) {
	p, _ := run(t, "x := 1\ny := 2\nfunc f() int { return x }")
	lost := p.Lose()
	if len(lost) != 2 || lost[0].Name != "x" || lost[0].Type != "int" || lost[0].Cell != 1 {
		t.Fatalf("lost %+v", lost)
	}
	if _, err := p.Plan(2, "1 + x"); err == nil || !strings.Contains(err.Error(), "the value of x was lost with the old worker") || !strings.Contains(err.Error(), "In[1]") {
		t.Errorf("use of a lost variable: %v", err)
	}
	if _, err := p.Plan(3, "f()"); err != nil {
		t.Errorf("a function that uses a lost variable: %v", err)
	}
	plan, err := p.Plan(4, "x = 5\nx + 1")
	if err != nil {
		t.Fatal(err)
	}
	p.Commit(plan)
	if _, err := p.Plan(5, "x"); err != nil {
		t.Errorf("x has a value again: %v", err)
	}
	if _, err := p.Plan(6, "y := y + 1"); err == nil {
		t.Error("y is read while it is lost")
	}
}

func TestFailedCellIsNamed(t *testing.T) {
	p := NewPlanner(testPackages(t))
	if _, err := p.Plan(1, "func f() {}\nx := 1\npanic(x)"); err != nil { // it would fail while it runs
		t.Fatal(err)
	}
	if _, err := p.Plan(2, "f()"); err == nil || !strings.Contains(err.Error(), "In[1] declares it, but that cell failed") {
		t.Errorf("f of a cell that failed: %v", err)
	}
	if _, err := p.Plan(3, "func g() { nope() }"); err == nil {
		t.Error("nope is not declared")
	}
	if _, err := p.Plan(4, "g()"); err == nil || !strings.Contains(err.Error(), "In[3] declares it, but that cell failed") {
		t.Errorf("g of a cell that does not compile: %v", err)
	}
	plan, err := p.Plan(5, "func f() {}")
	if err != nil {
		t.Fatal(err)
	}
	p.Commit(plan)
	if _, err := p.Plan(6, "f()"); err != nil {
		t.Error(err)
	}
}

func TestDeclarations(t *testing.T) {
	p, _ := run(t, "import str \"strings\"\ntype T struct{ b str.Builder }\nfunc (t *T) f() string { return t.b.String() }\nconst (\n\tA = iota\n\tB\n)\nt := &T{}\nd := time.Second\nm := map[string]*T{}", "func g(n int) int { return n + B }")
	got := p.Declarations()
	for _, want := range []string{"import str \"strings\"", "import time \"time\"", "type T struct{ b str.Builder }", "func (t *T) f() string", "var t *T", "var d time.Duration", "var m map[string]*T", "func g(n int) int"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if strings.Contains(got, mark) {
		t.Errorf("markers in\n%s", got)
	}
	if s := p.Source("T"); !strings.Contains(s, "type T struct") || !strings.Contains(s, "func (t *T) f()") {
		t.Errorf("source of T: %s", s)
	}
	if !p.Forget("g") || p.Forget("g") {
		t.Error("g can be forgotten once")
	}
	if _, err := p.Plan(9, "g(1)"); err == nil {
		t.Error("g is still known")
	}
}

// The two hundredth cell takes no longer than the tenth: only what a cell reaches is looked at.
func TestManyCells(t *testing.T) {
	e := testPackages(t)
	p := NewPlanner(e)
	var times []time.Duration
	for i := 1; i <= 300; i++ {
		src := fmt.Sprintf("type T%d struct{ a int }\nfunc f%d(n int) int { return n + %d }\nv%d := f%d(1)\nv%d", i, i, i, i, i, i)
		start := time.Now()
		plan, err := p.Plan(i, src)
		times = append(times, time.Since(start))
		if err != nil {
			t.Fatal(err)
		}
		p.Commit(plan)
	}
	early, late := median(times[10:60]), median(times[250:])
	t.Logf("cells 10 to 60: %v, cells 250 to 300: %v", early, late)
	if late > early+20*time.Millisecond { // a cell takes 60 ms and more to build
		t.Errorf("planning has become slow: %v, then %v", early, late)
	}
}

func median(d []time.Duration) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[len(d)/2]
}

func TestLongCell(t *testing.T) {
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "v%d := %d\nfmt.Sprint(v%d)\n", i, i, i)
	}
	for range 300 {
		b.WriteString("again := 1\n")
	}
	start := time.Now()
	plan, err := NewPlanner(testPackages(t)).Plan(1, b.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("10,300 lines planned in %v", time.Since(start))
	if len(plan.Vars) != 5001 {
		t.Errorf("%d variables", len(plan.Vars))
	}
}

func BenchmarkPlan(b *testing.B) {
	p := NewPlanner(testPackages(b))
	for i := range 10 {
		plan, err := p.Plan(i+1, fmt.Sprintf("func f%d(n int) int { return n + %d }\nv%d := f%d(1)", i, i, i, i))
		if err != nil {
			b.Fatal(err)
		}
		p.Commit(plan)
	}
	b.ResetTimer()
	for b.Loop() {
		if _, err := p.Plan(11, "fmt.Println(f1(v2) + f3(v4) + f5(v6) + f7(v8))"); err != nil {
			b.Fatal(err)
		}
	}
}

func TestComments(t *testing.T) {
	e := testPackages(t)
	plan, err := NewPlanner(e).Plan(1, "/*\n#include <stdlib.h>\nstatic int one(void) { return 1; }\n*/\nimport \"C\"\n\nfunc one() int { return int(C.one()) }\nfunc other() int { return 2 }\none() + other()")
	if err != nil {
		t.Fatal(err)
	}
	if !plan.Cgo || len(plan.Files) != 2 || !strings.Contains(plan.Files[1].Text, "static int one(void) { return 1; }") {
		t.Errorf("cgo: %+v", plan.Files)
	}
	if strings.Contains(plan.Files[0].Text, "C.one") || !strings.Contains(plan.Files[0].Text, "func other()") {
		t.Errorf("cell.go:\n%s", plan.Files[0].Text)
	}
	_, plans := run(t, "//go:noinline\nfunc f() {}\n\n// doc\n//go:nosplit\nfunc g() {}")
	for _, want := range []string{"//line In[1]:1:1\n//go:noinline\nfunc f()", "//line In[1]:5:1\n//go:nosplit\nfunc g()"} {
		if !strings.Contains(text(plans[0]), want) {
			t.Errorf("no %q in\n%s", want, text(plans[0]))
		}
	}
}

func TestNumber(t *testing.T) {
	got := number([]item{{"c", 5, 6}, {"a", 0, 0}, {"b", 2, 2}, {"d", 7, 7}})
	want := "afunc _() { type ( _ int; ) }\nbfunc _() { type ( _ int; _ int; ) }\ncd"
	if got != want {
		t.Errorf("%q, want %q", got, want)
	}
	// a type declared in a function keeps its number wherever the function is compiled again
	_, plans := run(t, "func a() any { type L int; return L(1) }", "func b() any { type L string; type M int; return L(\"\") }", "a()", "b()", "b()\na()\n{ type L bool; println(L(true)) }", "b()")
	for i, want := range map[int]string{2: "type Lꞏ1001 int", 3: "type ( _ int; ) }\n//line In[2]:1:1\nfunc b() any { type Lꞏ1002 string; type Mꞏ1003 int", 4: "type Lꞏ1004 bool"} {
		if !strings.Contains(text(plans[i]), want) {
			t.Errorf("no %q in\n%s", want, text(plans[i]))
		}
	}
}

// slow is a Packages that hangs, as one does that fetches a module.
type slow struct {
	*exported
	wait chan bool
}

func (s slow) Import(path string) (*types.Package, error) {
	if path == "example.com/slow" {
		<-s.wait
	}
	return s.exported.Import(path)
}

// Help while typing asks for the declarations; it never waits for a package that is fetched.
func TestStateWhilePlanning(t *testing.T) {
	s := slow{testPackages(t), make(chan bool)}
	p := NewPlanner(s)
	plan, err := p.Plan(1, "x := 1")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	go func() {
		_, err := p.Plan(2, "import \"example.com/slow\"\nx")
		done <- err
	}()
	time.Sleep(20 * time.Millisecond)
	p.Commit(plan)
	if d := p.Declarations(); !strings.Contains(d, "var x int") || len(p.Vars()) != 1 {
		t.Errorf("declarations:\n%s", d)
	}
	close(s.wait)
	if err := <-done; err == nil {
		t.Error("the slow package is not there")
	}
	if _, err := p.Plan(3, "x + 1"); err != nil {
		t.Error(err)
	}
}
