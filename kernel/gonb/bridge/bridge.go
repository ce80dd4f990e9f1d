package bridge

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"gosft/kernel/display"
	"gosft/kernel/session"
	"gosft/kernel/worker"
)

// Target is the name of the comm that the browser's script opens.
const Target = "gonb_comm"

const (
	openTimeout = 3 * time.Second        // how long a program waits for the browser to open the comm
	pongTimeout = 700 * time.Millisecond // how long a browser may take to say that it is still there
	quiet       = 2 * time.Second        // after so long without a word from the browser it is asked
	retry       = 20 * time.Second       // after a browser did not answer, programs do not wait again for so long

	addressAck   = "#comm_open_ack"
	addressReady = "#ready" // the browser has heard the answer: the way is open in both directions
	addressPing  = "#heartbeat/ping"
	addressPong  = "#heartbeat/pong"
	addressStart = "#comms/start"

	queueLimit = 1000 // messages kept for a browser that has not opened the comm
)

//go:embed comm.js
var script string

// Output is where the bridge shows its script and sends comm messages: the running cell's session.Output.
type Output interface {
	Display(display.Message)
	Comm(session.Comm)
	Note(text string)
}

// Config of a Bridge.
type Config struct {
	// Kernel is the id that the Jupyter server knows this kernel by: kernel-<id>.json is the name of its connection file.
	// Without it there is no connection, and programs are told so.
	Kernel string
	// Program gives the program the value of an address.
	Program func(address string, value any) error
}

// Bridge joins one session to the browsers that show it. The newest browser to open the comm has it.
// Its methods may be called from any goroutine.
type Bridge struct {
	cfg Config

	mu         sync.Mutex
	out        Output        // of the newest cell that used comms
	id         string        // of the open comm; "" when there is none
	knocking   string        // of a comm whose browser has not heard the answer yet
	opened     chan struct{} // closed when the comm is opened; nil when nobody waits
	heard      time.Time     // when the browser last sent something
	pong       chan struct{}
	failed     time.Time       // when a browser last did not answer
	subscribed map[string]bool // addresses that the program listens to
	queue      []message
	scriptID   string
}

type message struct {
	Address string `json:"address"`
	Value   any    `json:"value"`
}

// New makes a Bridge. Nothing is shown before a program uses comms.
func New(c Config) *Bridge {
	return &Bridge{cfg: c, subscribed: map[string]bool{}}
}

// Reset forgets what the program listened to: its worker is gone. The comm with the browser stays.
func (b *Bridge) Reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.subscribed = map[string]bool{}
	b.queue = nil
}

// FromProgram handles one message of the program. It returns when the browser is connected, or has had its time: widgets
// that the program shows next need the connection.
func (b *Bridge) FromProgram(out Output, c worker.Comm) {
	if c.Kind == "sync" {
		// A script that is shown and taken away again after a Sync must have reached the browser: nothing is folded over it.
		if f, ok := out.(interface{ Flush() }); ok {
			f.Flush()
		}
		return
	}
	b.mu.Lock()
	b.out = out
	switch c.Kind {
	case "subscribe":
		b.subscribed[c.Address] = true
	case "unsubscribe":
		delete(b.subscribed, c.Address)
		b.mu.Unlock()
		return
	}
	b.mu.Unlock()
	connected := b.connect(out)
	switch c.Kind {
	case "value":
		if c.Address != addressStart {
			b.send(message{c.Address, c.Value}, connected)
		}
	case "read":
		// The browser keeps a value for each address; it is asked for it, and answers as if it had changed.
		b.send(message{"#read", c.Address}, connected)
	}
}

// Install connects a browser, as the command %widgets does, and says whether one has answered.
func (b *Bridge) Install(out Output) error {
	b.mu.Lock()
	b.out, b.failed = out, time.Time{}
	b.mu.Unlock()
	if !b.connect(out) {
		return fmt.Errorf("no browser has answered within %v: widgets need the notebook to be open in one, with this kernel's outputs trusted", openTimeout)
	}
	return nil
}

// Heartbeat asks the browser for a sign of life.
func (b *Bridge) Heartbeat() bool { return b.ping() }

