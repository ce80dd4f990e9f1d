package jupyter

import (
	"encoding/json"
)

// handleControl answers a request of the control socket, whatever the shell is doing.
func (k *Kernel) handleControl(r *request) {
	switch r.Header.Type {
	case "interrupt_request":
		k.around(r, func() {
			k.session.Interrupt()
			k.reply(r, map[string]any{"status": "ok"})
		})
	case "shutdown_request":
		var c struct {
			Restart bool `json:"restart"`
		}
		_ = json.Unmarshal(r.Content, &c) // without a word on restart it is a shutdown
		content := map[string]any{"status": "ok", "restart": c.Restart}
		k.around(r, func() {
			k.reply(r, content)
			k.publish(r, "shutdown_reply", content, nil, nil, false)
		})
		k.shutdown()
	case "kernel_info_request":
		k.around(r, func() { k.reply(r, k.info()) })
	case "connect_request":
		k.around(r, func() { k.reply(r, k.connect()) })
	case "comm_info_request":
		k.around(r, func() { k.commInfo(r) })
	case "usage_request": // these two may wait for something, and an interrupt must not wait for them
		go k.around(r, func() { k.reply(r, k.usage.content()) })
	case "debug_request":
		go k.around(r, func() { k.debug.answer(k, r) })
	case "create_subshell_request":
		k.around(r, func() { k.reply(r, map[string]any{"status": "ok", "subshell_id": k.session.CreateSubshell()}) })
	case "delete_subshell_request":
		k.around(r, func() { k.deleteSubshell(r) })
	case "list_subshell_request":
		k.around(r, func() { k.reply(r, map[string]any{"status": "ok", "subshell_id": k.session.Subshells()}) })
	default:
		k.log.Warn("unknown request", "socket", r.sock.name, "type", r.Header.Type)
	}
}

func (k *Kernel) deleteSubshell(r *request) {
	var c struct {
		ID string `json:"subshell_id"`
	}
	if err := json.Unmarshal(r.Content, &c); err != nil {
		k.replyError(r, "malformed request", err.Error())
		return
	}
	if err := k.session.DeleteSubshell(c.ID); err != nil {
		k.replyError(r, "no such subshell", err.Error())
		return
	}
	k.reply(r, map[string]any{"status": "ok"})
}
