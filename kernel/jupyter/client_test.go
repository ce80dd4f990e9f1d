package jupyter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-zeromq/zmq4"

	"gosft/kernel/session"
	"gosft/kernel/session/fake"
)

// patience is how long a test waits for what must come at last: a machine that builds on all its processors beside the
// tests makes everything slow, and a kernel that has ended is noticed at once.
const patience = 2 * time.Minute

// rig is a kernel with the fake engine and what a test knows of it.
type rig struct {
	t      testing.TB
	conn   Connection
	file   string       // where a process writes its connection
	engine *fake.Engine // nil for a kernel that is a process of its own
	logged *syncBuffer
	ended  chan struct{} // closed when the kernel has ended
	err    error         // how it ended
}

// aside is a test's T for a goroutine that the test started: what is fatal there ends that goroutine.
type aside struct{ *testing.T }

func (a aside) Fatal(args ...any) {
	a.Helper()
	a.Error(args...)
	runtime.Goexit()
}

func (a aside) Fatalf(format string, args ...any) {
	a.Helper()
	a.Errorf(format, args...)
	runtime.Goexit()
}

// awaitEnd waits until the kernel has ended and returns how.
func (r *rig) awaitEnd() error {
	r.t.Helper()
	select {
	case <-r.ended:
		return r.err
	case <-time.After(patience):
		r.t.Fatalf("the kernel does not end; its log is:\n%s", r.logged)
		return nil
	}
}

type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// startKernel serves a kernel until the test ends.
func startKernel(t *testing.T, maxMessage int) *rig {
	t.Helper()
	r := &rig{t: t, engine: fake.New(), logged: &syncBuffer{}, ended: make(chan struct{})}
	file := filepath.Join(t.TempDir(), "kernel.json")
	k, err := ListenNew(file, Config{MaxMessage: maxMessage, Log: slog.New(slog.NewTextHandler(r.logged, nil))})
	if err != nil {
		t.Fatal(err)
	}
	if r.conn, err = ReadConnection(file); err != nil {
		t.Fatal(err)
	}
	s, err := session.New(session.Config{Engine: r.engine, Frontend: k, Assist: fakeAssist{}, OutputDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		r.err = k.Serve(ctx, s)
		close(r.ended)
	}()
	t.Cleanup(func() {
		cancel()
		r.awaitEnd()
	})
	return r
}

// awaitLog waits until the kernel has logged text.
func (r *rig) awaitLog(text string) {
	r.t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if strings.Contains(r.logged.String(), text) {
			return
		}
	}
	r.t.Fatalf("not logged: %q; the log is:\n%s", text, r.logged)
}

// client is a front end with raw ZeroMQ sockets.
type client struct {
	t       testing.TB
	kernel  *rig
	signer  *Signer
	session string
	socks   map[string]zmq4.Socket
	in      map[string]chan *Message
}

func (r *rig) connect() *client { return r.connectAs(newID()) }

// connectAs connects with a given identity.
func (r *rig) connectAs(id string) *client {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	r.t.Cleanup(cancel)
	c := &client{t: r.t, kernel: r, signer: NewSigner(r.conn.Key), session: id, socks: map[string]zmq4.Socket{}, in: map[string]chan *Message{}}
	for name, port := range map[string]int{"shell": r.conn.ShellPort, "control": r.conn.Control, "stdin": r.conn.StdinPort, "iopub": r.conn.IOPubPort} {
		var s zmq4.Socket
		if name == "iopub" {
			s = zmq4.NewSub(ctx)
		} else {
			s = zmq4.NewDealer(ctx, zmq4.WithID(zmq4.SocketIdentity(c.session)))
		}
		if err := s.Dial(fmt.Sprintf("tcp://127.0.0.1:%d", port)); err != nil {
			r.t.Fatal(err)
		}
		if name == "iopub" {
			if err := s.SetOption(zmq4.OptionSubscribe, ""); err != nil {
				r.t.Fatal(err)
			}
		}
		c.socks[name] = s
		ch := make(chan *Message, 100_000)
		c.in[name] = ch
		go func() {
			for {
				m, err := s.Recv()
				if err != nil {
					return
				}
				d, err := c.signer.Decode(m.Frames)
				if err != nil {
					c.t.Errorf("from the kernel on %s: %v", name, err)
					return
				}
				ch <- d
			}
		}()
		r.t.Cleanup(func() { s.Close() })
	}
	if m := c.recv("iopub"); m.Header.Type != "iopub_welcome" {
		r.t.Fatalf("first on iopub: %s, want iopub_welcome", m.Header.Type)
	}
	return c
}

