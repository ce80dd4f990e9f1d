package worker

import (
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"syscall"
	"time"

	"github.com/janpfeifer/gonb/gonbui/protocol"

	"gosft/kernel/display"
	"gosft/kernel/worker/wire"
)

// A Comm is what gonbui's comms and widgets say to the front end.
type Comm struct {
	Kind    string // "value": set Address to Value; "read": the front end is asked for Address; "subscribe", "unsubscribe"; "sync": what was shown must be on its way when Comm returns
	Address string
	Value   any // int, float64, string, []int, []float64, []string, map[string]int, map[string]float64, map[string]string
}

// gonb serves the display interface of github.com/janpfeifer/gonb/gonbui: one pair of pipes for the worker's life. gonbui
// opens them by name; the names are those of file descriptors that the worker has, so nothing lies on the disk.
type gonb struct {
	w        *Worker
	from, to *os.File // this side's ends
	childOut *os.File // the worker's
	childIn  *os.File
	raw      syscall.RawConn
	fd       int

	mu    sync.Mutex // held while bytes are taken from the pipe
	busy  bool       // bytes were taken whose messages are not all published
	over  bool
	shown map[string]bool // display ids
	asked []protocol.InputRequest

	sendMu  sync.Mutex
	encoder *gob.Encoder
}

func newGonb(w *Worker) (*gonb, error) {
	g := &gonb{w: w, shown: map[string]bool{}}
	var err error
	if g.from, g.childOut, err = os.Pipe(); err != nil {
		return nil, err
	}
	if g.childIn, g.to, err = os.Pipe(); err != nil {
		return nil, err
	}
	g.encoder = gob.NewEncoder(g.to)
	if g.raw, err = g.from.SyscallConn(); err != nil {
		return nil, err
	}
	return g, g.raw.Control(func(fd uintptr) { g.fd = int(fd) })
}

// ends are the worker's file descriptors wire.GonbFD and wire.GonbBackFD.
func (g *gonb) ends() []*os.File { return []*os.File{g.childOut, g.childIn} }

func (g *gonb) env() []string {
	return []string{
		fmt.Sprintf("%s=/dev/fd/%d", protocol.GONB_PIPE_ENV, wire.GonbFD),
		fmt.Sprintf("%s=/dev/fd/%d", protocol.GONB_PIPE_BACK_ENV, wire.GonbBackFD),
	}
}

