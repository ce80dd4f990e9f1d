// Package testenv finds what tests compare with: a Python that has the independent implementations, the real data and
// models that lie beside the checkout, and the model that `make setup` installs. What is missing skips the test with a
// message that says how to get it.
package testenv

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// Find looks for a relative path in the working directory and each of its parents and returns its absolute form, or ""
// where none has it.
func Find(rel string) string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		p := filepath.Join(dir, rel)
		if _, err := os.Stat(p); err == nil {
			return p
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}

func need(t testing.TB, rel, hint string) string {
	t.Helper()
	p := Find(rel)
	if p == "" {
		t.Skipf("%s not found above the working directory: %s", rel, hint)
	}
	return p
}

// Shared returns a file or folder of the data and models beside the checkout, such as "data/sst2/train.csv".
func Shared(t testing.TB, rel string) string {
	t.Helper()
	return need(t, filepath.Join("shared", rel), "it lies beside the checkout where the project is developed")
}

// MiniLM returns the folder of all-MiniLM-L6-v2 (22.7 M parameters, English, uncased), which `make setup` installs.
func MiniLM(t testing.TB) string {
	t.Helper()
	return need(t, ".venv/share/gosft/models/all-MiniLM-L6-v2", "run `make setup`")
}

// BGE returns the folder of bge-small-zh-v1.5 (24 M parameters, Chinese).
func BGE(t testing.TB) string {
	t.Helper()
	return Shared(t, "models/bge-small-zh-v1.5")
}

// FindPython returns the interpreter that has torch, transformers, tokenizers, scikit-learn and tensorboard:
// $GOSFT_TEST_PYTHON, else .venv-test, which `make setup-test` makes, or "" where neither is.
func FindPython() string {
	if p := os.Getenv("GOSFT_TEST_PYTHON"); p != "" {
		return p
	}
	return Find(".venv-test/bin/python")
}

// Python is [FindPython] for a test, which is skipped where there is none.
func Python(t testing.TB) string {
	t.Helper()
	p := FindPython()
	if p == "" {
		t.Skip("no Python to compare with: run `make setup-test`")
	}
	return p
}

// RunPython runs a script with arguments and returns its standard output; an error ends the test with its standard error.
func RunPython(t testing.TB, script string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(Python(t), append([]string{"-c", script}, args...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	cmd.Env = append(os.Environ(), "HF_HUB_OFFLINE=1", "TOKENIZERS_PARALLELISM=false", "TRANSFORMERS_VERBOSITY=error")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("python: %v\n%s", err, stderr.Bytes())
	}
	return out
}

// Parity reports one comparison with an independent implementation: figure must be at most bound. `make parity` collects
// the printed lines.
func Parity(t testing.TB, what string, figure, bound float64) {
	t.Helper()
	verdict := "ok"
	if !(figure <= bound) {
		verdict = "FAIL"
		t.Errorf("%s: %g is over the bound %g", what, figure, bound)
	}
	fmt.Printf("parity: %s: %.3g (bound %.3g) %s\n", what, figure, bound, verdict)
}
