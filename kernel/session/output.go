package session

import (
	"fmt"
	"sync"
	"time"
	"unicode/utf8"
)

// What a cell shows goes through its outlet, which keeps the order of stdout, stderr and displays, gathers what comes
// within flushEvery into few messages, folds what would only flicker, and cuts a flood in the middle.

const (
	flushEvery = 50 * time.Millisecond // 20 messages a second
	flushFirst = 2 * time.Millisecond  // after a pause
	flushBytes = 4 << 20               // more than this does not wait
)

// event is something to be published: text of a stream, or a display.
type event struct {
	stream string // "stdout", "stderr"; "" for a display
	text   []byte
	disp   Display
}

type outlet struct {
	cell int
	pub  func(Message)

	mu      sync.Mutex
	pending []event
	bytes   int // of text in pending
	last    time.Time
	armed   bool
	partial map[string][]byte // the start of a character whose rest is to come, by stream
	midLine map[string]bool   // what was published of a stream ends inside a line
	cut     cutter
}

func newOutlet(cell, limit int, dir string, pub func(Message)) *outlet {
	return &outlet{cell: cell, pub: pub, partial: map[string][]byte{}, midLine: map[string]bool{},
		cut: cutter{cell: cell, limit: limit, dir: dir}}
}

// stream takes text as it comes, in pieces of any size.
func (o *outlet) stream(name, text string) {
	if text == "" {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	data := append(o.partial[name], text...)
	n := len(data) - partialRune(data)
	o.partial[name] = append([]byte(nil), data[n:]...)
	o.add(name, data[:n])
	o.schedule()
}

// add appends complete characters to the pending events.
func (o *outlet) add(name string, data []byte) {
	data = o.cut.pass(name, data, o.addNow)
	if len(data) > 0 {
		o.addNow(name, data)
	}
}

func (o *outlet) addNow(name string, data []byte) {
	o.bytes += len(data)
	if n := len(o.pending); n > 0 && o.pending[n-1].stream == name {
		o.pending[n-1].text = append(o.pending[n-1].text, data...)
		return
	}
	o.pending = append(o.pending, event{stream: name, text: append([]byte(nil), data...)})
}

// display takes a display, an update or a clear. An update of something that waits to be updated already replaces it.
func (o *outlet) display(d Display) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if d.Kind == "clear" && d.ID != "" {
		d.Kind, d.Data = "update", Bundle{"text/plain": ""}
	}
	if d.Kind == "update" {
		for i := range o.pending {
			p := &o.pending[i].disp
			if o.pending[i].stream == "" && p.ID == d.ID && d.ID != "" && (p.Kind == "update" || p.Kind == "display") {
				p.Data, p.Metadata = d.Data, d.Metadata
				return
			}
		}
	}
	o.pending = append(o.pending, event{disp: d})
	o.schedule()
}

// schedule arms the timer that publishes, or publishes at once when much waits.
func (o *outlet) schedule() {
	if o.bytes >= flushBytes {
		o.publish()
		return
	}
	if o.armed || len(o.pending) == 0 {
		return
	}
	o.armed = true
	wait := max(flushFirst, flushEvery-time.Since(o.last))
	time.AfterFunc(wait, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.armed = false
		o.publish()
	})
}

// flush publishes what waits.
func (o *outlet) flush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.publish()
}

// finish publishes the rest at the end of the cell, with the end of an output that was cut.
func (o *outlet) finish() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, name := range []string{"stdout", "stderr"} {
		if rest := o.partial[name]; len(rest) > 0 {
			o.partial[name] = nil
			o.add(name, rest)
		}
	}
	o.cut.finish(o.addNow)
	o.publish()
}

func (o *outlet) publish() {
	if len(o.pending) == 0 {
		return
	}
	events := dropCleared(o.pending)
	o.pending, o.bytes, o.last = nil, 0, time.Now()
	for _, e := range events {
		if e.stream == "" {
			o.pub(displayMessage(e.disp))
			continue
		}
		text := foldReturns(e.text, o.midLine[e.stream])
		if len(text) == 0 {
			continue
		}
		o.midLine[e.stream] = text[len(text)-1] != '\n'
		o.pub(Message{Type: "stream", Content: StreamContent{Name: e.stream, Text: string(text)}})
	}
}

// displayMessage is the Jupyter message of a display.
func displayMessage(d Display) Message {
	if d.Kind == "clear" {
		wait, _ := d.Metadata["wait"].(bool)
		return Message{Type: "clear_output", Content: ClearContent{Wait: wait}}
	}
	data, meta := wireBundle(d.Data)
	for k, v := range d.Metadata {
		meta[k] = v
	}
	transient := map[string]any{}
	if d.ID != "" {
		transient["display_id"] = d.ID
	}
	typ := "display_data"
	if d.Kind == "update" {
		typ = "update_display_data"
	}
	return Message{Type: typ, Content: DisplayContent{Data: data, Metadata: meta, Transient: transient}}
}

// dropCleared leaves out what a later clear of the same batch would remove before anyone could see it. Updates stay:
// they may change a display of another cell.
func dropCleared(events []event) []event {
	last := -1
	for i, e := range events {
		if e.stream != "" || e.disp.Kind != "clear" {
			continue
		}
		wait, _ := e.disp.Metadata["wait"].(bool)
		if !wait || i < len(events)-1 {
			last = i
		}
	}
	if last < 0 {
		return events
	}
	var kept []event
	for i, e := range events {
		if i < last && (e.stream != "" || e.disp.Kind != "update") {
			continue
		}
		kept = append(kept, e)
	}
	return kept
}

// partialRune is how many bytes at the end of b begin a character that is not complete.
func partialRune(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		c := b[len(b)-n]
		if utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			return 0
		}
	}
	return 0
}

func size(n int) string {
	switch {
	case n >= 10<<20:
		return fmt.Sprintf("%d MB", n>>20)
	case n >= 10<<10:
		return fmt.Sprintf("%d kB", n>>10)
	}
	return fmt.Sprintf("%d bytes", n)
}
