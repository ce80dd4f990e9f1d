package engine

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// proxy makes a module proxy in a folder, and asks the real one for what the preloaded modules require. It has versions v1.0.0 and
// v1.1.0 of example.com/greet, and two modules that ask for a version of golang.org/x/sys that the worker does not hold: one that
// can do without, one that cannot.
func proxy(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, v := range []string{"v1.0.0", "v1.1.0"} {
		publish(t, dir, "example.com/greet", v, "", fmt.Sprintf("package greet\n\ntype Who struct{ Name string }\n\nfunc Hello(w Who) string { return \"hello \" + w.Name + \" from %s\" }\n", v))
	}
	asks := "\nrequire golang.org/x/sys v0.99.0\n"
	publish(t, dir, "example.com/modest", "", asks, "package modest\n\nimport \"golang.org/x/sys/unix\"\n\nfunc Same(a, b string) bool { return unix.Getpid() > 0 && a == b }\n")
	publish(t, dir, "example.com/greedy", "", asks, "package greedy\n\nimport \"golang.org/x/sys/unix\"\n\nfunc New() any { return unix.OfTheFuture() }\n")
	real, err := exec.Command("go", "env", "GOPROXY").Output()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOPROXY", "file://"+dir+","+strings.TrimSpace(string(real)))
	t.Setenv("GONOSUMDB", "*")
	t.Setenv("GOFLAGS", "-modcacherw")
	t.Setenv("GOMODCACHE", modCache(t))
}

// publish puts a version of a module into a proxy's folder: "" makes one of the contents, since what the go command knows of a
// version must never change.
func publish(t *testing.T, dir, module, v, requires, text string) {
	t.Helper()
	base := filepath.Join(dir, module, "@v")
	mod := "module " + module + "\n\ngo 1.24\n" + requires
	if v == "" {
		v = fmt.Sprintf("v1.0.0-%x", sha256.Sum256([]byte(mod+text)))[:24]
	}
	write(t, filepath.Join(base, v+".mod"), mod)
	write(t, filepath.Join(base, v+".info"), fmt.Sprintf(`{"Version":%q,"Time":"2026-01-01T00:00:00Z"}`, v))
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, text := range map[string]string{"go.mod": mod, "code.go": text} {
		f, err := z.Create(module + "@" + v + "/" + name)
		if err != nil {
			t.Fatal(err)
		}
		f.Write([]byte(text))
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(base, v+".zip"), b.String())
	list, _ := os.ReadFile(filepath.Join(base, "list"))
	write(t, filepath.Join(base, "list"), string(list)+v+"\n")
}

// modCache is the real module cache: what is compiled against sources in another folder does not go with the worker.
func modCache(t *testing.T) string {
	t.Helper()
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	real := os.Getenv("GOMODCACHE")
	if real == "" {
		if real = filepath.Join(home, "go", "pkg", "mod"); os.Getenv("GOPATH") != "" {
			real = filepath.Join(os.Getenv("GOPATH"), "pkg", "mod")
		}
	}
	return real
}

