package jupyter

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// venvPython finds the Python of `make setup`, which has jupyter_client and jupyter_kernel_test.
func venvPython(t *testing.T) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		py := filepath.Join(dir, ".venv", "bin", "python")
		if _, err := os.Stat(py); err == nil {
			return py
		}
	}
	t.Skip("no .venv with jupyter_kernel_test: run make setup")
	return ""
}

// TestConformance runs jupyter_kernel_test against the sockets with the fake engine; kernel/cmd/gosft runs it against
// the whole kernel.
func TestConformance(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	knobs := map[string]any{
		"language_name": "go", "file_extension": ".go",
		"code_hello_world": "print hello, world", "code_stderr": "warn oops",
		"completion_samples":      []any{map[string]any{"text": "sp", "matches": []string{"spin"}}},
		"complete_code_samples":   []string{"print x", "result 1"},
		"incomplete_code_samples": []string{`print \`}, "invalid_code_samples": []string{"bad word"},
		"code_page_something": "?print", "code_generate_error": "error boom",
		"code_execute_result":          []any{map[string]any{"code": "result 3", "result": "3"}, map[string]any{"code": "result 42", "result": "42"}},
		"code_display_data":            []any{map[string]any{"code": "html <b>x</b>", "mime": "text/html"}, map[string]any{"code": "png", "mime": "image/png"}},
		"supported_history_operations": []string{"tail", "range", "search"}, "code_history_pattern": "*42*",
		"code_inspect_sample": "print", "code_clear_output": "clear",
	}
	argv, _ := json.Marshal([]string{exe, "-test.run=^$", "{connection_file}"})
	data, _ := json.Marshal(knobs)
	env, _ := json.Marshal(map[string]string{"GOSFT_TEST_KERNEL": "1", "GOSFT_TEST_HISTORY": filepath.Join(t.TempDir(), "h.sqlite")})
	out, err := exec.Command(venvPython(t), "testdata/conformance.py", string(argv), string(data), string(env)).CombinedOutput()
	t.Logf("%s", out)
	if err != nil || !strings.Contains(string(out), " 0 failed, 0 skipped") {
		t.Fatal(err)
	}
}
