package backend

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"gosft/sftlib/internal/testenv"
)

// emptyHome points GOSFT_HOME at a fresh folder and hides what other folders hold.
func emptyHome(t *testing.T) string {
	dir := t.TempDir()
	t.Setenv("GOSFT_HOME", dir)
	t.Setenv("HOME", t.TempDir())
	t.Setenv("PJRT_PLUGIN_LIBRARY_PATH", "")
	t.Setenv("GOMLX_BACKEND", "")
	if err := os.MkdirAll(filepath.Join(dir, "pjrt"), 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func realPlugin(t *testing.T) string {
	p := testenv.Find(".venv/share/gosft/pjrt/libpjrt_cpu.so")
	if p == "" {
		t.Skip("no XLA CPU plugin: run `make setup`")
	}
	return p
}

// sum adds two vectors on b and returns the total.
func sum(b *Backend) (total float32, err error) {
	err = b.Run("sum", func() error {
		out, err := graph.CallOnce(b, func(x, y *graph.Node) *graph.Node { return graph.ReduceAllSum(graph.Add(x, y)) },
			[]float32{1, 2, 3}, []float32{10, 20, 30})
		if err == nil {
			total = out.Value().(float32)
		}
		return err
	})
	return total, err
}

func TestOpenBest(t *testing.T) {
	t.Run("plugin", func(t *testing.T) {
		plugin := realPlugin(t)
		dir := emptyHome(t)
		if err := os.Symlink(plugin, filepath.Join(dir, "pjrt", "libpjrt_cpu.so")); err != nil {
			t.Fatal(err)
		}
		b, err := Open("")
		if err != nil {
			t.Fatal(err)
		}
		if !hasGPU() && b.Kind != CPU {
			t.Fatalf("chose %s", b)
		}
		if got, err := sum(b); err != nil || got != 66 {
			t.Fatalf("sum %v, %v", got, err)
		}
		t.Log(b)
	})
	t.Run("none", func(t *testing.T) {
		emptyHome(t)
		b, err := Open("")
		if err != nil || b.Kind != Go {
			t.Fatalf("%v, %v", b, err)
		}
		if !strings.Contains(b.String(), "pjrt") {
			t.Errorf("the line does not say where a plugin was looked for: %s", b)
		}
		if got, err := sum(b); err != nil || got != 66 {
			t.Fatalf("sum %v, %v", got, err)
		}
	})
	t.Run("broken plugin falls back and says so", func(t *testing.T) {
		dir := emptyHome(t)
		if err := os.WriteFile(filepath.Join(dir, "pjrt", "libpjrt_cpu.so"), []byte("no library"), 0o644); err != nil {
			t.Fatal(err)
		}
		b, err := Open("")
		if err != nil || b.Kind != Go || !strings.Contains(b.Why, "libpjrt_cpu.so") {
			t.Fatalf("%v, %v", b, err)
		}
	})
}

func TestOpenNamed(t *testing.T) {
	emptyHome(t)
	for _, c := range []struct {
		config string
		kind   Kind
		err    string
	}{
		{"go", Go, ""},
		{"go:ops_sequential", Go, ""},
		{"go:parallelism=x", "", "parallelism"},
		{"go:no_such_option", "", "no_such_option"},
		{"xla", "", "make setup"},
		{"cuda", "", "no plugin"},
		{"xla:/no/such/plugin.so", "", "no such file"},
		{"xla:relative.so", "", "absolute"},
		{"tpu9000", "", "unknown"},
	} {
		b, err := Open(c.config)
		if c.err == "" {
			if err != nil || b.Kind != c.kind {
				t.Errorf("%s: %v, %v", c.config, b, err)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.err) {
			t.Errorf("%s: error %v, want one with %q", c.config, err, c.err)
		}
	}
	t.Setenv("GOMLX_BACKEND", "go")
	b, err := Open("")
	if err != nil || b.Kind != Go || !strings.Contains(b.Why, "GOMLX_BACKEND") {
		t.Errorf("variable: %v, %v", b, err)
	}
	t.Setenv("GOMLX_BACKEND", "xla")
	if b, err := Open(""); err == nil {
		t.Errorf("a variable that cannot be followed was replaced in silence by %v", b)
	}
}

func TestPluginInFolderNamedNvidia(t *testing.T) {
	plugin := realPlugin(t)
	dir := filepath.Join(t.TempDir(), "nvidia-user")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(dir, "libpjrt_cpu.so")
	if err := os.Symlink(plugin, link); err != nil {
		t.Fatal(err)
	}
	b, err := Open("xla:" + link)
	if err != nil {
		t.Fatal(err)
	}
	if b.Kind != CPU {
		t.Errorf("kind %s", b.Kind)
	}
	if got, err := sum(b); err != nil || got != 66 {
		t.Fatalf("sum %v, %v", got, err)
	}
}

func TestTry(t *testing.T) {
	cause := errors.New("cause")
	long := strings.Repeat("x", 100_000)
	var none []int
	for _, c := range []struct {
		name string
		f    func() error
		want string
		is   error
	}{
		{"error", func() error { return cause }, "work: cause", cause},
		{"panic with an error", func() error { panic(cause) }, "work: cause", cause},
		{"panic with a string", func() error { panic("bad shape") }, "work: bad shape", nil},
		{"runtime error", func() error { _ = none[3]; return nil }, "backend.TestTry", nil},
		{"panic with nil", func() error { panic(nil) }, "work:", nil},
		{"long", func() error { return fmt.Errorf("%s%w", long, cause) }, "[cut]", cause},
		{"memory", func() error { return errors.New("RESOURCE_EXHAUSTED: Out of memory allocating 99 bytes") }, "smaller batches", ErrMemory},
	} {
		err := Try("work", c.f)
		if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 2*longest {
			t.Errorf("%s: %.300v", c.name, err)
		}
		if c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%s: not %v", c.name, c.is)
		}
	}
	if err := Try("work", func() error { return nil }); err != nil {
		t.Error(err)
	}
}

// Two graphs at once on the Go backend must end; the pool's default size makes this hang now and then.
func TestGoBackendAtOnce(t *testing.T) {
	b, err := Open("go")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	for range 4 {
		go func() {
			for range 5 {
				if got, err := sum(b); err != nil || got != 66 {
					done <- fmt.Errorf("sum %v, %v", got, err)
					return
				}
			}
			done <- nil
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

func ExampleOpen() {
	b, err := Open("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Kind, b.NumDevices())
	// Output: go 1
}
