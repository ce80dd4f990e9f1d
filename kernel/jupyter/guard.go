package jupyter

import (
	"bufio"
	"fmt"
	"net"
	"sync"
)

// guard stands between a connection and zmq4.Conn. It reads ZMTP's framing along and refuses a frame before room for it
// is made: zmq4 believes any length that a peer claims. It also gathers writes, so that a message is one packet.
type guard struct {
	net.Conn
	in *bufio.Reader

	max    uint64 // bytes in all frames of a message
	state  int
	need   int    // bytes still to come in this state
	size   uint64 // of the present frame, while it is read
	total  uint64 // of the present message
	frames int
	more   bool

	wmu sync.Mutex
	out *bufio.Writer
}

const (
	inGreeting = iota
	inFlags
	inShort
	inLong
	inBody
)

// maxFrames is how many frames a message may have.
const maxFrames = 4096

func newGuard(c net.Conn, max int) *guard {
	return &guard{Conn: c, in: bufio.NewReaderSize(c, 16<<10), out: bufio.NewWriterSize(c, 32<<10), max: uint64(max), state: inGreeting, need: 64}
}

// Read implements net.Conn. Nothing of a read that crosses the limit is handed on.
func (g *guard) Read(p []byte) (int, error) {
	n, err := g.in.Read(p)
	if bad := g.follow(p[:n]); bad != nil {
		g.Conn.Close()
		return 0, bad
	}
	return n, err
}

// follow advances through the framing by the bytes just read.
func (g *guard) follow(p []byte) error {
	for len(p) > 0 {
		switch g.state {
		case inGreeting, inBody:
			n := min(g.need, len(p))
			g.need -= n
			p = p[n:]
			if g.need == 0 {
				g.state = inFlags
			}
			continue
		case inFlags:
			g.more = p[0]&1 != 0
			g.state, g.need, g.size = inShort, 1, 0
			if p[0]&2 != 0 {
				g.state, g.need = inLong, 8
			}
			if p[0]&^7 != 0 {
				return fmt.Errorf("%w: frame flags %#x", ErrMalformed, p[0])
			}
			p = p[1:]
			continue
		}
		g.size = g.size<<8 | uint64(p[0])
		p = p[1:]
		if g.need--; g.need > 0 {
			continue
		}
		g.frames++
		if g.size > g.max || g.total+g.size > g.max || g.frames > maxFrames {
			return fmt.Errorf("oversized message: %d frames with %d bytes and more; the limit is %d frames, %d bytes", g.frames, g.total+g.size, maxFrames, g.max)
		}
		g.total += g.size
		if !g.more {
			g.total, g.frames = 0, 0
		}
		g.state, g.need = inBody, int(g.size)
		if g.need == 0 {
			g.state = inFlags
		}
	}
	return nil
}

// Write implements net.Conn; it gathers until flush.
func (g *guard) Write(p []byte) (int, error) {
	g.wmu.Lock()
	defer g.wmu.Unlock()
	return g.out.Write(p)
}

func (g *guard) flush() error {
	g.wmu.Lock()
	defer g.wmu.Unlock()
	return g.out.Flush()
}

// handshaking is the connection during the handshake, where each write has to leave at once.
type handshaking struct{ *guard }

func (h handshaking) Write(p []byte) (int, error) {
	n, err := h.guard.Write(p)
	if err != nil {
		return n, err
	}
	return n, h.flush()
}
