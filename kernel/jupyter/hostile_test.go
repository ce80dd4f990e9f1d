package jupyter

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// frameHeader is a ZMTP frame's flags and length.
func frameHeader(size uint64, more bool) []byte {
	h := make([]byte, 9)
	h[0] = 2
	if more {
		h[0] |= 1
	}
	binary.BigEndian.PutUint64(h[1:], size)
	return h
}

// greeting is what a ZMTP 3 peer without security says first.
func greeting() []byte {
	g := make([]byte, 64)
	g[0], g[9], g[10] = 0xFF, 0x7F, 3
	copy(g[12:], "NULL")
	return g
}

// ready is the handshake's command with a socket type.
func ready(props string) []byte {
	body := "\x05READY" + props
	return append([]byte{4, byte(len(body))}, body...)
}

const dealerProps = "\x0bSocket-Type\x00\x00\x00\x06DEALER"

func (r *rig) dial(port int, data ...[]byte) net.Conn {
	r.t.Helper()
	c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	for _, d := range data {
		if _, err := c.Write(d); err != nil {
			return c
		}
	}
	return c
}

// alive fails unless a fresh client can run a cell.
func (r *rig) alive() {
	r.t.Helper()
	if reply, out := r.connect().run("print alive"); reply["status"] != "ok" || streams(out, "stdout") != "alive\n" {
		r.t.Fatalf("the kernel is not well: %v", reply)
	}
}

// Whatever a peer sends on the wire, the kernel drops and logs it and serves the others.
func TestHostilePeers(t *testing.T) {
	for name, data := range map[string][][]byte{
		"nothing":                      {},
		"http":                         {[]byte("GET / HTTP/1.1\r\n\r\n" + strings.Repeat("x", 100))},
		"half a greeting":              {greeting()[:20]},
		"huge handshake":               {greeting(), append([]byte{6}, frameHeader(1<<62, false)[1:]...)},
		"property longer than command": {greeting(), ready("\xffSocket-Type")},
		"property without value":       {greeting(), ready("\x0bSocket-Type\x00\x00")},
		"value of 4 GB":                {greeting(), ready("\x0bSocket-Type\xff\xff\xff\xffX")},
		"unknown socket type":          {greeting(), ready("\x0bSocket-Type\x00\x00\x00\x03FOO")},
		"no properties":                {greeting(), ready("")},
		"frame of 4 exabytes":          {greeting(), ready(dealerProps), frameHeader(1<<62, false)},
		"length with the top bit":      {greeting(), ready(dealerProps), frameHeader(1<<63|5, false)},
		"many frames over the limit":   {greeting(), ready(dealerProps), frameHeader(600, true), make([]byte, 600), frameHeader(1<<20, false)},
		"endless small frames":         {greeting(), ready(dealerProps), []byte(strings.Repeat("\x01\x00", maxFrames+10))},
		"reserved flags":               {greeting(), ready(dealerProps), []byte("\xf8\x01x")},
		"a command without a name":     {greeting(), ready(dealerProps), {4, 0}},
		"a command with a false name":  {greeting(), ready(dealerProps), {4, 2, 200, 1}},
		"a ping":                       {greeting(), ready(dealerProps), {4, 7, 4, 'P', 'I', 'N', 'G', 0, 0}},
		"an empty message":             {greeting(), ready(dealerProps), {0, 0}},
	} {
		t.Run(name, func(t *testing.T) {
			r := startKernel(t, 1<<20)
			for _, port := range []int{r.conn.ShellPort, r.conn.IOPubPort, r.conn.HBPort, r.conn.StdinPort, r.conn.Control} {
				r.dial(port, data...)
			}
			r.alive()
		})
	}
}

func TestOversizedMessageIsDroppedAndLogged(t *testing.T) {
	r := startKernel(t, 1<<20)
	peer := r.dial(r.conn.ShellPort, greeting(), ready(dealerProps), frameHeader(1<<20+1, false))
	r.awaitLog("oversized")
	peer.SetReadDeadline(time.Now().Add(patience))
	if _, err := io.Copy(io.Discard, peer); err != nil {
		t.Errorf("the peer was not disconnected: %v", err)
	}
	r.alive()
	// Just below the limit is fine.
	if reply, _ := r.connect().run("// " + strings.Repeat("x", 1<<20-2000)); reply["status"] != "ok" {
		t.Errorf("a large cell: %v", reply)
	}
}

