package engine

import "testing"

func TestSpecErrors(t *testing.T) { runSequences(t, failures) }

// What goes wrong, where, and what the session does then.
var failures = []sequence{
	{"a trailing error is checked", []step{
		quiet("func open(ok bool) (string, error) { if ok { return \"data\", nil }; return \"\", errors.New(\"no file\") }"),
		show("s := open(true)\ns", "data"), fails("a := 1\nb := open(false)\nc := 2", "no file", "In[3]:2"), show("s", "data")}},
	{"a trailing error with several values", []step{
		quiet("func three() (int, string, error) { return 1, \"a\", nil }"), show("n, s := three()\nfmt.Sprint(n, s)", "1 a"), show("n, s, err := three()\nerr == nil", "true"),
		fails("n, s, err, more := three()", "assignment mismatch", "In[4]:1"), fails("m := three()", "assignment mismatch: 1 variable but three returns 3 values", "In[5]:1")}},
	{"a trailing error of an assignment", []step{quiet("x := 0\nfunc f(n int) (int, error) { if n > 1 { return 0, fmt.Errorf(\"%d is too big\", n) }; return n, nil }"), show("x = f(1)\nx", "1"), fails("\n\nx = f(2)", "2 is too big", "In[3]:3"), show("x", "0")}},
	{"a trailing error of var", []step{quiet("var n = strconv.Atoi(\"12\")"), show("n", "12"), fails("var k = strconv.Atoi(\"q\")", "invalid syntax", "In[3]:1")}},
	{"a trailing error in a loop at the top", []step{prints("for _, s := range []string{\"1\", \"2\"} {\n\tn := strconv.Atoi(s)\n\tfmt.Print(n)\n}", "12"), fails("for _, s := range []string{\"1\", \"x\"} {\n\tn := strconv.Atoi(s)\n\t_ = n\n}", "invalid syntax", "In[2]:2")}},
	{"a call that gives only an error", []step{quiet("func check(n int) error { if n > 1 { return fmt.Errorf(\"bad %d\", n) }; return nil }"), prints("check(1)\nfmt.Print(\"ok\")", "ok"), fails("check(2)\nfmt.Print(\"not here\")", "bad 2", "In[3]:1"), fails("check(3)", "bad 3", "In[4]:1"), quiet("check(0)")}},
	{"the last expression with a trailing error", []step{show("strconv.Atoi(\"5\")", "5"), fails("strconv.Atoi(\"five\")", "invalid syntax", "In[2]:1")}},
	{"chained trailing errors", []step{show("a := strconv.Atoi(\"1\")\nb := strconv.Atoi(strconv.Itoa(a + 1))\nc := strconv.ParseFloat(fmt.Sprint(b), 64)\nc", "2")}},
	{"inside functions nothing changes", []step{fails("func f() int { n := strconv.Atoi(\"1\"); return n }", "assignment mismatch", "In[1]:1"), fails("g := func() int { n := strconv.Atoi(\"1\"); return n }", "assignment mismatch", "In[2]:1"), quiet("h := func() { strconv.Atoi(\"x\") }\nh()")}},
	{"what is not an error is not dropped", []step{fails("func f() (int, string) { return 1, \"a\" }\nx := f()", "assignment mismatch", "In[1]:2")}},
	{"a panic names cell and line", []step{quiet("func div(a, b int) int {\n\treturn a / b\n}"), {in: "x := 1\ny := div(x, 0)\ny", err: "integer divide by zero", at: "In[1]:2", stack: []string{"In[1]", "In[2]", "div"}}, show("div(4, 2)", "2")}},
	{"a panic in a method and a closure", []step{
		{in: "type T struct{ m map[string]int }\nfunc (t *T) set() {\n\tt.m[\"a\"] = 1\n}\nfunc() {\n\t(&T{}).set()\n}()", err: "assignment to entry in nil map", at: "In[1]:3", stack: []string{"In[1]", "set"}}}},
	{"a panic with a value of one's own", []step{fails("type E struct{ Code int }\npanic(E{5})", "5", "In[1]:2"), fails("panic(fmt.Errorf(\"wrapped: %w\", io.EOF))", "wrapped: EOF", "In[2]:1")}},
	{"nil pointers", []step{fails("type T struct{ a *T; n int }\nvar t *T\nt.n", "nil pointer dereference", "In[1]:3")}},
	{"index and slice bounds", []step{fails("s := []int{1}\ni := 5\ns[i]", "index out of range [5] with length 1", "In[1]:3"), fails("s := []int{1}\nj := 3\ns[:j]", "out of range", "In[2]:3")}},
	{"type assertions", []step{fails("type mine int\nvar v any = mine(1)\nv.(string)", "interface conversion: interface {} is cell.mine, not string", "In[1]:3")}},
	{"a panic in a deferred function", []step{fails("defer func() {\n\tpanic(\"second\")\n}()\npanic(\"first\")", "second", "")}},
	{"runtime.Goexit at the top", []step{{in: "runtime.Goexit()\n", any: true, err: ""}, show("1", "1")}},
	{"undefined names", []step{fails("valeu + 1", "undefined: valeu", "In[1]:1"), quiet("value := 1"), {in: "valeu + 1", err: "undefined: valeu", at: "In[3]:1", stack: []string{"did you mean value?"}}}},
	{"several errors at once", []step{{in: "a := b\nc := d + 1\nvar e int = \"s\"", err: "undefined: b", at: "In[1]:1", stack: []string{"undefined: d", "cannot use \"s\""}}}},
	{"type errors", []step{fails("var s string = 5", "cannot use 5 (untyped int constant) as string value", "In[1]:1"), fails("x := 1\n\ny := \"a\" + x", "mismatched types", "In[2]:3"), fails("f := 3\nf()", "cannot call non-function f", "In[3]:2")}},
	{"missing return", []step{fails("func f() int {\n\tif true { return 1 }\n}", "missing return", "In[1]:3")}},
	{"syntax errors", []step{fails("x := := 1", "expected", "In[1]:1"), fails("func f( {", "never closed", "In[2]:1"), fails("for {\n  x := 1\n", "never closed", "In[3]:1"), fails("}\n", "unexpected }", "In[4]:1"), fails("x := (1, 2]", "unexpected ]", "In[5]:1"), fails("if x\n{\n}", "", "In[6]:1"), fails("x = \"open", "string literal not terminated", "In[7]:1"), fails("s := `open", "raw string literal not terminated", "In[8]:1"), fails("/* open", "comment not terminated", "In[9]:1"), fails("x @ 1", "illegal character", "In[10]:1")}},
	{"syntax errors further down", []step{fails("a := 1\nb := 2\nfunc f() {\n\tif a {\n\t\tb +\n\t}\n}", "", "In[1]:6"), fails("type T struct {\n\ta int,\n\tb int\n}", "", "In[2]:2")}},
	{"NUL bytes", []step{fails("x := 1\ny := \"\x00\"", "NUL byte", "In[1]:2"), show("1", "1")}},
	{"not UTF-8", []step{fails("x := \"\xff\xfe\"", "not valid UTF-8", "In[1]:1"), fails("// caf\xe9", "0xe9", "In[2]:1"), show("1", "1")}},
	{"the kernel's own letter", []step{fails("xꞏ2 := 1", "is kept for", "In[1]:1")}},
	{"declared twice in a cell", []step{fails("func f() {}\nfunc f() {}", "f redeclared", "In[1]:2"), fails("type T int\nT := 5", "T redeclared", "In[2]:2"), fails("type T int\nfunc (T) m() {}\nfunc (T) m() {}", "m redeclared", "In[3]:3")}},
	{"a method on a type that is not there", []step{fails("func (t Nope) f() {}", "no type Nope", "In[1]:1"), fails("func (s strings.Builder) f() {}", "", "In[2]:1"), fails("func (n int) f() {}", "", "In[3]:1")}},
	{"invalid types", []step{fails("type T struct{ t T }", "invalid recursive type", "In[1]:1"), fails("type A B\ntype B A", "invalid recursive type", "In[2]:1"), fails("type I interface{ I }", "invalid recursive type", "In[3]:1")}},
	{"import cycles of values are none", []step{show("var f func() int\nf = func() int { return 1 }\nf()", "1")}},
	{"use before declaration", []step{fails("y := x\nx := 1", "undefined: x", "In[1]:1"), fails("z.n", "undefined: z", "In[2]:1")}},
	{"a function used before its variable has a value", []step{show("p := get()\nvar v = 5\nfunc get() int { return v }\np + get()", "5")}},
	{"wrong uses of the last expression", []step{fails("int", "is not an expression", "In[1]:1"), fails("fmt", "use of package fmt not in selector", "In[2]:1").orUndefined(), fails("x := 1\nx", "", "").fine("1")}},
	{"assignment to what cannot be", []step{fails("5 = 6", "cannot assign", "In[1]:1"), fails("const c = 1\nc = 2", "cannot assign", "In[2]:2"), fails("func f() {}\nf = nil", "cannot assign", "In[3]:2")}},
	{"unused results", []step{fails("x := 1\nx + 1\nx", "is not used", "In[1]:2"), fails("append([]int{}, 1)\n1", "is not used", "In[2]:1")}},
	{"break of go and defer rules", []step{fails("go 5", "", "In[1]:1"), fails("defer recover", "", "In[2]:1")}},
	{"misuse of ctx", []step{fails("func f() { ctx = nil }", "", "In[1]:1").any_()}},
	{"a goroutine that panics later", []step{quiet("go func() { time.Sleep(50 * time.Millisecond); panic(\"late\") }()"), {in: "time.Sleep(300 * time.Millisecond)", any: true}, show("1 + 1", "2")}},
	{"os.Exit", []step{quiet("x := 1\nfunc f() int { return 7 }"), {in: "fmt.Print(\"bye\")\nos.Exit(3)", err: "exit", any: true}, show("f()", "7")}},
	{"a lost variable", []step{quiet("x := 1"), {in: "os.Exit(1)", err: "exit", any: true}, show("x := 5\nx", "5"), show("x + 1", "6")}},
	{"stack overflow", []step{quiet("func f(n int) int { return f(n+1) + 1 }"), {in: "f(0)", err: "stack overflow", any: true}, show("1", "1")}},
	{"interrupt a loop", []step{quiet("x := 5"), {in: "for { x++ }", stop: true, err: "interrupted", at: ""}, show("x > 5", "true")}},
	{"interrupt a counted loop", []step{{in: "s := 0\nfor i := 0; i < 1<<60; i++ { s += i }", stop: true, err: "interrupted"}, show("1", "1")}},
	{"interrupt range over an integer", []step{{in: "s := 0\nfor i := range 1 << 60 { s += i }", stop: true, err: "interrupted"}, show("1", "1")}},
	{"interrupt a sleep", []step{{in: "time.Sleep(time.Hour)", stop: true, err: "interrupted"}, show("1", "1")}},
	{"interrupt a receive", []step{{in: "c := make(chan int)\n<-c", stop: true, err: "interrupted"}, {in: "c := make(chan int)\nx := 1 + <-c\nx", stop: true, err: "interrupted"}, show("1", "1")}},
	{"interrupt a send and a range", []step{{in: "c := make(chan int)\nc <- 1", stop: true, err: "interrupted"}, {in: "d := make(chan int)\nfor range d {}", stop: true, err: "interrupted"}, show("1", "1")}},
	{"interrupt a select", []step{{in: "c := make(chan int)\nselect { case <-c: case c <- 1: }", stop: true, err: "interrupted"}, {in: "select {}", stop: true, err: "interrupted"}, show("1", "1")}},
	{"interrupt a WaitGroup", []step{{in: "var wg sync.WaitGroup\nwg.Add(1)\nwg.Wait()", stop: true, err: "interrupted"}, show("1", "1")}},
	{"interrupt recursion", []step{{in: "func fib(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }\nfib(80)", stop: true, err: "interrupted"}, show("1", "1")}},
	{"interrupt what watches ctx", []step{{in: "<-ctx.Done()\nfmt.Print(\"seen\")", stop: true, err: "interrupted", any: true}, show("ctx.Err() == nil", "true")}},
	{"interrupt runs deferred calls", []step{{in: "defer fmt.Print(\"cleaned\")\nfor {}", stop: true, err: "interrupted", out: "cleaned"}, show("1", "1")}},
	{"interrupt keeps values", []step{quiet("n := 0\nbig := make([]int, 1000)"), {in: "for { n++; big[n%1000] = n }", stop: true, err: "interrupted"}, show("n > 0 && len(big) == 1000", "true")}},
	{"interrupt a nested function and a goroutine", []step{{in: "func spin() { for { func() { time.Sleep(time.Millisecond) }() } }\ngo spin()\nspin()", stop: true, err: "interrupted", any: true}, show("1", "1")}},
	{"cgo in a function", []step{show("/*\n#include <stdlib.h>\nstatic int twice(int n) { return 2 * n; }\n*/\nimport \"C\"\n\nfunc twice(n int) int { return int(C.twice(C.int(n))) }\ntwice(21)", "42"), show("twice(4)", "8")}},
	{"cgo at the top", []step{fails("/*\nstatic int one(void) { return 1; }\n*/\nimport \"C\"\nint(C.one())", "C cannot be used at the top of a cell", "In[1]:1")}},
}

func (s step) any_() step { s.any = true; return s }

// orUndefined: a package that nobody has imported is an undefined name.
func (s step) orUndefined() step { s.err = ""; return s }

// fine turns a step into one that succeeds.
func (s step) fine(text string) step { return show(s.in, text) }
