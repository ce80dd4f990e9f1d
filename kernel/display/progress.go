package display

import (
	"fmt"
	"iter"
	"strings"
	"sync"
	"time"
)

// barKey marks the metadata of a bar's messages: "running" or "done". Sinks that fold updates may use it.
const barKey = "gosft_bar"

// Bar is a progress bar on the screen: how far, how fast, how long it took and how long it will take.
// It redraws itself at most ten times a second, so Add may be called millions of times.
// It collapses to one line when done. All methods may be called from several goroutines.
type Bar struct {
	mu       sync.Mutex
	id       string
	total    int
	done     int
	title    string
	note     string
	unit     string
	every    time.Duration
	start    time.Time
	drawn    time.Time
	timer    *time.Timer
	finished bool
	now      func() time.Time
	rate     rate
}

// BarOption sets something of a bar that Progress makes.
type BarOption func(*Bar)

// Title is written before the bar.
func Title(s string) BarOption { return func(b *Bar) { b.title = s } }

// Unit names what is counted, for the rate: Unit("batch") gives "3.1 batch/s". Default "it".
func Unit(s string) BarOption { return func(b *Bar) { b.unit = s } }

// Every sets the shortest time between two redraws. Default 100 ms.
func Every(d time.Duration) BarOption { return func(b *Bar) { b.every = d } }

// Progress shows a bar of n steps; with n <= 0 the number of steps is not known and only count and rate are shown.
func Progress(n int, options ...BarOption) *Bar {
	b := &Bar{id: newID(), total: max(n, 0), unit: "it", every: 100 * time.Millisecond, now: time.Now}
	for _, o := range options {
		o(b)
	}
	b.start = b.now()
	b.rate.at = b.start
	b.mu.Lock()
	defer b.mu.Unlock()
	b.draw("display")
	return b
}

// Add counts k more steps.
func (b *Bar) Add(k int) { b.change(func() { b.done += k }) }

// Set says that k steps are done.
func (b *Bar) Set(k int) { b.change(func() { b.done = k }) }

// Describe sets the text after the numbers, such as "loss 0.31".
func (b *Bar) Describe(format string, args ...any) {
	note := format
	if len(args) > 0 {
		note = fmt.Sprintf(format, args...)
	}
	b.change(func() { b.note = note })
}

// Done ends the bar and collapses it to a line. A bar that reaches its last step is done by itself.
func (b *Bar) Done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.finish()
}

// Range counts from 0 to n-1 and moves the bar with each turn; leaving the loop early ends the bar where it stands.
//
//	for i := range display.Progress(100).Range() { ... }
func (b *Bar) Range() iter.Seq[int] {
	return func(yield func(int) bool) {
		defer b.Done()
		for i := range b.total {
			if !yield(i) {
				return
			}
			b.Add(1)
		}
	}
}

// String is the bar as one line of text.
func (b *Bar) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.line(b.now())
}

func (b *Bar) change(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
	if b.total > 0 && b.done >= b.total {
		if !b.finished {
			b.finish()
		} else {
			b.draw("update")
		}
		return
	}
	b.finished = false
	now := b.now()
	if wait := b.every - now.Sub(b.drawn); wait > 0 {
		if b.timer == nil { // so that the last change is seen even when no other follows
			b.timer = time.AfterFunc(wait, b.late)
		}
		return
	}
	b.draw("update")
}

func (b *Bar) late() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.timer != nil && !b.finished {
		b.draw("update")
	}
}

func (b *Bar) finish() {
	if b.finished {
		return
	}
	b.finished = true
	b.draw("update")
}

func (b *Bar) draw(kind string) {
	if b.timer != nil {
		b.timer.Stop()
		b.timer = nil
	}
	now := b.now()
	b.drawn = now
	b.rate.see(now, b.done)
	state := "running"
	if b.finished {
		state = "done"
	}
	sink().Display(Message{Kind: kind, ID: b.id, Metadata: map[string]any{barKey: state},
		Data: Bundle{MIMEText: b.line(now), MIMEHTML: b.html(now)}})
}

