package main

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"gosft/kernel/engine"
	"gosft/kernel/session"
)

// patience is how long a test waits for what must come at last: other programs may keep the machine busy.
const patience = 3 * time.Minute

// desk is a recorder with somebody at the keyboard.
type desk struct {
	*recorder
	mu    sync.Mutex
	asked []string
}

func (d *desk) Input(_ context.Context, _ session.Origin, prompt string, password bool) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.asked = append(d.asked, prompt)
	return "Ada 7", nil
}

// bench is a session on the real engine.
type bench struct {
	*testing.T
	*session.Session
	desk  *desk
	cells *cells
}

func newBench(t *testing.T) *bench {
	needWorker(t)
	b := &bench{T: t, desk: &desk{recorder: newRecorder()}, cells: newCells(engine.Config{Notebook: t.TempDir(), Progress: func(line string) { t.Log(line) }}, "")}
	s, err := session.New(session.Config{Engine: b.cells, Frontend: b.desk, OutputDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	b.Session = s
	t.Cleanup(func() { s.Close() })
	return b
}

// start runs a cell in a subshell and returns its page and a channel for its reply.
func (b *bench) start(subshell, code string) (*page, chan session.ExecuteReply) {
	b.Helper()
	p, done := &page{cell: map[string]any{}}, make(chan session.ExecuteReply, 1)
	err := b.Submit(subshell, session.Task{Origin: p, Request: session.ExecuteRequest{Code: code, StoreHistory: true, AllowStdin: true, StopOnError: true},
		Begin: func() {}, Done: func(r session.ExecuteReply) { done <- r }})
	if err != nil {
		b.Fatal(err)
	}
	return p, done
}

func (b *bench) wait(done chan session.ExecuteReply) session.ExecuteReply {
	b.Helper()
	select {
	case r := <-done:
		return r
	case <-time.After(patience):
		b.Fatal("the cell does not end")
		return session.ExecuteReply{}
	}
}

func (b *bench) see(p *page) string {
	b.desk.recorder.mu.Lock()
	defer b.desk.recorder.mu.Unlock()
	return shown(b.T, &notebook{cells: []map[string]any{p.cell}}, 0)
}

// want runs a cell and compares what it shows.
func (b *bench) want(code, want string) {
	b.Helper()
	p, done := b.start("", code)
	b.wait(done)
	if got := b.see(p); got != want {
		b.Errorf("%q shows %q, want %q", code, got, want)
	}
}

// await waits until a page shows text.
func (b *bench) await(p *page, text string) {
	b.Helper()
	for end := time.Now().Add(patience); !strings.Contains(b.see(p), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			b.Fatalf("%q is never shown; there is %q", text, b.see(p))
		}
	}
}

func TestInterruptKeepsValues(t *testing.T) {
	b := newBench(t)
	b.want("n := 41", "")
	for _, spin := range []string{"for { n = 42 }", "n = 42; time.Sleep(time.Hour)", "n = 42; <-make(chan int)", "n = 42; <-ctx.Done()\nfor {}"} {
		p, done := b.start("", "fmt.Println(\"started\")\n"+spin)
		queued, later := b.start("", "fmt.Println(\"never\")")
		b.await(p, "started")
		b.Interrupt()
		if r := b.wait(done); r.Status != "error" || r.Err.Name != "interrupted" || strings.Contains(b.see(p), "ignored the interrupt") {
			t.Errorf("%s: %s %v", spin, r.Status, r.Err)
		}
		if r := b.wait(later); r.Status != "aborted" || b.see(queued) != "" {
			t.Errorf("%s: the queued cell is %s", spin, r.Status)
		}
		b.want("n", "execute_result 42")
	}
}

func TestSecondCellWhileTrainingGoesOn(t *testing.T) {
	b := newBench(t)
	sub := b.CreateSubshell()
	b.want("step := 0", "")
	p, done := b.start("", "fmt.Println(\"training\")\nfor step < 1_000_000 {\n\tstep++\n\ttime.Sleep(time.Millisecond)\n}")
	b.await(p, "training")
	q, beside := b.start(sub, "step > 0 && step < 1_000_000")
	if r := b.wait(beside); r.Status != "ok" || b.see(q) != "execute_result true" {
		t.Errorf("beside: %+v %q", r, b.see(q))
	}
	select {
	case <-done:
		t.Error("the training has ended")
	default:
	}
	b.Interrupt()
	b.wait(done)
}

func TestInputOfTheProgram(t *testing.T) {
	b := newBench(t)
	b.want("var s string\nvar k int\nfmt.Scan(&s, &k)\nfmt.Println(s, k)", "Ada 7")
	b.want(`name := display.Input("Name?")`+"\nname", "execute_result Ada 7")
	if len(b.desk.asked) != 2 || b.desk.asked[1] != "Name?" {
		t.Errorf("asked %q", b.desk.asked)
	}
}

func TestWorkerLost(t *testing.T) {
	b := newBench(t)
	b.want("kept := 7\nfunc twice(n int) int { return 2 * n }", "")
	p, done := b.start("", `fmt.Println("before"); os.Exit(3)`)
	if r := b.wait(done); r.Status != "error" || !strings.Contains(r.Err.Value, "os.Exit(3)") {
		t.Errorf("%+v", r)
	}
	next, done := b.start("", "twice(21)")
	b.wait(done)
	if all := b.see(p) + b.see(next); !strings.Contains(all, "kept") || !strings.Contains(all, "no value any more") || !strings.Contains(all, "execute_result 42") {
		t.Errorf("the user sees %q", all)
	}
}

// What a goroutine prints after its cell has ended shows there; while another cell runs only displays know where they
// belong.
func TestLateOutputOfAGoroutine(t *testing.T) {
	b := newBench(t)
	p, done := b.start("", "go func() { time.Sleep(200*time.Millisecond); fmt.Println(\"late\") }()\nfmt.Println(\"early\")")
	b.wait(done)
	b.await(p, "late")
	p, done = b.start("", "show, shown := make(chan bool), make(chan bool)\ngo func() { <-show; display.Markdown(\"*shown*\"); close(shown) }()")
	b.wait(done)
	q, done := b.start("", "close(show)\n<-shown;")
	b.wait(done)
	b.await(p, "shown")
	if got := b.see(q); got != "" {
		t.Errorf("the running cell shows %q", got)
	}
}

func TestFloodIsWholeAndInOrder(t *testing.T) {
	b := newBench(t)
	p, done := b.start("", `for i := 0; i < 100000; i++ { fmt.Printf("%099d\n", i) }`)
	b.wait(done)
	lines := strings.Split(b.see(p), "\n")
	if len(lines) != 100000 {
		t.Fatalf("%d lines", len(lines))
	}
	for i, l := range lines {
		if l != fmt.Sprintf("%099d", i) {
			t.Fatalf("line %d is %q", i, l)
		}
	}
}

// An interrupt at any moment of a cell's life either stops it or comes too late: no cell succeeds without its result.
func TestInterruptAtAnyMoment(t *testing.T) {
	b := newBench(t)
	b.want("n := 1", "")
	stopped := 0
	for i := range 30 {
		p, done := b.start("", fmt.Sprintf("n + %d", i))
		time.Sleep(time.Duration(i*i) * 150 * time.Microsecond) // 0 to 126 ms: before, while and after it is built
		b.Interrupt()
		r := b.wait(done)
		got := b.see(p)
		switch r.Status {
		case "ok":
			if want := fmt.Sprintf("execute_result %d", i+1); got != want {
				t.Errorf("round %d: succeeds and shows %q, want %q", i, got, want)
			}
		case "error":
			stopped++
			if r.Err.Name != "interrupted" {
				t.Errorf("round %d: %v", i, r.Err)
			}
		}
	}
	b.want("n + 100", "execute_result 101")
	t.Logf("%d of 30 were stopped", stopped)
}
