package session_test

import (
	"context"
	"strings"
	"sync"
	"testing"

	"gosft/kernel/session"
	"gosft/kernel/session/fake"
)

// desk is a front end that keeps what is published.
type desk struct {
	mu  sync.Mutex
	all []session.Message
	by  []session.Origin
}

func (d *desk) Publish(o session.Origin, m session.Message) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, m)
	d.by = append(d.by, o)
}

func (d *desk) Input(context.Context, session.Origin, string, bool) (string, error) {
	return "typed", nil
}

// take returns what was published since the last call, without execute_input.
func (d *desk) take() []session.Message {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []session.Message
	for _, m := range d.all {
		if m.Type != "execute_input" {
			out = append(out, m)
		}
	}
	d.all, d.by = nil, nil
	return out
}

func stream(ms []session.Message, name string) string {
	var b strings.Builder
	for _, m := range ms {
		if c, ok := m.Content.(session.StreamContent); ok && c.Name == name {
			b.WriteString(c.Text)
		}
	}
	return b.String()
}

func newSession(t *testing.T, c session.Config) (*session.Session, *desk, *fake.Engine) {
	t.Helper()
	d, e := &desk{}, fake.New()
	c.Engine, c.Frontend = e, d
	if c.OutputDir == "" {
		c.OutputDir = t.TempDir()
	}
	s, err := session.New(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, d, e
}

func run(s *session.Session, code string) session.ExecuteReply {
	return s.Execute(nil, session.ExecuteRequest{Code: code, StoreHistory: true, AllowStdin: true})
}
