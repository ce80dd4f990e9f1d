package worker

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"gosft/kernel/worker/wire"
)

// A Death says how a worker process ended.
type Death struct {
	Kind   string       // "exit", "fatal error", "signal", "killed", "out of memory", "replaced"
	Text   string       // a sentence for the user
	Frames []wire.Frame // the user's frames of the goroutine that brought it down, innermost first
}

func (d *Death) String() string { return d.Text }

var (
	fatalLine  = regexp.MustCompile(`(?m)^(fatal error: .*|panic: .*|runtime: goroutine stack exceeds .*|SIG[A-Z]+: .*|runtime: out of memory.*)$`)
	stackFrame = regexp.MustCompile(`(?m)^(\S.*)\n\t(.*):(\d+)(?: .*)?$`)
)

// newDeath reads the exit status and what the process had written to stderr.
func newDeath(err error, state *os.ProcessState, stderr []byte, oom, killed bool) *Death {
	if killed {
		return &Death{Kind: "replaced", Text: "the worker was ended by the kernel"}
	}
	if state == nil {
		return &Death{Kind: "exit", Text: fmt.Sprintf("the worker is gone: %v", err)}
	}
	text := string(stderr)
	d := &Death{}
	reason := ""
	if at := fatalLine.FindStringIndex(text); at != nil {
		reason = wire.Clean(strings.TrimSpace(text[at[0]:at[1]]))
		if strings.HasPrefix(reason, "runtime: goroutine stack exceeds") {
			reason = "fatal error: stack overflow"
		}
		d.Frames = crashFrames(text[at[1]:])
	}
	status, _ := state.Sys().(syscall.WaitStatus)
	switch {
	case status.Signaled() && status.Signal() == syscall.SIGKILL && oom:
		d.Kind, d.Text = "out of memory", "the system ended the program because the machine's memory ran out"
	case status.Signaled() && status.Signal() == syscall.SIGKILL:
		d.Kind, d.Text = "killed", "the program was killed (signal 9): by somebody, or by the system because memory ran out"
	case status.Signaled():
		d.Kind, d.Text = "signal", fmt.Sprintf("the program was ended by signal %d (%s)", int(status.Signal()), status.Signal())
		if status.Signal() == syscall.SIGSEGV || status.Signal() == syscall.SIGABRT || status.Signal() == syscall.SIGBUS {
			d.Text += ", most likely in C code"
		}
	case reason == "":
		d.Kind, d.Text = "exit", fmt.Sprintf("the program ended itself: os.Exit(%d)", state.ExitCode())
		if state.ExitCode() == 1 {
			d.Text += " or log.Fatal"
		}
	case strings.Contains(reason, "out of memory") || strings.Contains(reason, "cannot allocate memory"):
		d.Kind, d.Text = "out of memory", reason+": the program asked for more memory than it may have"
	case strings.HasPrefix(reason, "fatal error: stack overflow"):
		d.Kind, d.Text = "fatal error", reason+": a function calls itself without end"
	case strings.Contains(text, "signal arrived during cgo execution"):
		d.Kind, d.Text = "signal", reason+" in C code"
	case strings.HasPrefix(reason, "panic: "):
		d.Kind, d.Text = "fatal error", reason+" (in a goroutine that a library started)"
	default:
		d.Kind, d.Text = "fatal error", reason
	}
	if d.Kind == "fatal error" {
		d.Text = strings.TrimPrefix(d.Text, "fatal error: ")
	}
	return d
}

// fatal reports whether a process ended as one does that Go's runtime brings down: exit status 2, or a signal that it
// raises again after the dump.
func fatal(state *os.ProcessState) bool {
	if state == nil {
		return false
	}
	status, ok := state.Sys().(syscall.WaitStatus)
	return ok && (state.ExitCode() == 2 || (status.Signaled() && status.Signal() != syscall.SIGKILL))
}

// crashFrames finds the user's frames in the runtime's dump of the goroutine that brought the process down: the first one
// that has a cell among them.
func crashFrames(dump string) []wire.Frame {
	for _, g := range strings.Split(dump, "\n\ngoroutine ") {
		var out []wire.Frame
		for _, m := range stackFrame.FindAllStringSubmatch(g, 200) {
			line, _ := strconv.Atoi(m[3])
			fn := strings.TrimPrefix(m[1], "created by ")
			if i := strings.LastIndex(fn, "("); i > 0 {
				fn = fn[:i]
			}
			f, ok := wire.UserFrame(fn, m[2], line)
			if n := len(out); !ok || n > 0 && out[n-1] == f { // recursion
				continue
			}
			out = append(out, f)
		}
		if slices.ContainsFunc(out, func(f wire.Frame) bool { return f.Package == "" }) {
			return out
		}
	}
	return nil
}

// oomKills counts the processes that the system has ended for want of memory.
func oomKills() int {
	n := 0
	for _, file := range []string{"/proc/vmstat", "/sys/fs/cgroup/memory.events"} {
		b, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, line := range strings.Split(string(b), "\n") {
			if f := strings.Fields(line); len(f) == 2 && f[0] == "oom_kill" {
				k, _ := strconv.Atoi(f[1])
				n += k
			}
		}
	}
	return n
}
