package cell

import (
	"strings"
	"testing"
)

// run plans cells one after the other, compiles each plan and commits it.
func run(t *testing.T, cells ...string) (*Planner, []*Plan) {
	t.Helper()
	e := testPackages(t)
	p := NewPlanner(e)
	var plans []*Plan
	for i, src := range cells {
		plan, err := p.Plan(i+1, src)
		if err != nil {
			t.Fatalf("cell %d:\n%s\n%v", i+1, src, err)
		}
		if err := e.compile(t, plan); err != nil {
			t.Fatalf("cell %d:\n%s\ndoes not compile: %v\n%s", i+1, src, err, plan.Files[0].Text)
		}
		p.Commit(plan)
		plans = append(plans, plan)
	}
	return p, plans
}

func TestFirst(t *testing.T) {
	_, plans := run(t, "x := 42", "x + 1")
	text := plans[1].Files[0].Text
	for _, want := range []string{"var x int\n", "func Run2(", ".Value(x + 1)"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
}

func TestCompiles(t *testing.T) {
	for name, cells := range map[string][]string{
		"basics":    {"import \"fmt\"\ntype P struct{ a, b int }\nfunc (p P) Sum() int { return p.a + p.b }\np := P{1, 2}\nfmt.Println(p.Sum())\np.Sum()", "p.a++\nq := &p\nq.Sum()", "q"},
		"redefine":  {"func f() int { return 1 }\nfunc g() int { return f() }\ng()", "func f() int { return 2 }", "g()", "f := 3", "f"},
		"type":      {"type S struct{ n int }\ns := S{1}\nm := map[string]S{}", "type S struct{ n int; t string }", "s", "func (s S) Len() int { return len(s.t) }", "s.Len() + len(m)"},
		"errors":    {"f := os.Open(\"x\")\nb := io.ReadAll(f)\nlen(b)", "var g = os.Open(\"y\")\ng.Close()\ndefer g.Close()\nfor i := range 3 { h := os.Open(\"z\"); h.Close(); _ = i }", "f = os.Open(\"x\")"},
		"channels":  {"ch := make(chan int, 1)\nch <- 1\nv, ok := <-ch\nx := <-ch\nfor v := range ch { println(v) }\nfor range ch {}\nselect { case ch <- 1: case y := <-ch: println(y) }\nselect {}", "var e chan any\ne <- 5\ngo func() { e <- nil }()\nfunc h(a int, b ...string) {}\ngo h(1, \"a\")\ngo h(<-ch, []string{}...)"},
		"vars":      {"var (\n a = 1\n b, c string\n d, e = 1, 2.5\n _ = a\n)\nvar f any = 3\nvar g []struct{ X int }\nvar _ error = nil", "a, b, c, d, e, f, g = 1, \"\", \"\", 2, 3, nil, nil"},
		"shadow":    {"x := 1\nx := \"s\"\nx := fmt.Sprint(x, 2)\nfunc get() string { return x }\nget()", "x := len(x)\nx"},
		"ctx":       {"ctx, cancel := context.WithCancel(ctx)\ndefer cancel()\n<-ctx.Done()\nfunc f() error { return ctx.Err() }\nf()", "ctx.Err()"},
		"unnamed":   {"import \"reflect\"\nt := reflect.TypeOf(1)\nt.Name()\nr := rand.New(rand.NewSource(1))\nr.Int()"},
		"generic":   {"type L[T any] struct { v []T }\nfunc (l *L[T]) Add(v T) { l.v = append(l.v, v) }\nfunc Map[A, B any](l []A, f func(A) B) []B { var out []B; for _, v := range l { out = append(out, f(v)) }; return out }\nl := L[int]{}\nl.Add(1)", "Map(l.v, strconv.Itoa)", "type L[T any] struct { v []T; n int }", "l.Add(2)"},
		"iota":      {"const (\n A = iota\n B\n C\n)\ntype D int\nconst (\n X D = iota\n Y\n)\nB", "const B = 7", "A + B + C", "Y"},
		"dot":       {"import . \"math\"\nSqrt(2) + Pi", "func Sqrt(x float64) float64 { return x }\nSqrt(4)", "m := map[float64]int{Pi: 1}\nm[Pi]"},
		"init":      {"func init() { reg[\"a\"] = 1 }\nvar reg = map[string]int{}\nlen(reg)", "func init() { println(1) }\nfunc init() { println(2) }"},
		"main":      {"package main\nimport \"fmt\"\nfunc main() { fmt.Println(1) }"},
		"labels":    {"i := 0\nloop:\nif i < 3 { i++; goto loop }\nouter:\nfor { for { break outer } }\ni"},
		"embed":     {"type A struct { n int }\ntype B struct { A; *strings.Builder }\nb := B{A: A{1}}\nb.A.n + b.n", "type A struct { n, m int }", "b.A.m + b.n"},
		"local":     {"func f() any { type T struct{ x int }; return T{1} }\n{ type U int; var u U; println(u) }", "func f() any { type T struct{ y string }; return T{\"\"} }\nf()"},
		"universe":  {"func len(x string) int { return 7 }\nlen(\"a\")", "func f(x []int) int { return cap(x) }\nvar any = 5", "any"},
		"sleep":     {"var wg sync.WaitGroup\nwg.Wait()\ntime.Sleep(time.Second)\nf := time.Sleep\nf(1)"},
		"recursion": {"func even(n int) bool { if n == 0 { return true }; return odd(n-1) }\nfunc odd(n int) bool { if n == 0 { return false }; return even(n-1) }\neven(4)", "func odd(n int) bool { return !even(n) }", "even(3)"},
		"shadowpkg": {"strings := []string{\"a\"}\nlen(strings)", "import \"strings\"\nstrings.ToUpper(\"a\")", "strings := 5\nstrings"},
		"iface":     {"type I interface{ M() int }\ntype T int\nfunc (t T) M() int { return int(t) }\nvar i I = T(1)\ni.M()", "type I interface{ M() int; N() }", "i == nil"},
		"blank":     {"import _ \"image/png\"\nfunc _() {}\ntype _ int\nvar _ = 1\nconst _ = 2"},
		"empty":     {"", "// only a comment", "\n\n"},
		"receives":  {"c1, c2 := make(chan int, 1), make(chan string, 1)\nvar a, b = <-c1, <-c2\nvar v, ok = <-c1\nx := <-func() chan int { return c1 }()\nfor i, c := range []chan int{c1} { <-c; _ = i }\nswitch { case <-c1 > 0: }\nif w, ok := <-c2; ok { println(w) }\nfor <-c1 > 0 {}\nm := map[string]int{}\nfor m[\"a\"] = range c1 {}\nfor c1 := range make(chan chan int) { <-c1 }\nselect { case m[\"b\"] = <-c1: case c1 <- <-c1: case x, ok = <-c1: }"},
		"gos":       {"ch := make(chan int)\ngo println(\"x\")\ngo close(ch)\ndefer close(ch)\ngo (func() {})()\nfs := map[string]func(...int){}\ngo fs[\"a\"](1, 2)\ngo fs[\"a\"]([]int{}...)\nfunc gen[T, U any](t T, u U) {}\ngo gen(1, \"a\")\ngo gen[int, any](1, nil)\ngo fmt.Println(<-ch, nil)\nvar sb strings.Builder\ngo sb.WriteString(\"s\")\nl:\ngo func(n int) { go gen(n, n) }(1)\nif true { goto l }\ngo (*strings.Builder).Reset(&sb)\nvar wg sync.WaitGroup\nwg.Go(func() { go wg.Wait() })\ntime.AfterFunc(1, func() {}).Stop()"},
		"trailing":  {"f := func() (int, error) { return 1, nil }\na := f()\ntype s struct{ n int }\nvar x s\nx.n = f()\nm := map[string]int{}\nm[\"k\"] = f()\np := &x.n\n*p = f()\n_ = f()\nvar _, b = 1, 2\nvar c, _ int = 1, 2\nvar _ = f()\nfor i := range 3 { x.n = f(); y := f(); var z = f(); f(); _, _, _ = i, y, z }\nswitch { case true: f(); a = f() }\nl:\na = f()\nif a > 5 { goto l }\n(a) = f()\nfunc() { f() }()"},
		"names":     {"live := 1\nc := 2\ncell := 3\ncontext := 4\nfunc Run1x() int { return live + c + cell + context }\nRun1x()", "func ctx() int { return 1 }\nctx()", "type ctx struct{ a int }\nctx{1}", "import c \"context\"\nc.Background()", "main := 6\nmain", "_ = main"},
		"ctx use":   {"func f(ctx context.Context) error { return ctx.Err() }\nf(ctx)\ng := func() { ctx := 5; _ = ctx }\nctx = context.WithValue(ctx, 1, 2)\nvar ctx, stop = context.WithCancel(ctx)\nstop()\nctx := context.TODO()\nfor ctx := range 3 { _ = ctx }", "ctx := 5\nctx", "ctx + 1"},
		"unnamed 2": {"import \"net/http\"\nb := http.NoBody\nb.Close()\nvar e, n = http.NoBody, 1\ne.Close()\nfunc() { b.Close(); n++ }()\nb := http.NoBody\nn"},
		"redefined": {"type T struct{ next *T; m map[string]T }\nfunc (t *T) walk(f func(*T)) { for ; t != nil; t = t.next { f(t) } }\nt := &T{}\nall := []T{*t}\nwalk := t.walk", "func (t T) depth() int { n := 0; t.walk(func(*T) { n++ }); return n }", "t.depth() + len(all)", "type T struct { next *T; m map[string]*T }", "t == nil && all == nil && walk == nil"},
		"const":     {"const big = 1 << 40\nbig", "'a'", "1.5", "nil"},
	} {
		t.Run(name, func(t *testing.T) { run(t, cells...) })
	}
}
