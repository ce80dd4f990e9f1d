package engine

import (
	"fmt"
	"strings"
	"testing"
)

func TestSpecBasics(t *testing.T) { runSequences(t, basics) }

// What a cell may hold, and what it shows.
var basics = []sequence{
	{"a value stays", []step{quiet("x := 42"), show("x + 1", "43")}},
	{"statements and declarations in any order", []step{
		show("y := double(x0)\nconst x0 = 21\nfunc double(n int) int { return 2 * n }\ny", "42"),
		show("double(y)", "84")}},
	{"the garbage collector keeps what variables hold", []step{
		quiet("number, text, list := new(int), strings.Repeat(\"x\", 20), []*string{new(string)}\n*list[0] = strings.Repeat(\"z\", 20)"),
		quiet("runtime.GC()\nvar others []string\nfor range 100_000 { others = append(others, strings.Repeat(\"y\", 20), strings.Repeat(\"y\", 12)) }"),
		show("text + *list[0]", strings.Repeat("x", 20)+strings.Repeat("z", 20))}},
	{"functions see variables of their own cell", []step{
		show("n := 1\nfunc inc() int { n++; return n }\ninc()\ninc()", "3"),
		show("inc() + n", "8")}},
	{"functions see variables of earlier cells", []step{quiet("total := 10"), show("func add(k int) int { total += k; return total }\nadd(5)", "15"), show("total", "15")}},
	{"types and methods", []step{
		quiet("type point struct{ x, y int }\nfunc (p point) sum() int { return p.x + p.y }\nfunc (p *point) move(d int) { p.x += d }"),
		show("p := point{1, 2}\np.move(10)\np.sum()", "13"),
		show("p.x", "11")}},
	{"var with and without value", []step{
		quiet("var a int\nvar b = 2.5\nvar c, d string = \"c\", \"d\"\nvar e any"),
		prints("fmt.Println(a, b, c, d, e)", "0 2.5 c d <nil>\n"),
		quiet("a = 7"), quiet("var a int"), show("a", "0")}},
	{"var group", []step{
		quiet("var (\n\ta = 1\n\tb = a + 1 // two\n\n\tc []int\n\td, e = \"x\", b\n)"),
		prints("fmt.Println(a, b, c == nil, d, e)", "1 2 true x 2\n")}},
	{"var group on one line", []step{prints("var (a = 1; b, c int; _ = a)\nfmt.Println(a, b, c)", "1 0 0\n")}},
	{"var of an interface type", []step{quiet("var w io.Writer = os.Stdout\nvar r io.Reader"), prints("fmt.Fprint(w, r == nil)", "true")}},
	{"var that only checks an interface", []step{quiet("type T struct{}\nfunc (*T) Read([]byte) (int, error) { return 0, io.EOF }\nvar _ io.Reader = (*T)(nil)"), show("_ = 5\n1", "1")}},
	{"blank at the top", []step{quiet("_, b := 1, 2\n_ = b\nvar _ = b\nfunc _() {}\ntype _ int\nconst _ = 1"), show("b", "2")}},
	{"unused variables are no error", []step{quiet("unused := 1\nvar other string"), show("unused", "1")}},
	{"unused imports are no error", []step{quiet("import \"strings\"\nimport (\n\t\"bytes\"\n\tstr \"strconv\"\n)"), show("str.Itoa(5) + strings.ToUpper(\"a\")", `5A`)}},
	{"unused variables inside functions are errors", []step{fails("func f() { x := 1 }", "declared and not used: x", "In[1]:1")}},
	{"missing imports are added", []step{show("strings.Repeat(\"ab\", 2)", `abab`), show("strconv.Itoa(len(strings.Fields(\"a b\")))", `2`)}},
	{"missing imports inside functions", []step{show("func f(s string) []string { return slices.Sorted(slices.Values(strings.Split(s, \"\"))) }\nf(\"ba\")", `["a" "b"]`)}},
	{"missing import: by what is used", []step{show("rand.IntN(1)", "0"), fails("rand.NoSuch(1)", "undefined: rand.NoSuch", "In[2]:1")}},
	{"unknown package", []step{fails("nosuchpkg.Do()", "undefined: nosuchpkg", "In[1]:1")}},
	{"a variable wins over a package to guess", []step{quiet("sort := []int{3}"), show("sort[0]", "3")}},
	{"renamed import", []step{quiet("import s \"strings\""), show("s.ToUpper(\"q\")", `Q`)}},
	{"import again under another name", []step{quiet("import r \"math/rand\""), quiet("import r \"strings\""), show("r.ToLower(\"A\")", `a`)}},
	{"a function keeps the import it was written with", []step{
		quiet("import m \"math\"\nfunc root(x float64) float64 { return m.Sqrt(x) }"),
		quiet("import m \"strings\""), show("root(9)", "3"), show("m.ToUpper(\"x\")", `X`)}},
	{"dot import", []step{quiet("import . \"math\""), show("Sqrt(16) + Floor(Pi)", "7"), show("func area(r float64) float64 { return Round(Pi * r * r) }\narea(1)", "3")}},
	{"dot import and a name of one's own", []step{quiet("import . \"strings\""), show("func Repeat(s string, n int) string { return \"mine\" }\nRepeat(\"a\", 2)", `mine`), show("ToUpper(\"b\") + Repeat(\"\", 0)", `Bmine`)}},
	{"dot import in keys", []step{show("import . \"math\"\nm := map[float64]string{Pi: \"pi\"}\nm[Pi]", `pi`)}},
	{"blank import", []step{quiet("import _ \"image/png\""), show("_, f, err := image.Decode(strings.NewReader(\"\"))\nfmt.Sprint(f, err)", `image: unknown format`)}},
	{"import that does not exist", []step{fails("import \"no/such/package\"\n1", "no/such/package", "In[1]:1")}},
	{"import declares nothing of its own name twice", []step{fails("import \"math/rand\"\nimport \"crypto/rand\"", "rand redeclared", "In[1]:2")}},
	{"a package clause is let through", []step{prints("package main\n\nimport \"fmt\"\n\nfunc main() {\n\tfmt.Println(\"hi\")\n}", "hi\n")}},
	{"main is called at the end", []step{prints("func main() { println2(\"main\") }\nfunc println2(s string) { fmt.Println(s) }\nfmt.Println(\"first\")", "first\nmain\n"), prints("fmt.Println(2)", "2\n")}},
	{"several values", []step{show("func two() (int, string) { return 1, \"a\" }\ntwo()", "1, a")}},
	{"a semicolon shows nothing", []step{quiet("5;"), quiet("x := 1; x;"), show("x", "1")}},
	{"a semicolon and a comment", []step{quiet("5; // nothing"), show("5 // five", "5")}},
	{"the last expression before a declaration", []step{show("g(3)\nfunc g(n int) int { return n * n }", "9")}},
	{"only the last expression is shown", []step{fails("1\n2", "1 (untyped int constant) is not used", "In[1]:1"), quiet("f := func() int { return 1 }\nf()\nf();")}},
	{"Print shows no result", []step{prints("fmt.Println(1)", "1\n"), prints("fmt.Printf(\"%d\", 2)", "2"), prints("fmt.Fprint(os.Stdout, 3)", "3")}},
	{"a call without results", []step{quiet("func f() {}\nf()")}},
	{"expressions of many kinds", []step{show("1.5", "1.5"), show("'a'", "97"), show("true && !false", "true"), show("\"a\" + \"b\"", `ab`), show("len(\"abc\")", "3"), show("float64(3)", "3"), show("[]int{1, 2}[1:]", "[2]"), show("1 << 10", "1024"), show("2 + 3i", "(2+3i)")}},
	{"a value over several lines", []step{show("[]int{\n\t1,\n\t2,\n}", "[1 2]"), show("strings.\n\tToUpper(\n\t\"x\")", `X`)}},
	{"a function literal called", []step{show("func(a int) int { return a + 1 }(4)", "5"), show("func() string { return \"lit\" }()", `lit`)}},
	{"a constant too big", []step{fails("1 << 100", "overflows", "In[1]:1")}},
	{"an error is shown, not raised", []step{quiet("err := errors.New(\"bad\")"), {in: "err", show: "error: bad"}, {in: "errors.New(\"x\")", show: "error: x"}}},
	{"empty cells", []step{quiet(""), quiet("\n\n"), quiet("// a comment"), quiet("/* one\n two */"), show("1", "1")}},
	{"closures over variables", []step{quiet("n := 0\ninc := func() int { n++; return n }"), show("inc()\ninc()", "2"), show("n", "2"), quiet("n = 10"), show("inc()", "11")}},
	{"closures in a loop", []step{quiet("var fs []func() int\nfor i := range 3 { fs = append(fs, func() int { return i * i }) }"), show("fs[0]() + fs[1]() + fs[2]()", "5")}},
	{"a recursive function variable", []step{show("var fib func(int) int\nfib = func(n int) int { if n < 2 { return n }; return fib(n-1) + fib(n-2) }\nfib(10)", "55")}},
	{"recursion across cells", []step{
		fails("func even(n int) bool { return n == 0 || odd(n-1) }", "undefined: odd", "In[1]:1"),
		show("func even(n int) bool { return n == 0 || odd(n-1) }\nfunc odd(n int) bool { return n != 0 && even(n-1) }\neven(10)", "true"),
		quiet("func odd(n int) bool { return !even(n) && n != 0 || false }"),
		show("odd(0)", "false")}},
	{"method values and expressions", []step{
		quiet("type c struct{ n int }\nfunc (x *c) add(k int) int { x.n += k; return x.n }\nv := &c{}\nf := v.add\ng := (*c).add"),
		show("f(2)\ng(v, 3)", "5"), show("v.n", "5"), show("h := c.get\nfunc (x c) get() int { return x.n }\nh(c{9})", "9")}},
	{"embedded structs", []step{
		quiet("type base struct{ id int }\nfunc (b base) ID() int { return b.id }\ntype user struct {\n\tbase\n\tname string\n}"),
		show("u := user{base{7}, \"ann\"}\nu.ID() + u.id + u.base.id", "21"),
		show("v := user{base: base{1}, name: \"b\"}\nv.ID()", "1")}},
	{"embedded pointer and interface", []step{show("type s struct {\n\t*strings.Builder\n\tfmt.Stringer\n}\nx := s{Builder: &strings.Builder{}}\nx.WriteByte('a')\nx.Builder.String()", `a`)}},
	{"generic types", []step{
		quiet("type stack[T any] struct{ items []T }\nfunc (s *stack[T]) push(v T) { s.items = append(s.items, v) }\nfunc (s *stack[T]) pop() (v T) { v = s.items[len(s.items)-1]; s.items = s.items[:len(s.items)-1]; return }"),
		quiet("var s stack[string]\ns.push(\"a\")\ns.push(\"b\")"), show("s.pop()", `b`), show("t := &stack[stack[string]]{}\nt.push(s)\nlen(t.items[0].items)", "1")}},
	{"generic functions", []step{
		quiet("func apply[A, B any](xs []A, f func(A) B) []B {\n\tvar out []B\n\tfor _, x := range xs {\n\t\tout = append(out, f(x))\n\t}\n\treturn out\n}"),
		show("apply([]int{1, 2}, strconv.Itoa)[1]", `2`), show("sq := apply([]int{3}, func(n int) int { return n * n })\nsq[0]", "9")}},
	{"constraints", []step{show("type num interface{ ~int | ~float64 }\nfunc sum[T num](xs ...T) (t T) { for _, x := range xs { t += x }; return }\ntype my int\nsum(my(1), my(2))", "3"), show("sum(1.5, 2)", "3.5")}},
	{"interfaces", []step{
		quiet("type shape interface{ area() float64 }\ntype sq struct{ a float64 }\nfunc (s sq) area() float64 { return s.a * s.a }\nvar sh shape = sq{3}"),
		show("sh.area()", "9"), show("_, ok := sh.(sq)\nok", "true"), show("var boxed any = sh\n_, is := boxed.(shape)\nis", "true")}},
	{"types keep their identity over cells", []step{quiet("type secret struct{ n int }\nvar box any = secret{5}"), quiet("other := 1"), show("s, ok := box.(secret)\nfmt.Sprint(s.n, ok)", `5 true`)}},
	{"methods that nothing called when their type was made", []step{
		quiet("type T struct{ n int }\nfunc (t T) m() int { return t.n }\nfunc (t *T) M() int { return t.n + 1 }\nfunc (t T) X() int { return t.n + 2 }\nvar v any = T{5}\nvar p any = &T{7}"),
		show("type I interface{ m() int }\nv.(I).m() + p.(I).m()", "12"),
		show("type J interface{ M() int }\np.(J).M()", "8"),
		show("_, ok := v.(J)\nok", "false"),
		show("v.(interface{ X() int }).X()", "7"),
		show("reflect.ValueOf(v).MethodByName(\"X\").Call(nil)[0].Int()", "7"),
		show("reflect.TypeOf(p).NumMethod()", "2")}},
	{"a type made in a function of one cell and known in another", []step{
		quiet("func mk() any { type L struct{ n int }; return L{4} }\nfunc is(v any) bool { return fmt.Sprint(v) == \"{4}\" }\na := mk()"), show("b := mk()\na == b", "true"), show("is(a) && reflect.TypeOf(a) == reflect.TypeOf(mk())", "true")}},
	{"types of several functions keep apart", []step{
		quiet("func one() any { type K struct{ a, b int }; return K{1, 2} }\nfunc two() any { type K struct{ s string }; type J int; return []any{K{\"s\"}, J(3)} }\nseen := map[any]int{one(): 1, two().([]any)[0]: 2, two().([]any)[1]: 3}"),
		show("seen[one()]", "1"), show("seen[two().([]any)[0]]*10 + seen[two().([]any)[1]]", "23"),
		show("func zero() any { type A int; type B string; return A(0) }\n_ = zero()\nseen[two().([]any)[1]] + seen[one()]", "4"), show("len(seen)", "3")}},
	{"a block's type after what it names has changed", []step{
		quiet("type T struct{ a int }\nvar box any"), prints("{\n\ttype L struct{ t T; n int }\n\tbox = L{n: 5}\n\tfmt.Print(box)\n}", "{{0} 5}"),
		quiet("type T struct{ a, b, c string }"), prints("{\n\ttype L struct{ t T; n int }\n\tbox = L{n: 5}\n\tfmt.Print(box)\n}", "{{  } 5}")}},
	{"generic instances over cells", []step{
		quiet("type pair[A, B any] struct { a A; b B }\nfunc (p pair[A, B]) String() string { return fmt.Sprint(p.a, \"/\", p.b) }\ntype own int\nvar x any = pair[own, string]{1, \"s\"}"),
		show("y, ok := x.(pair[own, string])\nfmt.Sprint(y, ok)", "1/s true"), show("_, ok2 := x.(pair[int, string])\nok2", "false"), show("x == any(pair[own, string]{1, \"s\"})", "true")}},
	{"type switches and maps by type over cells", []step{
		quiet("type A struct{}\ntype B struct{ A }\nkinds := map[reflect.Type]string{reflect.TypeOf(A{}): \"A\", reflect.TypeOf(B{}): \"B\"}"),
		show("func kind(v any) string { switch v.(type) { case A: return \"is A\"; case *B: return \"is *B\" }; return \"?\" }\nkind(A{}) + kind(&B{}) + kind(B{})", "is Ais *B?"),
		show("kinds[reflect.TypeOf(B{})] + kind(A{})", "Bis A")}},
	{"iota", []step{quiet("const (\n\tA = iota\n\tB\n\t_\n\tD\n)"), prints("fmt.Println(A, B, D)", "0 1 3\n"), show("const big = D << 2\nbig", "12")}},
	{"iota with a type", []step{quiet("type day int\nconst (\n\tmon day = iota + 1\n\ttue\n)\nfunc (d day) String() string { return [...]string{\"\", \"Mo\", \"Tu\"}[d] }"), show("fmt.Sprint(tue)", `Tu`)}},
	{"a name of an iota group declared again", []step{quiet("const (\n\tA = iota\n\tB\n\tC\n)"), quiet("const B = 10"), show("A + B + C", "12")}},
	{"constants without type", []step{quiet("const k = 3"), show("var f float64 = k\nf / 2", "1.5")}},
	{"labels and goto", []step{show("i := 0\nagain:\nif i < 5 {\n\ti++\n\tgoto again\n}\ni", "5"),
		prints("outer:\nfor a := range 3 {\n\tfor b := range 3 {\n\t\tif b == 1 { continue outer }\n\t\tif a == 2 { break outer }\n\t\tfmt.Print(a, b, \";\")\n\t}\n}", "0 0;1 0;")}},
	{"an unused label", []step{fails("x := 1\nhere:\nx++", "label here declared and not used", "In[1]:2")}},
	{"return at the top", []step{prints("fmt.Print(1)\nif true { return }\nfmt.Print(2)", "1"), fails("return 5", "too many return values", "In[2]:1")}},
	{"defer at the top", []step{prints("defer fmt.Print(\"last\")\nfmt.Print(\"first \")", "first last"), prints("for i := range 3 { defer fmt.Print(i) }", "210")}},
	{"recover at the top", []step{prints("defer func() { fmt.Print(\"got \", recover()) }()\npanic(\"p\")", "got p"), show("1", "1")}},
	{"break outside a loop", []step{fails("break", "break not in for, switch, or select", "In[1]:1")}},
	{"switch and type switch", []step{show("var v any = 5\nkind := \"\"\nswitch x := v.(type) {\ncase int: kind = fmt.Sprint(\"int\", x)\ndefault: kind = \"?\"\n}\nkind", `int5`)}},
	{"if with a statement", []step{show("out := \"\"\nif n := len(\"abc\"); n > 2 { out = \"long\" } else { out = \"short\" }\nout", `long`)}},
	{"a block of its own", []step{fails("{\n\tinner := 1\n\t_ = inner\n}\ninner", "undefined: inner", "In[1]:5")}},
	{"types in functions", []step{
		quiet("func a() any { type T struct{ n int }; return T{1} }"),
		quiet("func b() any { type T struct{ s string; t string }; return T{\"x\", \"y\"} }"),
		prints("fmt.Println(a(), b())", "{1} {x y}\n")}},
	{"types in blocks", []step{prints("{\n\ttype T struct{ n int }\n\tfmt.Print(T{1})\n}", "{1}"), prints("{\n\ttype T struct{ s string }\n\tfmt.Print(T{\"a\"})\n}", "{a}")}},
	{"range over everything", []step{prints("for i := range 2 { fmt.Print(i) }\nfor _, r := range \"é\" { fmt.Print(r) }\nfor k, v := range map[int]int{1: 2} { fmt.Print(k, v) }\nfor i := range [2]int{} { fmt.Print(i) }\nfor v := range slices.Values([]int{7}) { fmt.Print(v) }", "012331 2017")}},
	{"channels", []step{
		quiet("ch := make(chan int, 3)\nch <- 1\nch <- 2\nclose(ch)"),
		prints("v, ok := <-ch\nfmt.Print(v, ok, <-ch)\nfor x := range ch { fmt.Print(x) }\nv, ok = <-ch\nfmt.Print(v, ok)", "1 true 20 false")}},
	{"channels of interfaces", []step{show("c := make(chan any, 2)\nc <- nil\nc <- \"x\"\n<-c\n<-c", `x`), show("e := make(chan error, 1)\ne <- io.EOF\nx := <-e\nx == io.EOF", "true")}},
	{"range over a channel", []step{prints("c := make(chan string, 2)\nc <- \"a\"\nc <- \"b\"\nclose(c)\nfor s := range c { if s == \"\" { continue }; fmt.Print(s) }", "ab"), prints("d := make(chan int, 2); d <- 1; d <- 2; close(d)\nvar last int\nfor last = range d {}\nfmt.Print(last)", "2")}},
	{"select", []step{prints("a, b := make(chan int, 1), make(chan string)\na <- 4\nselect {\ncase x := <-a:\n\tfmt.Print(x)\ncase s, ok := <-b:\n\tfmt.Print(s, ok)\n}\nselect {\ncase b <- \"x\":\ndefault:\n\tfmt.Print(\"full\")\n}", "4full")}},
	{"a select that ends a function", []step{show("func next(c chan int) int {\n\tselect {\n\tcase v := <-c:\n\t\treturn v\n\t}\n}\nc := make(chan int, 1)\nc <- 4\nnext(c)", "4")}},
	{"channels of channels", []step{show("cc := make(chan chan int, 1)\nc := make(chan int, 2)\ncc <- c\nc <- 8\nc <- <-c + 1\n<-<-cc", "9")}},
	{"switch on a receive, and a labelled range", []step{prints("c := make(chan int, 4)\nfor i := range 4 { c <- i }\nclose(c)\nswitch x := <-c; x {\ncase 0: fmt.Print(\"zero \")\n}\nouter:\nfor v := range c {\n\tfor range 2 {\n\t\tif v == 2 { continue outer }\n\t}\n\tfmt.Print(v)\n}", "zero 13")}},
	{"a receive in an expression of its own type", []step{show("type C chan string\nc := make(C, 1)\nvar in chan<- string = c\nvar out <-chan string = c\nin <- \"x\"\nfunc(s string) string { return s + \"!\" }(<-out)", "x!")}},
	{"goroutines", []step{prints("var wg sync.WaitGroup\nvar mu sync.Mutex\nsum := 0\nfor i := range 10 {\n\twg.Add(1)\n\tgo func(n int) {\n\t\tdefer wg.Done()\n\t\tmu.Lock()\n\t\tsum += n\n\t\tmu.Unlock()\n\t}(i)\n}\nwg.Wait()\nfmt.Print(sum)", "45")}},
	{"go evaluates its arguments at once", []step{prints("c := make(chan string)\nfunc say(s string, n ...int) { c <- fmt.Sprint(s, n) }\ns := \"old\"\ngo say(s, 1, 2)\ns = \"new\"\nfmt.Print(<-c)\ngo say(strings.ToUpper(s), []int{3}...)\nfmt.Print(<-c)", "old[1 2]NEW[3]")}},
	{"go with a method and with several results", []step{prints("type w struct{ c chan int }\nfunc (x w) put(a, b int) { x.c <- a + b }\nfunc pair() (int, int) { return 3, 4 }\nx := w{make(chan int)}\ngo x.put(1, 2)\nfmt.Print(<-x.c)\ngo x.put(pair())\nfmt.Print(<-x.c)", "37")}},
	{"a goroutine that lives on", []step{quiet("in, out := make(chan int), make(chan int)\ngo func() { for n := range in { out <- n * 2 } }()"), show("in <- 4\n<-out", "8"), show("in <- 5\n<-out", "10")}},
	{"builtins", []step{prints("s := make([]int, 2, 4)\ns = append(s, 1)\ncopy(s, []int{9})\nm := map[int]int{1: 1}\ndelete(m, 1)\nclear(m)\nfmt.Print(s, len(m), cap(s), min(2, 1), max(2, 1), *new(int))", "[9 0 1] 0 4 1 2 0")}},
	{"names of builtins declared again", []step{quiet("func plen(s []int) int { return len(s) }"), show("func len(s string) int { return 99 }\nlen(\"a\")", "99"), show("plen([]int{1})", "1"), show("any := 3\nany", "3")}},
	{"struct with tags and JSON", []step{show("type r struct {\n\tName string `json:\"n\"`\n\tAge int `json:\"a,omitempty\"`\n}\nb := json.Marshal(r{Name: \"x\"})\nstring(b)", `{"n":"x"}`)}},
	{"anonymous structs", []step{quiet("p := struct{ a int; B string }{1, \"x\"}\nps := []struct{ X, Y int }{{1, 2}}"), show("p.B", `x`), show("p.a + ps[0].Y", "3")}},
	{"arrays, maps, functions as values", []step{quiet("a := [3]int{1, 2, 3}\nm := map[string][]func(int) int{\"k\": {func(n int) int { return n + 1 }}}\nvar c <-chan (chan<- int)\nvar d chan (<-chan int)"), show("m[\"k\"][0](a[2])", "4")}},
	{"unsafe", []step{show("unsafe.Sizeof(int32(0))", "4"), quiet("x := 1\np := unsafe.Pointer(&x)"), show("*(*int)(p)", "1")}},
	{"init runs once, in order", []step{prints("func init() { fmt.Print(\"a\") }\nfunc init() { fmt.Print(\"b\") }\nfmt.Print(\"c\")", "abc"), prints("fmt.Print(\"d\")", "d")}},
	{"init after the variables that follow it", []step{show("func init() { reg[\"x\"] = len(reg) + 1 }\nvar reg = map[string]int{}\nreg[\"x\"]", "1")}},
	{"many lines", []step{{in: longCell(10000), show: "10000"}, show("v9999 + w()", "10000")}},
	{"a line number far down", []step{fails(strings.Repeat("\n", 9999)+"undefinedName", "undefined: undefinedName", "In[1]:10000")}},
	{"unicode", []step{quiet("größe := 3\nπ := 3.14\n世界 := \"hi\""), show("世界", `hi`), show("größe", "3"), fails("s := \"äöü\"; größe + \"x\"", "In[4]:1:13", "In[4]:1")}},
	{"windows line ends", []step{show("x := 1\r\ny := `a\r\nb`\r\nlen(y) + x\r\n", "4")}},
	{"a byte order mark", []step{show("\ufeffx := 1\nx", "1")}},
	{"raw strings with braces", []step{show("s := `{ ( [ ; \n } func x`\nlen(s)", "18")}},
	{"comments between", []step{show("/* a */ x := /* b */ 1 // c\n// d\nx /* e */ + /* f\n */ 1", "2")}},
	{"go directives", []step{show("//go:noinline\nfunc f() int { return 1 }\nf()", "1"), fails("//go:embed x.txt\nvar s string", "go:embed", "In[2]:1")}},
	{"build constraint that holds", []step{show("//go:build linux || darwin || windows\n\n1 + 1", "2")}},
	{"build constraint that does not", []step{{in: "//go:build plan9\n\nx := 1\nx", note: "nothing was run"}, fails("x", "undefined: x", "In[2]:1")}},
	{"ctx is there", []step{show("ctx.Err() == nil", "true"), show("func f() bool { return ctx.Err() == nil }\nf()", "true"), show("g := func() bool { return ctx.Err() == nil }\ng()", "true")}},
	{"ctx of a cell is its own", []step{show("ctx, cancel := context.WithCancel(ctx)\ncancel()\nctx.Err() != nil", "true"), show("ctx.Err() == nil", "true")}},
	{"values of many packages", []step{quiet("l := list.New()\nv := fmt.Errorf(\"%w\", io.EOF)\nt := reflect.ValueOf(l)\nh := sha256.New()\nre := regexp.MustCompile(\"a+\")\nd := time.Second\nnow := time.Now()\nbig := big.NewInt(5)"), show("re.FindString(\"baa\") + d.String() + big.String() + fmt.Sprint(l.Len(), now.IsZero(), t.IsValid(), h.Size())", "aa1s50 false true 32")}},
	{"a variable with its package's name", []step{show("big := big.NewInt(5)\nbig.String()", "5"), show("big := big.NewInt(6)\nbig.String()", "6"), show("big.Int64()", "6")}},
	{"a value whose type has no name elsewhere", []step{
		{in: "order := binary.LittleEndian\norder.Uint16([]byte{1, 2})", show: "513", note: "order is known in this cell only"},
		fails("order", "undefined: order", "In[2]:1"),
		{in: "b, n := binary.BigEndian, 3\nb.Uint16([]byte{1, 2}) + uint16(n)", show: "261", note: "b is known in this cell only"}, show("n", "3")}},
	// Go passes a ninth word in R11, which mold's procedure linkage table uses for itself: the fourth string came out with
	// another length. Link with lld and -z now, or take that instruction out of mold's table (kernel/build).
	{"nine words in registers", []step{show("s := func(n int) string { return strings.Repeat(\"x\", n) }\na, b, c, d := s(1001), s(1002), s(1003), s(1004)\nlen(a + b + c + d)", "4010"), show("len(d + c + b + a)", "4010")}},
	{"four strings", []step{show("a, b, c, d := fmt.Sprint(1), fmt.Sprint(22), fmt.Sprint(333), fmt.Sprint(4444)\na + b + c + d", "1223334444")}},
	{"print and println", []step{{in: "x := []int{1}[:0]\nvar e any\nprint(1, true)\nprintln(\"a\", 'b', 1.5, 2i, uint8(3))\ndefer println(\"last\")\nprintln(len(x), e == nil)", any: true}}},
	{"many arguments", []step{show("f := fmt.Sprint\nf(1, 2, 3, 4, 5, 6, 7, 8, 9, 10) + strings.Join([]string{f(1), f(2), f(3), f(4), f(5)}, \"-\")", "1 2 3 4 5 6 7 8 9 101-2-3-4-5")}},
}

func longCell(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "v%d := %d\n", i, i)
		if i == n-4 {
			break
		}
	}
	fmt.Fprintf(&b, "v9998 := 9998\nfunc w() int { return 1 }\nv9999 := 9999\nv9999 + w()")
	return b.String()
}
