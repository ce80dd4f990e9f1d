package jupyter

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"gosft/kernel/session"
)

// prompter matches replies on stdin with the cells that wait for them.
type prompter struct {
	mu      sync.Mutex
	waiting map[string]chan string // by msg_id of the input_request
	order   []string
}

// Input implements session.Frontend: it asks the client that sent the cell. One that does not listen on stdin cannot be
// asked.
func (k *Kernel) Input(ctx context.Context, o session.Origin, prompt string, password bool) (string, error) {
	r, _ := o.(*request)
	if r == nil {
		return "", session.ErrNoInput
	}
	var identity []byte
	if len(r.Identities) > 0 {
		identity = r.Identities[0]
	} else {
		identity = r.from.id
	}
	p := k.stdinPeer(ctx, identity)
	if p == nil {
		return "", session.ErrNoInput
	}
	frames, err := k.encode(r, "input_request", map[string]any{"prompt": prompt, "password": password}, nil, nil)
	if err != nil {
		return "", err
	}
	var h Header
	if err := json.Unmarshal(frames[2], &h); err != nil {
		return "", err
	}
	answer := make(chan string, 1)
	k.prompt.mu.Lock()
	k.prompt.waiting[h.ID] = answer
	k.prompt.order = append(k.prompt.order, h.ID)
	k.prompt.mu.Unlock()
	defer k.prompt.forget(h.ID)
	if !p.send(frames, false) {
		return "", session.ErrNoInput
	}
	select {
	case v := <-answer:
		return v, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// stdinTime is how long a prompt waits for its client's connection on stdin: the sockets of one client shake hands each in
// its own time, and the first cell can be faster.
const stdinTime = 3 * time.Second

// stdinPeer finds the client with an identity on stdin, or the only one there; nil when none comes in time.
func (k *Kernel) stdinPeer(ctx context.Context, identity []byte) *peer {
	for end := time.Now().Add(stdinTime); ; {
		if p := k.stdin.byID(identity); p != nil {
			return p
		}
		if peers := k.stdin.all(); len(peers) == 1 {
			return peers[0]
		}
		if ctx.Err() != nil || time.Now().After(end) {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func (p *prompter) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.waiting, id)
	for i, w := range p.order {
		if w == id {
			p.order = append(p.order[:i:i], p.order[i+1:]...)
			return
		}
	}
}

// onStdin takes input_reply messages. Clients differ in whether they name the request as parent: one that does not
// answers the oldest.
func (k *Kernel) onStdin(_ *peer, frames [][]byte) {
	m, err := k.signer.Decode(frames)
	if err != nil {
		k.log.Warn("dropped a message", "socket", "stdin", "error", err)
		return
	}
	var c struct {
		Value string `json:"value"`
	}
	if m.Header.Type != "input_reply" || json.Unmarshal(m.Content, &c) != nil {
		k.log.Warn("dropped a message", "socket", "stdin", "type", m.Header.Type)
		return
	}
	var parent Header
	_ = json.Unmarshal(m.Parent, &parent)
	k.prompt.mu.Lock()
	defer k.prompt.mu.Unlock()
	ch := k.prompt.waiting[parent.ID]
	if ch == nil && len(k.prompt.order) > 0 {
		ch = k.prompt.waiting[k.prompt.order[0]]
	}
	if ch == nil {
		k.log.Warn("an input_reply that nobody waits for")
		return
	}
	select {
	case ch <- c.Value:
	default:
	}
}
