package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestConformance runs jupyter_kernel_test in full, every knob set and none skipped, against the whole kernel.
func TestConformance(t *testing.T) {
	needWorker(t)
	python := up(t, filepath.Join(".venv", "bin", "python"))
	script := up(t, filepath.Join("kernel", "jupyter", "testdata", "conformance.py"))
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	sample := func(code, result string) map[string]any { return map[string]any{"code": code, "result": result} }
	show := func(code, mime string) map[string]any { return map[string]any{"code": code, "mime": mime} }
	knobs := map[string]any{
		"language_name": "go", "file_extension": ".go",
		"code_hello_world": `fmt.Println("hello, world")`, "code_stderr": `fmt.Fprintln(os.Stderr, "oops")`,
		"completion_samples":           []any{map[string]any{"text": "fmt.Pr", "matches": []string{"Print", "Printf", "Println"}}},
		"complete_code_samples":        []string{"x := 1", `fmt.Println("hi")`, "func f() int { return 1 }"},
		"incomplete_code_samples":      []string{"func f() {", "fmt.Println(", "if x {"},
		"invalid_code_samples":         []string{"func )(", "x := := 1"},
		"code_page_something":          "?fmt.Println",
		"code_generate_error":          `panic("boom")`,
		"code_execute_result":          []any{sample("1 + 2", "3"), sample("6 * 7", "42"), sample(`strings.Repeat("ab", 2)`, "abab")},
		"code_display_data":            []any{show(`display.HTML("<b>x</b>")`, "text/html"), show(`display.Markdown("*x*")`, "text/markdown")},
		"supported_history_operations": []string{"tail", "range", "search"}, "code_history_pattern": "*7*",
		"code_inspect_sample": "fmt.Println", "code_clear_output": "display.ClearOutput(false)",
		"code_setup": []string{`import ("fmt"; "os"; "strings"; "gosft/kernel/display")` + "\nvar _ = 1"},
	}
	argv, _ := json.Marshal([]string{exe, "kernel", "{connection_file}"})
	data, _ := json.Marshal(knobs)
	env, _ := json.Marshal(map[string]string{"GOSFT_TEST_MAIN": "1", "GOSFT_HISTORY": filepath.Join(t.TempDir(), "h.sqlite")})
	out, err := exec.Command(python, script, string(argv), string(data), string(env)).CombinedOutput()
	t.Logf("%s", out)
	if err != nil || !strings.Contains(string(out), " 0 failed, 0 skipped") {
		t.Fatal(err)
	}
}