func (b *Bar) line(now time.Time) string {
	var parts []string
	if b.title != "" {
		parts = append(parts, b.title)
	}
	if b.total > 0 && !b.finished {
		const width = 20
		full := width * clampPart(b.done, b.total) / 1000
		parts = append(parts, fmt.Sprintf("%3d%% |%s%s|", clampPart(b.done, b.total)/10, strings.Repeat("█", full), strings.Repeat(" ", width-full)))
	}
	return strings.Join(append(parts, b.numbers(now)), " ")
}

// numbers is "45/100 [0:12<0:15, 3.7 it/s] loss 0.31", or when done "100/100 in 0:27, 3.7 it/s".
func (b *Bar) numbers(now time.Time) string {
	took := now.Sub(b.start)
	s := count(b.done)
	if b.total > 0 {
		s += "/" + count(b.total)
	}
	if b.finished {
		s += " in " + clock(took)
		if took > 0 && b.done > 0 {
			s += ", " + b.speed(float64(b.done)/took.Seconds())
		}
	} else {
		s += " [" + clock(took)
		r := b.rate.perSecond(now, b.start, b.done)
		if b.total > 0 {
			left := "?"
			if r > 0 {
				left = clock(time.Duration(float64(b.total-b.done) / r * float64(time.Second)))
			}
			s += "<" + left
		}
		if r > 0 {
			s += ", " + b.speed(r)
		}
		s += "]"
	}
	if b.note != "" {
		s += " " + b.note
	}
	return s
}

func (b *Bar) speed(r float64) string {
	if r < 1 {
		return fmt.Sprintf("%.2f s/%s", 1/r, b.unit)
	}
	if r >= 100 {
		return fmt.Sprintf("%s %s/s", count(int(r+.5)), b.unit)
	}
	return fmt.Sprintf("%.1f %s/s", r, b.unit)
}

func (b *Bar) html(now time.Time) string {
	title := ""
	if b.title != "" {
		title = escape(b.title) + " "
	}
	numbers := `<span style="font-variant-numeric:tabular-nums">` + escape(b.numbers(now)) + `</span>`
	if b.finished {
		return "<div>" + title + numbers + "</div>"
	}
	if b.total <= 0 {
		return "<div>" + title + numbers + "</div>"
	}
	return fmt.Sprintf(`<div>%s<progress value="%d" max="%d" style="width:18em;vertical-align:middle;accent-color:#0072B2"></progress> %d%% %s</div>`,
		title, min(b.done, b.total), b.total, clampPart(b.done, b.total)/10, numbers)
}

// clampPart is done/total in thousandths, between 0 and 1000.
func clampPart(done, total int) int {
	return int(max(0, min(1000, 1000*float64(done)/float64(total))))
}

// clock writes a time as 0:07, 12:34 or 1:02:03; under ten seconds as 3.2s.
func clock(d time.Duration) string {
	if d < 10*time.Second {
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	s := int(d.Seconds() + .5)
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}

// rate follows the speed of the last seconds: an exponential mean with a time constant of 5 s, so that a change of pace
// shows and a single slow step does not.
type rate struct {
	at   time.Time
	done int
	mean float64
}

func (r *rate) see(now time.Time, done int) {
	dt := now.Sub(r.at).Seconds()
	if dt < 0.05 || done == r.done {
		return
	}
	speed := float64(done-r.done) / dt
	if r.mean == 0 {
		r.mean = speed
	} else {
		w := dt / (dt + 5)
		r.mean += w * (speed - r.mean)
	}
	r.at, r.done = now, done
}

func (r *rate) perSecond(now, start time.Time, done int) float64 {
	if r.mean > 0 {
		return r.mean
	}
	if d := now.Sub(start).Seconds(); d > 0.05 && done > 0 {
		return float64(done) / d
	}
	return 0
}
