package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The test program is also gosft itself: started with GOSFT_TEST_MAIN set it runs main with its arguments.
func TestMain(m *testing.M) {
	if os.Getenv("GOSFT_TEST_MAIN") != "" {
		if os.Getenv("GOSFT_TEST_NO_GO") != "" {
			usualGo = "/nowhere"
		}
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// gosft runs a command of this program; extra variables are added to its environment.
func gosft(t *testing.T, env []string, args ...string) (string, error) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, args...)
	cmd.Env = append(append(os.Environ(), "GOSFT_TEST_MAIN=1", "GOSFT_HISTORY=:memory:"), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// needWorker skips where cells cannot be built in reasonable time.
func needWorker(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("-short: builds and runs cells")
	}
	workerOnce.Do(func() { _, workerErr = tryCell(context.Background(), func(line string) { t.Log(line) }) })
	if workerErr != nil {
		t.Fatalf("no cell runs: %v", workerErr)
	}
}

// worker is built once, before the tests that need it.
var (
	workerOnce sync.Once
	workerErr  error
)

// up finds a file by walking up from this folder.
func up(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if p := filepath.Join(dir, name); isFile(p) {
			return p
		}
	}
	t.Skipf("no %s: run make setup", name)
	return ""
}

func TestVersionAndUsage(t *testing.T) {
	if out, err := gosft(t, nil, "version"); err != nil || !strings.HasPrefix(out, "gosft 0.") {
		t.Errorf("version: %q, %v", out, err)
	}
	out, err := gosft(t, nil)
	for _, c := range commands() {
		if !strings.Contains(out, "gosft "+c.usage) {
			t.Errorf("usage lacks %s: %v", c.name, err)
		}
	}
	if out, err := gosft(t, nil, "dance"); err == nil || !strings.Contains(out, `no command "dance"`) {
		t.Errorf("unknown command: %q, %v", out, err)
	}
}

func TestServeNeedsAModel(t *testing.T) {
	for _, args := range [][]string{{"serve"}, {"serve", "a", "b"}, {"serve", filepath.Join(t.TempDir(), "no model")}, {"serve", "--max-batch", "x", "."}} {
		if out, err := gosft(t, nil, args...); err == nil || !strings.Contains(out, "serve") && !strings.Contains(out, "model") && !strings.Contains(out, "max-batch") {
			t.Errorf("%v: %v: %s", args, err, out)
		}
	}
}

// Flags stand before and after the words; each command tells of its flags and refuses what it does not know.
func TestFlags(t *testing.T) {
	for _, c := range []struct{ args, words, n string }{
		{"", "[]", "0"}, {"a", "[a]", "0"}, {"-n 1 a", "[a]", "1"}, {"a -n 1", "[a]", "1"}, {"a --n=2 b", "[a b]", "2"},
		{"a -n 1 b -n 3", "[a b]", "3"}, {"-- -n 1", "[-n 1]", "0"}, {"a -n 4 -- -b c", "[a -b c]", "4"}, {"a -", "[a -]", "0"},
	} {
		flags := flag.NewFlagSet("test", flag.ContinueOnError)
		n := flags.Int("n", 0, "")
		words, err := parseFlags(flags, strings.Fields(c.args))
		if err != nil || fmt.Sprint(words) != c.words || fmt.Sprint(*n) != c.n {
			t.Errorf("%q: %v, n %d, %v", c.args, words, *n, err)
		}
	}
	for _, c := range commands() {
		if c.name == "version" {
			continue
		}
		if out, err := gosft(t, nil, c.name, "-h"); err != nil || strings.Contains(out, "help requested") || !strings.HasPrefix(out, "usage: gosft "+c.usage+"\n") {
			t.Errorf("%s -h: %v: %s", c.name, err, out)
		}
		if out, err := gosft(t, nil, c.name, "word", "--frobnicate"); err == nil || strings.Count(out, "-frobnicate") != 1 {
			t.Errorf("%s --frobnicate: %v: %s", c.name, err, out)
		}
	}
}

// Each limit of the service has a flag that reaches it.
func TestServeFlags(t *testing.T) {
	for flag, field := range map[string]string{"max-body": "MaxBody", "max-inputs": "MaxInputs", "max-chars": "MaxChars", "max-requests": "MaxRequests",
		"max-batch": "MaxBatch", "max-delay": "MaxDelay", "timeout": "Timeout", "stop-timeout": "StopTimeout"} {
		value := "-1"
		if field == "MaxDelay" || strings.HasSuffix(field, "Timeout") {
			value = "-1s"
		}
		for _, args := range [][]string{{"serve", "--" + flag, value, "model"}, {"serve", "model", "--" + flag, value}} {
			if out, err := gosft(t, nil, args...); err == nil || !strings.Contains(out, "serve: "+field+" is -1") {
				t.Errorf("%v: %v: %s", args, err, out)
			}
		}
	}
}

// The program in an environment's bin finds the environment's share/gosft from any folder.
func TestOwnHome(t *testing.T) {
	env := t.TempDir()
	home := filepath.Join(env, "share", "gosft")
	for _, dir := range []string{home, filepath.Join(env, "bin")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	own := filepath.Join(env, "bin", "gosft")
	if err := os.WriteFile(own, program, 0o755); err != nil {
		t.Fatal(err)
	}
	for set, want := range map[string]string{"": home, "/given": "/given"} {
		cmd := exec.Command(own, "help")
		cmd.Dir = t.TempDir()
		cmd.Env = append(os.Environ(), "GOSFT_TEST_MAIN=1", "GOSFT_HOME="+set)
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "at present "+want) {
			t.Errorf("GOSFT_HOME=%q: want %s, %v\n%s", set, want, err, out)
		}
	}
}
