package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
	"unicode/utf8"
)

func init() {
	files := func(_ *Session, arg string) []string { return completePaths(arg, false) }
	RegisterCommand(Command{Name: "!", Usage: "!SHELL COMMAND", Help: "Runs a line in bash (or sh). A line that ends in \\ goes on in the next one. The cell fails when the command does.",
		Run: func(c *Call) error { return shellLine(c, "") }, Complete: files})
	RegisterCommand(Command{Name: "!*", Usage: "!*SHELL COMMAND", Help: gonbMark + "Runs a line in the folder with the session's go.mod.", Run: func(c *Call) error {
		dir, err := moduleDir(c)
		if err != nil {
			return err
		}
		return shellLine(c, dir)
	}})
	RegisterCommand(Command{Name: "%%bash", Usage: "%%bash [ARGUMENT]...", Help: "Runs the rest of the cell as a bash script.", Run: func(c *Call) error { return scriptCell(c, "bash") }, Complete: files})
	RegisterCommand(Command{Name: "%%sh", Usage: "%%sh [ARGUMENT]...", Help: "Runs the rest of the cell as a sh script.", Run: func(c *Call) error { return scriptCell(c, "sh") }, Complete: files})
	RegisterCommand(Command{Name: "%%script", Usage: "%%script PROGRAM [ARGUMENT]...", Help: "Runs a program with the rest of the cell on its standard input, such as %%script python3.", Run: func(c *Call) error { return scriptCell(c, "") }, Complete: files})
	RegisterCommand(Command{Name: "%%writefile", Usage: "%%writefile [-a] FILE", Help: "Writes the rest of the cell to a file; -a appends. ~ and $NAME are replaced in the file's name.", Run: writeFileCell, Complete: files})
	RegisterCommand(Command{Name: "%with_inputs", Usage: "%with_inputs", Help: gonbMark + "The next !command may ask for input.", Run: func(c *Call) error {
		c.Session.commandState().stdin = "inputs"
		return nil
	}})
	RegisterCommand(Command{Name: "%with_password", Usage: "%with_password", Help: gonbMark + "The next !command may ask for a password.", Run: func(c *Call) error {
		c.Session.commandState().stdin = "password"
		return nil
	}})
}

// moduleDirer is an engine that tells where the session's go.mod lies.
type moduleDirer interface{ ModuleDir() string }

func moduleDir(c *Call) (string, error) {
	e, ok := c.Engine().(moduleDirer)
	if !ok || e.ModuleDir() == "" {
		return "", errors.New("this engine does not tell where its go.mod lies; use ! for a command in the working folder")
	}
	return e.ModuleDir(), nil
}

func shellLine(c *Call, dir string) error {
	if strings.TrimSpace(c.Args) == "" {
		return errors.New("write a shell command behind the !, such as !ls -l")
	}
	if strings.Contains(c.Args, "GONB_TMP_DIR") { // GoNB's name for the folder with go.mod: it is there once it is asked for
		moduleDir(c)
	}
	state := c.Session.commandState()
	ask := state.stdin
	state.stdin = ""
	sh, err := exec.LookPath("bash")
	if err != nil {
		sh = "sh"
	}
	return runProgram(c, dir, ask, nil, sh, "-c", c.Args)
}

func scriptCell(c *Call, program string) error {
	args, err := words(c.Args)
	if err != nil {
		return err
	}
	if program == "" {
		if len(args) == 0 {
			return errors.New("name the program that is to run the cell: %%script python3")
		}
		body := c.Body
		if !strings.HasSuffix(body, "\n") { // bc and others insist on whole lines
			body += "\n"
		}
		return runProgram(c, "", "", strings.NewReader(body), args[0], args[1:]...)
	}
	// The script is an argument, not the standard input: a program in it that reads its own must not eat the script.
	return runProgram(c, "", "", nil, program, append([]string{"-c", c.Body, program}, args...)...)
}

