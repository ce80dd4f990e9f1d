package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
)

// ExecuteRequest is a cell to run, as Jupyter's execute_request has it.
type ExecuteRequest struct {
	Code            string            `json:"code"`
	Silent          bool              `json:"silent"`
	StoreHistory    bool              `json:"store_history"`
	UserExpressions map[string]string `json:"user_expressions"`
	AllowStdin      bool              `json:"allow_stdin"`
	StopOnError     bool              `json:"stop_on_error"`
}

// UnmarshalJSON fills in the protocol's defaults: store_history is true unless silent, allow_stdin and stop_on_error are
// true.
func (r *ExecuteRequest) UnmarshalJSON(data []byte) error {
	type plain ExecuteRequest
	var given struct {
		plain
		StoreHistory *bool `json:"store_history"`
		AllowStdin   *bool `json:"allow_stdin"`
		StopOnError  *bool `json:"stop_on_error"`
	}
	if err := json.Unmarshal(data, &given); err != nil {
		return err
	}
	or := func(p *bool, def bool) bool {
		if p == nil {
			return def
		}
		return *p
	}
	*r = ExecuteRequest(given.plain)
	r.StoreHistory = or(given.StoreHistory, true) && !r.Silent
	r.AllowStdin = or(given.AllowStdin, true)
	r.StopOnError = or(given.StopOnError, true)
	return nil
}

// ExecuteReply is how a cell ended: Status is "ok", "error" or "aborted".
type ExecuteReply struct {
	Status          string
	ExecutionCount  int
	Payload         []map[string]any
	UserExpressions map[string]any
	Err             *Error
	interrupted     bool
}

// MarshalJSON gives the reply the protocol's form.
func (r ExecuteReply) MarshalJSON() ([]byte, error) {
	m := map[string]any{"status": r.Status}
	switch r.Status {
	case "ok":
		m["execution_count"] = r.ExecutionCount
		m["payload"] = orEmpty(r.Payload)
		m["user_expressions"] = orEmptyMap(r.UserExpressions)
	case "error":
		m["execution_count"] = r.ExecutionCount
		m["payload"] = orEmpty(r.Payload)
		m["user_expressions"] = map[string]any{}
		m["ename"], m["evalue"], m["traceback"] = r.Err.Name, r.Err.Value, orEmpty(r.Err.Traceback)
	}
	return json.Marshal(m)
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func orEmptyMap[T any](m map[string]T) map[string]T {
	if m == nil {
		return map[string]T{}
	}
	return m
}

// running is a cell between its request and its reply. It is the Output that the engine writes to.
type running struct {
	s       *Session
	id      int // unique; equal to count for stored cells
	count   int
	origin  Origin
	req     ExecuteRequest
	ctx     context.Context
	cancel  context.CancelCauseFunc
	outlet  *outlet
	source  string // Go text still to be run
	payload []map[string]any
	result  Result
	cellWork
}

// errInterrupted is why a cell's context ends when the user interrupts it.
var errInterrupted = errors.New("interrupted")

// keptOutlets is for how many cells late output finds its way back.
const keptOutlets = 1000

// hiddenBase is where the numbers of cells that are not stored begin; they never show.
const hiddenBase = 1_000_000

var hiddenCell = regexp.MustCompile(`In\[1\d{6}\]`)

// Execute runs one cell now, beside whatever else runs, publishes what it shows and returns its reply.
func (s *Session) Execute(o Origin, r ExecuteRequest) ExecuteReply {
	c := s.begin(o, r)
	defer s.end(c)
	if !r.Silent {
		s.front.Publish(o, Message{Type: "execute_input", Content: InputContent{Code: r.Code, ExecutionCount: c.count}})
	}
	if r.StoreHistory {
		s.hist.input(c.count, r.Code)
	}
	err := c.perform()
	c.outlet.finish()
	reply := ExecuteReply{Status: "ok", ExecutionCount: c.count, Payload: c.payload}
	if err != nil {
		c.tidy(err)
		reply.Status, reply.Err = "error", err
		reply.interrupted = context.Cause(c.ctx) == errInterrupted
		c.publish(Message{Type: "error", Content: ErrorContent{Name: err.Name, Value: err.Value, Traceback: orEmpty(err.Traceback)}})
		return reply
	}
	if c.result.Bundle != nil {
		count := c.count
		data, meta := wireBundle(c.result.Bundle)
		c.publish(Message{Type: "execute_result", Content: DisplayContent{Data: data, Metadata: meta, Transient: map[string]any{}, ExecutionCount: &count}})
		if text, ok := data["text/plain"].(string); ok && r.StoreHistory {
			s.hist.output(c.count, text)
		}
	}
	reply.UserExpressions = c.expressions()
	return reply
}

func (s *Session) begin(o Origin, r ExecuteRequest) *running {
	r.StoreHistory = r.StoreHistory && !r.Silent
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &running{s: s, origin: o, req: r}
	if r.StoreHistory {
		s.count++
		c.id, c.count = s.count, s.count
	} else {
		s.hidden++
		c.id, c.count = hiddenBase+s.hidden, s.count
	}
	c.ctx, c.cancel = context.WithCancelCause(context.Background())
	c.outlet = newOutlet(c.id, s.limit, s.outputDir, c.publish)
	s.outlets[c.id] = c.outlet
	s.active[c.id] = c
	return c
}

func (s *Session) end(c *running) {
	c.cancel(nil)
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.active, c.id)
	c.result, c.payload = Result{}, nil // the outlet keeps the cell
	delete(s.outlets, c.id-keptOutlets) // late output of a cell that long ago goes to the running one
}