// Read takes bytes from the pipe for the decoder, which asks for more only when all messages that it had were published.
func (g *gonb) Read(p []byte) (int, error) {
	g.mu.Lock()
	g.busy = false
	g.mu.Unlock()
	n, err := 0, error(nil)
	waited := g.raw.Read(func(fd uintptr) bool {
		g.mu.Lock()
		defer g.mu.Unlock()
		for n, err = syscall.Read(int(fd), p); err == syscall.EINTR; {
			n, err = syscall.Read(int(fd), p)
		}
		if err == syscall.EAGAIN {
			return false
		}
		g.busy = n > 0
		return true
	})
	if waited != nil {
		err = waited
	}
	if err != nil {
		return 0, err
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// settle returns when everything that the program has sent was published; it gives up after two seconds, since a program
// may send without end.
func (g *gonb) settle() {
	for end := time.Now().Add(2 * time.Second); time.Now().Before(end); time.Sleep(100 * time.Microsecond) {
		g.mu.Lock()
		quiet := g.over || (!g.busy && wire.Available(g.fd) == 0)
		g.mu.Unlock()
		if quiet {
			return
		}
	}
}

// serve publishes messages until the pipe is closed.
func (g *gonb) serve() {
	go func() {
		for dec := gob.NewDecoder(g); ; {
			var d protocol.DisplayData
			if err := dec.Decode(&d); err != nil {
				g.mu.Lock()
				g.over, g.busy = true, false
				g.mu.Unlock()
				if !errors.Is(err, io.EOF) && !errors.Is(err, os.ErrClosed) {
					g.w.handler.Stream(g.w.cellOf(0), "stderr", fmt.Sprintf("gosft: gonbui's pipe is out of step, what it shows is lost from here on: %v\n", err))
				}
				return
			}
			g.publish(d)
		}
	}()
}

// publish handles one message.
func (g *gonb) publish(d protocol.DisplayData) {
	for _, v := range d.Data {
		switch v := v.(type) {
		case protocol.InputRequest:
			g.remember(v)
			return
		case *protocol.InputRequest:
			g.remember(*v)
			return
		case protocol.CommValue:
			g.comm(v)
			return
		case *protocol.CommValue:
			g.comm(*v)
			return
		case protocol.CommSubscription:
			g.subscribe(v)
			return
		case *protocol.CommSubscription:
			g.subscribe(*v)
			return
		}
	}
	g.w.drain()
	m := display.Message{Kind: "display", ID: d.DisplayID, Data: display.Bundle{}, Metadata: d.Metadata, Cell: g.w.cellOf(0)}
	for mime, v := range d.Data {
		m.Data[string(mime)] = v
	}
	m.Data = m.Data.WithText()
	if m.ID != "" {
		if g.shown[m.ID] {
			m.Kind = "update"
		}
		g.shown[m.ID] = true
	}
	g.w.handler.Display(m)
}

// remember keeps the prompt for the read of stdin that follows the request.
func (g *gonb) remember(r protocol.InputRequest) {
	g.mu.Lock()
	g.asked = append(g.asked, r)
	g.mu.Unlock()
}

// prompt takes the prompt that was asked for first.
func (g *gonb) prompt() (protocol.InputRequest, bool) {
	g.settle()
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.asked) == 0 {
		return protocol.InputRequest{}, false
	}
	r := g.asked[0]
	g.asked = g.asked[1:]
	return r, true
}

func (g *gonb) comm(v protocol.CommValue) {
	if v.Address == protocol.GonbuiSyncAddress { // all messages before it are published
		g.w.drain()
		g.w.handler.Comm(Comm{Kind: "sync"})
		g.send(protocol.GonbuiSyncAckAddress, v.Value)
		return
	}
	kind := "value"
	if v.Request {
		kind = "read"
	}
	g.w.handler.Comm(Comm{Kind: kind, Address: v.Address, Value: v.Value})
}

func (g *gonb) subscribe(s protocol.CommSubscription) {
	kind := "subscribe"
	if s.Unsubscribe {
		kind = "unsubscribe"
	}
	g.w.handler.Comm(Comm{Kind: kind, Address: s.Address})
}

// SendComm gives the program a value of the front end, as JSON decodes it or of one of Comm.Value's types.
func (w *Worker) SendComm(address string, value any) error {
	v, err := commValue(value)
	if err != nil {
		return fmt.Errorf("comm %s: %w", address, err)
	}
	return w.gonb.send(address, v)
}

func (g *gonb) send(address string, value any) error {
	g.sendMu.Lock()
	defer g.sendMu.Unlock()
	// A program that never reads must not block the kernel.
	g.to.SetWriteDeadline(time.Now().Add(2 * time.Second))
	return g.encoder.Encode(&protocol.CommValue{Address: address, Value: value})
}

func (g *gonb) close() {
	g.from.Close()
	g.to.Close()
	g.childOut.Close()
	g.childIn.Close()
}

// commValue turns a value into one of the types that gob has on both sides. Any other type would close the program's
// channel for good.
func commValue(v any) (any, error) {
	switch v := v.(type) {
	case int, float64, string, []int, []float64, []string, map[string]int, map[string]float64, map[string]string:
		return v, nil
	case nil:
		return "", nil
	case bool:
		if v {
			return 1, nil
		}
		return 0, nil
	case []any:
		if s, ok := all[float64](v); ok {
			return s, nil
		}
		if s, ok := all[string](v); ok {
			return s, nil
		}
	case map[string]any:
		if m, ok := allValues[float64](v); ok {
			return m, nil
		}
		if m, ok := allValues[string](v); ok {
			return m, nil
		}
	}
	return nil, fmt.Errorf("a value of type %T cannot be sent to the program: numbers, texts, and lists and maps of one of them can", v)
}

func all[T any](in []any) ([]T, bool) {
	out := make([]T, len(in))
	for i, v := range in {
		t, ok := v.(T)
		if !ok {
			return nil, false
		}
		out[i] = t
	}
	return out, true
}

func allValues[T any](in map[string]any) (map[string]T, bool) {
	out := make(map[string]T, len(in))
	for k, v := range in {
		t, ok := v.(T)
		if !ok {
			return nil, false
		}
		out[k] = t
	}
	return out, true
}
