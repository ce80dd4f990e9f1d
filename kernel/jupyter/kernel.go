package jupyter

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/user"
	"runtime"
	"strings"
	"sync"

	"github.com/go-zeromq/zmq4"

	"gosft/kernel/session"
)

// Config holds what a kernel tells about itself, and limits. All of it is optional.
type Config struct {
	Version    string // of the kernel
	GoVersion  string // of the toolchain that cells are built with, "1.26.8"; default: this program's
	Banner     string
	MaxMessage int // bytes in one message; default 256 MiB
	Log        *slog.Logger
}

// Kernel is the five sockets. It is the session's Frontend.
type Kernel struct {
	conn    Connection
	cfg     Config
	log     *slog.Logger
	signer  *Signer
	id      string // of this kernel's session, in message headers
	user    string
	session *session.Session

	shell, control, stdin, iopub, hb *socket

	comms  chan request
	prompt prompter
	usage  usage
	debug  debugger

	mu      sync.Mutex
	busy    []*request // cells that run now
	stopped chan struct{}
	once    sync.Once
}

// request is a message with what its reply needs. It is the Origin of what a cell shows.
type request struct {
	*Message
	from *peer
	sock *socket
}

// Listen opens the sockets of a connection; clients can connect, and are answered once Serve runs.
func Listen(c Connection, cfg Config) (*Kernel, error) {
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if cfg.MaxMessage <= 0 {
		cfg.MaxMessage = 256 << 20
	}
	if cfg.GoVersion == "" {
		cfg.GoVersion, _, _ = strings.Cut(strings.TrimPrefix(runtime.Version(), "go"), "-")
	}
	k := &Kernel{conn: c, cfg: cfg, log: cfg.Log, signer: NewSigner(c.Key), id: newID(), user: "kernel",
		comms: make(chan request, 1024), stopped: make(chan struct{})}
	if u, err := user.Current(); err == nil {
		k.user = u.Username
	}
	k.prompt.waiting = map[string]chan string{}
	for _, s := range []struct {
		sock **socket
		name string
		typ  zmq4.SocketType
		port *int
		on   func(*peer, [][]byte)
	}{
		{&k.shell, "shell", zmq4.Router, &k.conn.ShellPort, k.onRequest(&k.shell, k.handleShell)},
		{&k.control, "control", zmq4.Router, &k.conn.Control, k.onRequest(&k.control, k.handleControl)},
		{&k.stdin, "stdin", zmq4.Router, &k.conn.StdinPort, k.onStdin},
		{&k.iopub, "iopub", zmq4.XPub, &k.conn.IOPubPort, k.onSubscription},
		{&k.hb, "heartbeat", zmq4.Rep, &k.conn.HBPort, func(p *peer, frames [][]byte) { p.send(frames, false) }},
	} {
		network, addr := c.address(*s.port)
		sock, err := listen(s.name, s.typ, network, addr, cfg.MaxMessage, k.log)
		if err != nil {
			k.closeSockets()
			return nil, fmt.Errorf("the connection file's address cannot be used: %w", err)
		}
		sock.onMessage = s.on
		if a, ok := sock.ln.Addr().(*net.TCPAddr); ok {
			*s.port = a.Port
		}
		*s.sock = sock
	}
	return k, nil
}

// Serve answers requests with s until a client asks for shutdown or ctx ends; then it closes sockets and session.
func (k *Kernel) Serve(ctx context.Context, s *session.Session) error {
	if s == nil {
		return errNoSession
	}
	k.session = s
	go k.forwardComms()
	for _, sock := range []*socket{k.hb, k.iopub, k.stdin, k.control, k.shell} {
		go sock.accept()
	}
	k.status(nil, "starting")
	select {
	case <-ctx.Done():
	case <-k.stopped:
	}
	err := s.Close()
	k.closeSockets()
	return err
}

func (k *Kernel) closeSockets() {
	var wg sync.WaitGroup
	for _, s := range []*socket{k.shell, k.control, k.stdin, k.iopub, k.hb} {
		if s != nil {
			wg.Add(1)
			go func() {
				defer wg.Done()
				s.close()
			}()
		}
	}
	wg.Wait()
}

// onRequest decodes what comes on shell or control and hands it on; what cannot be trusted is dropped and logged.
func (k *Kernel) onRequest(sock **socket, handle func(*request)) func(*peer, [][]byte) {
	return func(p *peer, frames [][]byte) {
		m, err := k.signer.Decode(frames)
		if err != nil {
			k.log.Warn("dropped a message", "socket", (*sock).name, "error", err)
			return
		}
		r := &request{Message: m, from: p, sock: *sock}
		defer func() {
			if e := recover(); e != nil {
				k.log.Error("fault while handling a message", "type", m.Header.Type, "fault", e)
				k.replyError(r, "kernel error", fmt.Sprint("fault in the kernel itself: ", e, "; please report it"))
				k.status(r, "idle")
			}
		}()
		handle(r)
	}
}

