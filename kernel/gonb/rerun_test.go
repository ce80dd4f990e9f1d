package gonb

import (
	"os"
	"os/exec"
	"testing"
)

// rerun runs one test of this program in a process of its own.
func rerun(t *testing.T, name string) (string, error) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^"+name+"$", "-test.v")
	cmd.Env = append(os.Environ(), "GONB_TEST_INNER=1")
	out, err := cmd.CombinedOutput()
	return string(out), err
}
