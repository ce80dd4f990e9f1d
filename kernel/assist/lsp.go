package assist

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"sync"
)

// conn speaks JSON-RPC 2.0 with headers, as language servers do, over a pair of streams.
type conn struct {
	out io.WriteCloser

	mu      sync.Mutex
	next    int
	waiting map[int]chan reply
	err     error // why the connection ended
	done    chan struct{}
}

type reply struct {
	Result json.RawMessage
	Error  *rpcError
}

type rpcError struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

func (e *rpcError) Error() string { return fmt.Sprintf("gopls: %s (%d)", e.Message, e.Code) }

type rpcMessage struct {
	ID     *json.RawMessage `json:"id,omitempty"`
	Method string           `json:"method,omitempty"`
	Params json.RawMessage  `json:"params,omitempty"`
	Result json.RawMessage  `json:"result,omitempty"`
	Error  *rpcError        `json:"error,omitempty"`
}

// newConn starts reading from in. The server's own requests are answered by serve, which must return soon.
func newConn(in io.Reader, out io.WriteCloser, serve func(method string, params json.RawMessage) any) *conn {
	c := &conn{out: out, waiting: map[int]chan reply{}, done: make(chan struct{})}
	go c.read(bufio.NewReader(in), serve)
	return c
}

// maxMessage bounds what a broken server can make this process hold: 64 MB.
const maxMessage = 64 << 20

func (c *conn) read(in *bufio.Reader, serve func(string, json.RawMessage) any) {
	fail := func(err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.err = fmt.Errorf("gopls ended: %w", err)
		close(c.done)
	}
	for {
		head, err := textproto.NewReader(in).ReadMIMEHeader()
		if err != nil {
			fail(err)
			return
		}
		n, err := strconv.Atoi(head.Get("Content-Length"))
		if err != nil || n < 0 || n > maxMessage {
			fail(fmt.Errorf("a message of %q bytes", head.Get("Content-Length")))
			return
		}
		body := make([]byte, n)
		if _, err := io.ReadFull(in, body); err != nil {
			fail(err)
			return
		}
		var m rpcMessage
		if err := json.Unmarshal(body, &m); err != nil {
			fail(err)
			return
		}
		switch {
		case m.Method != "" && m.ID != nil:
			result, err := json.Marshal(serve(m.Method, m.Params))
			if err != nil {
				result = []byte("null")
			}
			c.write(map[string]any{"jsonrpc": "2.0", "id": m.ID, "result": json.RawMessage(result)})
		case m.Method != "":
			serve(m.Method, m.Params)
		case m.ID != nil:
			id, err := strconv.Atoi(string(*m.ID))
			if err != nil {
				continue
			}
			c.mu.Lock()
			wait := c.waiting[id]
			delete(c.waiting, id)
			c.mu.Unlock()
			if wait != nil {
				wait <- reply{m.Result, m.Error}
			}
		}
	}
}

func (c *conn) write(v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return c.err
	}
	_, err = fmt.Fprintf(c.out, "Content-Length: %d\r\n\r\n%s", len(body), body)
	return err
}

// notify sends a message that has no answer.
func (c *conn) notify(method string, params any) error {
	return c.write(map[string]any{"jsonrpc": "2.0", "method": method, "params": params})
}

// call sends a request and puts its answer into result. When ctx is done first the server is told to give up.
func (c *conn) call(ctx context.Context, method string, params, result any) error {
	wait := make(chan reply, 1)
	c.mu.Lock()
	c.next++
	id := c.next
	c.waiting[id] = wait
	c.mu.Unlock()
	if err := c.write(map[string]any{"jsonrpc": "2.0", "id": id, "method": method, "params": params}); err != nil {
		c.forget(id)
		return err
	}
	select {
	case r := <-wait:
		if r.Error != nil {
			return r.Error
		}
		if result == nil || len(r.Result) == 0 {
			return nil
		}
		return json.Unmarshal(r.Result, result)
	case <-ctx.Done():
		c.forget(id)
		c.notify("$/cancelRequest", map[string]any{"id": id})
		return ctx.Err()
	case <-c.done:
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.err
	}
}

func (c *conn) forget(id int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
}

// failure is why the connection ended, nil while it lives.
func (c *conn) failure() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

func (c *conn) alive() bool {
	select {
	case <-c.done:
		return false
	default:
		return true
	}
}

var errNoServer = errors.New("gopls is not there")