// onSubscription welcomes a client once its subscription is in force (JEP 65).
func (k *Kernel) onSubscription(p *peer, frames [][]byte) {
	topic, isNew := p.subscribe(frames)
	if !isNew {
		return
	}
	frames, err := k.encode(nil, "iopub_welcome", map[string]any{"subscription": topic}, nil, nil)
	if err == nil {
		p.send(append([][]byte{[]byte(topic)}, frames...), false)
	}
}

// Publish implements session.Frontend.
func (k *Kernel) Publish(o session.Origin, m session.Message) {
	r, _ := o.(*request)
	droppable := m.Type == "stream" || m.Type == "display_data" || m.Type == "update_display_data"
	k.publish(r, m.Type, m.Content, m.Metadata, m.Buffers, droppable)
}

func (k *Kernel) publish(r *request, typ string, content any, meta map[string]any, buffers [][]byte, droppable bool) {
	frames, err := k.encode(r, typ, content, meta, buffers)
	if err != nil {
		k.log.Error("a message could not be published", "type", typ, "error", err)
		return
	}
	topic := "kernel." + k.id + "." + typ
	frames = append([][]byte{[]byte(topic)}, frames...)
	for _, p := range k.iopub.all() {
		if p.wants(topic) {
			p.send(frames, droppable)
		}
	}
}

// encode makes a signed message of the kernel; r is the request it belongs to, if any.
func (k *Kernel) encode(r *request, typ string, content any, meta map[string]any, buffers [][]byte) ([][]byte, error) {
	m := &Message{Header: Header{ID: newID(), Username: k.user, Session: k.id, Date: now(), Type: typ, Version: ProtocolVersion}, Buffers: buffers}
	if r != nil {
		m.Parent = r.RawHeader
	}
	var err error
	if m.Content, err = marshal(content); err != nil {
		return nil, err
	}
	if len(meta) > 0 {
		if m.Metadata, err = marshal(meta); err != nil {
			return nil, err
		}
	}
	return k.signer.Encode(m)
}

// marshal is json.Marshal without its escapes for HTML, which make displays longer.
func marshal(v any) ([]byte, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), err
}

// status publishes busy, idle or starting around a request.
func (k *Kernel) status(r *request, state string) {
	k.publish(r, "status", map[string]string{"execution_state": state}, nil, nil, false)
}

// reply answers a request on the socket that it came from.
func (k *Kernel) reply(r *request, content any) { k.replyWith(r, content, nil) }

func (k *Kernel) replyWith(r *request, content any, meta map[string]any) {
	frames, err := k.encode(r, replyType(r.Header.Type), content, meta, nil)
	if err != nil {
		k.log.Error("a reply could not be encoded", "type", r.Header.Type, "error", err)
		k.replyError(r, "kernel error", err.Error())
		return
	}
	frames = append(append([][]byte{}, r.Identities...), frames...)
	if !r.from.send(frames, false) {
		if p := r.sock.byID(r.from.id); p != nil { // the client is back on a new connection
			p.send(frames, false)
		}
	}
}

func (k *Kernel) replyError(r *request, name, value string) {
	k.reply(r, map[string]any{"status": "error", "ename": name, "evalue": value, "traceback": []string{}})
}

func replyType(request string) string {
	const suffix = "_request"
	if n := len(request) - len(suffix); n > 0 && request[n:] == suffix {
		return request[:n] + "_reply"
	}
	return request + "_reply"
}

// running notes that a cell runs; others that answer beside it restore the busy light afterwards.
func (k *Kernel) running(r *request, on bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if on {
		k.busy = append(k.busy, r)
		return
	}
	for i, b := range k.busy {
		if b == r {
			k.busy = append(k.busy[:i:i], k.busy[i+1:]...)
			return
		}
	}
}

// around publishes busy and idle around a request that is answered beside the running cell. Front ends take the last
// state as the kernel's, so busy is said again for a cell that still runs.
func (k *Kernel) around(r *request, f func()) {
	k.status(r, "busy")
	defer func() {
		k.status(r, "idle")
		k.mu.Lock()
		var still *request
		if n := len(k.busy); n > 0 {
			still = k.busy[n-1]
		}
		if still != nil {
			k.status(still, "busy")
		}
		k.mu.Unlock()
	}()
	f()
}

// shutdown ends the kernel after what waits has been sent.
func (k *Kernel) shutdown() { k.once.Do(func() { close(k.stopped) }) }

// hostname is this machine's name.
func hostname() string {
	h, err := os.Hostname()
	if err != nil {
		return "localhost"
	}
	return h
}
