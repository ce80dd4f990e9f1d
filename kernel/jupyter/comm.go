package jupyter

import (
	"encoding/json"

	"gosft/kernel/session"
)

// commInfo lists open comms.
func (k *Kernel) commInfo(r *request) {
	var c struct {
		Target string `json:"target_name"`
	}
	if err := json.Unmarshal(r.Content, &c); err != nil {
		k.replyError(r, "malformed request", err.Error())
		return
	}
	comms := map[string]any{}
	for id, target := range k.session.Comms(c.Target) {
		comms[id] = map[string]string{"target_name": target}
	}
	k.reply(r, map[string]any{"status": "ok", "comms": comms})
}

// forwardComms hands comm messages to the program in the order in which they came, also while a cell runs.
func (k *Kernel) forwardComms() {
	for {
		select {
		case <-k.stopped:
			return
		case r := <-k.comms:
			k.around(&r, func() { k.forwardComm(&r) })
		}
	}
}

func (k *Kernel) forwardComm(r *request) {
	var c struct {
		ID     string `json:"comm_id"`
		Target string `json:"target_name"`
		Data   any    `json:"data"`
	}
	if err := json.Unmarshal(r.Content, &c); err != nil || c.ID == "" {
		k.log.Warn("dropped a comm message", "error", err)
		return
	}
	var meta map[string]any
	if len(r.Metadata) > 0 {
		_ = json.Unmarshal(r.Metadata, &meta) // Decode saw that it is an object
	}
	kind := r.Header.Type[len("comm_"):]
	m := session.Comm{Kind: kind, ID: c.ID, Target: c.Target, Data: c.Data, Metadata: meta, Buffers: r.Buffers}
	if err := k.session.CommFromFrontend(m); err != nil {
		k.log.Warn("comm message not delivered", "comm", c.ID, "error", err)
		if kind == "open" { // the protocol's answer to a target nobody knows
			k.Publish(r, session.Message{Type: "comm_close", Content: session.CommContent{ID: c.ID, Data: map[string]any{}}})
		}
	}
}
