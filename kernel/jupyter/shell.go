package jupyter

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"gosft/kernel/session"
)

// helpTime bounds a question about code.
const helpTime = 20 * time.Second

// handleShell answers a request of the shell socket. Cells go to the session's queue and comm messages to a queue of
// their own; everything else is answered beside them, so that nothing waits for the running cell.
func (k *Kernel) handleShell(r *request) {
	switch r.Header.Type {
	case "execute_request":
		k.execute(r)
	case "comm_open", "comm_msg", "comm_close":
		select {
		case k.comms <- *r:
		default:
			k.log.Warn("dropped a comm message: the program does not take them", "waiting", len(k.comms))
		}
	case "kernel_info_request":
		k.around(r, func() { k.reply(r, k.info()) })
	case "connect_request":
		k.around(r, func() { k.reply(r, k.connect()) })
	case "comm_info_request":
		k.around(r, func() { k.commInfo(r) })
	case "complete_request":
		go k.around(r, func() { k.complete(r) })
	case "inspect_request":
		go k.around(r, func() { k.inspect(r) })
	case "is_complete_request":
		go k.around(r, func() { k.isComplete(r) })
	case "history_request":
		go k.around(r, func() { k.history(r) })
	case "shutdown_request", "interrupt_request": // older clients send them here
		k.handleControl(r)
	default:
		k.log.Warn("unknown request", "socket", r.sock.name, "type", r.Header.Type)
	}
}

// execute queues a cell.
func (k *Kernel) execute(r *request) {
	var req session.ExecuteRequest
	if err := json.Unmarshal(r.Content, &req); err != nil {
		k.around(r, func() { k.replyError(r, "malformed request", err.Error()) })
		return
	}
	var started string
	err := k.session.Submit(r.Header.SubshellID, session.Task{
		Origin:  r,
		Request: req,
		Begin: func() {
			started = now()
			k.running(r, true)
			k.status(r, "busy")
		},
		Done: func(reply session.ExecuteReply) {
			k.running(r, false)
			k.replyWith(r, reply, map[string]any{"started": started, "dependencies_met": true, "engine": k.id, "status": reply.Status})
			k.status(r, "idle")
		},
	})
	if err != nil {
		k.around(r, func() { k.replyError(r, "no such subshell", err.Error()) })
	}
}

func (k *Kernel) info() map[string]any {
	return map[string]any{
		"status":                 "ok",
		"protocol_version":       ProtocolVersion,
		"implementation":         "gosft",
		"implementation_version": k.cfg.Version,
		"banner":                 k.cfg.Banner,
		"debugger":               true,
		"supported_features":     []string{"kernel subshells", "debugger"},
		"language_info": map[string]any{
			"name": "go", "version": k.cfg.GoVersion, "mimetype": "text/x-go", "file_extension": ".go",
			"pygments_lexer": "go", "codemirror_mode": "go", "nbconvert_exporter": "script",
		},
		"help_links": []map[string]string{
			{"text": "Go language", "url": "https://go.dev/ref/spec"},
			{"text": "Go standard library", "url": "https://pkg.go.dev/std"},
			{"text": "GoMLX", "url": "https://pkg.go.dev/github.com/gomlx/gomlx"},
		},
	}
}

func (k *Kernel) connect() map[string]any {
	c := k.conn
	return map[string]any{"status": "ok", "shell_port": c.ShellPort, "iopub_port": c.IOPubPort, "stdin_port": c.StdinPort,
		"hb_port": c.HBPort, "control_port": c.Control}
}

// cursor is the content of requests about a place in code.
type cursor struct {
	Code   string `json:"code"`
	Pos    *int   `json:"cursor_pos"`
	Detail int    `json:"detail_level"`
}

func (k *Kernel) readCursor(r *request) (cursor, bool) {
	var c cursor
	if err := json.Unmarshal(r.Content, &c); err != nil {
		k.replyError(r, "malformed request", err.Error())
		return c, false
	}
	if n := len([]rune(c.Code)); c.Pos == nil || *c.Pos > n || *c.Pos < 0 {
		c.Pos = &n
	}
	return c, true
}

func (k *Kernel) complete(r *request) {
	c, ok := k.readCursor(r)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), helpTime)
	defer cancel()
	res, err := k.session.Complete(ctx, c.Code, *c.Pos)
	if err != nil {
		k.replyError(r, "completion failed", err.Error())
		return
	}
	meta := map[string]any{}
	if len(res.Items) > 0 {
		var items []map[string]any
		for _, it := range res.Items {
			m := map[string]any{"text": it.Text, "type": it.Type, "start": it.Start, "end": it.End}
			if it.Signature != "" {
				m["signature"] = it.Signature
			}
			items = append(items, m)
		}
		meta["_jupyter_types_experimental"] = items
	}
	matches := res.Matches
	if matches == nil {
		matches = []string{}
	}
	k.reply(r, map[string]any{"status": "ok", "matches": matches, "cursor_start": res.Start, "cursor_end": res.End, "metadata": meta})
}

func (k *Kernel) inspect(r *request) {
	c, ok := k.readCursor(r)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), helpTime)
	defer cancel()
	res, err := k.session.Inspect(ctx, c.Code, *c.Pos, c.Detail)
	if err != nil && !errors.Is(err, session.ErrBusy) {
		k.replyError(r, "inspection failed", err.Error())
		return
	}
	data := res.Data
	if data == nil {
		data = session.Bundle{}
	}
	k.reply(r, map[string]any{"status": "ok", "found": res.Found, "data": data, "metadata": map[string]any{}})
}

func (k *Kernel) isComplete(r *request) {
	c, ok := k.readCursor(r)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), helpTime)
	defer cancel()
	res := k.session.IsComplete(ctx, c.Code)
	m := map[string]any{"status": res.Status}
	if res.Status == "incomplete" {
		m["indent"] = res.Indent
	}
	k.reply(r, m)
}

func (k *Kernel) history(r *request) {
	req := session.HistoryRequest{Start: 1}
	if err := json.Unmarshal(r.Content, &req); err != nil {
		k.replyError(r, "malformed request", err.Error())
		return
	}
	entries, err := k.session.History(req)
	if err != nil {
		k.replyError(r, "history failed", err.Error())
		return
	}
	k.reply(r, map[string]any{"status": "ok", "history": entries})
}