// runProgram runs a program, shows its output as it comes, and ends it with all its children when the cell is interrupted.
// ask is what stands behind its standard input: "" for nothing, "inputs" and "password" for the user.
func runProgram(c *Call, dir, ask string, stdin io.Reader, program string, args ...string) error {
	if _, err := exec.LookPath(program); err != nil {
		return fmt.Errorf("%s is not on this machine: %w", program, err)
	}
	cmd := exec.Command(program, args...)
	cmd.Dir = dir
	cmd.Stdin = stdin
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var last atomic.Int64 // when output came last
	touch := func() { last.Store(time.Now().UnixNano()) }
	touch()
	out := &textWriter{write: func(s string) { touch(); c.Print(s) }}
	errs := &textWriter{write: func(s string) { touch(); c.Warn(s) }}
	cmd.Stdout, cmd.Stderr = out, errs
	cmd.WaitDelay = 2 * time.Second // a child in the background may keep the pipes
	var keyboard io.WriteCloser
	if ask != "" {
		var err error
		if keyboard, err = cmd.StdinPipe(); err != nil {
			return err
		}
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	over := make(chan struct{})
	defer close(over)
	go func() {
		select {
		case <-over:
		case <-c.Context.Done():
			syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
			select {
			case <-over:
			case <-time.After(2 * time.Second):
				syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			}
		}
	}()
	if keyboard != nil {
		go typeLines(c, keyboard, ask == "password", &last, over)
	}
	err := cmd.Wait()
	out.flush()
	errs.flush()
	var exit *exec.ExitError
	switch {
	case c.Context.Err() != nil:
		return context.Cause(c.Context)
	case errors.As(err, &exit):
		return fmt.Errorf("%s: %s", filepath.Base(program), exit.ProcessState)
	case errors.Is(err, exec.ErrWaitDelay):
		return nil
	}
	return err
}

// silence is how long a program that reads its input is quiet before the user is asked: there is no way to see that it
// waits.
const silence = 500 * time.Millisecond

// typeLines asks the user for lines while the program runs and is quiet.
func typeLines(c *Call, to io.WriteCloser, password bool, last *atomic.Int64, over <-chan struct{}) {
	defer to.Close()
	tick := time.NewTicker(silence / 5)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		if time.Since(time.Unix(0, last.Load())) < silence {
			continue
		}
		line, err := c.Input("", password)
		if err != nil {
			return
		}
		if _, err := io.WriteString(to, line+"\n"); err != nil || password {
			return
		}
		last.Store(time.Now().UnixNano())
	}
}

// textWriter hands on what is written, never half a character.
type textWriter struct {
	mu    sync.Mutex
	half  []byte
	write func(string)
}

func (w *textWriter) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	b := append(w.half, p...)
	end := len(b)
	for i := 1; i <= utf8.UTFMax && i <= len(b); i++ {
		if utf8.RuneStart(b[len(b)-i]) {
			if !utf8.FullRune(b[len(b)-i:]) {
				end = len(b) - i
			}
			break
		}
	}
	if end > 0 {
		w.write(strings.ToValidUTF8(string(b[:end]), "\uFFFD"))
	}
	w.half = bytes.Clone(b[end:])
	return len(p), nil
}

func (w *textWriter) flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.half) > 0 {
		w.write("\uFFFD")
		w.half = nil
	}
}

func writeFileCell(c *Call) error {
	args, err := words(c.Args)
	if err != nil {
		return err
	}
	mode, verb := os.O_CREATE|os.O_WRONLY|os.O_TRUNC, "Wrote"
	if len(args) > 0 && args[0] == "-a" {
		mode, verb, args = os.O_CREATE|os.O_WRONLY|os.O_APPEND, "Appended to", args[1:]
	}
	if len(args) != 1 {
		return errors.New("name one file: %%writefile [-a] FILE")
	}
	name := expand(args[0])
	f, err := os.OpenFile(name, mode, 0o644)
	if err != nil {
		return err
	}
	body := c.Body
	if !strings.HasSuffix(body, "\n") {
		body += "\n"
	}
	_, err = f.WriteString(body)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	c.Printf("%s %s (%d bytes)\n", verb, name, len(body))
	return nil
}
