package show

import (
	"sync"
	"time"

	"gosft/kernel/display"
)

// Live is one output that is replaced in place while something runs: the table and the plot of a training. Its last
// state stays in the notebook. It may be used from several goroutines.
//
// While it runs a chart is drawn as a plain picture, which changes without a flicker; Close leaves the chart as Chart
// shows it, with Vega-Lite and a PNG twin.
type Live struct {
	mu     sync.Mutex
	every  time.Duration
	handle *display.Handle
	last   any
	drawn  time.Time
	closed bool
}

// NewLive returns an output that is redrawn at most once in that time (0 means four times a second). Nothing is shown
// before the first Update.
func NewLive(every time.Duration) *Live {
	if every <= 0 {
		every = 250 * time.Millisecond
	}
	return &Live{every: every}
}

// Update shows a value in place of the one before. Values that come too soon after the last are not drawn, but Close
// draws the last of them. The value is read before Update returns, and again by Close.
func (l *Live) Update(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last, l.closed = v, false
	if time.Since(l.drawn) < l.every {
		return
	}
	b := bundle(v)
	if m, ok := v.(interface{ liveBundle() map[string]any }); ok {
		b = display.Bundle(m.liveBundle())
	}
	l.draw(b)
}

// Close draws the last value in its final form. A later Update goes on with the same output.
func (l *Live) Close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.last == nil {
		return
	}
	l.closed = true
	l.draw(bundle(l.last))
}

func (l *Live) draw(b display.Bundle) {
	l.drawn = time.Now()
	if l.handle == nil {
		l.handle = display.Show(b)
		return
	}
	l.handle.Update(b)
}

func bundle(v any) display.Bundle { return display.ToBundle(v) }
