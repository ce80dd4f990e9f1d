package cell

import (
	"bytes"
	"errors"
	"fmt"
	"go/token"
	"go/types"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"golang.org/x/tools/go/gcexportdata"
)

// exported is a Packages that asks the go command once for the export data of what the tests import.
type exported struct {
	mu    sync.Mutex
	files map[string]string
	fset  *token.FileSet
	done  map[string]*types.Package
}

var stdForTests = []string{
	"bufio", "bytes", "context", "crypto/sha256", "encoding/json", "errors", "fmt", "io", "iter", "maps", "math", "math/rand", "math/rand/v2",
	"net/http", "os", "reflect", "slices", "sort", "strconv", "strings", "sync", "sync/atomic", "text/template", "time", "unsafe", "image",
	"image/png", "regexp", "unicode/utf8", "container/list", "go/ast", "hash/fnv", "runtime", "cmp",
	livePath,
}

var loadExports = sync.OnceValues(func() (map[string]string, error) {
	args := append([]string{"list", "-deps", "-export", "-f", "{{if .Export}}{{.ImportPath}}={{.Export}}{{end}}"}, stdForTests...)
	var errText bytes.Buffer
	cmd := exec.Command("go", args...)
	cmd.Stderr = &errText
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %v\n%s", err, errText.String())
	}
	files := map[string]string{}
	for line := range strings.Lines(string(out)) {
		path, file, _ := strings.Cut(strings.TrimSpace(line), "=")
		files[path] = file
	}
	return files, nil
})

func testPackages(tb testing.TB) *exported {
	files, err := loadExports()
	if err != nil {
		tb.Skipf("no export data: %v", err)
	}
	return &exported{files: files, fset: token.NewFileSet(), done: map[string]*types.Package{}}
}

func (e *exported) Import(path string) (*types.Package, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.done[path]; p != nil && p.Complete() {
		return p, nil
	}
	file := e.files[path]
	if file == "" {
		return nil, errors.New("no such package")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r, err := gcexportdata.NewReader(f)
	if err != nil {
		return nil, err
	}
	return gcexportdata.Read(r, e.fset, e.done, path)
}

func (e *exported) Guess(name string, uses []string) (string, bool) {
	for _, path := range stdForTests {
		if path == name || strings.HasSuffix(path, "/"+name) {
			p, err := e.Import(path)
			if err != nil {
				continue
			}
			ok := true
			for _, u := range uses {
				ok = ok && p.Scope().Lookup(u) != nil
			}
			if ok {
				return path, true
			}
		}
	}
	return "", false
}

// compile runs the Go compiler over a plan, as kernel/build does.
func (e *exported) compile(t *testing.T, plan *Plan) error {
	t.Helper()
	dir := t.TempDir()
	var cfg strings.Builder
	for path, file := range e.files {
		fmt.Fprintf(&cfg, "packagefile %s=%s\n", path, file)
	}
	if err := os.WriteFile(filepath.Join(dir, "cfg"), []byte(cfg.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"tool", "compile", "-o", "cell.a", "-p", PackagePath, "-importcfg", "cfg", "-lang=" + goVersion(), "-complete", "-pack"}
	for _, f := range plan.Files {
		if err := os.WriteFile(filepath.Join(dir, f.Name), []byte(f.Text), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, f.Name)
	}
	cmd := exec.Command("go", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%v\n%s", err, out)
	}
	return nil
}