// perform runs the commands and then the Go text.
func (c *running) perform() *Error {
	if name, detail, ok := helpQuery(c.req.Code); ok {
		return c.help(name, detail)
	}
	cmds, text := splitCell(c.req.Code)
	c.source = text
	defer c.leave()
	for _, cl := range cmds {
		if strings.HasPrefix(cl.name, "%%") && len(cl.name) > 2 && (len(cmds) > 1 || strings.TrimSpace(text) != "") {
			return commandError(fmt.Sprintf("line %d: %s takes the whole cell: it must stand on the cell's first line", cl.line, cl.name))
		}
		cmd := lookupCommand(cl.name)
		if cmd == nil {
			return unknownCommand(cl)
		}
		if err := c.ctx.Err(); err != nil {
			return &Error{Name: "interrupted", Value: "the cell was interrupted before " + cl.name}
		}
		call := &Call{Context: c.ctx, Session: c.s, Command: cmd, Args: cl.args, Body: cl.body, Line: cl.line, cell: c}
		if err := runCommand(cmd, call); err != nil {
			var e *Error
			if errors.As(err, &e) {
				return e
			}
			if context.Cause(c.ctx) == errInterrupted {
				return &Error{Name: "interrupted", Value: cl.name + " was interrupted"}
			}
			return &Error{Name: "command error", Value: err.Error(), Traceback: []string{
				fmt.Sprintf("\x1b[31mcommand error\x1b[0m: In[%d]:%d: %s: %s", c.count, cl.line, cl.name, err)}}
		}
	}
	src := c.prepare()
	if strings.TrimSpace(src) == "" {
		return nil
	}
	c.result = c.run(c.ctx, src, c.output())
	return c.result.Err
}

// runCommand turns a command's panic into an error: one command's fault must not end the kernel.
func runCommand(cmd *Command, call *Call) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("fault in the command itself: %v; please report it", p)
		}
	}()
	return cmd.Run(call)
}

func unknownCommand(cl commandLine) *Error {
	return commandError(fmt.Sprintf("line %d: there is no command %s%s; %%help lists all of them", cl.line, cl.name, didYouMean(cl.name)))
}

func commandError(value string) *Error {
	return &Error{Name: "command error", Value: value, Traceback: []string{"\x1b[31mcommand error\x1b[0m: " + value}}
}

func (c *running) run(ctx context.Context, src string, out Output) (r Result) {
	defer func() {
		if p := recover(); p != nil {
			r = Result{Err: &Error{Name: "kernel error", Value: fmt.Sprintf("fault in the kernel itself: %v; please report it", p)}}
			c.s.log.Error("engine panicked", "cell", c.id, "panic", p)
		}
	}()
	r = c.s.engine.Run(ctx, c.id, src, out)
	if len(r.Lost) > 0 {
		out.Note("The worker was replaced, and these variables have no value any more: " + strings.Join(r.Lost, ", ") +
			". All declarations are there; run the cells that fill the variables again.")
	}
	return r
}

