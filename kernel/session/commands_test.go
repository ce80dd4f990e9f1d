package session

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// recorder is an engine that runs nothing: it notes what it is asked to run and answers as it was told.
type recorder struct {
	mu      sync.Mutex
	ran     []string
	result  func(src string, out Output) Result
	env     map[string]string
	dir     string
	got     []string
	forgot  []string
	renewed int
	started int
	vars    []Var
	decls   string
}

func (e *recorder) Run(_ context.Context, id int, src string, out Output) Result {
	e.mu.Lock()
	e.ran = append(e.ran, src)
	e.mu.Unlock()
	if e.result != nil {
		return e.result(src, out)
	}
	return Result{Timing: Timing{Parse: 200 * time.Microsecond, Check: 1500 * time.Microsecond, Compile: 20 * time.Millisecond, Run: 3 * time.Second}}
}
func (e *recorder) Interrupt()      {}
func (e *recorder) Restart() error  { e.started++; return nil }
func (e *recorder) Vars() []Var     { return e.vars }
func (e *recorder) Comm(Comm) error { return nil }
func (e *recorder) Close() error    { return nil }
func (e *recorder) Setenv(name, value string, unset bool) error {
	if e.env == nil {
		e.env = map[string]string{}
	}
	e.env[name] = value
	if unset {
		delete(e.env, name)
	}
	return nil
}
func (e *recorder) Chdir(dir string) error { e.dir = dir; return nil }
func (e *recorder) Get(_ context.Context, what string, note func(string)) error {
	e.got = append(e.got, what)
	note("fetched " + what)
	return nil
}
func (e *recorder) Forget(names ...string) (unknown []string, err error) {
	for _, n := range names {
		if n == "nothing" {
			unknown = append(unknown, n)
		} else {
			e.forgot = append(e.forgot, n)
		}
	}
	return unknown, nil
}
func (e *recorder) Renew() ([]string, error) {
	e.renewed++
	return []string{"rows", "model"}, nil
}
func (e *recorder) Declarations() string { return e.decls }
func (e *recorder) ModuleDir() string    { return "/" }

// screen is a front end that keeps what it is shown and types what it is told.
type screen struct {
	mu     sync.Mutex
	text   strings.Builder
	bundle []Bundle
	types  []string
}

func (f *screen) Publish(_ Origin, m Message) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch c := m.Content.(type) {
	case StreamContent:
		f.text.WriteString(c.Text)
	case DisplayContent:
		f.bundle = append(f.bundle, c.Data)
		text, _ := c.Data["text/plain"].(string)
		f.text.WriteString(text + "\n")
	}
}

func (f *screen) Input(_ context.Context, _ Origin, prompt string, password bool) (string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.types) == 0 {
		return "", ErrNoInput
	}
	line := f.types[0]
	f.types = f.types[1:]
	return line, nil
}

