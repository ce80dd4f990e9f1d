package jupyter

import (
	"context"
	"encoding/json"
	"sync"

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
	p := k.stdin.byID(identity)
	if p == nil {
		peers := k.stdin.all()
		if len(peers) != 1 {
			return "", session.ErrNoInput
		}
		p = peers[0]
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
