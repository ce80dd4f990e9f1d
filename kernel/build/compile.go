package build

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"unicode/utf8"

	"gosft/kernel/cell"
)

// CellPath is the constant import path of the package that all versions of the user's declarations live in.
const CellPath = "gosft/cell"

// fingerprint is the constant that every version of the cells' package has, so that linker and runtime take them for one.
const fingerprint = "constant"

// objectMagic stands at the head of an object file, before its fingerprint.
var objectMagic = []byte("\x00go120ld")

// forge sets both copies of the fingerprint in a compiled package to the constant.
func forge(path string) error {
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	at := bytes.Index(data, objectMagic)
	if at < 0 || len(data) < at+16 {
		return fmt.Errorf("%s: no Go object file of a kind that is known", path)
	}
	at += len(objectMagic)
	old := bytes.Clone(data[at : at+8])
	if string(old) == fingerprint {
		return nil
	}
	if n := bytes.Count(data, old); n != 2 {
		return fmt.Errorf("%s: the fingerprint stands %d times, want 2", path, n)
	}
	return os.WriteFile(path, bytes.ReplaceAll(data, old, []byte(fingerprint)), 0o644)
}

// runTool runs a tool of the toolchain in dir and gives back what it printed. The tool is stopped when ctx ends.
func (t *Toolchain) runTool(ctx context.Context, dir string, env []string, tool string, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, tool, args...)
	cmd.Dir = dir
	cmd.Env = env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // not for the terminal's Ctrl-C
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	out, err := cmd.CombinedOutput()
	if err != nil {
		if ctx.Err() != nil {
			return out, ctx.Err()
		}
		return out, t.gone(err)
	}
	return out, nil
}

// toolError says what a tool printed; what the user can do is added for the causes that are known.
func toolError(what string, out []byte, err error) error {
	text := strings.TrimSpace(string(tail(out, 4000)))
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if strings.Contains(text, "no space left on device") || errors.Is(err, syscall.ENOSPC) {
		return fmt.Errorf("%s: the disk of the build folder (%s) is full: free some space there or start the kernel with TMPDIR set to another folder", what, os.TempDir())
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) || text == "" {
		return fmt.Errorf("%s: %w", what, err)
	}
	if exit.ProcessState != nil && !exit.Exited() {
		return fmt.Errorf("%s: ended by a signal (%s): is the machine out of memory? %s", what, exit, text)
	}
	return fmt.Errorf("%s: %s", what, text)
}

var (
	compilerLine = regexp.MustCompile(`^(?:.*/)?In\[(\d+)\]:(\d+)(?::(\d+))?: (.*)$`)
	versionMark  = regexp.MustCompile(`ꞏ\w+`)
)

// cellErrors turns the compiler's lines into errors by cell and line; nil when there are none.
func cellErrors(out []byte, plan *cell.Plan) cell.Errors {
	var errs cell.Errors
	for _, line := range strings.Split(string(out), "\n") {
		m := compilerLine.FindStringSubmatch(line)
		if m == nil {
			if len(errs) > 0 && strings.HasPrefix(line, "\t") {
				errs[len(errs)-1].Msg += "\n" + versionMark.ReplaceAllString(line, "")
			}
			continue
		}
		e := cell.Error{Msg: versionMark.ReplaceAllString(m[4], "")}
		e.Pos.Cell, _ = strconv.Atoi(m[1])
		e.Pos.Line, _ = strconv.Atoi(m[2])
		e.Pos.Col, _ = strconv.Atoi(m[3])
		errs = append(errs, e)
	}
	return errs
}

// writeFiles puts the plan's files into dir and returns their names. A name is made safe: files of cells are called In[7].
func writeFiles(dir string, plan *cell.Plan) ([]string, error) {
	var names []string
	for i, f := range plan.Files {
		if !utf8.ValidString(f.Text) {
			return nil, fmt.Errorf("file %s of the cell is not UTF-8", f.Name)
		}
		name := strconv.Itoa(i) + ".go"
		if err := os.WriteFile(filepath.Join(dir, name), []byte(f.Text), 0o600); err != nil {
			return nil, spaceError(err)
		}
		names = append(names, name)
	}
	return names, nil
}

// spaceError explains what writing into the build folder met.
func spaceError(err error) error {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("the build folder's disk is full: free some space or start the kernel with TMPDIR set to another folder (%w)", err)
	case errors.Is(err, os.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("the build folder cannot be written to: start the kernel with TMPDIR set to a folder that can (%w)", err)
	}
	return err
}