func newCommands(t *testing.T) (*Session, *recorder, *screen) {
	t.Helper()
	e, f := &recorder{}, &screen{}
	s, err := New(Config{Engine: e, Frontend: f, OutputDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, e, f
}

func (f *screen) take() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.text.String()
	f.text.Reset()
	return s
}

func run(t *testing.T, s *Session, f *screen, cell string) (string, *Error) {
	t.Helper()
	r := s.Execute(nil, ExecuteRequest{Code: cell, StoreHistory: true, AllowStdin: true})
	return f.take(), r.Err
}

func TestCommandsShow(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("GOSFT_TEST_VALUE", "old")
	s, e, f := newCommands(t)
	e.vars = []Var{{Name: "rows", Type: "[]sample", Size: "3 elements", Value: "[...]", Cell: 4}, {Name: "x", Type: "int", Value: "42", Cell: 1}}
	e.decls = "package cell\nimport \"fmt\"\ntype sample struct{}\nfunc (sample) Up() {}\nfunc load() {}\nvar rows []sample\nconst pi = 3\n"
	for _, c := range []struct{ cell, want, fails string }{
		{"%vars", "rows  []sample  3 elements", ""},
		{"%vars x", "x     int", ""},
		{"%vars y", "", "no variable y"},
		{"%ls", "functions  load, sample~Up", ""},
		{"%rm rows x", "Forgotten: rows, x", ""},
		{"%rm nothing x", "Forgotten: x", "nothing is declared as nothing"},
		{"%rm", "", "name what"},
		{"%reset", "forgotten", ""},
		{"%reset all", "", "%reset takes nothing"},
		{"%restart", "declarations stay, and these variables have no value any more: rows, model.", ""},
		{"%env GOSFT_TEST_VALUE", "old", ""},
		{"%env GOSFT_TEST_VALUE new", `Set: GOSFT_TEST_VALUE="new"`, ""},
		{"%env GOSFT_TEST_VALUE=a b", `Set: GOSFT_TEST_VALUE="a b"`, ""},
		{"%env -u GOSFT_TEST_VALUE", "Removed", ""},
		{"%env GOSFT_TEST_VALUE", "", "there is no environment variable"},
		{"%env GOSFT_TEST_TOKEN=abc", `"<hidden>"`, ""},
		{"%env", "GOSFT_TEST_TOKEN", ""},
		{"%cd /", "/\n", ""},
		{"%pwd", "/\n", ""},
		{"%cd /no/such/folder", "", "no such file"},
		{"%cd a b", "", "quotes"},
		{"%get example.com/a@v1 example.com/b", "fetched example.com/b", ""},
		{"%get", "", "name a package"},
		{"//gosft:%pwd", "/\n", ""},
		{"//gonb:%pwd", "/\n", ""},
		{"%help", "%timeit [-n LOOPS]", ""},
		{"%help time", "where the time", ""},
		{"%help nonsense", "", "no command"},
		{"%vasr", "", "did you mean %vars?"},
		{"%matplotlib inline", "", "take the line out"},
		{"%pip install x", "", "here it is %get"},
		{"%qqqqqq", "", "%help lists all"},
		{"x := 1\n%%bash\nls", "", "first line"},
		{"%wasm", "", "take %wasm out"},
		{"%goflags -race\n%autoget", "", ""},
		{"!printf 'a\\tb'; sleep 0.1; echo err >&2", "a\tberr", ""},
		{"!echo one \\\n   two", "one", ""},
		{"!exit 3", "", "exit status 3"},
		{"!pwd", "/\n", ""},
		{"!*pwd", "/\n", ""},
		{"%%bash\nfor i in 1 2; do echo line $i; done", "line 1\nline 2", ""},
		{"%%bash one two\necho $2", "two", ""},
		{"%%sh\nfalse", "", "exit status 1"},
		{"%%script cat\nbody\nof it", "body\nof it", ""},
		{"%%script nosuchprogram\nx", "", "not on this machine"},
		{"%%html\n<b>bold</b><br>&amp;", "bold\n&", ""},
		{"%%markdown\n*hi*", "*hi*", ""},
		{"%%html", "", "nothing below"},
		{"%args \"open", "", "not closed"},
		{"%timeit -n 0 f()", "", "at least 1"},
		{"%timeit", "", "nothing to time"},
	} {
		text, err := run(t, s, f, c.cell)
		if !strings.Contains(text, c.want) {
			t.Errorf("%q shows %q, want %q", c.cell, text, c.want)
		}
		switch {
		case err == nil && c.fails != "":
			t.Errorf("%q does not fail, want %q", c.cell, c.fails)
		case err != nil && (c.fails == "" || !strings.Contains(err.Value, c.fails)):
			t.Errorf("%q fails with %q, want %q", c.cell, err.Value, c.fails)
		}
		if strings.Contains(text, "abc") && strings.HasPrefix(c.cell, "%env") {
			t.Errorf("%q shows a secret: %s", c.cell, text)
		}
	}
	if !slices.Equal(e.forgot, []string{"rows", "x", "x"}) || e.renewed != 1 || e.started != 1 || e.dir != "/" ||
		!slices.Equal(e.got, []string{"example.com/a@v1", "example.com/b"}) || e.env["GOSFT_TEST_TOKEN"] != "abc" {
		t.Errorf("the engine was told: %+v", e)
	}
}

func TestTimeSplitsACell(t *testing.T) {
	s, e, f := newCommands(t)
	for cell, want := range map[string]string{
		"%time f()":         "f()",
		"x := 1\n%time f()": "\nf()",
		"%time\nx := 1":     "\nx := 1",
		"%%time\nx := 1":    "x := 1",
	} {
		e.ran = nil
		text, err := run(t, s, f, cell)
		if err != nil || !slices.Contains(e.ran, want) {
			t.Errorf("%q ran %q, %v", cell, e.ran, err)
		}
		for _, line := range []string{"parse 200 µs", "type check 1.5 ms", "compile 20 ms", "run 3 s"} {
			if !strings.Contains(strings.Join(strings.Fields(text), " "), line) {
				t.Errorf("%q: no %q in\n%s", cell, line, text)
			}
		}
	}
	e.result = func(string, Output) Result {
		return Result{Err: &Error{Name: "panic", Value: "oh"}, Bundle: Bundle{"text/plain": "3"}}
	}
	if _, err := run(t, s, f, "%time f()"); err == nil || err.Name != "panic" {
		t.Errorf("a panic in %%time: %v", err)
	}
}

func TestTimeit(t *testing.T) {
	s, e, f := newCommands(t)
	e.result = func(string, Output) Result { return Result{Bundle: Bundle{"text/plain": "3 ns"}} }
	for cell, want := range map[string]string{
		"%timeit f(x)":         "Timeit(0, 7, func(timeitLoops int) { for range timeitLoops { f(x)\n",
		"%timeit -n5 -r 3 x+1": "Timeit(5, 3, func(timeitLoops int) { for range timeitLoops { _ = x+1\n",
		"%timeit len(x)":       "{ _ = len(x)\n",
		"%timeit x.Len()":      "{ x.Len()\n",
		"%timeit x++":          "{ x++\n",
		"%timeit <-c":          "{ <-c\n",
		"%timeit\nx := 1\nx++": "{ \nx := 1\nx++\n",
	} {
		e.ran = nil
		text, err := run(t, s, f, cell)
		if err != nil || len(e.ran) != 1 || !strings.Contains(e.ran[0], want) || !strings.Contains(text, "3 ns") {
			t.Errorf("%q ran %q and shows %q, %v", cell, e.ran, text, err)
		}
	}
}

func TestGonbCells(t *testing.T) {
	s, e, f := newCommands(t)
	e.decls = "package cell\nfunc TestEarlier(t *testing.T) {}\n"
	for _, c := range []struct {
		cell string
		want []string // what runs, in this order
	}{
		{"var a = 1\n%%\nprintln(a)", []string{"var a = 1\nfunc main() {\nprintln(a)\n}\n", `gosftgonb.Prepare([]string{}, true)`}},
		{"%% -n=3 \"a b\"\nprintln()", []string{"func main() {\nprintln()\n}", `Prepare([]string{"-n=3", "a b"}, true)`}},
		{"%%\nprintln()", []string{`Prepare([]string{"-n=3", "a b"}, true)`}}, // arguments stay
		{"%args\n//gonb:%%\nprintln()", []string{"\nfunc main() {", `Prepare([]string{}, true)`}},
		{"func main() { println() }", []string{`func main() { println() }`}},
		{"func mainly() {}\ntype t struct{}\nfunc (t) main() {}", []string{"func (t) main() {}"}},
		{"%exec work -v\nfunc work() {}", []string{"\nfunc work() {}", `Main([]string{"-v"}, true, work)`}},
		{"%args -v\nfunc init_a() {}\nfunc main() {}", []string{"\ninit_a()\n", `Prepare([]string{"-v"}, false)`}},
		{"%args\nvar f = flag.Int(\"f\", 1, \"\")\nfunc main() {}", []string{`Prepare([]string{}, false)`}},
		{"%test\nfunc TestA(t *testing.T) {}\nfunc Testing() {}", []string{`Test([]string{"-test.v"}, "TestA", TestA)`}},
		{"%test\nfunc BenchmarkA(b *testing.B) {}", []string{`Test([]string{"-test.v", "-test.bench=."}, "BenchmarkA", BenchmarkA)`}},
		{"%test", []string{`Test([]string{"-test.v"}, "TestEarlier", TestEarlier)`}},
		{"%test -test.run=E\nfunc TestA(t *testing.T) {}", []string{`Test([]string{"-test.run=E"}, "TestA", TestA, "TestEarlier", TestEarlier)`}},
	} {
		e.ran = nil
		if _, err := run(t, s, f, c.cell); err != nil {
			t.Errorf("%q: %v", c.cell, err)
		}
		text, at := strings.Join(e.ran, "\n---\n"), 0
		for _, w := range c.want {
			i := strings.Index(text[at:], w)
			if i < 0 {
				t.Errorf("%q: no %q in what ran:\n%s", c.cell, w, text)
				break
			}
			at += i
		}
		if strings.Contains(text, "Prepare(") && strings.Contains(c.cell, "mainly") {
			t.Errorf("%q ran as a program:\n%s", c.cell, text)
		}
	}
}

func TestFlagsAreForgottenBeforeTheyAreDefinedAgain(t *testing.T) {
	s, e, f := newCommands(t)
	cell := "var (\n\tn = flag.Int(\"n\", 1, \"\")\n\tv string\n)\nfunc init_f() { flag.StringVar(&v, \"name\", \"a(b,c)\", \"\") }"
	run(t, s, f, cell)
	if len(e.ran) != 1 {
		t.Errorf("the first time: %q", e.ran)
	}
	run(t, s, f, cell)
	if len(e.ran) != 3 || !strings.Contains(e.ran[1], `ForgetFlags([]string{"n", "name"}...)`) {
		t.Errorf("the second time: %q", e.ran)
	}
}

func TestCapture(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("GOSFT_TEST_DIR", dir)
	s, e, f := newCommands(t)
	e.result = func(src string, out Output) Result {
		if strings.Contains(src, "say") {
			out.Stream(0, "stdout", "said\n")
			out.Display(Display{Kind: "display", Data: Bundle{"text/html": "<b>x</b>", "text/plain": "x"}})
		}
		return Result{}
	}
	text, err := run(t, s, f, "%capture ${GOSFT_TEST_DIR}/a.txt\nsay()")
	if err != nil || !strings.Contains(text, "said") {
		t.Errorf("shows %q, %v", text, err)
	}
	run(t, s, f, "%capture -a $GOSFT_TEST_DIR/a.txt\n%%\nsay()")
	got, _ := os.ReadFile(filepath.Join(dir, "a.txt"))
	if want := strings.Repeat("said\n<b>x</b>\n", 2); string(got) != want {
		t.Errorf("the file holds %q, want %q", got, want)
	}
	e.ran = nil
	text, err = run(t, s, f, "%%capture out\nsay()")
	if err != nil || strings.Contains(text, "said") || len(e.ran) != 2 || e.ran[1] != `out := "said\n<b>x</b>\n";` {
		t.Errorf("%%%%capture shows %q, ran %q, %v", text, e.ran, err)
	}
	if _, err := run(t, s, f, "%%capture 1x\nsay()"); err == nil {
		t.Error("1x was taken for a name")
	}
}

func TestWriteFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "a b.txt")
	s, _, f := newCommands(t)
	for _, cell := range []string{"%%writefile \"" + name + "\"\none\n%two", "//gosft:%%writefile -a \"" + name + "\"\nthree\n"} {
		if _, err := run(t, s, f, cell); err != nil {
			t.Fatal(err)
		}
	}
	if got, _ := os.ReadFile(name); string(got) != "one\n%two\nthree\n" {
		t.Errorf("the file holds %q", got)
	}
}

