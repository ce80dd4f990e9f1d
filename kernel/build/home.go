package build

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gosft/sftlib/home"
)

// Home returns home.Dir(), or a folder of the user's in the temporary folder where there is no home directory at all.
func Home() string {
	if h := home.Dir(); h != "" {
		return h
	}
	return filepath.Join(os.TempDir(), fmt.Sprintf("gosft-%d", os.Getuid()))
}

// workerHome returns the first of $GOSFT_HOME/worker and the user's cache folder that can be written to.
func workerHome(top string) (string, error) {
	places := []string{filepath.Join(top, "worker")}
	if c, err := os.UserCacheDir(); err == nil {
		places = append(places, filepath.Join(c, "gosft", "worker"))
	}
	var why []string
	for _, p := range places {
		if err := writable(p); err != nil {
			why = append(why, err.Error())
			continue
		}
		return p, nil
	}
	return "", fmt.Errorf("no folder for the worker can be written to (%s): set GOSFT_HOME to one that can", strings.Join(why, "; "))
}

// writable makes dir when needed and tries to make a file in it.
func writable(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".try-*")
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(f.Name())
}

// Tree returns the folder of this module's sources, from which the worker is built: $GOSFT_SOURCE, else the folder named
// in the file worker/source below home (Setup writes it), else the nearest one upwards from the working directory or from
// this program.
func Tree(home string) (string, error) {
	if t := os.Getenv("GOSFT_SOURCE"); t != "" {
		if isTree(t) {
			return filepath.Abs(t)
		}
		return "", fmt.Errorf("GOSFT_SOURCE=%s: no go.mod of module gosft is there", t)
	}
	var starts []string
	if exe, err := os.Executable(); err == nil {
		if exe, err = filepath.EvalSymlinks(exe); err == nil {
			starts = append(starts, filepath.Dir(exe))
		}
	}
	if dir, err := os.Getwd(); err == nil {
		starts = append(starts, dir)
	}
	for _, dir := range starts {
		for ; ; dir = filepath.Dir(dir) {
			if isTree(dir) {
				return dir, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if b, err := os.ReadFile(filepath.Join(home, "worker", "source")); err == nil {
		if t := strings.TrimSpace(string(b)); isTree(t) {
			return t, nil
		}
	}
	return "", fmt.Errorf("the sources of gosft are not found: set GOSFT_SOURCE to the folder that holds its go.mod")
}

func isTree(dir string) bool {
	f, err := os.Open(filepath.Join(dir, "go.mod"))
	if err != nil {
		return false
	}
	defer f.Close()
	for in := bufio.NewScanner(f); in.Scan(); {
		if strings.TrimSpace(in.Text()) == "module gosft" {
			return true
		}
	}
	return false
}
