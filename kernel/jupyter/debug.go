package jupyter

import (
	"encoding/json"
	"sync"
)

// debugger answers as much of the debug adapter protocol as JupyterLab's variables panel asks for. Breakpoints are
// accepted and reported as not verified: cells run as native code without a debugger.
type debugger struct {
	mu      sync.Mutex
	seq     int
	started bool
}

// answer replies to a debug_request.
func (d *debugger) answer(k *Kernel, r *request) {
	var req struct {
		Seq       int             `json:"seq"`
		Command   string          `json:"command"`
		Arguments json.RawMessage `json:"arguments"`
	}
	if err := json.Unmarshal(r.Content, &req); err != nil {
		k.replyError(r, "malformed request", err.Error())
		return
	}
	d.mu.Lock()
	d.seq++
	resp := map[string]any{"seq": d.seq, "type": "response", "request_seq": req.Seq, "command": req.Command, "success": true}
	switch req.Command {
	case "initialize", "attach":
		d.started = true
	case "disconnect", "terminate":
		d.started = false
	}
	started := d.started
	d.mu.Unlock()
	switch req.Command {
	case "debugInfo":
		resp["body"] = map[string]any{"isStarted": started, "hashMethod": "Murmur2", "hashSeed": 0xc70f6907, "tmpFilePrefix": "",
			"tmpFileSuffix": ".go", "breakpoints": []any{}, "stoppedThreads": []any{}, "richRendering": false, "exceptionPaths": []string{}, "copyToGlobals": false}
	case "initialize":
		resp["body"] = map[string]any{"supportsConfigurationDoneRequest": true, "supportsSetVariable": false}
	case "inspectVariables":
		resp["body"] = map[string]any{"variables": d.variables(k)}
	case "richInspectVariables":
		d.rich(k, req.Arguments, resp)
	case "variables", "modules", "threads":
		key := req.Command
		resp["body"] = map[string]any{key: []any{}}
	case "source":
		resp["body"] = map[string]any{"content": ""}
	case "stackTrace":
		resp["body"] = map[string]any{"stackFrames": []any{}, "totalFrames": 0}
	case "dumpCell":
		resp["body"] = map[string]any{"sourcePath": ""}
	case "setBreakpoints":
		resp["body"] = map[string]any{"breakpoints": []any{}}
	case "attach", "disconnect", "terminate", "configurationDone", "setExceptionBreakpoints":
		resp["body"] = map[string]any{}
	default:
		resp["success"], resp["message"] = false, "this kernel has no "+req.Command+": it shows variables, but does not stop in cells"
	}
	k.reply(r, resp)
	if req.Command == "initialize" {
		k.publish(r, "debug_event", map[string]any{"seq": 0, "type": "event", "event": "initialized"}, nil, nil, false)
	}
}

func (d *debugger) variables(k *Kernel) []map[string]any {
	vars := []map[string]any{}
	for _, v := range k.session.Vars() {
		vars = append(vars, map[string]any{"name": v.Name, "value": v.Value, "type": v.Type, "evaluateName": v.Name, "variablesReference": 0})
	}
	return vars
}

func (d *debugger) rich(k *Kernel, args json.RawMessage, resp map[string]any) {
	var a struct {
		Name string `json:"variableName"`
	}
	_ = json.Unmarshal(args, &a)
	for _, v := range k.session.Vars() {
		if v.Name == a.Name {
			resp["body"] = map[string]any{"data": map[string]any{"text/plain": v.Value}, "metadata": map[string]any{}}
			return
		}
	}
	resp["success"], resp["message"] = false, "there is no variable "+a.Name
}
