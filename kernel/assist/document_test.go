package assist

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestMakeDocument(t *testing.T) {
	unknown := func(define) int { return -1 }
	for name, c := range map[string]struct {
		cell    string
		results func(define) int
		want    []string // in this order
	}{
		"statements": {"x := 1\nprintln(x)", unknown, []string{"func _() {\nx := 1\nprintln(x)\n"}},
		"any order":  {"x := 1\nimport \"fmt\"\nfunc f() {}\nfmt.Println(x)", unknown, []string{"import \"fmt\"\nfunc f() {}\n", "func _() {\nx := 1\nfmt.Println(x)\n"}},
		"method":     {"func (p *pair[T]) sum() int { return 1 }", unknown, []string{"func (p *pair[T]) sum() int { return 1 }\n\nfunc _() {"}},
		"literal":    {"func() { println() }()", unknown, []string{"func _() {\nfunc() { println() }()\n"}},
		"hoisted":    {"n := 3\nfunc f() int { return n }", unknown, []string{"func f() int { return n }", "", "func _() {"}},
		"error":      {"d := data.Read(p)", func(define) int { return 2 }, []string{"d , _ := data.Read(p)"}},
		"no error":   {"d := data.Read(p)", func(define) int { return 1 }, []string{"d := data.Read(p)"}},
		"two":        {"a, b := f[int](p)", func(define) int { return 3 }, []string{"a, b , _ := f[int](p)"}},
		"open":       {"fmt.Println(strings.Has", unknown, []string{"fmt.Println(strings.Has)\n"}},
		"open func":  {"func f() {\n\tx := 1", unknown, []string{"func f() {\n\tx := 1\n}\n"}},
		"recovers":   {"fmt.Println(\nfunc g() {}\nx := 1", unknown, []string{"func g() {}", "fmt.Println()"}},
		"commands":   {"%get a\n!ls -l 'x\nx := 1", unknown, []string{"func _() {\nx := 1"}},
		"bash":       {"%%bash\nif true; then", unknown, []string{"func _() {"}},
	} {
		t.Run(name, func(t *testing.T) {
			text := makeDocument(c.cell, nil, c.results).text
			at := 0
			for _, w := range c.want {
				i := strings.Index(text[at:], w)
				if i < 0 {
					t.Fatalf("no %q in\n%s", w, text)
				}
				at += i
			}
		})
	}
}

func TestPositionsMapBothWays(t *testing.T) {
	cell := "%time x := f(1)\nimport \"fmt\"\n\ntype größe struct{ A int }\nfmt.Println(x) // seen\n\n"
	doc := makeDocument(cell, []string{`"os"`}, func(define) int { return 2 })
	for _, word := range []string{"x", "f(1)", "fmt\"", "größe", "A int", "Println", "x)", "// seen"} {
		from := strings.Index(cell, word)
		at := doc.toDoc(from)
		if !strings.HasPrefix(doc.text[at:], word) {
			t.Errorf("%q is at %q in the document", word, doc.text[at:min(len(doc.text), at+10)])
		}
		if back, ok := doc.toCell(at); !ok || back != from {
			t.Errorf("%q: %d comes back as %d, %v", word, from, back, ok)
		}
	}
	for i := range len(cell) + 1 {
		if at := doc.toDoc(i); at < 0 || at > len(doc.text) {
			t.Errorf("offset %d maps to %d of %d", i, at, len(doc.text))
		}
	}
}

func TestDifference(t *testing.T) {
	for _, c := range [][2]string{{"", "abc"}, {"abc", ""}, {"abc", "abc"}, {"aXb", "aYb"}, {"aa", "aaa"}, {"ä", "ö"}, {"xäy", "xöy"}, {"日本", "日木本"}, {"a\nb", "a\nc\nb"}} {
		from, to, fresh := difference(c[0], c[1])
		if got := c[0][:from] + fresh + c[0][to:]; got != c[1] {
			t.Errorf("%q to %q: [%d:%d]=%q gives %q", c[0], c[1], from, to, fresh, got)
		}
	}
}

