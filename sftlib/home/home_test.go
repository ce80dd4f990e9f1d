package home

import (
	"os"
	"path/filepath"
	"testing"
)

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