func TestShellAsksForInput(t *testing.T) {
	s, _, f := newCommands(t)
	f.types = []string{"Ada"}
	text, err := run(t, s, f, "%with_inputs\n!read name; echo hello $name")
	if err != nil || !strings.Contains(text, "hello Ada") {
		t.Errorf("shows %q, %v", text, err)
	}
	if text, _ := run(t, s, f, "!read name || echo nothing to read"); !strings.Contains(text, "nothing to read") {
		t.Errorf("without %%with_inputs: %q", text)
	}
}

func TestInterruptEndsAShellCommandWithItsChildren(t *testing.T) {
	s, _, f := newCommands(t)
	time.AfterFunc(200*time.Millisecond, s.Interrupt)
	start := time.Now()
	_, err := run(t, s, f, "!sh -c 'sleep 61'; echo after")
	if err == nil || err.Name != "interrupted" || time.Since(start) > 30*time.Second { // half of what the command would take
		t.Errorf("%v after %v", err, time.Since(start))
	}
}

func TestCommandsComplete(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	os.Mkdir("folder", 0o700)
	os.WriteFile("file.txt", nil, 0o600)
	t.Setenv("GOSFT_TEST_VALUE", "1")
	s, e, _ := newCommands(t)
	e.vars = []Var{{Name: "rows"}}
	e.decls = "func load() {}"
	for text, want := range map[string]string{
		"%ti":                "%time %timeit",
		"%%wr":               "%%writefile",
		"//gosft:%va":        "%vars",
		"x := 1\n%va":        "%vars",
		"%vars r":            "rows",
		"%rm lo":             "load",
		"%cd f":              "folder/",
		"%%writefile f":      "file.txt folder/",
		"%env GOSFT_TEST_VA": "GOSFT_TEST_VALUE",
		"%help tim":          "%%time %time %timeit",
		"!cat f":             "file.txt folder/",
		"!*ls -l fo":         "folder/",
		"%%bash\ncat fi":     "file.txt",
		"%%bash fo":          "folder/",
	} {
		c, err := s.Complete(context.Background(), text, len(text))
		if got := strings.Join(c.Matches, " "); err != nil || !strings.HasPrefix(got, want) {
			t.Errorf("%q completes to %q, %v, want %q", text, got, err, want)
		}
	}
}