func TestPositionsInUTF16(t *testing.T) {
	text := "a\näö😀x\nb"
	at := strings.Index(text, "x")
	p := position(text, at)
	if p != (lspPosition{1, 4}) {
		t.Errorf("position %+v", p)
	}
	if got := offset(text, p); got != at {
		t.Errorf("offset %d, want %d", got, at)
	}
	if got := offset(text, lspPosition{9, 9}); got != len(text) {
		t.Errorf("behind the end: %d", got)
	}
}

func TestIsComplete(t *testing.T) {
	for cell, want := range map[string]string{
		"x := 1":                        "complete",
		"":                              "complete",
		"// a comment":                  "complete",
		"if x {\n}":                     "complete",
		"if x {":                        "incomplete \t",
		"for i := range 3 {\n\tif x {":  "incomplete \t\t",
		"func f() {\n":                  "incomplete \t",
		"fmt.Println(1,":                "incomplete \t",
		"fmt.Println(1":                 "incomplete \t",
		"x := `abc":                     "incomplete ",
		"/* open":                       "incomplete ",
		"x := 1 +":                      "incomplete \t",
		"x :=":                          "incomplete \t",
		"fmt.":                          "incomplete \t",
		"if x":                          "incomplete ",
		"type t":                        "incomplete ",
		"x := )":                        "invalid",
		"x := \"abc":                    "invalid",
		"x y z":                         "invalid",
		"f(]":                           "invalid",
		"i++":                           "complete",
		"return":                        "complete",
		"import \"fmt\"\nfmt.Println()": "complete",
		"%vars":                         "complete",
		"%time f(":                      "incomplete \t",
		"x := []int{1,\n2}\nx[0]":       "complete",
		"func f(a int) int { return a }\ntype p struct{ A int }": "complete",
	} {
		c := isComplete(cell)
		got := c.Status
		if got == "incomplete" {
			got += " " + c.Indent
		}
		if got != want {
			t.Errorf("%q is %q, want %q", cell, got, want)
		}
	}
}

func TestCountResults(t *testing.T) {
	for sig, want := range map[string]int{
		"func data.ReadCSV(path string) (*Frame, error)":        2,
		"func ReadCSV(path string) (*Frame, error)":             2,
		"func (f *data.Frame) Head(n int) (*data.Frame, error)": 2,
		"func Close() error":                                    1,
		"func Len() int":                                        0,
		"func Do()":                                             0,
		"func Map[T any](x []T) (a, b []T, err error)":          3,
		"var f func(int) (int, error)":                          2,
		"var n int":                                             0,
		"field load func(s string) (int, error)":                2,
	} {
		if got := countResults(sig); got != want {
			t.Errorf("%s: %d, want %d", sig, got, want)
		}
	}
}

func TestMissingImports(t *testing.T) {
	d := readDeclarations("package cell\nimport \"os\"\nimport tens \"example.com/tensors\"\nvar strings int\n")
	for cell, want := range map[string]string{
		"fmt.Println(1)":                       `"fmt"`,
		"import \"fmt\"\nfmt.Println(os.Args)": `"os"`,
		"tens.New()":                           `tens "example.com/tensors"`,
		"strings.Foo()":                        "",
		"fmt := 1; fmt.x()":                    "",
		"func f(json int) { json.x() }":        "",
		"rand.IntN(3)":                         `"math/rand"`,
		"a.b.fmt.c()":                          "",
	} {
		if got := strings.Join(missing(cell, d, guessStd), " "); got != want {
			t.Errorf("%q needs %q, want %q", cell, got, want)
		}
	}
}

func TestWatcher(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.go")
	write := func(s string, when time.Time) {
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
		os.Chtimes(file, when, when)
	}
	now := time.Unix(1000, 0)
	w := &watcher{dir: dir}
	step := func() map[string]int { now = now.Add(time.Minute); return w.changes(now) }
	if c := step(); len(c) != 0 {
		t.Errorf("at first %v", c)
	}
	write("package a", now)
	if c := step(); c[file] != 1 {
		t.Errorf("made: %v", c)
	}
	write("package b", now.Add(time.Second))
	if c := step(); c[file] != 2 {
		t.Errorf("changed: %v", c)
	}
	os.Remove(file)
	if c := step(); c[file] != 3 {
		t.Errorf("deleted: %v", c)
	}
	if c := step(); len(c) != 0 {
		t.Errorf("nothing happened: %v", c)
	}
}
