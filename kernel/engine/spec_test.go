package engine

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gosft/kernel/display"
	"gosft/kernel/worker"
)

// A sequence is a notebook of a few cells, and what each of them must show. The tables stand in spec_*_test.go, one file for
// each part of the language or of the session.
type sequence struct {
	name  string
	cells []step
}

// step is one cell. What is left empty must be empty: a cell that shows something or fails unasked fails the test.
type step struct {
	in    string
	show  string   // text/plain of the result
	out   string   // stdout
	err   string   // part of "name: value"
	at    string   // "In[2]:3": where the error is
	note  string   // part of one of the notes; "-" for no note at all
	any   bool     // whatever is shown or printed is all right
	stop  bool     // the cell is interrupted while it runs
	stack []string // parts of the traceback
}

func show(in, text string) step     { return step{in: in, show: text} }
func prints(in, text string) step   { return step{in: in, out: text} }
func quiet(in string) step          { return step{in: in} }
func fails(in, err, at string) step { return step{in: in, err: err, at: at} }
func notes(in, note string) step    { return step{in: in, note: note} }

// record keeps what a cell gave.
type record struct {
	mu    sync.Mutex
	out   map[string]string
	notes []string
}

func (r *record) Stream(_ int, name, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.out[name] += text
}
func (r *record) Display(m display.Message) {
	r.Stream(0, "display", fmt.Sprint(m.Kind, " ", m.Data["text/plain"], "\n"))
}
func (r *record) Input(string, bool) (string, error) { return "typed", nil }
func (r *record) Note(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, text)
}
func (r *record) Comm(worker.Comm) {}

var (
	specEngines = make(chan *Engine, 2)
	specOnce    sync.Once
	specErr     error
)

// specEngine lends one of two engines that all sequences share, with a fresh worker and no declarations.
func specEngine(t *testing.T) *Engine {
	t.Helper()
	specOnce.Do(func() {
		for range cap(specEngines) {
			e, err := New(Config{Patience: 2 * time.Second})
			if err != nil {
				specErr = err
				return
			}
			specEngines <- e
		}
	})
	if specErr != nil {
		t.Fatalf("no engine: %v", specErr)
	}
	e := <-specEngines
	t.Cleanup(func() { specEngines <- e })
	if err := e.Restart(); err != nil {
		t.Fatalf("restart: %v", err)
	}
	return e
}

// runSequences plays every sequence. With -short each fourth.
func runSequences(t *testing.T, all []sequence) {
	for i, s := range all {
		if testing.Short() && i%4 != 0 {
			continue
		}
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			e := specEngine(t)
			for j, c := range s.cells {
				c.play(t, e, j+1)
			}
		})
	}
}

func (s step) play(t *testing.T, e *Engine, id int) {
	t.Helper()
	rec := &record{out: map[string]string{}}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if s.stop {
		go interruptRunning(ctx, e, id)
	}
	r := e.Run(ctx, id, s.in, rec)
	rec.mu.Lock()
	defer rec.mu.Unlock()
	where := fmt.Sprintf("cell %d:\n%s\n", id, clip(s.in))
	failure := ""
	if r.Err != nil {
		failure = r.Err.Name + ": " + r.Err.Value
	}
	switch {
	case s.err == "" && r.Err != nil:
		t.Fatalf("%sfailed: %s\n%s", where, failure, strings.Join(r.Err.Traceback, "\n"))
	case s.err != "" && r.Err == nil:
		t.Fatalf("%sshould have failed with %q; shown %v, printed %q", where, s.err, r.Bundle["text/plain"], rec.out["stdout"])
	case !strings.Contains(failure, s.err):
		t.Errorf("%sfailed with %q\nwant %q", where, failure, s.err)
	}
	if s.at != "" && r.Err != nil {
		if got := fmt.Sprintf("In[%d]:%d", r.Err.Pos.Cell, r.Err.Pos.Line); got != s.at {
			t.Errorf("%sfailed at %s, want %s (%s)\n%s", where, got, s.at, failure, strings.Join(r.Err.Traceback, "\n"))
		}
	}
	for _, part := range s.stack {
		if !strings.Contains(strings.Join(r.Err.Traceback, "\n"), part) {
			t.Errorf("%sthe traceback lacks %q:\n%s", where, part, strings.Join(r.Err.Traceback, "\n"))
		}
	}
	if !s.any {
		got, _ := r.Bundle["text/plain"].(string)
		if r.Bundle != nil && got == "" {
			got = "(empty)"
		}
		if got != s.show {
			t.Errorf("%sshows %q, want %q", where, got, s.show)
		}
		if rec.out["stdout"] != s.out {
			t.Errorf("%sprints %q, want %q", where, rec.out["stdout"], s.out)
		}
	}
	said := strings.Join(rec.notes, "\n")
	switch {
	case s.note == "-" && said != "", s.note == "" && said != "":
		t.Errorf("%snotes %q, want none", where, said)
	case s.note != "-" && !strings.Contains(said, s.note):
		t.Errorf("%snotes %q, want %q", where, said, s.note)
	}
	if !strings.Contains(s.in, "ꞏ") && strings.Contains(failure+said+rec.out["stdout"]+fmt.Sprint(r.Bundle["text/plain"]), "ꞏ") {
		t.Errorf("%sshows a marker: %s %s %s %v", where, failure, said, rec.out["stdout"], r.Bundle["text/plain"])
	}
}

// interruptRunning interrupts a cell 300 ms after its code has begun.
func interruptRunning(ctx context.Context, e *Engine, id int) {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		e.mu.Lock()
		act := e.active[id]
		running := act != nil && act.running
		e.mu.Unlock()
		if running {
			break
		}
	}
	select {
	case <-ctx.Done():
	case <-time.After(300 * time.Millisecond):
		e.Interrupt()
	}
}

func clip(s string) string {
	if len(s) > 400 {
		return s[:400] + "..."
	}
	return s
}
