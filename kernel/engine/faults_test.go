package engine

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// What a cell can do to its process. After each the next cell works, with all declarations, and names what is gone.
func TestDeaths(t *testing.T) {
	s := start(t, Config{Memory: 2 << 30})
	s.must("func twice(i int) int { return 2 * i }")
	for _, c := range []struct {
		name, src string
		want      []string
	}{
		{"os.Exit", "fmt.Println(\"out\")\nos.Exit(3)", []string{"os.Exit(3)"}},
		{"log.Fatal", `log.Fatal("enough")`, []string{"log.Fatal"}},
		{"concurrent map write", "m := map[int]int{}\nfor range 8 {\n\tgo func() { for { m[1]++ } }()\n}\ntime.Sleep(20 * time.Second)", []string{"concurrent map"}},
		{"stack overflow", "func endless(i int) int { return endless(i+1) + 1 }\nendless(0)", []string{"stack overflow", "in endless"}},
		{"kill -9", "syscall.Kill(os.Getpid(), syscall.SIGKILL)\ntime.Sleep(20 * time.Second)", []string{"signal 9"}},
		{"memory limit", "var hold [][]byte\nfor {\n\thold = append(hold, bytes.Repeat([]byte{1}, 64<<20))\n}", []string{"memory"}},
		{"a library's goroutine", "func boom() { panic(\"in a timer\") }\ntime.AfterFunc(time.Millisecond, boom)\ntime.Sleep(20 * time.Second)", []string{"in a timer"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s.must("kept := twice(4)")
			out, r := s.run(c.src)
			if r.Err == nil {
				t.Fatal("no error")
			}
			expect(t, "error", r.Err.all(), c.want...)
			if strings.Contains(out.out("stderr"), "goroutine 1 [") {
				t.Errorf("the runtime's dump is shown: %.300s", out.out("stderr"))
			}
			lost := r.Lost
			_, r = s.run("twice(21)")
			if r.Err != nil || r.Bundle.Text() != "42" {
				t.Fatalf("the next cell: %q %s", r.Bundle.Text(), r.Err.all())
			}
			if lost = append(lost, r.Lost...); !strings.Contains(fmt.Sprint(lost), "kept") {
				t.Errorf("lost: %v, want kept", lost)
			}
			if _, r = s.run("kept + 1"); r.Err == nil {
				t.Error("a lost variable can be used")
			} else {
				expect(t, "use of a lost variable", r.Err.all(), "kept")
			}
		})
	}
}

func TestKilledFromOutside(t *testing.T) {
	s := start(t, Config{})
	s.must("a, b := 1, 2")
	for range 50 { // Ctrl-C in the terminal
		syscall.Kill(s.worker.PID(), syscall.SIGINT)
	}
	if got := s.must("a + b"); got != "3" {
		t.Fatalf("after a storm of Ctrl-C: %q", got)
	}
	time.AfterFunc(500*time.Millisecond, func() {
		s.mu.Lock()
		pid := s.worker.PID()
		s.mu.Unlock()
		syscall.Kill(pid, syscall.SIGKILL)
	})
	_, r := s.run("time.Sleep(time.Minute)")
	if r.Err == nil || !strings.Contains(r.Err.Value, "killed") {
		t.Fatalf("error: %s", r.Err.all())
	}
	if fmt.Sprint(r.Lost) != "[a b]" {
		t.Errorf("lost: %v", r.Lost)
	}
	// Between two cells.
	s.must("c := 3")
	s.mu.Lock()
	w := s.worker
	s.mu.Unlock()
	syscall.Kill(w.PID(), syscall.SIGKILL)
	<-w.Dead()
	_, r = s.run("1 + 1")
	if r.Err != nil || r.Bundle.Text() != "2" || fmt.Sprint(r.Lost) != "[c]" {
		t.Errorf("%q lost %v %s", r.Bundle.Text(), r.Lost, r.Err.all())
	}
}

func TestNoGo(t *testing.T) {
	s := start(t, Config{})
	s.must("x := 1")
	tc := s.library.Toolchain
	old := tc.ToolDir
	tc.ToolDir = filepath.Join(t.TempDir(), "gone")
	_, r := s.run("y := x + 1\ny * 7")
	tc.ToolDir = old
	if r.Err == nil {
		t.Fatal("no error")
	}
	expect(t, "error", r.Err.all(), "toolchain is gone")
	if got := s.must("x + 10"); got != "11" {
		t.Errorf("after it is back: %q", got)
	}
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size=4m"); err != nil {
		t.Skipf("a small file system cannot be mounted here: %v", err)
	}
	defer syscall.Unmount(dir, syscall.MNT_DETACH)
	t.Setenv("TMPDIR", dir)
	s := start(t, Config{})
	s.must("x := 1")
	fill := filepath.Join(dir, "fill")
	f, err := os.Create(fill)
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := f.Write(make([]byte, 4096)); err != nil {
			break
		}
	}
	f.Close()
	_, r := s.run("y := x + 1\nz := y * 5")
	if r.Err == nil {
		t.Fatal("no error")
	}
	expect(t, "error", r.Err.all(), "full", "TMPDIR")
	os.Remove(fill)
	if got := s.must("x + 10"); got != "11" {
		t.Errorf("after there is space again: %q", got)
	}
}

func TestTempFolderIsCleaned(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	s := start(t, Config{})
	s.must("x := 1")
	entries, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(entries) == 0 {
		t.Fatalf("no build folder: %v", err)
	}
	for _, e := range entries {
		os.RemoveAll(e)
	}
	if got := s.must("y := x + 1\ny * 3"); got != "6" {
		t.Errorf("after the cleaner: %q", got)
	}
}

func TestNoTempFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", file)
	e, err := New(Config{})
	if err == nil {
		e.Close()
		t.Fatal("no error")
	}
	expect(t, "error", err.Error(), file)
}
