package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestDoctorSaysWhatToDo(t *testing.T) {
	empty := t.TempDir()
	home := t.TempDir()
	file := filepath.Join(home, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	base := []string{"PATH=" + pathWithout("jupyter"), "GOSFT_HOME=" + home, "JUPYTER_DATA_DIR=" + t.TempDir(), "VIRTUAL_ENV=" + t.TempDir(), "JUPYTER_PATH="}
	for _, tc := range []struct {
		name string
		env  []string
		want []string
	}{
		{"no go", []string{"PATH=" + empty, "GOSFT_TEST_NO_GO=1"}, []string{"FAIL  Go", "the go command is not on the PATH", "-> make setup"}},
		{"no kernel installed", nil, []string{"FAIL  kernel", "not installed for Jupyter", "gosft install"}},
		{"no models", nil, []string{"note  models", "GOSFT_MODELS"}},
		{"temp folder", []string{"TMPDIR=" + file}, []string{"FAIL  temp folder", "set TMPDIR"}},
		{"no C compiler", []string{"CC=no-such-compiler"}, []string{"no-such-compiler", "->"}},
		{"history", []string{"GOSFT_HISTORY=" + filepath.Join(file, "h.sqlite")}, []string{"note  history", "GOSFT_HISTORY"}},
	} {
		out, err := gosft(t, append(append([]string{}, base...), tc.env...), "doctor", "--quick")
		if err == nil {
			t.Errorf("%s: exit status 0", tc.name)
		}
		for _, w := range tc.want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: %q is not in\n%s", tc.name, w, out)
			}
		}
	}
}

// pathWithout is the PATH without the folders that hold a program: JupyterLab takes long to say its version.
func pathWithout(program string) string {
	var kept []string
	for _, dir := range filepath.SplitList(os.Getenv("PATH")) {
		if !isFile(filepath.Join(dir, program)) {
			kept = append(kept, dir)
		}
	}
	return strings.Join(kept, string(os.PathListSeparator))
}

func TestDoctorSeesTheInstalledKernel(t *testing.T) {
	dir := t.TempDir()
	env := []string{"PATH=" + pathWithout("jupyter"), "JUPYTER_DATA_DIR=" + dir, "VIRTUAL_ENV=" + t.TempDir()}
	if out, err := gosft(t, env, "install", "--no-worker"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	out, _ := gosft(t, env, "doctor", "--quick")
	if strings.Contains(out, "FAIL  kernel") || !strings.Contains(out, "kernel.json") {
		t.Errorf("%s", out)
	}
	spec := filepath.Join(dir, "kernels", "gosft", "kernel.json")
	if err := os.WriteFile(spec, []byte(`{"argv":["/no/such/gosft","kernel"]}`), 0o644); err != nil {
		t.Fatal(err)
	}
	out, _ = gosft(t, append(env, "GOSFT_HOME="+t.TempDir()), "doctor", "--quick")
	if !strings.Contains(out, "FAIL  kernel") || !strings.Contains(out, "/no/such/gosft") {
		t.Errorf("%s", out)
	}
}