// What a command takes as a body is Go for some commands only.
func TestBodiesComplete(t *testing.T) {
	for text, want := range map[string]bool{"%%bash\necho": true, "%%html\n<b": true, "%%bash": false, "%%time\nx": false, "%%capture\nx": false, "%%\nx": false, "%nonsense\nx": false, "x": false} {
		if got := inBody(text, strings.Count(text, "\n")); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestEveryCommandIsDocumented holds the table to its promise: it makes %help.
func TestEveryCommandIsDocumented(t *testing.T) {
	for _, name := range strings.Fields("%help %vars %time %timeit %env %cd %get %rm %reset %restart %capture ! %%bash %%writefile %% %main %exec %args %test") {
		if lookupCommand(name) == nil {
			t.Errorf("there is no %s", name)
		}
	}
	for _, c := range Commands() {
		if c.Help == "" || c.Run == nil || !strings.HasPrefix(c.Usage, c.Name) {
			t.Errorf("%+v", c)
		}
	}
}

func TestWords(t *testing.T) {
	for in, want := range map[string]string{
		`a b`: `["a","b"]`, ` a  "b c" `: `["a","b c"]`, `'a "b'`: `["a \"b"]`, `"a\"b"`: `["a\"b"]`, `""`: `[""]`, `a"b c"d`: `["ab cd"]`, ``: `null`,
		`C:\x`: `["C:\\x"]`,
	} {
		list, err := words(in)
		got, _ := json.Marshal(list)
		if err != nil || string(got) != want {
			t.Errorf("words(%s) = %s, %v, want %s", in, got, err, want)
		}
	}
}

func ExampleRegisterCommand() {
	RegisterCommand(Command{Name: "%hello", Usage: "%hello NAME", Help: "Greets.", Run: func(c *Call) error {
		c.Printf("Hello, %s\n", c.Args)
		return nil
	}})
	fmt.Println(lookupCommand("%hello").Usage)
	// Output: %hello NAME
}
