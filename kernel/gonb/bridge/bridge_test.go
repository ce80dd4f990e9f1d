package bridge

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gosft/kernel/display"
	"gosft/kernel/session"
	"gosft/kernel/worker"
)

// browser plays the page: it opens the comm when it is shown the script, and answers heartbeats.
type browser struct {
	b     *Bridge
	id    string
	deaf  bool // shows the script but never answers
	mute  bool // does not answer heartbeats
	mu    sync.Mutex
	log   []string
	shown int
}

func (p *browser) note(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log = append(p.log, fmt.Sprintf(format, args...))
}

func (p *browser) seen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.log, "; ")
}

func (p *browser) Display(m display.Message) {
	p.note("%s", m.Kind)
	if m.Kind == "display" && !p.deaf {
		p.mu.Lock()
		p.shown++
		p.id = fmt.Sprintf("page%d", p.shown)
		id := p.id
		p.mu.Unlock()
		go p.b.FromFrontend(session.Comm{Kind: "open", ID: id, Target: Target})
	}
}

func (p *browser) Comm(c session.Comm) {
	data := c.Data.(map[string]any)
	p.note("%s %v=%v", c.ID, data["address"], data["value"])
	p.mu.Lock()
	mute := p.mute
	p.mu.Unlock()
	if data["address"] == addressAck {
		go p.b.FromFrontend(session.Comm{Kind: "msg", ID: c.ID, Data: map[string]any{"address": addressReady, "value": true}})
	}
	if data["address"] == addressPing && !mute {
		go p.b.FromFrontend(session.Comm{Kind: "msg", ID: c.ID, Data: map[string]any{"address": addressPong, "value": true}})
	}
}

func (p *browser) Note(text string) { p.note("note") }

func newPair() (*Bridge, *browser, *[]string) {
	var got []string
	var mu sync.Mutex
	b := New(Config{Kernel: "k<1>", Program: func(address string, value any) error {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, fmt.Sprintf("%s=%v", address, value))
		return nil
	}})
	return b, &browser{b: b}, &got
}

func TestValuesGoBothWays(t *testing.T) {
	b, p, got := newPair()
	b.FromProgram(p, worker.Comm{Kind: "subscribe", Address: "/slider"})
	b.FromProgram(p, worker.Comm{Kind: "value", Address: "/slider", Value: 3})
	b.FromProgram(p, worker.Comm{Kind: "read", Address: "/slider"})
	if want := "display; page1 #comm_open_ack=true; clear; page1 /slider=3; page1 #read=/slider"; p.seen() != want {
		t.Errorf("the browser saw %q, want %q", p.seen(), want)
	}
	for _, c := range []session.Comm{
		{Kind: "msg", ID: "page1", Data: map[string]any{"address": "/slider", "value": 7.0}},
		{Kind: "msg", ID: "page1", Data: map[string]any{"address": "/nobody", "value": 8.0}},
	} {
		if err := b.FromFrontend(c); err != nil {
			t.Error(err)
		}
	}
	b.FromProgram(p, worker.Comm{Kind: "unsubscribe", Address: "/slider"})
	b.FromFrontend(session.Comm{Kind: "msg", ID: "page1", Data: map[string]any{"address": "/slider", "value": 9.0}})
	if len(*got) != 1 || (*got)[0] != "/slider=7" {
		t.Errorf("the program got %q", *got)
	}
	for _, c := range []session.Comm{
		{Kind: "open", ID: "x", Target: "jupyter.widget"},
		{Kind: "msg", ID: "other", Data: map[string]any{"address": "/slider"}},
		{Kind: "msg", ID: "page1", Data: "no address"},
	} {
		if b.FromFrontend(c) == nil {
			t.Errorf("%+v was taken", c)
		}
	}
}

func TestPageThatWasLoadedAnewIsConnectedAgain(t *testing.T) {
	b, p, _ := newPair()
	b.FromProgram(p, worker.Comm{Kind: "subscribe", Address: "/a"})
	b.mu.Lock()
	b.heard = time.Now().Add(-time.Hour)
	b.mu.Unlock()
	if b.FromProgram(p, worker.Comm{Kind: "value", Address: "/a", Value: 1}); p.shown != 1 {
		t.Errorf("a page that answers was shown the script %d times", p.shown)
	}
	p.mu.Lock()
	p.mute = true
	p.mu.Unlock()
	b.mu.Lock()
	b.heard = time.Now().Add(-time.Hour)
	b.mu.Unlock()
	b.FromProgram(p, worker.Comm{Kind: "value", Address: "/a", Value: 2})
	if p.shown != 2 || !strings.HasSuffix(p.seen(), "page2 /a=2") {
		t.Errorf("after the page was gone: %s", p.seen())
	}
}

func TestWithoutABrowserProgramsWaitOnce(t *testing.T) {
	b, p, _ := newPair()
	p.deaf = true
	begin := time.Now()
	b.FromProgram(p, worker.Comm{Kind: "value", Address: "/a", Value: 1})
	if took := time.Since(begin); took < openTimeout || took > 2*openTimeout {
		t.Errorf("the first waited %v", took)
	}
	begin = time.Now()
	b.FromProgram(p, worker.Comm{Kind: "value", Address: "/a", Value: 2})
	if took := time.Since(begin); took > time.Second {
		t.Errorf("the second waited %v", took)
	}
	for range 100 {
		if strings.Contains(p.seen(), "note") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	// A browser that comes later gets what waits.
	b.FromFrontend(session.Comm{Kind: "open", ID: "late", Target: Target})
	for range 100 {
		if strings.Contains(p.seen(), "late /a=2") {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if want := "note; late #comm_open_ack=true; clear; late /a=1; late /a=2"; !strings.HasSuffix(p.seen(), want) {
		t.Errorf("saw %q, want the end %q", p.seen(), want)
	}
}

func TestScriptHoldsTheKernelQuoted(t *testing.T) {
	s := Script(`a"b</script>`)
	if !strings.Contains(s, `const kernel = "a\"b\u003c/script\u003e";`) && !strings.Contains(s, `const kernel = "a\"b\u003c/script>";`) {
		t.Errorf("the kernel's id is not quoted: %.400s", s[strings.Index(s, "const kernel"):])
	}
	if strings.Contains(s, "</script>") || strings.Contains(s, "KERNEL_ID") {
		t.Error("the script can be ended by the id, or holds its placeholder")
	}
}
