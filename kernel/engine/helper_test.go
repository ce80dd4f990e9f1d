package engine

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"gosft/kernel/display"
	"gosft/kernel/worker"
)

// recorder is an Output that remembers what it was given.
type recorder struct {
	mu       sync.Mutex
	text     map[string]string // by stream
	order    []string          // streams and displays as they came
	names    []string          // of the streams in order; "" for a display
	displays []display.Message
	notes    []string
	cells    map[int]bool // that wrote
	prompts  []string
	answers  []string // for Input, in order; none left is an error
}

func (r *recorder) Stream(cell int, name, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.text == nil {
		r.text, r.cells = map[string]string{}, map[int]bool{}
	}
	r.text[name] += text
	r.cells[cell] = true
	r.order, r.names = append(r.order, text), append(r.names, name)
}

func (r *recorder) Display(m display.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.displays = append(r.displays, m)
	r.order, r.names = append(r.order, "<"+m.Data.Text()+">"), append(r.names, "")
}

func (r *recorder) Input(prompt string, password bool) (string, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.prompts = append(r.prompts, prompt)
	if len(r.answers) == 0 {
		return "", errors.New("nobody is there")
	}
	a := r.answers[0]
	r.answers = r.answers[1:]
	return a, nil
}

func (r *recorder) Note(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes = append(r.notes, text)
}

func (r *recorder) Comm(worker.Comm) {}

func (r *recorder) out(name string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text[name]
}

func (r *recorder) noted() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return strings.Join(r.notes, "\n")
}

// session runs cells one after the other.
type session struct {
	*Engine
	t  *testing.T
	id int
}

func start(t *testing.T, c Config) *session {
	t.Helper()
	c.Progress = func(line string) { t.Log(line) }
	e, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return &session{Engine: e, t: t}
}

// run runs a cell and gives its output and result. A cell that takes more than a minute fails the test.
func (s *session) run(src string, answers ...string) (*recorder, Result) {
	s.t.Helper()
	s.id++
	out := &recorder{answers: answers}
	done := make(chan Result, 1)
	go func() { done <- s.Run(context.Background(), s.id, src, out) }()
	select {
	case r := <-done:
		return out, r
	case <-time.After(time.Minute):
		s.t.Fatalf("cell %d hangs: %s", s.id, src)
		return nil, Result{}
	}
}

// must runs a cell that has to succeed and returns its result as text.
func (s *session) must(src string) string {
	s.t.Helper()
	_, r := s.run(src)
	if r.Err != nil {
		s.t.Fatalf("cell %d: %s\n%s", s.id, src, strings.Join(r.Err.Traceback, "\n"))
	}
	return r.Bundle.Text()
}

// expect fails the test where got has not all the parts.
func expect(t *testing.T, what, got string, parts ...string) {
	t.Helper()
	for _, p := range parts {
		if !strings.Contains(got, p) {
			t.Errorf("%s: %q is missing in %q", what, p, got)
		}
	}
}

func (e *Error) all() string {
	if e == nil {
		return "no error"
	}
	return e.Name + "\n" + e.Value + "\n" + strings.Join(e.Traceback, "\n")
}
