package home

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The test program is also one that says where its home is.
func TestMain(m *testing.M) {
	if os.Getenv("GOSFT_TEST_SAY_HOME") != "" {
		fmt.Print(Dir())
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// A program in an environment's bin finds that environment's folder, from any folder and also by a link.
func TestDirOfTheProgram(t *testing.T) {
	top, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	want, exe, link := filepath.Join(top, "env", "share", "gosft"), filepath.Join(top, "env", "bin", "prog"), filepath.Join(top, "link")
	for _, dir := range []string{want, filepath.Dir(exe)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(exe, program, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(exe, link); err != nil {
		t.Fatal(err)
	}
	for _, program := range []string{exe, link} {
		cmd := exec.Command(program)
		cmd.Dir = "/"
		cmd.Env = append(os.Environ(), "GOSFT_TEST_SAY_HOME=1", "GOSFT_HOME=")
		if out, err := cmd.CombinedOutput(); string(out) != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", program, out, err, want)
		}
	}
}

func TestDir(t *testing.T) {
	top := t.TempDir()
	venv := filepath.Join(top, ".venv", "share", "gosft")
	deep := filepath.Join(top, "a", "b")
	for _, dir := range []string{venv, deep} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	real, err := filepath.EvalSymlinks(venv)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("GOSFT_HOME", "")
	t.Chdir(deep)
	if got, _ := filepath.EvalSymlinks(Dir()); got != real {
		t.Errorf("from a folder below: %s, want %s", got, real)
	}
	t.Setenv("GOSFT_HOME", "/given")
	if got := Data("x.csv"); got != filepath.Join("/given", "data", "x.csv") {
		t.Errorf("with the variable: %s", got)
	}
	t.Setenv("GOSFT_HOME", "")
	t.Setenv("XDG_DATA_HOME", "/xdg")
	t.Chdir(t.TempDir())
	if got := Dir(); got != "/xdg/gosft" {
		t.Errorf("elsewhere: %s", got)
	}
}