func TestUntrustedMessagesAreDroppedAndLogged(t *testing.T) {
	good := func(c *client) [][]byte {
		frames, err := c.signer.Encode(&Message{Header: Header{ID: newID(), Type: "execute_request", Version: "5.5"}, Content: []byte(`{"code":"print evil"}`)})
		if err != nil {
			t.Fatal(err)
		}
		return frames
	}
	for name, tc := range map[string]struct {
		change func(c *client) [][]byte
		logged string
	}{
		"changed content":   {func(c *client) [][]byte { f := good(c); f[5] = []byte(`{"code":"print worse"}`); return f }, "signature"},
		"no signature":      {func(c *client) [][]byte { f := good(c); f[1] = nil; return f }, "signature"},
		"half a signature":  {func(c *client) [][]byte { f := good(c); f[1] = f[1][:32]; return f }, "signature"},
		"signature not hex": {func(c *client) [][]byte { f := good(c); f[1] = []byte(strings.Repeat("zz", 32)); return f }, "signature"},
		"another key": {func(c *client) [][]byte {
			return func() [][]byte { d := *c; d.signer = NewSigner("guess"); return good(&d) }()
		}, "signature"},
		"no delimiter":      {func(c *client) [][]byte { return good(c)[1:] }, "delimiter"},
		"too few frames":    {func(c *client) [][]byte { return good(c)[:4] }, "frames after the delimiter"},
		"delimiter alone":   {func(c *client) [][]byte { return [][]byte{delimiter} }, "frames after the delimiter"},
		"header no JSON":    {func(c *client) [][]byte { return signed(c, `{"msg_id"`, `{}`) }, "header is not"},
		"header a list":     {func(c *client) [][]byte { return signed(c, `[]`, `{}`) }, "header is not"},
		"header of numbers": {func(c *client) [][]byte { return signed(c, `{"msg_id":1,"msg_type":2}`, `{}`) }, "header:"},
		"header empty":      {func(c *client) [][]byte { return signed(c, `{}`, `{}`) }, "no msg_id"},
		"content null":      {func(c *client) [][]byte { return signed(c, `{"msg_id":"a","msg_type":"execute_request"}`, `null`) }, "content is not"},
		"content not UTF-8": {func(c *client) [][]byte {
			return signed(c, `{"msg_id":"a","msg_type":"nonsense_request"}`, "{\"a\":\"\xff\"}")
		}, "unknown request"},
		"deep content": {func(c *client) [][]byte {
			return signed(c, `{"msg_id":"a","msg_type":"x"}`, `{"a":`+strings.Repeat("[", 200000))
		}, "content is not"},
		"unknown request": {func(c *client) [][]byte { return signed(c, `{"msg_id":"a","msg_type":"make_coffee_request"}`, `{}`) }, "unknown request"},
	} {
		t.Run(name, func(t *testing.T) {
			r := startKernel(t, 0)
			c := r.connect()
			for _, channel := range []string{"shell", "control"} {
				c.sendFrames(channel, tc.change(c))
			}
			r.awaitLog(tc.logged)
			if ran := r.engine.Ran(); len(ran) != 0 {
				t.Errorf("the cell ran: %q", ran)
			}
			if reply, _ := c.run("print alive"); reply["status"] != "ok" {
				t.Errorf("afterwards: %v", reply)
			}
		})
	}
	t.Run("replayed", func(t *testing.T) {
		r := startKernel(t, 0)
		c := r.connect()
		f := good(c)
		c.sendFrames("shell", f)
		c.recv("shell")
		c.sendFrames("shell", f)
		r.awaitLog("seen before")
		c.silent("shell")
		c.sendFrames("control", f)
		c.silent("control")
	})
}

func signed(c *client, header, content string) [][]byte {
	parts := [][]byte{[]byte(header), []byte("{}"), []byte("{}"), []byte(content)}
	sig := []byte(fmt.Sprintf("%x", c.signer.sign(parts...)))
	return append([][]byte{delimiter, sig}, parts...)
}

// A subscriber that stops reading keeps nobody else waiting.
func TestSlowSubscriber(t *testing.T) {
	r := startKernel(t, 0)
	slow := r.dial(r.conn.IOPubPort, greeting(), ready("\x0bSocket-Type\x00\x00\x00\x03SUB"), []byte{0, 1, 1})
	c := r.connect()
	for range 3 {
		if reply, out := c.run("flood 50000"); reply["status"] != "ok" || strings.Count(streams(out, "stdout"), "\n") != 50000 {
			t.Fatalf("a client that reads: %v", reply)
		}
	}
	slow.Close()
	r.alive()
}

// A client that comes back with the same identity gets the reply to what it asked before.
func TestReconnectedClientGetsReply(t *testing.T) {
	r := startKernel(t, 0)
	c := r.connect()
	id := c.execute("print started\ngate")
	c.await(id, "started")
	c.socks["shell"].Close()
	again := r.connectAs(c.session)
	again.reply("shell", again.send("shell", "kernel_info_request", map[string]any{})) // it is known by now
	r.engine.Release()
	if reply := again.reply("shell", id); reply["status"] != "ok" {
		t.Errorf("reply: %v", reply)
	}
}

func TestHeartbeat(t *testing.T) {
	r := startKernel(t, 0)
	hb := r.dial(r.conn.HBPort, greeting(), ready("\x0bSocket-Type\x00\x00\x00\x03REQ"))
	// The kernel's greeting and READY come first; an echo ends with what was sent.
	hb.Write([]byte{1, 0, 0, 4, 'p', 'i', 'n', 'g'})
	hb.SetReadDeadline(time.Now().Add(patience))
	var got []byte
	buf := make([]byte, 256)
	for !strings.HasSuffix(string(got), "\x01\x00\x00\x04ping") {
		n, err := hb.Read(buf)
		if err != nil {
			t.Fatalf("no echo: %v after %q", err, got)
		}
		got = append(got, buf[:n]...)
	}
}
