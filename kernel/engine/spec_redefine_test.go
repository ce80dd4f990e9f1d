package engine

import "testing"

func TestSpecRedefine(t *testing.T) { runSequences(t, redefine) }

// Declaring again: what follows, what keeps its value, what is reset.
var redefine = []sequence{
	{"a function, and what calls it", []step{
		quiet("func f() int { return 1 }\nfunc g() int { return f() * 10 }\nfunc h() int { return g() + 1 }"),
		show("h()", "11"), quiet("func f() int { return 2 }"), show("h()", "21"), show("g()", "20")}},
	{"a function with another signature", []step{
		quiet("func f() int { return 1 }\nfunc g() int { return f() }"),
		notes("func f(n int) string { return fmt.Sprint(n) }", "g no longer compiles"),
		fails("g()", "g cannot be used: not enough arguments in call to f", "In[3]:1"),
		show("f(3)", "3"),
		quiet("func g() string { return f(4) }"), show("g()", "4")}},
	{"a broken function is whole again", []step{
		quiet("func f() int { return 1 }\nfunc g() int { return f() }"),
		notes("func f(n int) int { return n }", "g no longer compiles"),
		quiet("func f() int { return 5 }"), show("g()", "5")}},
	{"a function value keeps the old function", []step{
		quiet("func f() string { return \"old\" }\nv := f"), quiet("func f() string { return \"new\" }"), show("v() + f()", "oldnew")}},
	{"back to the old text", []step{
		quiet("func f() int { return 1 }"), quiet("func f() int { return 2 }"), quiet("func f() int { return 1 }"), show("f()", "1")}},
	{"comments and spaces change nothing", []step{
		quiet("type T struct{ n int }\nvar t = T{5}\nvar box any = t"), quiet("// a comment\ntype T struct {\n\tn int // same\n}"), show("_, ok := box.(T)\nok", "true"), show("t.n", "5")}},
	{"a variable with another type", []step{
		quiet("x := 1"), show("x := \"now text\"\nlen(x)", "8"), show("x", "now text"), quiet("x := 2.5"), show("x * 2", "5")}},
	{"a variable from its old self", []step{quiet("x := 5"), show("x := fmt.Sprint(x, \"!\")\nx", "5!"), show("x := len(x)\nx", "2")}},
	{"several times in one cell", []step{show("x := 1\ny := x + 1\nx := \"s\"\nz := x + fmt.Sprint(y)\nx := []string{z}\nx[0]", "s2"), show("len(x)", "1")}},
	{"two variables swapped", []step{quiet("a, b := 1, 2"), show("a, b := b, a\na*10 + b", "21")}},
	{"err is declared over and over", []step{quiet("a, err := strconv.Atoi(\"1\")"), quiet("b, err := strconv.Atoi(\"x\")"), show("err != nil", "true"), show("c, err := strconv.Atoi(\"3\")\nerr == nil && a+b+c == 4", "true")}},
	{"a function that uses a variable with another type", []step{
		quiet("v := 1\nfunc get() string { return fmt.Sprintf(\"%T\", v) }"), show("get()", "int"), quiet("v := \"s\""), show("get()", "string")}},
	{"a function that no longer fits a variable", []step{
		quiet("v := 1\nfunc add() int { return v + 1 }"), notes("v := \"s\"", "add no longer compiles"), fails("add()", "add cannot be used", "In[3]:1"), quiet("v := 4"), show("add()", "5")}},
	{"a closure keeps the variable that it was made with", []step{
		quiet("x := 1\nget := func() int { return x }"), quiet("x := \"other\""), show("get()", "1"), show("x", "other")}},
	{"a pointer keeps the variable that it was made with", []step{quiet("x := 1\np := &x"), quiet("x := \"other\""), show("*p", "1")}},
	{"the same declaration again keeps what others hold", []step{
		quiet("x := 1\np := &x"), quiet("x := 2"), show("*p", "2")}},
	{"a cell run again unchanged", []step{
		quiet("type T struct{ n int }\nfunc (t *T) inc() { t.n++ }\nshared := &T{}"),
		quiet("other := shared\nother.inc()"),
		quiet("type T struct{ n int }\nfunc (t *T) inc() { t.n++ }"),
		show("other.inc()\nother.n", "2"), show("other == shared", "true")}},
	{"a type keeps its layout: the value carries over", []step{
		quiet("type T struct{ n int; s string }\nt := T{1, \"a\"}\np := &T{2, \"b\"}\nm := map[string]T{\"k\": {3, \"c\"}}\nl := []*T{p}"),
		quiet("func (t T) String() string { return fmt.Sprint(\"T\", t.n, t.s) }"),
		show("t.String() + p.String() + m[\"k\"].String() + l[0].String()", "T1aT2bT3cT2b"),
		show("fmt.Sprint(t)", "T1a"),
		show("l[0] == p", "true")}},
	{"a method added shows", []step{quiet("type c float64\nx := c(3)"), quiet("func (v c) String() string { return \"c!\" }"), show("fmt.Sprint(x)", "c!"), show("x", "c!")}},
	{"a method changed", []step{quiet("type T int\nfunc (t T) f() int { return 1 }\nv := T(5)"), show("v.f()", "1"), quiet("func (t T) f() int { return int(t) * 2 }"), show("v.f()", "10")}},
	{"a method from another cell follows its type", []step{
		quiet("type T struct{ a int }"), quiet("func (t T) get() int { return t.a }\nv := T{1}"),
		notes("type T struct{ a, b int }", "v was reset"), show("T{a: 4, b: 2}.get()", "4"), show("v", "T{a: 0, b: 0}")}},
	{"a method that no longer fits its type", []step{
		quiet("type T struct{ a int }\nfunc (t T) get() int { return t.a }\nfunc (t T) one() int { return 1 }"),
		notes("type T struct{ b int }", "method T.get no longer compiles"), show("T{2}.one()", "1"), fails("T{2}.get()", "get undefined", "In[4]:1")}},
	{"a field of a method's name", []step{
		quiet("type T struct{ a int }\nfunc (t T) get() int { return t.a }"),
		notes("type T struct{ get int }", "method T.get no longer compiles"), show("T{3}.get", "3")}},
	{"a layout changes: the value is reset", []step{
		quiet("type T struct{ a int }\nt := T{1}\nu := 5\nts := []T{t}"), notes("type T struct{ a int; b string }", "t was reset"), show("t.a", "0"), show("u", "5"), show("len(ts)", "0")}},
	{"a layout changes deep inside", []step{
		quiet("type in struct{ a int }\ntype mid struct{ i in }\ntype out struct{ m map[string][]mid }\no := out{map[string][]mid{\"k\": {}}}\nn := 3"),
		notes("type in struct{ a string }", "o was reset"), show("len(o.m) + n", "3")}},
	{"the order of fields", []step{quiet("type T struct{ a, b int }\nt := T{1, 2}"), notes("type T struct{ b, a int }", "t was reset"), show("t.b", "0")}},
	{"a variable declared again in the cell that changes its type", []step{quiet("type T struct{ a int }\nt := T{1}"), show("type T struct{ a, b int }\nt := T{3, 4}\nt.b", "4")}},
	{"a variable made from its old self in the cell that changes its type", []step{
		quiet("type T struct{ a int }\nt := T{6}"), show("func (t T) more() T { return T{a: t.a + 1} }\nt := t.more()\nt.a", "7"), show("type T struct{ a int; b string }\nt := T{a: t.a, b: \"new\"}\nt", `T{a: 0, b: "new"}`)}},
	{"a method through an alias", []step{quiet("type T struct{ n int }\ntype A = T\nt := T{5}"), show("func (a *A) get() int { return a.n }\nt.get()", "5"), quiet("type B = *T"), show("var b B = &t\nb.get()", "5")}},
	{"a value used in the cell that changes its type", []step{quiet("type T struct{ a int }\nt := T{7}"), show("func (t T) twice() int { return 2 * t.a }\nt.twice()", "14")}},
	{"an old value in an interface keeps its type", []step{
		quiet("type T struct{ a int }\nvar box any = T{1}"), quiet("type T struct{ a string }"), show("_, ok := box.(T)\nok", "false"), show("fmt.Sprintf(\"%T %v\", box, box)", "cell.T {1}")}},
	{"an interface declared again with more methods", []step{
		quiet("type I interface{ A() int }\ntype T int\nfunc (t T) A() int { return int(t) }\nvar i I = T(4)"), show("i.A()", "4"),
		notes("type I interface{ A() int; B() int }", "i was reset"), show("i == nil", "true"),
		quiet("func (t T) B() int { return 9 }\ni = T(1)"), show("i.A() + i.B()", "10")}},
	{"an interface declared again the same", []step{quiet("type I interface{ A() int }\ntype T int\nfunc (t T) A() int { return int(t) }\nvar i I = T(4)"), quiet("type I interface{ A() int }"), show("i.A()", "4")}},
	{"a generic type changed", []step{
		quiet("type box[T any] struct{ v T }\nfunc (b box[T]) get() T { return b.v }\nb := box[int]{5}"), show("b.get()", "5"),
		notes("type box[T any] struct { v T; n int }", "b was reset"), show("b = box[int]{v: 6}\nb.get()", "6")}},
	{"a method of a generic type from another cell", []step{
		quiet("type stack[T any] struct{ items []T }\ns := &stack[int]{}\ns.items = append(s.items, 4)"),
		quiet("func (s *stack[T]) top() T { return s.items[len(s.items)-1] }"), show("s.top()", "4"),
		show("func (s *stack[E]) push(v E) *stack[E] { s.items = append(s.items, v); return s }\ns.push(9).top()", "9")}},
	{"an anonymous struct with an embedded type that changes", []step{
		quiet("type T struct{ a int }\nvar x struct {\n\tT\n\tn int\n}\nx.T.a = 3"), notes("type T struct{ a, b int }", "x was reset"), show("x.T.b = 5\nx.b + x.n", "5")}},
	{"a generic function changed", []step{quiet("func id[T any](v T) T { return v }\nfunc use() int { return id(3) }"), show("use()", "3"), quiet("func id[T any](v T) T { var z T; return z }"), show("use()", "0")}},
	{"an embedded type changed", []step{
		quiet("type A struct{ n int }\nfunc (a A) N() int { return a.n }\ntype B struct{ A; s string }\nb := B{A{1}, \"x\"}"),
		notes("type A struct{ n, m int }", "b was reset"), show("b.A.m = 3\nb.m + b.N() + b.A.N()", "3"), show("c := B{A: A{n: 8}}\nc.N()", "8")}},
	{"a constant changed", []step{quiet("const size = 2\nfunc f() int { return size * 10 }\ntype arr [size]int\nvar a arr"), show("f() + len(a)", "22"), notes("const size = 3", "a was reset"), show("f() + len(a)", "33")}},
	{"a type becomes a function", []step{quiet("type T int\nfunc mk() T { return 1 }"), notes("func T() int { return 2 }", "mk no longer compiles"), show("T()", "2")}},
	{"a variable becomes a function and a type", []step{quiet("x := 1"), show("func x() int { return 2 }\nx()", "2"), show("type x struct{}\nx{}", "x{}"), show("x := 3\nx", "3")}},
	{"a package name becomes a variable and back", []step{quiet("import \"strings\"\nfunc up(s string) string { return strings.ToUpper(s) }"), show("strings := 5\nstrings", "5"), show("up(\"a\")", "A"), show("import \"strings\"\nstrings.ToLower(\"B\")", "b")}},
	{"a package name becomes a function and a type", []step{quiet("import (\n\tf \"fmt\"\n\tg \"strings\"\n)"), prints("func f() { fmt.Print(\"mine\") }\nf()", "mine"), show("type g struct{ n int }\nfunc (x g) twice() int { return 2 * x.n }\ng{4}.twice()", "8"), quiet("import f \"fmt\""), prints("f.Print(1)", "1")}},
	{"a package name becomes a variable that a function uses", []step{quiet("import f \"fmt\""), show("f := 3\nfunc g() int { return f + 1 }\ng()", "4")}},
	{"a type of a variable is gone", []step{quiet("type T int\nvar v T = 3"), notes("var T = 5", "v is gone"), fails("v", "v cannot be used", "In[3]:1"), show("T", "5")}},
	{"types that name each other", []step{
		quiet("type node struct{ kids []*tree }\ntype tree struct{ root *node }\nt := &tree{&node{}}"), show("len(t.root.kids)", "0"),
		notes("type node struct{ kids []*tree; n int }", "t was reset"), show("t == nil", "true")}},
	{"mutual recursion changed", []step{
		quiet("func a(n int) int { if n == 0 { return 0 }; return b(n - 1) }\nfunc b(n int) int { if n == 0 { return 1 }; return a(n - 1) }"), show("a(3)", "1"),
		quiet("func b(n int) int { if n == 0 { return 7 }; return a(n - 1) }"), show("a(3)", "7")}},
	{"a type alias", []step{quiet("type A = []int\nvar a A = []int{1}"), show("len(a)", "1"), notes("type A = map[string]int", "a was reset"), show("var b A\nlen(b)", "0")}},
	{"a function that is a value of a struct", []step{quiet("func f() int { return 1 }\ntype S struct{ f func() int }\ns := S{f}"), quiet("func f() int { return 2 }"), show("s.f()", "1"), show("S{f}.f()", "2")}},
	{"goroutines keep the code that they started with", []step{
		quiet("func work() string { return \"old\" }\nask, got := make(chan bool), make(chan string)\ngo func() { for range ask { got <- work() } }()"),
		quiet("func work() string { return \"new\" }"), show("ask <- true\n<-got", "old"), show("work()", "new")}},
	{"a method value keeps its method", []step{quiet("type T int\nfunc (t T) f() int { return 1 }\ng := T(0).f"), quiet("func (t T) f() int { return 2 }"), show("g() * 10 + T(0).f()", "12")}},
	{"%T shows the user's name", []step{quiet("type T struct{}"), quiet("type T struct{ a int }"), prints("fmt.Printf(\"%T\", T{})", "cell.T")}},
	{"a failed cell changes nothing", []step{
		quiet("func f() int { return 1 }\nx := 5"), fails("func f() int { return 2 }\nx := \"s\"\nnope()", "undefined: nope", "In[2]:3"), show("f() + x", "6")}},
	{"a cell that panics declares nothing", []step{
		quiet("func f() int { return 1 }\ntype T struct{ a int }\nx := 5\nt := T{8}"),
		fails("func f() int { return 2 }\ntype T struct{ b string }\nx := \"s\"\ny := 3\npanic(\"no\")", "no", "In[2]:5"),
		show("f() + x + t.a", "14"), fails("y", "undefined: y", "In[4]:1")}},
	{"what was assigned before a panic stays", []step{quiet("x := 1\nm := map[string]int{}"), fails("x = 2\nm[\"k\"] = 3\nvar p *int\n*p = 1\nx = 9", "nil pointer", "In[2]:4"), show("x + m[\"k\"]", "5")}},
	{"after a failed cell its symbols are not used for others", []step{
		fails("type T struct{ a int }\npanic(T{1})", "{a:1}", "In[1]:2"), show("type T struct{ b string }\nT{\"x\"}.b", "x"), show("type T struct{ a int }\nT{4}.a", "4")}},
	{"what is new in a failed cell stays unknown", []step{fails("import \"strings\"\nfunc f() {}\nvar a [1]int\na[len(strings.Repeat(\"x\", 3))] = 1", "index out of range [3] with length 1", "In[1]:4"), fails("f()", "undefined: f", "In[2]:1")}},
	{"the compiler's limits are told", []step{fails("var a [1 << 40]int\nfunc f() [1 << 40]int { return a }", "stack frame too large", "In[1]:2")}},
}
