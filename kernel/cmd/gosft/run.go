package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"gosft/kernel/engine"
	"gosft/kernel/session"
)

// settings collects --set NAME=VALUE.
type settings []string

func (s *settings) String() string { return strings.Join(*s, " ") }
func (s *settings) Set(v string) error {
	if name, _, ok := strings.Cut(v, "="); !ok || name == "" {
		return fmt.Errorf("%q is not NAME=VALUE", v)
	}
	*s = append(*s, v)
	return nil
}

// runCommand executes a notebook in this process, without sockets, and saves it with its outputs, also when a cell
// fails; then it stops there and the exit status is 1.
func runCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("run", flag.ContinueOnError)
	out := flags.String("output", "", "save to `FILE` instead of the notebook itself")
	var set settings
	flags.Var(&set, "set", "give the variable `NAME=VALUE` another value where the notebook first sets it; left out where it does not (may be repeated)")
	timeout := flags.Duration("timeout", 0, "most time for one cell, such as 10m; 0: no limit")
	goOn := flags.Bool("allow-errors", false, "go on after a cell that fails; the exit status is 0 then")
	quiet := flags.Bool("quiet", false, "do not tell what runs")
	plain := flags.Bool("plain", false, "build cells as ordinary plugins")
	words, err := parseFlags(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return errors.New("give one notebook: gosft run NOTEBOOK --output FILE")
	}
	path := words[0]
	nb, err := readNotebook(path)
	if err != nil {
		return err
	}
	say := func(format string, args ...any) {
		if !*quiet {
			fmt.Fprintf(os.Stderr, format+"\n", args...)
		}
	}
	for _, s := range set {
		name, value, _ := strings.Cut(s, "=")
		if !nb.setParameter(name, value) {
			say("--set %s: no cell sets %s", s, name)
		}
	}
	if *out == "" {
		*out = path
	}
	target, err := filepath.Abs(*out)
	if err != nil {
		return err
	}
	if err := writable(target); err != nil { // rather now than after hours
		return err
	}
	// The notebook's folder is the working one, as Jupyter starts a kernel: for the cells and for !, %cd and %%writefile.
	if err := os.Chdir(filepath.Dir(path)); err != nil {
		return err
	}

	rec := newRecorder()
	eng := newCells(engine.Config{Plain: *plain, Progress: func(line string) { say("%s", line) }}, "")
	s, err := session.New(session.Config{Engine: eng, Frontend: rec, OutputDir: outputDir()})
	if err != nil {
		return err
	}
	defer s.Close()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	stopped := make(chan struct{})
	go func() {
		<-signals
		close(stopped)
		for s.Interrupt(); ; s.Interrupt() {
			<-signals
		}
	}()
	failed, runErr := runCells(nb, s, rec, *timeout, *goOn, stopped, say)
	// What goroutines still print belongs to the notebook too.
	if err := s.Close(); err != nil {
		say("closing: %v", err)
	}
	rec.mu.Lock()
	err = nb.write(target)
	rec.mu.Unlock()
	if err != nil {
		return fmt.Errorf("the outputs could not be saved: %w", err)
	}
	if failed > 0 && !*goOn {
		say("%v", runErr)
		return errFailed
	}
	return nil
}

// runCells runs the notebook's code cells in order. It returns how many failed and the last failure.
func runCells(nb *notebook, s *session.Session, rec *recorder, limit time.Duration, goOn bool, stopped chan struct{}, say func(string, ...any)) (failed int, last error) {
	total, n := 0, 0
	var code []map[string]any
	for _, c := range nb.cells {
		if c["cell_type"] == "code" {
			code = append(code, c)
			c["outputs"], c["execution_count"] = []any{}, nil
		}
	}
	total = len(code)
	for _, c := range code {
		n++
		src := text(c["source"])
		if strings.TrimSpace(src) == "" {
			continue
		}
		start := time.Now()
		over := watch(limit, s.Interrupt)
		reply := s.Execute(&page{cell: c}, session.ExecuteRequest{Code: src, StoreHistory: true, StopOnError: true})
		var wrong []string
		if over() { // also where the cell ends well with what it has, as a training does
			wrong = append(wrong, fmt.Sprintf("it took longer than %v", limit))
		}
		if reply.Status != "ok" {
			wrong = append(wrong, reply.Err.Error())
		}
		mark, what := "", strings.Join(wrong, ": ")
		if wrong != nil {
			mark = "  FAILED: " + firstLine(what)
		}
		say("[%d/%d] %s  %.1f s%s", n, total, firstLine(src), time.Since(start).Seconds(), mark)
		if wrong != nil {
			failed++
			last = fmt.Errorf("cell %d failed: %s", n, what)
			if reply.Status != "ok" {
				last = fmt.Errorf("%w\n%s", last, strings.Join(reply.Err.Traceback, "\n"))
			}
			allowed := goOn || hasTag(c, "raises-exception")
			if hasTag(c, "raises-exception") {
				failed--
			}
			if !allowed {
				return failed, last
			}
		}
		select {
		case <-stopped:
			return max(failed, 1), errors.New("interrupted")
		default:
		}
	}
	return failed, last
}

// watch interrupts what runs when the limit is over, and again for one that does not listen, until over is called, which says
// whether it did. A limit of 0 is none.
func watch(limit time.Duration, interrupt func()) (over func() bool) {
	if limit <= 0 {
		return func() bool { return false }
	}
	done, late := make(chan struct{}), make(chan bool, 1)
	go func() {
		select {
		case <-done:
			late <- false
			return
		case <-time.After(limit):
		}
		interrupt()
		select {
		case <-done:
		case <-time.After(15 * time.Second):
			interrupt()
		}
		late <- true
	}()
	return func() bool {
		close(done)
		return <-late
	}
}

// firstLine is what a cell is called in messages.
func firstLine(src string) string {
	for _, l := range strings.Split(src, "\n") {
		if l = strings.TrimSpace(l); l != "" && !strings.HasPrefix(l, "import (") {
			if r := []rune(l); len(r) > 60 {
				l = string(r[:57]) + "..."
			}
			return l
		}
	}
	return ""
}
