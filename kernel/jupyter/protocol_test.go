package jupyter

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"gosft/kernel/session"
)

func TestExecute(t *testing.T) {
	c := startKernel(t, 0).connect()
	for _, tc := range []struct {
		code   string
		status string
		types  string
		stdout string
	}{
		{"print hi", "ok", "execute_input stream", "hi\n"},
		{"result 42", "ok", "execute_input execute_result", ""},
		{"print a\nresult 1", "ok", "execute_input stream execute_result", "a\n"},
		{"print a\nwarn b\nprint c\nhtml <i>\nprint d", "ok", "execute_input stream stream stream display_data stream", "a\nc\nd\n"},
		{"print a\nerror bad", "error", "execute_input stream error", "a\n"},
		{"panic", "error", "execute_input error", ""},
		{"", "ok", "execute_input", ""},
		{"display d1 first\nupdate d1 second", "ok", "execute_input display_data", ""}, // folded
		{"display d2 first\nsleep 120ms\nupdate d2 a\nupdate d2 b", "ok", "execute_input display_data update_display_data", ""},
		{"print gone\nclear\nprint stays", "ok", "execute_input clear_output stream", "stays\n"},
		{`raw 10%\r20%\r30%`, "ok", "execute_input stream", "30%"},
	} {
		reply, out := c.run(tc.code)
		for range 5 { // on a busy machine what should be folded can be too far apart
			if strings.Contains(tc.code, "update") && types(out) != tc.types {
				reply, out = c.run(tc.code)
			}
		}
		if reply["status"] != tc.status || types(out) != tc.types || streams(out, "stdout") != tc.stdout {
			t.Errorf("%q: %v, %s, %q; want %s, %s, %q", tc.code, reply["status"], types(out), streams(out, "stdout"), tc.status, tc.types, tc.stdout)
		}
	}
}

func TestExecuteOptions(t *testing.T) {
	r := startKernel(t, 0)
	c := r.connect()
	reply, _ := c.run("print a")
	if reply["execution_count"] != 1.0 {
		t.Errorf("first count: %v", reply["execution_count"])
	}
	if reply, out := c.run("print hush\nresult 1", "silent", true); reply["status"] != "ok" || len(out) != 0 {
		t.Errorf("silent: %v, published %s", reply, types(out))
	}
	if reply, out := c.run("print kept\nerror x", "store_history", false); reply["execution_count"] != 1.0 || types(out) != "execute_input stream error" {
		t.Errorf("not stored: %v, %s", reply, types(out))
	} else if s := fmt.Sprint(reply["traceback"]); strings.Contains(s, "1000") || !strings.Contains(s, "In[*]") {
		t.Errorf("the hidden number shows: %s", s)
	}
	reply, _ = c.run("print b", "user_expressions", map[string]string{"a": "result 7", "b": "error no"})
	if reply["execution_count"] != 2.0 {
		t.Errorf("count after silent and unstored cells: %v, want 2", reply["execution_count"])
	}
	ue := reply["user_expressions"].(map[string]any)
	a, b := ue["a"].(map[string]any), ue["b"].(map[string]any)
	if a["status"] != "ok" || a["data"].(map[string]any)["text/plain"] != "7" || b["status"] != "error" || b["evalue"] != "no" {
		t.Errorf("user_expressions: %v", ue)
	}
	id := c.send("shell", "history_request", session.HistoryRequest{Type: "range", Start: 1, Output: true})
	h := c.reply("shell", id)["history"].([]any)
	if len(h) != 2 || h[0].([]any)[2].([]any)[0] != "print a" || h[1].([]any)[1] != 2.0 {
		t.Errorf("history holds what is stored only: %v", h)
	}
	id = c.send("shell", "execute_request", map[string]any{"code": 5})
	if reply := c.reply("shell", id); reply["status"] != "error" {
		t.Errorf("code that is no text: %v", reply)
	}
}

