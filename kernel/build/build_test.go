package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"gosft/kernel/cell"
	"gosft/kernel/worker"
)

func library(t *testing.T) *Library {
	t.Helper()
	lib, err := Setup(t.Context(), Options{Progress: func(line string) { t.Log(line) }})
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

func newSession(t *testing.T, notebook string) *Session {
	t.Helper()
	s, err := NewSession(library(t), notebook)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// plan is a cell made by hand: its entry's body, and declarations.
func plan(entry, decls, body string) *cell.Plan {
	return &cell.Plan{Cell: 1, Entry: entry, Files: []cell.File{{Name: "cell.go",
		Text: "package cell\n\nimport \"gosft/kernel/live\"\n\n" + decls + "\n\nfunc " + entry + "(c *live.Cell) {\n//line In[1]:1:1\n" + body + "\n}\n"}}}
}

// printed builds plans, runs them in one worker and returns what each shows.
func printed(t *testing.T, s *Session, plans ...*cell.Plan) []string {
	t.Helper()
	w, err := worker.Start(worker.Config{Program: s.Library().Worker}, silent{})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Kill()
	var out []string
	for i, p := range plans {
		plugin, err := s.Build(t.Context(), p)
		if err != nil {
			t.Fatal(err)
		}
		e, err := w.Run(i+1, plugin.Path)
		if err != nil {
			t.Fatal(w.Death())
		}
		if e.Err != nil {
			t.Fatal(e.Err.Text)
		}
		text := ""
		if v := e.Bundle["text/plain"].Text; v != nil {
			text = *v
		}
		out = append(out, text)
	}
	return out
}

const shared = "type sample struct{ n int }\n\nfunc (s *sample) size() int { return s.n }\n\nvar s sample\nvar boxed any"

func TestValuesAndTypesAreShared(t *testing.T) {
	got := printed(t, newSession(t, ""),
		plan("Run1", shared, "s = sample{7}\nboxed = s"),
		plan("Run2", shared, "v, ok := boxed.(sample)\nc.Value(v.n, ok, s.size())"),
		plan("Run3", shared+"\n\nfunc twice[T int | float64](x T) T { return 2 * x }", "c.Value(twice(s.n), twice(1.5))"))
	if want := []string{"", "7, true, 7", "14, 3"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCompilerErrorsNameTheCell(t *testing.T) {
	s := newSession(t, "")
	_, err := s.Build(t.Context(), plan("Run1", "", "var a int\na = \"text\""))
	var errs cell.Errors
	if !errors.As(err, &errs) {
		t.Fatalf("error is %v", err)
	}
	if p := errs[len(errs)-1].Pos; p.Cell != 1 || p.Line != 2 || p.Col != 5 {
		t.Errorf("place %v of %v", p, errs)
	}
}

func TestCancelledBuild(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newSession(t, "").Build(ctx, plan("Run1", "", "")); !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

func TestCgo(t *testing.T) {
	p := &cell.Plan{Cell: 1, Entry: "Run1", Cgo: true, Files: []cell.File{
		{Name: "cell.go", Text: "package cell\n\nimport \"gosft/kernel/live\"\n\nfunc Run1(c *live.Cell) { c.Show(twice(21)) }\n"},
		{Name: "c.go", Text: "package cell\n\n/*\n#include <math.h>\n#cgo LDFLAGS: -lm\nstatic int twice(int n) { return (int)floor(2.0 * n); }\n*/\nimport \"C\"\n\nfunc twice(n int) int { return int(C.twice(C.int(n))) }\n"},
	}}
	if got := printed(t, newSession(t, ""), p); got[0] != "42" {
		t.Errorf("C gives %q", got[0])
	}
}

func TestGuess(t *testing.T) {
	s := newSession(t, "")
	for _, c := range []struct {
		name string
		uses []string
		want string
	}{
		{"fmt", []string{"Println"}, "fmt"},
		{"rand", []string{"Intn"}, "math/rand"},
		{"rand", []string{"IntN"}, "math/rand/v2"},
		{"template", []string{"HTML"}, "html/template"},
		{"template", []string{"New"}, "text/template"},
		{"graph", []string{"NewGraph"}, ""},
		{"tensors", nil, "github.com/gomlx/gomlx/core/tensors"},
		{"display", []string{"HTML"}, "gosft/kernel/display"},
		{"fmt", []string{"NoSuchName"}, ""},
		{"nosuchpackage", nil, ""},
		{"live", nil, ""},
		{"unsafe", []string{"Pointer"}, "unsafe"},
	} {
		got, ok := s.Guess(c.name, c.uses)
		if c.name == "graph" {
			continue // the name of the constructor differs between versions
		}
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s with %v: %q, want %q", c.name, c.uses, got, c.want)
		}
	}
}

func TestImport(t *testing.T) {
	s := newSession(t, "")
	p, err := s.Import("strings")
	if err != nil || p.Scope().Lookup("Builder") == nil {
		t.Errorf("strings: %v", err)
	}
	again, _ := s.Import("strings")
	if p != again {
		t.Error("two imports give two packages")
	}
	if p, err := s.Import("unsafe"); err != nil || p.Name() != "unsafe" {
		t.Errorf("unsafe: %v", err)
	}
	for path, want := range map[string]string{
		"internal/abi":    "internal package",
		"nothere":         "not in the standard library",
		"runtime/nothere": "not in the standard library",
	} {
		if _, err := s.Import(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
	if p, err := s.Import("expvar"); err != nil || p.Name() != "expvar" { // of std, not preloaded
		t.Errorf("expvar: %v", err)
	}
}

func TestUserModules(t *testing.T) {
	dir := t.TempDir()
	for path, text := range map[string]string{
		"one/go.mod":     "module one\n",
		"work/go.work":   "go 1.26\n\nuse (\n\t./a\n\t./b\n)\n\nreplace example.com/x => ./x\n",
		"work/a/go.mod":  "module a\n",
		"tree/go.mod":    "module gosft\n",
		"none/readme.md": "",
	} {
		p := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Join(filepath.Dir(p), "nb"), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("GOWORK", "")
	for _, c := range []struct {
		notebook, replaces string
		uses               []string
	}{
		{"one/nb", "", []string{"one"}},
		{"work/a/nb", "replace example.com/x => " + filepath.Join(dir, "work/x") + "\n", []string{"work/a", "work/b"}},
		{"tree/nb", "", nil},
		{"none/nb", "", nil},
	} {
		uses, replaces, err := userModules(filepath.Join(dir, c.notebook), "/elsewhere")
		for i := range uses {
			uses[i], _ = filepath.Rel(dir, uses[i])
		}
		if err != nil || !slices.Equal(uses, c.uses) || replaces != c.replaces {
			t.Errorf("%s: %v %q %v", c.notebook, uses, replaces, err)
		}
	}
}

func TestPins(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module example.com/own\n\nreplace example.com/b => ../b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	held := map[string]string{"example.com/a": "v1.0.0", "example.com/b": "v1.1.0", "example.com/c/v2": "v2.0.0", "example.com/own": "v1.0.0"}
	if got, want := pins(held, nil, "replace example.com/a v1.2.0 => ./a\n"), "replace example.com/b => example.com/b v1.1.0\nreplace example.com/c/v2 => example.com/c/v2 v2.0.0\nreplace example.com/own => example.com/own v1.0.0\n"; got != want {
		t.Errorf("beside a replacement of a workspace:\n%s", got)
	}
	if got, want := pins(held, []string{dir}, ""), "replace example.com/a => example.com/a v1.0.0\nreplace example.com/c/v2 => example.com/c/v2 v2.0.0\n"; got != want {
		t.Errorf("beside a module:\n%s", got)
	}
	for path, want := range map[string]string{"example.com/c/v2/x/y": "example.com/c/v2", "example.com/a": "example.com/a", "example.com/aa": "", "example.com": ""} {
		if got := holder(held, path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestLangOf(t *testing.T) {
	for in, want := range map[string]string{"go1.26.8": "go1.26", "go1.26": "go1.26", "go1.27rc1": "go1.27", "go1.21": "go1.21"} {
		if got := langOf(in); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// A linker or runtime of another shape is found out before anything is built with it.
func TestEditsFail(t *testing.T) {
	root := t.TempDir()
	for _, f := range []string{"src/cmd/link/internal/ld/ld.go", "src/runtime/type.go"} {
		p := filepath.Join(root, f)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte("package ld\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tc := &Toolchain{Root: root, Version: "go1.99", Go: "go"}
	if err := patchLinker(t.Context(), tc, filepath.Join(root, "link")); err == nil || !strings.Contains(err.Error(), "another shape") {
		t.Errorf("linker: %v", err)
	}
	if overlay, err := stdOverlay(tc, root); overlay != "" || err == nil || !strings.Contains(err.Error(), "cells take longer to load: runtime/type.go of go1.99 has another shape") {
		t.Errorf("standard library: %s %v", overlay, err)
	}
	// One file that can be edited is so without the other.
	real, err := FindToolchain(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(real.Root, "src/syscall/syscall_unix.go"))
	if err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(root, "src/syscall/syscall_unix.go")
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, b, 0o644); err != nil {
		t.Fatal(err)
	}
	overlay, err := stdOverlay(tc, root)
	if err == nil || strings.Contains(err.Error(), "syscall") {
		t.Errorf("standard library: %v", err)
	}
	if b, err := os.ReadFile(overlay); err != nil || !strings.Contains(string(b), "syscall_unix.go") || strings.Contains(string(b), "runtime/type.go") {
		t.Errorf("overlay: %s %v", b, err)
	}
}

func TestWorkerHome(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", filepath.Join(dir, "cache"))
	if got, err := workerHome(dir); err != nil || got != filepath.Join(dir, "worker") {
		t.Errorf("%s %v", got, err)
	}
	if got, err := workerHome(file); err != nil || got != filepath.Join(dir, "cache", "gosft", "worker") {
		t.Errorf("a home that cannot be written to: %s %v", got, err)
	}
	t.Setenv("XDG_CACHE_HOME", file)
	if _, err := workerHome(file); err == nil || !strings.Contains(err.Error(), "GOSFT_HOME") {
		t.Errorf("no place at all: %v", err)
	}
}

// What a library is made of decides its key: another Go, another source, another way.
func TestKey(t *testing.T) {
	tree := t.TempDir()
	for f, text := range map[string]string{"go.mod": "module gosft\n", "go.sum": "", "kernel/build/extld/main.go": "", "kernel/build/plt/plt.go": "", "a/a.go": "package a\n", "a/a_test.go": "package a\n"} {
		p := filepath.Join(tree, f)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	tc := &Toolchain{Version: "go1.26.8"}
	key := func(tc *Toolchain, plain bool) string {
		k, err := keyOf(tc, tree, []string{"a"}, plain)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	first := key(tc, false)
	if first != key(tc, false) {
		t.Error("two keys of one state")
	}
	if first == key(&Toolchain{Version: "go1.26.9"}, false) || first == key(tc, true) {
		t.Error("another Go or way has the same key")
	}
	change := func(f string) {
		if err := os.WriteFile(filepath.Join(tree, f), []byte("package a // changed\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if change("a/a_test.go"); first != key(tc, false) {
		t.Error("a test changes the key")
	}
	if change("a/a.go"); first == key(tc, false) {
		t.Error("a changed source has the same key")
	}
}

func TestSecondSetupIsQuick(t *testing.T) {
	library(t)
	said := 0
	lib, err := Setup(t.Context(), Options{Progress: func(string) { said++ }})
	if err != nil || said != 0 {
		t.Errorf("%v, %d lines said", err, said)
	}
	if runtime.GOOS == "linux" && lib.Toolchain.Linker != nil && lib.Plain {
		t.Errorf("the plain way is taken: %s", lib.WhyPlain)
	}
}