// pageTime is how long ?name waits for help that is still being prepared: who runs a cell for it does not mind a moment.
const pageTime = 30 * time.Second

// help answers ?name with a page.
func (c *running) help(name string, detail int) *Error {
	in, err := c.s.Inspect(c.ctx, name, len([]rune(name)), detail)
	for end := time.Now().Add(pageTime); errors.Is(err, ErrBusy) && time.Now().Before(end) && c.ctx.Err() == nil; {
		time.Sleep(20 * time.Millisecond)
		in, err = c.s.Inspect(c.ctx, name, len([]rune(name)), detail)
	}
	if err == nil && !in.Found {
		err = fmt.Errorf("nothing is known about %q", name)
	}
	if err != nil {
		return &Error{Name: "not found", Value: err.Error(), Traceback: []string{err.Error()}}
	}
	c.page(in.Data)
	return nil
}

func (c *running) page(b Bundle) {
	data, _ := wireBundle(b)
	c.payload = append(c.payload, map[string]any{"source": "page", "data": data, "start": 0})
}

// expressions evaluates user_expressions after a cell that succeeded.
func (c *running) expressions() map[string]any {
	res := map[string]any{}
	for _, key := range slices.Sorted(maps.Keys(c.req.UserExpressions)) {
		c.s.mu.Lock()
		c.s.hidden++
		id := hiddenBase + c.s.hidden
		c.s.mu.Unlock()
		r := c.s.engine.Run(c.ctx, id, c.req.UserExpressions[key], discard{})
		switch {
		case r.Err != nil:
			c.tidy(r.Err)
			res[key] = map[string]any{"status": "error", "ename": r.Err.Name, "evalue": r.Err.Value, "traceback": orEmpty(r.Err.Traceback)}
		default:
			data, meta := wireBundle(r.Bundle)
			res[key] = map[string]any{"status": "ok", "data": data, "metadata": meta}
		}
	}
	return res
}

// tidy hides the numbers of cells that are not stored.
func (c *running) tidy(e *Error) {
	e.Value = hiddenCell.ReplaceAllString(e.Value, "In[*]")
	for i, l := range e.Traceback {
		e.Traceback[i] = hiddenCell.ReplaceAllString(l, "In[*]")
	}
}

func (c *running) publish(m Message) {
	if !c.req.Silent {
		c.s.front.Publish(c.origin, m)
	}
}

func (c *running) interrupt() { c.cancel(errInterrupted) }

// Stream implements Output.
func (c *running) Stream(cell int, name, text string) { c.s.outletOf(cell, c).stream(name, text) }

// Display implements Output.
func (c *running) Display(d Display) { c.s.outletOf(d.Cell, c).display(d) }

// Note implements Output.
func (c *running) Note(text string) {
	c.outlet.display(Display{Kind: "display", Data: NoteBundle(text)})
}

// NoteBundle shows a line from the kernel to the user in muted colours, apart from what programs print.
func NoteBundle(text string) Bundle {
	text = strings.TrimRight(text, "\n")
	lines := strings.ReplaceAll(html.EscapeString(text), "\n", "<br>")
	return Bundle{
		"text/plain": text,
		"text/html":  `<div style="color:var(--jp-ui-font-color2,#757575);font-size:90%">` + lines + "</div>",
	}
}

// Input implements Output.
func (c *running) Input(prompt string, password bool) (string, error) {
	if !c.req.AllowStdin {
		return "", ErrNoInput
	}
	c.outlet.flush()
	return c.s.front.Input(c.ctx, c.origin, prompt, password)
}

// Comm implements Output.
func (c *running) Comm(m Comm) {
	o := c.s.outletOf(m.Cell, c)
	o.flush()
	c.s.commFromProgram(o, m)
}

// outletOf finds where a cell's output goes: to the cell that made it where it is still known, else to the given one.
func (s *Session) outletOf(cell int, c *running) *outlet {
	if cell == c.id || cell == 0 {
		return c.outlet
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.outlets[cell]; o != nil {
		return o
	}
	return c.outlet
}

// discard is an Output that drops everything.
type discard struct{}

func (discard) Stream(int, string, string)         {}
func (discard) Display(Display)                    {}
func (discard) Note(string)                        {}
func (discard) Comm(Comm)                          {}
func (discard) Input(string, bool) (string, error) { return "", ErrNoInput }