func TestStopOnErrorAbortsQueue(t *testing.T) {
	r := startKernel(t, 0)
	c := r.connect()
	// queue sends cells of which the first stands at a gate, and opens it when all have arrived.
	queue := func(cells []string, more ...any) (status []any) {
		var ids []string
		for _, code := range cells {
			ids = append(ids, c.execute(code, more...))
		}
		c.await(ids[0], "ready")
		c.reply("shell", c.send("shell", "kernel_info_request", map[string]any{})) // it came after them
		r.engine.Release()
		for _, id := range ids {
			status = append(status, c.reply("shell", id)["status"])
		}
		return status
	}
	cells := []string{"print ready\ngate\nerror x", "print b", "print c"}
	if got, want := queue(cells), []any{"error", "aborted", "aborted"}; !reflect.DeepEqual(got, want) {
		t.Errorf("replies %v, want %v", got, want)
	}
	if reply, _ := c.run("print d"); reply["status"] != "ok" {
		t.Errorf("a cell after the abort: %v", reply)
	}
	if got, want := queue(cells, "stop_on_error", false), []any{"error", "ok", "ok"}; !reflect.DeepEqual(got, want) {
		t.Errorf("stop_on_error false: replies %v, want %v", got, want)
	}
}

// A cell that fails at once aborts what was sent together with it, as "Run All" does, though it is still on the way.
func TestStopOnErrorAbortsWhatIsOnTheWay(t *testing.T) {
	c := startKernel(t, 0).connect()
	const rounds = 10
	aborted := 0
	for range rounds {
		var ids []string
		for _, code := range []string{"error x", "print b", "print c"} {
			ids = append(ids, c.execute(code))
		}
		c.reply("shell", ids[0])
		if c.reply("shell", ids[2])["status"] == "aborted" {
			aborted++
		}
	}
	if aborted < rounds/2 { // a busy machine may hold up the sender for longer than the kernel waits
		t.Errorf("aborted in %d of %d rounds", aborted, rounds)
	}
}

func TestInterrupt(t *testing.T) {
	c := startKernel(t, 0).connect()
	first := c.execute("print started\nspin")
	second := c.execute("print never", "stop_on_error", false)
	c.await(first, "started")
	c.reply("shell", c.send("shell", "kernel_info_request", map[string]any{})) // the second cell is in the queue
	id := c.send("control", "interrupt_request", map[string]any{})
	if reply := c.reply("control", id); reply["status"] != "ok" {
		t.Errorf("interrupt: %v", reply)
	}
	got := map[string]any{}
	for len(got) < 2 {
		m := c.recv("shell")
		got[parentOf(m)] = fields(m)["status"]
	}
	if want := map[string]any{first: "error", second: "aborted"}; !reflect.DeepEqual(got, want) {
		t.Errorf("replies %v, want %v", got, want)
	}
}

// Help, completion and control are answered while a cell runs, and the kernel is busy again after each.
func TestBesideRunningCell(t *testing.T) {
	c := startKernel(t, 0).connect()
	cell := c.execute("print started\nspin")
	c.await(cell, "started")
	for _, q := range []struct {
		channel, typ string
		content      any
		field        string
		want         any
	}{
		{"shell", "complete_request", map[string]any{"code": "sp", "cursor_pos": 2}, "matches", []any{"spin"}},
		{"shell", "inspect_request", map[string]any{"code": "print", "cursor_pos": 2, "detail_level": 0}, "found", true},
		{"shell", "is_complete_request", map[string]any{"code": "print"}, "status", "complete"},
		{"shell", "kernel_info_request", map[string]any{}, "protocol_version", "5.5"},
		{"shell", "comm_info_request", map[string]any{}, "comms", map[string]any{}},
		{"shell", "connect_request", map[string]any{}, "status", "ok"},
		{"control", "kernel_info_request", map[string]any{}, "implementation", "gosft"},
		{"control", "usage_request", map[string]any{}, "cpu_count", nil},
		{"control", "list_subshell_request", map[string]any{}, "subshell_id", []any{}},
		{"control", "debug_request", map[string]any{"seq": 1, "type": "request", "command": "inspectVariables"}, "command", "inspectVariables"},
	} {
		id := c.send(q.channel, q.typ, q.content)
		reply := c.reply(q.channel, id)
		if got := reply[q.field]; q.want != nil && !reflect.DeepEqual(got, q.want) {
			t.Errorf("%s: %s is %v, want %v", q.typ, q.field, got, q.want)
		}
		if out := c.outputs(id); len(out) != 0 {
			t.Errorf("%s published %s", q.typ, types(out))
		}
		if m := c.recv("iopub"); parentOf(m) != cell || fields(m)["execution_state"] != "busy" {
			t.Errorf("after %s: %s %s, want busy of the running cell", q.typ, m.Header.Type, m.Content)
		}
	}
	c.send("control", "interrupt_request", map[string]any{})
	if reply := c.reply("shell", cell); reply["status"] != "error" {
		t.Errorf("the cell: %v", reply)
	}
}

