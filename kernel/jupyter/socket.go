package jupyter

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/go-zeromq/zmq4"
	"github.com/go-zeromq/zmq4/security/null"
)

// Our sockets stand on zmq4.Conn, which does ZMTP's handshake and framing, and not on zmq4.Socket: there one peer that
// says nothing keeps all others from connecting, one that does not read holds up the rest, a false length or property
// in a handshake ends the process, and an XPUB socket never tells of subscriptions.

const (
	handshakeTime = 10 * time.Second
	lingerTime    = time.Second
	// slowBytes is how much may wait for a peer that does not read before output to it is dropped.
	slowBytes = 128 << 20
)

// socket is a listening socket with its peers.
type socket struct {
	name string
	typ  zmq4.SocketType
	max  int
	log  *slog.Logger
	ln   net.Listener
	// onMessage is called in the peer's reading goroutine.
	onMessage func(*peer, [][]byte)
	onConnect func(*peer)

	mu     sync.Mutex
	peers  []*peer
	closed bool
	wg     sync.WaitGroup
}

// listen opens the socket's address; accept starts it.
func listen(name string, typ zmq4.SocketType, network, addr string, max int, log *slog.Logger) (*socket, error) {
	ln, err := net.Listen(network, addr)
	if err != nil {
		return nil, fmt.Errorf("%s socket: %w", name, err)
	}
	if network == "unix" {
		if err := os.Chmod(addr, 0o600); err != nil {
			ln.Close()
			return nil, fmt.Errorf("%s socket: %w", name, err)
		}
	}
	return &socket{name: name, typ: typ, max: max, log: log.With("socket", name), ln: ln}, nil
}

func (s *socket) accept() {
	for {
		c, err := s.ln.Accept()
		if err != nil {
			s.mu.Lock()
			closed := s.closed
			s.mu.Unlock()
			if closed || errors.Is(err, net.ErrClosed) {
				return
			}
			s.log.Warn("accept", "error", err)
			time.Sleep(50 * time.Millisecond)
			continue
		}
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			s.serve(c)
		}()
	}
}

// serve shakes hands with a peer and reads from it until it leaves.
func (s *socket) serve(c net.Conn) {
	g := newGuard(c, s.max)
	defer g.Close()
	defer func() {
		if r := recover(); r != nil { // zmq4 trusts lengths inside a handshake's properties
			s.log.Warn("dropped a peer", "from", c.RemoteAddr(), "error", fmt.Sprint(ErrMalformed, ": ", r))
		}
	}()
	c.SetDeadline(time.Now().Add(handshakeTime))
	hs := &switchable{Conn: handshaking{g}}
	zc, err := zmq4.Open(hs, null.Security(), s.typ, nil, true, nil)
	if err != nil {
		s.log.Warn("dropped a peer", "from", c.RemoteAddr(), "error", err)
		return
	}
	c.SetDeadline(time.Time{})
	hs.Conn = g
	p := &peer{s: s, g: g, conn: zc, id: []byte(zc.Peer.Meta["Identity"]), done: make(chan struct{})}
	p.cond = sync.NewCond(&p.mu)
	if !s.add(p) {
		return
	}
	go p.write()
	defer s.remove(p)
	if s.onConnect != nil {
		s.onConnect(p)
	}
	for {
		m, err := zc.RecvMsg()
		if err != nil {
			if strings.Contains(err.Error(), "oversized") || errors.Is(err, ErrMalformed) {
				s.log.Warn("dropped a peer", "from", c.RemoteAddr(), "error", err)
			}
			return
		}
		if m.Type == zmq4.CmdMsg || len(m.Frames) == 0 {
			g.flush() // a PING was answered
			continue
		}
		s.onMessage(p, m.Frames)
	}
}

func (s *socket) add(p *peer) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.peers = append(s.peers, p)
	return true
}

func (s *socket) remove(p *peer) {
	s.mu.Lock()
	for i, q := range s.peers {
		if q == p {
			s.peers = append(s.peers[:i:i], s.peers[i+1:]...)
			break
		}
	}
	s.mu.Unlock()
	p.leave()
}