func TestModuleIsFetched(t *testing.T) {
	proxy(t)
	s := start(t, Config{Notebook: t.TempDir()})
	out, r := s.run("import \"example.com/greet\"\ngreet.Hello(greet.Who{\"Ada\"})")
	if r.Err != nil {
		t.Fatal(r.Err.all())
	}
	if got := r.Bundle.Text(); !strings.Contains(got, "hello Ada from v1.1.0") {
		t.Errorf("it says %q", got)
	}
	expect(t, "notes", out.noted(), "example.com/greet v1.1.0", " s")
	s.must("w := greet.Who{\"Bob\"}")
	if got := s.must("greet.Hello(w)"); !strings.Contains(got, "Bob") {
		t.Errorf("a value of the module's type: %q", got)
	}
	// Another version of what is in use is refused before anything is lost.
	err := s.Get(t.Context(), "example.com/greet@v1.0.0", func(string) {})
	if err == nil {
		t.Fatal("a loaded module changed its version")
	}
	expect(t, "conflict", err.Error(), "v1.0.0", "v1.1.0", "%restart")
	if got := s.must("w.Name"); !strings.Contains(got, "Bob") {
		t.Errorf("after the conflict: %q", got)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := s.Get(t.Context(), "example.com/greet@v1.0.0", func(string) {}); err != nil {
		t.Fatal(err)
	}
	if got := s.must("import \"example.com/greet\"\ngreet.Hello(greet.Who{\"Eve\"})"); !strings.Contains(got, "hello Eve from v1.0.0") {
		t.Errorf("after a restart: %q", got)
	}
	_, r = s.run("import \"example.com/nothing\"\nnothing.F()")
	expect(t, "a module that is not there", r.Err.all(), "example.com/nothing")
}

// What asks for a newer version of a preloaded module gets the one that the worker holds, and the user is told. What cannot do
// without, and a newer version that the user asks for, are refused before anything changes.
func TestPreloadedModulesArePinned(t *testing.T) {
	proxy(t)
	s := start(t, Config{Notebook: t.TempDir()})
	out, r := s.run("import \"example.com/modest\"\nx := modest.Same(\"a\", \"a\")\nx")
	if r.Err != nil {
		if strings.Contains(r.Err.Value, "dial tcp") {
			t.Skipf("the module proxy is out of reach: %s", r.Err.Value)
		}
		t.Fatal(r.Err.all())
	}
	if r.Bundle.Text() != "true" {
		t.Errorf("it shows %q", r.Bundle.Text())
	}
	expect(t, "notes", out.noted(), "example.com/modest asks for golang.org/x/sys v0.99.0; it uses v0.")
	before, err := os.ReadFile(filepath.Join(s.Session().ModuleDir(), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	_, r = s.run("import \"example.com/greedy\"\ngreedy.New()")
	if r.Err == nil {
		t.Fatal("what does not compile is used")
	}
	expect(t, "error", r.Err.all(), "golang.org/x/sys v0.99.0 (in use: v0.", "Nothing was changed", "OfTheFuture")
	for _, v := range []string{"v0.99.0", "v0.3.0"} {
		err := s.Get(t.Context(), "golang.org/x/sys@"+v, func(string) {})
		if err == nil {
			t.Fatal("a preloaded module changed its version")
		}
		expect(t, "error", err.Error(), "golang.org/x/sys "+v+" (in use: v0.", "make setup")
	}
	if after, err := os.ReadFile(filepath.Join(s.Session().ModuleDir(), "go.mod")); err != nil || string(after) != string(before) {
		t.Errorf("go.mod was\n%s\nand is %v\n%s", before, err, after)
	}
	if got := s.must("x && modest.Same(\"b\", \"b\")"); got != "true" {
		t.Errorf("after the refusals: %q", got)
	}
}

func TestLocalPackageIsEdited(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.com/user\n\ngo 1.24\n")
	util := filepath.Join(dir, "util", "util.go")
	write(t, util, "package util\n\ntype P struct{ A int }\n\nfunc (p P) Text() string { return \"one\" }\n\nfunc New() P { return P{1} }\n")
	write(t, filepath.Join(dir, "top", "top.go"), "package top\n\nimport \"example.com/user/util\"\n\nfunc Text() string { return \"top of \" + util.New().Text() }\n")
	nb := filepath.Join(dir, "notebooks")
	if err := os.Mkdir(nb, 0o755); err != nil {
		t.Fatal(err)
	}
	s := start(t, Config{Notebook: nb})
	s.must("import (\n\t\"example.com/user/top\"\n\t\"example.com/user/util\"\n)\nold := util.New()")
	if got := s.must("old.Text() + \" \" + top.Text()"); !strings.Contains(got, "one top of one") {
		t.Fatalf("before the edit: %q", got)
	}
	// Another layout, another method.
	write(t, util, "package util\n\ntype P struct{ B string; A int; C [4]float64 }\n\nfunc (p P) Text() string { return \"two\" }\n\nfunc (p P) More() int { return p.A + 1 }\n\nfunc New() P { return P{\"b\", 5, [4]float64{}} }\n")
	out, r := s.run("p := util.New()\nfmt.Sprint(p.Text(), \" \", p.More(), \" \", top.Text())")
	if r.Err != nil {
		t.Fatal(r.Err.all())
	}
	if got := r.Bundle.Text(); !strings.Contains(got, "two 6 top of two") {
		t.Errorf("after the edit: %q", got)
	}
	expect(t, "notes", out.noted(), "example.com/user/util was edited")
	if _, r = s.run("old.A"); r.Err == nil && r.Bundle.Text() != "0" && r.Bundle.Text() != "1" {
		t.Errorf("a value of the old type reads %q", r.Bundle.Text())
	}
	write(t, util, "package util\n\nfunc broken( {\n")
	if _, r = s.run("util.New().Text()"); r.Err == nil {
		t.Error("a package that does not compile is used")
	} else {
		expect(t, "error", r.Err.all(), "util.go:3")
	}
	write(t, util, "package util\n\ntype P struct{ A int }\n\nfunc (p P) Text() string { return \"three\" }\n\nfunc New() P { return P{1} }\n")
	if got := s.must("util.New().Text() + top.Text()"); !strings.Contains(got, "threetop of three") {
		t.Errorf("after it is mended: %q", got)
	}
}

// TestPanicInLocalPackage looks for the user's own frames, those of a package in their module among them, and for none of the libraries
// between.
func TestPanicInLocalPackage(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "go.mod"), "module example.com/user\n\ngo 1.24\n")
	util := filepath.Join(dir, "util", "util.go")
	text := "package util\n\nimport \"slices\"\n\nfunc Sort(v []int) {\n\tslices.SortFunc(v, func(a, b int) int { panic(\"no order\") }) // here\n}\n\nfunc Deep(n int) int { return Deep(n+1) + 1 }\n"
	write(t, util, text)
	s := start(t, Config{Notebook: dir})
	s.must("import \"example.com/user/util\"")
	look := func(line int) {
		t.Helper()
		_, r := s.run("func sorted(v []int) {\n\tutil.Sort(v)\n}\nsorted([]int{2, 1})")
		if r.Err == nil {
			t.Fatal("no panic")
		}
		got := r.Err.all()
		expect(t, "traceback", got, "no order", fmt.Sprintf("util.go:%d\x1b[0m in Sort\n", line), fmt.Sprintf("--> %4d ", line), "// here", "In[", "util.Sort(v)", "sorted([]int{2, 1})")
		if strings.Contains(got, "slices") && strings.Contains(got, "zsortanyfunc") || strings.Contains(got, "live.") {
			t.Errorf("a frame that is not the user's:\n%s", got)
		}
		if r.Err.Pos.Line != 2 {
			t.Errorf("the place is %+v, not the cell's line", r.Err.Pos)
		}
	}
	look(6)
	write(t, util, strings.Replace(text, "import", "// One more line.\nimport", 1))
	look(7)
	_, r := s.run("util.Deep(0)")
	if r.Err == nil {
		t.Fatal("no stack overflow")
	}
	expect(t, "traceback", r.Err.all(), "stack overflow", "util.go:10\x1b[0m in Deep", "In[")
}

func TestCgo(t *testing.T) {
	s := start(t, Config{})
	s.must("/*\n#include <stdio.h>\nstatic int twice(int n) { printf(\"C says %d\\n\", n); return 2 * n; }\nstatic void crash(void) { *(volatile int *)0 = 1; }\n*/\nimport \"C\"\n\nfunc twice(n int) int { return int(C.twice(C.int(n))) }\nfunc crash() { C.crash() }")
	out, r := s.run("twice(21)")
	if r.Err != nil {
		t.Fatal(r.Err.all())
	}
	if r.Bundle.Text() != "42" || out.out("stdout") != "C says 21\n" {
		t.Errorf("%q, stdout %q", r.Bundle.Text(), out.out("stdout"))
	}
	// What C's static variables hold stays, and C is compiled once.
	if got := s.must("/*\nstatic int n;\nstatic int next(void) { return ++n; }\n*/\nimport \"C\"\n\n// next counts.\nfunc next() (n int) { n = int(C.next()); return }\nfunc both() []int { return []int{next(), next()} }\nnext()"); got != "1" {
		t.Errorf("a counter in C begins with %q", got)
	}
	begin := time.Now()
	if got := s.must("a := next()\na"); got != "2" {
		t.Errorf("a counter in C goes on with %q", got)
	}
	t.Logf("a cell that calls C: %v", time.Since(begin))
	if got := s.must("f := next\nfmt.Sprint(both(), f())"); got != "[3 4] 5" {
		t.Errorf("a counter in C goes on with %q", got)
	}
	s.must("func next() int { return 100 }")
	if got := s.must("both()[1] + f()"); got != "106" {
		t.Errorf("after its Go function is declared again: %q", got)
	}
	_, r = s.run("crash()")
	if r.Err == nil {
		t.Fatal("a crash in C is no error")
	}
	expect(t, "crash", r.Err.all(), "SIGSEGV", "C code")
	if got := s.must("twice(4)"); got != "8" {
		t.Errorf("after the crash: %q", got)
	}
}

func TestGonbui(t *testing.T) {
	s := start(t, Config{})
	out, r := s.run("for i := range 3 {\n\tgonbui.DisplayHTML(fmt.Sprint(\"<i>\", i, \"</i>\"))\n}\ngonbui.UpdateHTML(\"a\", \"first\")\ngonbui.UpdateHTML(\"a\", \"second\")\ngonbui.Sync()")
	if r.Err != nil {
		t.Fatal(r.Err.all())
	}
	if len(out.displays) != 5 || out.displays[2].Data["text/html"] != "<i>2</i>" || out.displays[3].Kind != "display" || out.displays[4].Kind != "update" {
		t.Errorf("displays: %+v", out.displays)
	}
	out, r = s.run("gonbui.RequestInput(\"who? \", false)\nvar who string\nfmt.Scanln(&who)\nfmt.Println(who)", "Ada")
	if r.Err != nil || out.out("stdout") != "Ada\n" || len(out.prompts) != 1 || out.prompts[0] != "who? " {
		t.Errorf("input: %q prompts %q %s", out.out("stdout"), out.prompts, r.Err.all())
	}
	out, r = s.run("gonbui.DisplayHTML(\"last\")") // without a Sync
	if r.Err != nil || len(out.displays) != 1 {
		t.Errorf("without a sync: %d displays %s", len(out.displays), r.Err.all())
	}
}