func TestSubshells(t *testing.T) {
	r := startKernel(t, 0)
	c := r.connect()
	info := c.reply("shell", c.send("shell", "kernel_info_request", map[string]any{}))
	if !strings.Contains(fmt.Sprint(info["supported_features"]), "kernel subshells") {
		t.Errorf("supported_features: %v", info["supported_features"])
	}
	sub := c.reply("control", c.send("control", "create_subshell_request", map[string]any{}))["subshell_id"].(string)
	list := c.reply("control", c.send("control", "list_subshell_request", map[string]any{}))["subshell_id"]
	if !reflect.DeepEqual(list, []any{sub}) {
		t.Errorf("list: %v", list)
	}
	main := c.execute("print training\ngate\nprint trained")
	c.await(main, "training")
	beside := c.sendTo("shell", "execute_request", sub, map[string]any{"code": "print beside"}, nil)
	if reply := c.reply("shell", beside); reply["status"] != "ok" { // while the main shell stands at the gate
		t.Errorf("beside: %v", reply)
	}
	r.engine.Release()
	if reply := c.reply("shell", main); reply["status"] != "ok" {
		t.Errorf("the main shell: %v", reply)
	}
	if r := c.reply("control", c.send("control", "delete_subshell_request", map[string]string{"subshell_id": sub})); r["status"] != "ok" {
		t.Errorf("delete: %v", r)
	}
	if r := c.reply("control", c.send("control", "delete_subshell_request", map[string]string{"subshell_id": sub})); r["status"] != "error" {
		t.Errorf("delete twice: %v", r)
	}
	id := c.sendTo("shell", "execute_request", sub, map[string]any{"code": "print x"}, nil)
	if r := c.reply("shell", id); r["status"] != "error" {
		t.Errorf("a cell in a deleted subshell: %v", r)
	}
}

func TestStdin(t *testing.T) {
	c := startKernel(t, 0).connect()
	id := c.execute("input Name?", "allow_stdin", true)
	m := c.recv("stdin")
	if f := fields(m); m.Header.Type != "input_request" || f["prompt"] != "Name?" || f["password"] != false || parentOf(m) != id {
		t.Fatalf("asked: %s %s", m.Header.Type, m.Content)
	}
	c.sendTo("stdin", "input_reply", "", map[string]string{"value": "Ada"}, m.RawHeader)
	if out := streams(c.outputs(id), "stdout"); out != "got Ada\n" {
		t.Errorf("shown: %q", out)
	}
	id = c.execute("password Key", "allow_stdin", true)
	if f := fields(c.recv("stdin")); f["password"] != true {
		t.Errorf("password prompt: %v", f)
	}
	c.send("stdin", "input_reply", map[string]string{"value": "s3"}) // without a parent
	c.await(id, "got s3")

	if reply, _ := c.run("input Name?", "allow_stdin", false); reply["status"] != "error" {
		t.Errorf("allow_stdin false: %v", reply)
	}
	c.silent("stdin")
	id = c.execute("input never answered", "allow_stdin", true)
	c.recv("stdin")
	c.send("control", "interrupt_request", map[string]any{})
	if reply := c.reply("shell", id); reply["status"] != "error" {
		t.Errorf("interrupted while asking: %v", reply)
	}
	c.send("stdin", "input_reply", map[string]string{"value": "too late"})
	if reply, _ := c.run("print on"); reply["status"] != "ok" {
		t.Errorf("after a late answer: %v", reply)
	}
}