// connect makes sure that a browser has the comm open.
func (b *Bridge) connect(out Output) bool {
	b.mu.Lock()
	if b.id != "" {
		asked := time.Since(b.heard) < quiet
		b.mu.Unlock()
		if asked || b.ping() {
			return true
		}
		b.mu.Lock()
		b.id = "" // the page was closed or loaded anew
	}
	if b.cfg.Kernel == "" || !b.failed.IsZero() && time.Since(b.failed) < retry {
		b.mu.Unlock()
		return false
	}
	wait := b.opened
	if wait == nil {
		wait = make(chan struct{})
		b.opened = wait
		b.scriptID = "gonb_comm_" + time.Now().Format("150405.000000")
		id := b.scriptID
		b.mu.Unlock()
		out.Display(display.Message{Kind: "display", ID: id, Data: display.Bundle{
			"text/html":  "<script>" + Script(b.cfg.Kernel) + "</script>",
			"text/plain": "",
		}})
	} else {
		b.mu.Unlock()
	}
	select {
	case <-wait:
		return true
	case <-time.After(openTimeout):
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.id != "" {
		return true
	}
	if b.opened == wait {
		b.opened, b.failed = nil, time.Now()
		go out.Note("gonbui: no browser has answered, so its widgets do not work here; what is shown by HTML does.")
	}
	return false
}

// Script is the browser's half for a kernel.
func Script(kernel string) string {
	quoted, err := json.Marshal(kernel)
	if err != nil {
		quoted = []byte(`""`)
	}
	return strings.ReplaceAll(script, "KERNEL_ID", strings.ReplaceAll(string(quoted), "<", `\u003c`))
}

func (b *Bridge) ping() bool {
	b.mu.Lock()
	if b.id == "" || b.out == nil {
		b.mu.Unlock()
		return false
	}
	wait := b.pong
	if wait == nil {
		wait = make(chan struct{})
		b.pong = wait
	}
	id, out := b.id, b.out
	b.mu.Unlock()
	out.Comm(comm(id, message{addressPing, true}))
	select {
	case <-wait:
		return true
	case <-time.After(pongTimeout):
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.pong == wait {
			b.pong = nil
		}
		return false
	}
}

// send gives the browser a message now, or when it opens the comm.
func (b *Bridge) send(m message, connected bool) {
	b.mu.Lock()
	id, out := b.id, b.out
	if id == "" {
		if len(b.queue) < queueLimit && !connected {
			b.queue = append(b.queue, m)
		}
		b.mu.Unlock()
		return
	}
	b.mu.Unlock()
	out.Comm(comm(id, m))
}

func comm(id string, m message) session.Comm {
	return session.Comm{Kind: "msg", ID: id, Data: map[string]any{"address": m.Address, "value": m.Value}}
}

// Owns says that a comm of the browser is the bridge's; others belong to somebody else.
func (b *Bridge) Owns(c session.Comm) bool {
	if c.Kind == "open" {
		return c.Target == Target
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return c.ID != "" && (c.ID == b.id || c.ID == b.knocking)
}

// FromFrontend handles a comm message of the browser. The error says that it is not for the bridge, or cannot be given to
// the program.
func (b *Bridge) FromFrontend(c session.Comm) error {
	if !b.Owns(c) {
		return fmt.Errorf("nobody here knows comm %s (target %q)", c.ID, c.Target)
	}
	switch c.Kind {
	case "open":
		b.mu.Lock()
		if c.ID != b.id {
			b.knocking = c.ID
		}
		out := b.out
		b.mu.Unlock()
		if out != nil {
			out.Comm(comm(c.ID, message{addressAck, true}))
		}
		return nil
	case "close":
		b.mu.Lock()
		defer b.mu.Unlock()
		if c.ID == b.id {
			b.id = ""
		}
		return nil
	}
	data, _ := c.Data.(map[string]any)
	address, ok := data["address"].(string)
	if !ok {
		return fmt.Errorf("comm %s: a message without an address", c.ID)
	}
	if address == addressReady {
		b.open(c.ID)
		return nil
	}
	b.mu.Lock()
	b.heard = time.Now()
	id, out, listens := b.id, b.out, b.subscribed[address]
	if address == addressPong && b.pong != nil {
		close(b.pong)
		b.pong = nil
	}
	b.mu.Unlock()
	switch {
	case address == addressPing:
		if out != nil {
			out.Comm(comm(id, message{addressPong, true}))
		}
	case listens:
		return b.cfg.Program(address, data["value"])
	}
	return nil
}

// open takes a browser's comm once it has heard the answer: the script is taken off the page, and what waits is sent.
func (b *Bridge) open(id string) {
	b.mu.Lock()
	if b.id == id {
		b.mu.Unlock()
		return
	}
	b.id, b.knocking, b.heard, b.failed = id, "", time.Now(), time.Time{}
	out, wait, queue, shown := b.out, b.opened, b.queue, b.scriptID
	b.opened, b.queue, b.scriptID = nil, nil, ""
	b.mu.Unlock()
	if out != nil {
		if shown != "" {
			out.Display(display.Message{Kind: "clear", ID: shown})
		}
		for _, m := range queue {
			out.Comm(comm(id, m))
		}
	}
	if wait != nil {
		close(wait)
	}
}
