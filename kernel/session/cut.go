package session

import (
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// fileLimit ends the file that keeps a whole output, so that a cell that prints for ever does not fill the disk.
const fileLimit = 2 << 30

// cutter lets a cell's text through up to a limit and then keeps only its end. All of the text goes to a file that the
// note in the middle names.
type cutter struct {
	cell  int
	limit int
	dir   string

	shown   int     // bytes let through
	tail    []event // the last bytes held back, at most limit/4
	tailLen int
	dropped int    // bytes that were neither shown nor are in tail
	whole   []byte // all text so far, while it may still fit
	file    *os.File
	written int
	fileErr error
}

// pass returns what of data can be shown now; emit publishes a note.
func (c *cutter) pass(name string, data []byte, emit func(string, []byte)) []byte {
	c.keep(data)
	head := c.limit - c.limit/4
	var now []byte
	if room := head - c.shown; room > 0 {
		n := min(room, len(data))
		for n > 0 && n < len(data) && data[n]&0xC0 == 0x80 { // not inside a character
			n--
		}
		now, data = data[:n], data[n:]
		c.shown += n
		if len(data) > 0 {
			c.shown = head
		}
	}
	if len(data) == 0 {
		return now
	}
	if n := len(c.tail); n > 0 && c.tail[n-1].stream == name {
		c.tail[n-1].text = append(c.tail[n-1].text, data...)
	} else {
		c.tail = append(c.tail, event{stream: name, text: append([]byte(nil), data...)})
	}
	c.tailLen += len(data)
	if c.tailLen > 2*(c.limit/4) || (c.dropped == 0 && c.tailLen > c.limit/4) {
		first := c.dropped == 0
		c.trim()
		if first {
			if len(now) > 0 {
				emit(name, now)
				now = nil
			}
			c.spill()
			emit("stderr", []byte(c.note()))
		}
	}
	return now
}

// trim shortens the tail to what will be shown.
func (c *cutter) trim() {
	for over := c.tailLen - c.limit/4; over > 0 && len(c.tail) > 0; {
		t := &c.tail[0]
		n := min(over, len(t.text))
		for n < len(t.text) && t.text[n]&0xC0 == 0x80 {
			n++
		}
		t.text = t.text[n:]
		over -= n
		c.tailLen -= n
		c.dropped += n
		if len(t.text) == 0 {
			c.tail = c.tail[1:]
		} else {
			t.text = append([]byte(nil), t.text...)
		}
	}
}

// keep remembers all text, in memory while it may still fit and in the file from then on.
func (c *cutter) keep(data []byte) {
	if c.file == nil && c.fileErr == nil {
		c.whole = append(c.whole, data...)
		return
	}
	c.write(data)
}

func (c *cutter) write(data []byte) {
	if c.fileErr != nil {
		return
	}
	if c.written+len(data) > fileLimit {
		c.fileErr = fmt.Errorf("it stops after %s", size(c.written))
		return
	}
	n, err := c.file.Write(data)
	c.written += n
	c.fileErr = err
}

// spill opens the file and writes what came so far.
func (c *cutter) spill() {
	if c.fileErr = os.MkdirAll(c.dir, 0o700); c.fileErr == nil {
		name := fmt.Sprintf("%s-cell%d-*.txt", time.Now().Format("2006-01-02-150405"), c.cell)
		c.file, c.fileErr = os.CreateTemp(c.dir, name) // mode 0600
	}
	whole := c.whole
	c.whole = nil
	if c.fileErr == nil {
		c.write(whole)
	}
}

func (c *cutter) note() string {
	where := "the rest is lost: "
	if c.fileErr != nil {
		where += c.fileErr.Error()
	} else {
		where = "all of it goes to " + c.file.Name()
	}
	return fmt.Sprintf("\n[output over %s is cut here; %s; its end follows when the cell is done]\n", size(c.limit), where)
}

// finish publishes the end of the text and is ready for late output.
func (c *cutter) finish(emit func(string, []byte)) {
	if c.dropped > 0 {
		c.trim()
		note := fmt.Sprintf("[%s left out]\n", size(c.dropped))
		if c.file != nil && c.fileErr != nil {
			note = fmt.Sprintf("[%s left out; the file %s is not whole: %s]\n", size(c.dropped), c.file.Name(), c.fileErr)
		}
		emit("stderr", []byte(note))
	}
	for _, t := range c.tail {
		emit(t.stream, t.text)
	}
	if c.file != nil {
		c.file.Close()
	}
	*c = cutter{cell: c.cell, limit: c.limit, dir: c.dir}
}

// PruneOutputs removes kept outputs in dir that are older than a week.
func PruneOutputs(dir string) {
	files, _ := filepath.Glob(filepath.Join(dir, "*-cell*.txt"))
	for _, f := range files {
		if st, err := os.Stat(f); err == nil && time.Since(st.ModTime()) > 7*24*time.Hour {
			os.Remove(f)
		}
	}
}