func TestComms(t *testing.T) {
	r := startKernel(t, 0)
	c := r.connect()
	_, out := c.run("comm jupyter.widget hello")
	if types(out) != "execute_input comm_open comm_msg" {
		t.Fatalf("published %s", types(out))
	}
	if f := fields(out[1]); f["target_name"] != "jupyter.widget" || f["comm_id"] != "c-jupyter.widget" {
		t.Errorf("comm_open: %v", f)
	}
	if b := out[2].Buffers; len(b) != 1 || string(b[0]) != "\x00\x01\x02\xff" {
		t.Errorf("buffers: %q", b)
	}
	info := c.reply("shell", c.send("shell", "comm_info_request", map[string]any{"target_name": "jupyter.widget"}))
	if !strings.Contains(fmt.Sprint(info["comms"]), "c-jupyter.widget") {
		t.Errorf("comm_info: %v", info)
	}
	info = c.reply("shell", c.send("shell", "comm_info_request", map[string]any{"target_name": "other"}))
	if len(info["comms"].(map[string]any)) != 0 {
		t.Errorf("comm_info of another target: %v", info)
	}
	// To the program, also while a cell runs, with buffers, in order.
	cell := c.execute("print started\nspin")
	c.await(cell, "started")
	c.send("shell", "comm_open", map[string]any{"comm_id": "f1", "target_name": "t", "data": map[string]any{"n": 0}})
	for i := range 20 {
		id := c.send("shell", "comm_msg", map[string]any{"comm_id": "f1", "data": map[string]any{"n": i}}, []byte{byte(i)}, []byte("second"))
		if i == 0 {
			c.outputs(id) // busy and idle around it
		}
	}
	c.send("shell", "comm_close", map[string]any{"comm_id": "f1", "data": map[string]any{}})
	for end := time.Now().Add(patience); len(r.engine.Received()) < 22 && time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
	}
	got := r.engine.Received()
	if len(got) != 22 || got[0].Kind != "open" || got[0].Target != "t" || got[21].Kind != "close" {
		t.Fatalf("the program received %d messages: %+v", len(got), got)
	}
	for i, m := range got[1:21] {
		if m.Data.(map[string]any)["n"] != float64(i) || len(m.Buffers) != 2 || m.Buffers[0][0] != byte(i) || string(m.Buffers[1]) != "second" {
			t.Errorf("message %d: %+v", i, m)
		}
	}
}

func TestPager(t *testing.T) {
	c := startKernel(t, 0).connect()
	for _, code := range []string{"?print", "print?", "print??"} {
		reply, _ := c.run(code)
		p := reply["payload"].([]any)
		if len(p) != 1 || p[0].(map[string]any)["source"] != "page" || p[0].(map[string]any)["data"].(map[string]any)["text/plain"] != "print is a word" {
			t.Errorf("%s: %v", code, reply)
		}
	}
	if reply, _ := c.run("?unheard"); reply["status"] != "error" {
		t.Errorf("?unheard: %v", reply)
	}
}

func TestLateOutputGoesToItsCell(t *testing.T) {
	r := startKernel(t, 0)
	c := r.connect()
	first := c.execute("late 200ms from the first")
	c.outputs(first)
	second := c.execute("print second\ngate")
	for {
		m := c.recv("iopub")
		if m.Header.Type != "stream" || !strings.Contains(string(m.Content), "from the first") {
			continue
		}
		if parentOf(m) != first {
			t.Error("late output went to the running cell")
		}
		break
	}
	r.engine.Release()
	c.reply("shell", second)
}