// send sends a request and returns its id.
func (c *client) send(channel, typ string, content any, buffers ...[]byte) string {
	return c.sendTo(channel, typ, "", content, nil, buffers...)
}

func (c *client) sendTo(channel, typ, subshell string, content any, parent json.RawMessage, buffers ...[]byte) string {
	c.t.Helper()
	h := Header{ID: newID(), Username: "test", Session: c.session, Date: now(), Type: typ, Version: ProtocolVersion, SubshellID: subshell}
	data, err := json.Marshal(content)
	if err != nil {
		c.t.Fatal(err)
	}
	frames, err := c.signer.Encode(&Message{Header: h, Content: data, Parent: parent, Buffers: buffers})
	if err != nil {
		c.t.Fatal(err)
	}
	c.sendFrames(channel, frames)
	return h.ID
}

func (c *client) sendFrames(channel string, frames [][]byte) {
	c.t.Helper()
	if err := c.socks[channel].SendMulti(zmq4.NewMsgFrom(frames...)); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) recv(channel string) *Message {
	c.t.Helper()
	select {
	case m := <-c.in[channel]:
		return m
	case <-time.After(patience):
		c.t.Fatalf("nothing on %s; the kernel's log is:\n%s", channel, c.kernel.logged)
	case <-c.kernel.ended:
	}
	select { // its last words may still be on the way
	case m := <-c.in[channel]:
		return m
	case <-time.After(5 * time.Second):
		c.t.Fatalf("nothing on %s and the kernel has ended: %v; its log is:\n%s", channel, c.kernel.err, c.kernel.logged)
	}
	return nil
}

// silent fails when something arrives on a channel within a moment.
func (c *client) silent(channel string) {
	c.t.Helper()
	select {
	case m := <-c.in[channel]:
		c.t.Fatalf("unexpected %s on %s: %s", m.Header.Type, channel, m.Content)
	case <-time.After(100 * time.Millisecond):
	}
}

func parentOf(m *Message) string {
	var h Header
	_ = json.Unmarshal(m.Parent, &h)
	return h.ID
}

// reply waits for the reply to a request.
func (c *client) reply(channel, id string) map[string]any {
	c.t.Helper()
	for {
		if m := c.recv(channel); parentOf(m) == id {
			return fields(m)
		}
	}
}

func fields(m *Message) map[string]any {
	var v map[string]any
	_ = json.Unmarshal(m.Content, &v)
	return v
}

// outputs collects what is published for a request, from busy to idle, without the two.
func (c *client) outputs(id string) []*Message {
	c.t.Helper()
	var all []*Message
	busy := false
	for {
		m := c.recv("iopub")
		if parentOf(m) != id {
			continue
		}
		if m.Header.Type != "status" {
			if !busy {
				c.t.Fatalf("%s before busy", m.Header.Type)
			}
			all = append(all, m)
			continue
		}
		switch fields(m)["execution_state"] {
		case "busy":
			busy = true
		case "idle":
			if !busy {
				c.t.Fatal("idle without busy")
			}
			return all
		}
	}
}

// execute sends a cell.
func (c *client) execute(code string, more ...any) string {
	c.t.Helper()
	content := map[string]any{"code": code}
	for i := 0; i+1 < len(more); i += 2 {
		content[more[i].(string)] = more[i+1]
	}
	return c.send("shell", "execute_request", content)
}

// run sends a cell and returns its reply and outputs.
func (c *client) run(code string, more ...any) (map[string]any, []*Message) {
	c.t.Helper()
	id := c.execute(code, more...)
	out := c.outputs(id)
	return c.reply("shell", id), out
}

// await reads iopub until a stream of the request contains text.
func (c *client) await(id, text string) {
	c.t.Helper()
	for {
		if m := c.recv("iopub"); parentOf(m) == id && m.Header.Type == "stream" && strings.Contains(string(m.Content), text) {
			return
		}
	}
}

// types lists the types of messages.
func types(ms []*Message) string {
	var t []string
	for _, m := range ms {
		t = append(t, m.Header.Type)
	}
	return strings.Join(t, " ")
}

// streams joins the text of a stream.
func streams(ms []*Message, name string) string {
	var b strings.Builder
	for _, m := range ms {
		if f := fields(m); m.Header.Type == "stream" && f["name"] == name {
			b.WriteString(f["text"].(string))
		}
	}
	return b.String()
}
