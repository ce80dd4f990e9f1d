package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"gosft/kernel/build"
)

// Where Jupyter keeps things, as jupyter_core's paths.py has it.

// jupyterUserData is the user's data folder.
func jupyterUserData() (string, error) {
	if d := os.Getenv("JUPYTER_DATA_DIR"); d != "" {
		return d, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no home folder: give --prefix DIR, or set JUPYTER_DATA_DIR")
	}
	if runtime.GOOS == "darwin" {
		return filepath.Join(home, "Library", "Jupyter"), nil
	}
	return filepath.Join(dataHome(), "jupyter"), nil
}

// jupyterRuntime is the folder of connection files.
func jupyterRuntime() string {
	if d := os.Getenv("JUPYTER_RUNTIME_DIR"); d != "" {
		return d
	}
	if d, err := jupyterUserData(); err == nil {
		return filepath.Join(d, "runtime")
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("gosft-%d", os.Getuid()))
}

// sysPrefix is the environment whose Jupyter is used: the virtual one that this program or the shell is in, else the
// Python's on the PATH.
func sysPrefix() (string, error) {
	if exe, err := os.Executable(); err == nil {
		if prefix := filepath.Dir(filepath.Dir(exe)); isFile(filepath.Join(prefix, "pyvenv.cfg")) {
			return prefix, nil
		}
	}
	for _, name := range []string{"VIRTUAL_ENV", "CONDA_PREFIX"} {
		if p := os.Getenv(name); p != "" {
			return p, nil
		}
	}
	for _, py := range []string{"python3", "python"} {
		out, err := exec.Command(py, "-c", "import sys; print(sys.prefix)").Output()
		if p := strings.TrimSpace(string(out)); err == nil && p != "" {
			return p, nil
		}
	}
	return "", fmt.Errorf("no Python is on the PATH whose folder could be used: give --prefix DIR")
}

// kernelDirs lists where Jupyter looks for kernels, first found first.
func kernelDirs() []string {
	var dirs []string
	for _, p := range filepath.SplitList(os.Getenv("JUPYTER_PATH")) {
		dirs = append(dirs, filepath.Join(p, "kernels"))
	}
	if prefix, err := sysPrefix(); err == nil {
		dirs = append(dirs, filepath.Join(prefix, "share", "jupyter", "kernels"))
	}
	dirs = append(dirs, filepath.Join(homePrefix(), "share", "jupyter", "kernels"))
	if d, err := jupyterUserData(); err == nil {
		dirs = append(dirs, filepath.Join(d, "kernels"))
	}
	return append(dirs, "/usr/local/share/jupyter/kernels", "/usr/share/jupyter/kernels")
}

// homePrefix is the environment that GOSFT_HOME lies in when it is its share/gosft.
func homePrefix() string { return filepath.Dir(filepath.Dir(build.Home())) }

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && !st.IsDir()
}

func isDir(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.IsDir()
}