func TestFlood(t *testing.T) {
	c := startKernel(t, 0).connect()
	start := time.Now()
	_, out := c.run("flood 100000")
	took := time.Since(start)
	lines := strings.Split(strings.TrimSpace(streams(out, "stdout")), "\n")
	if len(lines) != 100000 {
		t.Fatalf("%d lines, want 100000", len(lines))
	}
	for i, l := range lines {
		if l != fmt.Sprintf("%099d", i) {
			t.Fatalf("line %d is %q", i, l)
		}
	}
	if limit := 10 + int(took/(40*time.Millisecond)); len(out) > limit {
		t.Errorf("%d messages in %v, want at most %d", len(out), took, limit)
	}
	t.Logf("100,000 lines in %v, %d messages", took, len(out))
}

func TestDatesHaveFractions(t *testing.T) {
	c := startKernel(t, 0).connect()
	id := c.execute("print x")
	m := c.recv("iopub")
	if !regexp.MustCompile(`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$`).MatchString(m.Header.Date) {
		t.Errorf("date %q", m.Header.Date)
	}
	c.reply("shell", id)
}

func TestShutdown(t *testing.T) {
	for _, restart := range []bool{false, true} {
		r := startKernel(t, 0)
		c := r.connect()
		cell := c.execute("print started\nspin")
		c.await(cell, "started")
		id := c.send("control", "shutdown_request", map[string]any{"restart": restart})
		if reply := c.reply("control", id); reply["restart"] != restart || reply["status"] != "ok" {
			t.Errorf("reply: %v", reply)
		}
		for {
			if m := c.recv("iopub"); m.Header.Type == "shutdown_reply" {
				break
			}
		}
		if err := r.awaitEnd(); err != nil {
			t.Errorf("Serve: %v", err)
		}
	}
}

func TestDebugVariables(t *testing.T) {
	c := startKernel(t, 0).connect()
	ask := func(command string) map[string]any {
		return c.reply("control", c.send("control", "debug_request", map[string]any{"seq": 3, "type": "request", "command": command, "arguments": map[string]any{"variableName": "answer"}}))
	}
	if r := ask("debugInfo"); r["success"] != true || r["body"].(map[string]any)["isStarted"] != false {
		t.Errorf("debugInfo: %v", r)
	}
	ask("initialize")
	ask("attach")
	if r := ask("debugInfo"); r["body"].(map[string]any)["isStarted"] != true {
		t.Errorf("debugInfo after attach: %v", r)
	}
	v := ask("inspectVariables")["body"].(map[string]any)["variables"].([]any)
	if len(v) != 1 || v[0].(map[string]any)["name"] != "answer" || v[0].(map[string]any)["value"] != "42" {
		t.Errorf("variables: %v", v)
	}
	if r := ask("richInspectVariables"); r["success"] != true {
		t.Errorf("rich: %v", r)
	}
	if r := ask("stepIn"); r["success"] != false || r["request_seq"] != 3.0 {
		t.Errorf("unknown command: %v", r)
	}
}

func TestReplyCarriesParentVerbatim(t *testing.T) {
	c := startKernel(t, 0).connect()
	h := json.RawMessage(`{"msg_id":"x1","msg_type":"kernel_info_request","session":"s","username":"u","date":"2020-01-01T00:00:00Z","version":"5.3","extra":[1]}`)
	frames, err := c.signer.Encode(&Message{RawHeader: h, Identities: [][]byte{[]byte("route-a"), []byte("route-b")}})
	if err != nil {
		t.Fatal(err)
	}
	c.sendFrames("shell", frames)
	m := c.recv("shell")
	if string(m.Parent) != string(h) {
		t.Errorf("parent %s, want %s", m.Parent, h)
	}
	if len(m.Identities) != 2 || string(m.Identities[0]) != "route-a" {
		t.Errorf("routing frames %q", m.Identities)
	}
}
