package data

import (
	"fmt"
	"path/filepath"

	"gosft/sftlib/show"
)

// Step is one thing that was done to the rows of a frame.
type Step struct {
	What   string // such as `DropNA("text")`
	Why    string // what was found, such as "12 rows without a value in text"
	Before int    // rows before; of a file, the lines that held one
	After  int    // rows after
}

// Report is what was done to the rows of a frame from the file on.
type Report []Step

// Report returns the steps from the file to this frame, each with the rows it took and why.
func (f *Frame) Report() Report {
	if f == nil {
		return nil
	}
	return Report(append([]Step(nil), f.steps...))
}

// MimeBundle shows the steps as a table.
func (r Report) MimeBundle() map[string]any { return r.table().MimeBundle() }

func (r Report) String() string { return r.table().String() }

func (r Report) table() *show.Table {
	t := show.NewTable("step", "rows", "taken", "what was found")
	for _, s := range r {
		var taken any
		if s.Before > s.After {
			taken = s.Before - s.After
		}
		t.Add(s.What, s.After, taken, s.Why)
	}
	t.Limit = -1
	return t
}

// did adds a step.
func (f *Frame) did(before int, what, format string, args ...any) *Frame {
	f.steps = append(f.steps, Step{What: what, Why: fmt.Sprintf(format, args...), Before: before, After: f.rows})
	return f
}

// read adds the step of reading a file.
func (f *Frame) read(src *source, how string, skipped int) {
	name := src.shown
	if !isURL(name) {
		name = filepath.Base(name)
	}
	if len(src.files) > 1 {
		how += fmt.Sprintf(", %d files", len(src.files))
	}
	f.did(f.rows+skipped, "read "+name, "%s", how)
}
