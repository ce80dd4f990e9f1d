package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestInstallAndUninstall(t *testing.T) {
	for name, flags := range map[string]func(dir string) (args []string, env []string, kernels string){
		"prefix": func(d string) ([]string, []string, string) {
			return []string{"--prefix", d}, nil, filepath.Join(d, "share", "jupyter", "kernels")
		},
		"user": func(d string) ([]string, []string, string) {
			return []string{"--user"}, []string{"JUPYTER_DATA_DIR=" + d}, filepath.Join(d, "kernels")
		},
		"default": func(d string) ([]string, []string, string) {
			return nil, []string{"JUPYTER_DATA_DIR=" + d}, filepath.Join(d, "kernels")
		},
		"sys-prefix": func(d string) ([]string, []string, string) {
			return []string{"--sys-prefix"}, []string{"VIRTUAL_ENV=" + d}, filepath.Join(d, "share", "jupyter", "kernels")
		},
	} {
		t.Run(name, func(t *testing.T) {
			args, env, kernels := flags(filepath.Join(t.TempDir(), "a place with spaces"))
			env = append(env, "GOSFT_HOME="+t.TempDir())
			if out, err := gosft(t, env, append([]string{"install", "--no-worker"}, args...)...); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			data, err := os.ReadFile(filepath.Join(kernels, "gosft", "kernel.json"))
			if err != nil {
				t.Fatal(err)
			}
			var s spec
			if err := json.Unmarshal(data, &s); err != nil {
				t.Fatal(err)
			}
			exe, _ := os.Executable()
			if s.DisplayName != "Go (GoSFT)" || s.Language != "go" || s.InterruptMode != "message" || s.Env["GOSFT_HOME"] == "" ||
				len(s.Argv) != 3 || s.Argv[0] != exe || s.Argv[1] != "kernel" || s.Argv[2] != "{connection_file}" {
				t.Errorf("kernel.json: %s", data)
			}
			if out, err := gosft(t, env, append([]string{"uninstall"}, args...)...); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			if _, err := os.Stat(filepath.Join(kernels, "gosft")); !os.IsNotExist(err) {
				t.Errorf("the kernel is still there: %v", err)
			}
			if out, err := gosft(t, env, append([]string{"uninstall"}, args...)...); err == nil || !strings.Contains(out, "no kernel is installed") {
				t.Errorf("uninstall twice: %v, %s", err, out)
			}
		})
	}
	if out, err := gosft(t, nil, "install", "--user", "--sys-prefix"); err == nil || !strings.Contains(out, "give one of") {
		t.Errorf("two places: %v, %s", err, out)
	}
}
