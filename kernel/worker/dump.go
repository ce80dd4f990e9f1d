package worker

import (
	"regexp"
	"strings"
	"time"
)

// A dump of goroutines begins with such a line.
var dumpStart = regexp.MustCompile(`(?m)^(goroutine \d+ (gp=\S+ m=\S+ (mp=\S+ )?)?\[|runtime stack:|runtime: sp=|\[signal SIG)`)

var dumpHeads = []string{"goroutine ", "runtime stack:", "runtime: sp=", "[signal SIG"}

// dumpWait is how long what looks like a dump is held back; dyingWait, when the runtime has said before it that it gives up:
// it may take seconds to walk through a stack that has overflowed.
const (
	dumpWait  = 500 * time.Millisecond
	dyingWait = 30 * time.Second
)

// A dump holds back what may be the runtime's last words on stderr. When the process dies of it, the user sees the message
// before it and the frames of cells; hundreds of lines about the runtime's goroutines are left out. Otherwise (a program may
// print its own stack) the text comes a moment later.
type dump struct {
	fresh bool            // at the start of a line
	said  string          // the end of what was passed on
	line  strings.Builder // the start of a line that may begin a dump
	text  strings.Builder // the dump
	emit  func(string)
	timer *time.Timer
}

// write takes a piece of stderr. expired is called when it was held back for dumpWait.
func (d *dump) write(text string, emit func(string), expired func()) {
	d.emit = emit
	if d.text.Len() > 0 {
		d.text.WriteString(text)
		return
	}
	if d.line.Len() > 0 {
		text = d.line.String() + text
		d.line.Reset()
		d.fresh = true
	}
	if at := dumpStart.FindStringIndex(text); at != nil && (at[0] > 0 || d.fresh) {
		d.pass(text[:at[0]])
		d.text.WriteString(text[at[0]:])
		d.hold(expired)
		return
	}
	start := strings.LastIndexByte(text, '\n') + 1
	if rest := text[start:]; rest != "" && (start > 0 || d.fresh) && mayBegin(rest) {
		d.pass(text[:start])
		d.line.WriteString(rest)
		d.hold(expired)
		return
	}
	d.pass(text)
}

// mayBegin reports whether a line without its end may be the first of a dump.
func mayBegin(line string) bool {
	for _, h := range dumpHeads {
		if len(line) < 100 && (strings.HasPrefix(h, line) || strings.HasPrefix(line, h)) {
			return true
		}
	}
	return false
}

func (d *dump) pass(text string) {
	if text == "" {
		return
	}
	d.fresh = strings.HasSuffix(text, "\n")
	d.said += text
	d.said = d.said[max(0, len(d.said)-1000):]
	d.emit(text)
}

func (d *dump) hold(expired func()) {
	wait := dumpWait
	if d.text.Len() > 0 && fatalLine.MatchString(d.said) {
		wait = dyingWait
	}
	if d.timer == nil {
		d.timer = time.AfterFunc(wait, expired)
	} else {
		d.timer.Reset(wait)
	}
}

// drop forgets a dump that has begun.
func (d *dump) drop() { d.text.Reset() }

// release passes on what was held back.
func (d *dump) release() {
	if d.timer != nil {
		d.timer.Stop()
	}
	text := d.line.String() + d.text.String()
	d.line.Reset()
	d.text.Reset()
	d.pass(text)
}