// all is a copy of the list of peers, in the order in which they came.
func (s *socket) all() []*peer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*peer(nil), s.peers...)
}

// byID finds the latest peer with an identity; nil when there is none.
func (s *socket) byID(id []byte) *peer {
	peers := s.all()
	for i := len(peers) - 1; i >= 0; i-- {
		if len(id) > 0 && string(peers[i].id) == string(id) {
			return peers[i]
		}
	}
	return nil
}

// close sends what waits, as far as peers take it in time, and ends the socket.
func (s *socket) close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	s.ln.Close()
	ctx, cancel := context.WithTimeout(context.Background(), lingerTime)
	defer cancel()
	for _, p := range s.all() {
		p.drain(ctx)
		p.g.Close()
	}
	s.wg.Wait()
}

// peer is one connected client.
type peer struct {
	s    *socket
	g    *guard
	conn *zmq4.Conn
	id   []byte // routing identity it announced; may be empty

	mu      sync.Mutex
	cond    *sync.Cond
	queue   [][][]byte
	bytes   int
	writing bool
	gone    bool
	dropped int
	topics  map[string]bool // of a subscriber
	done    chan struct{}
}

// send queues a message. One that is droppable is left out while the peer is far behind. It returns false when the
// peer has left.
func (p *peer) send(frames [][]byte, droppable bool) bool {
	n := 0
	for _, f := range frames {
		n += len(f)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.gone {
		return false
	}
	if droppable && p.bytes > slowBytes {
		if p.dropped++; p.dropped == 1 {
			p.s.log.Warn("a client does not read; output to it is dropped", "waiting", p.bytes)
		}
		return true
	}
	p.queue = append(p.queue, frames)
	p.bytes += n
	p.cond.Broadcast()
	return true
}

// write sends what is queued, until the peer leaves.
func (p *peer) write() {
	defer close(p.done)
	for {
		p.mu.Lock()
		p.writing = false
		p.cond.Broadcast()
		for len(p.queue) == 0 && !p.gone {
			p.cond.Wait()
		}
		if p.gone {
			p.mu.Unlock()
			return
		}
		batch := p.queue
		p.queue, p.writing = nil, true
		p.mu.Unlock()
		for _, frames := range batch {
			n := 0
			for _, f := range frames {
				n += len(f)
			}
			if err := p.conn.SendMsg(zmq4.NewMsgFrom(frames...)); err != nil {
				p.g.Close()
				p.leave()
				return
			}
			p.mu.Lock()
			if p.bytes -= n; p.bytes < slowBytes/2 {
				p.dropped = 0
			}
			p.mu.Unlock()
		}
		if err := p.g.flush(); err != nil {
			p.g.Close()
			p.leave()
			return
		}
	}
}

func (p *peer) leave() {
	p.mu.Lock()
	p.gone = true
	p.queue = nil
	p.cond.Broadcast()
	p.mu.Unlock()
}

// drain waits until all that is queued has been written.
func (p *peer) drain(ctx context.Context) {
	stop := context.AfterFunc(ctx, p.leave)
	defer stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for (len(p.queue) > 0 || p.writing) && !p.gone {
		p.cond.Wait()
	}
}

// subscribe follows a subscriber's (un)subscription; it returns the topic when it is a new one.
func (p *peer) subscribe(frames [][]byte) (topic string, isNew bool) {
	if len(frames) != 1 || len(frames[0]) == 0 || frames[0][0] > 1 {
		return "", false
	}
	topic = string(frames[0][1:])
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.topics == nil {
		p.topics = map[string]bool{}
	}
	if frames[0][0] == 0 {
		delete(p.topics, topic)
		return "", false
	}
	isNew = !p.topics[topic] && len(p.topics) < 1024
	if isNew {
		p.topics[topic] = true
	}
	return topic, isNew
}

func (p *peer) wants(topic string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for t := range p.topics {
		if strings.HasPrefix(topic, t) {
			return true
		}
	}
	return false
}

// switchable lets the connection under a zmq4.Conn change after the handshake.
type switchable struct{ net.Conn }
