package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"gosft/kernel/cell"
	"gosft/kernel/display"
	"gosft/kernel/worker"
	"gosft/kernel/worker/wire"
)

// warmName is a cell that does nothing, built with the library. A worker opens it when it starts: the first plugin is the
// one that takes 0.1 s to open, since the runtime enters the library's types then.
const warmName = "warm.so"

// Warm is the path of that plugin.
func (l *Library) Warm() string { return filepath.Join(l.Dir, warmName) }

// check builds a cell with the library and runs it in a worker. The cell's plugin is kept for warming workers.
func (l *Library) check(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "gosft-check-")
	if err != nil {
		return spaceError(err)
	}
	defer os.RemoveAll(dir)
	w := newWay(l, dir)
	w.session = "warm"
	if err := w.prepare(ctx); err != nil {
		return err
	}
	plan := &cell.Plan{Entry: "Run0", Files: []cell.File{{Name: "cell.go", Text: `package cell

import (
	"runtime"
	"strings"

	"gosft/kernel/live"
)

// The garbage collector knows the second variable by the mask that the linker read of its type in the library.
var warmꞏnumber, warmꞏtext = new(int), ""

// Four strings are nine words: each register that Go passes arguments in is used in a call into the library.
func Run0(c *live.Cell) {
	s := func(n int) string { return strings.Repeat("x", n) }
	a, b, d, e := s(9), s(10), s(11), s(12)
	warmꞏtext = s(20)
	runtime.GC()
	var others []string
	for range 50_000 {
		others = append(others, strings.Repeat("y", 20))
	}
	c.Show(len(a + b + d + e) + strings.Count(warmꞏtext, "y") + strings.Count(others[0], "x"))
}
`}}}
	p, err := w.build(ctx, plan, &importConfig{lib: l}, nil)
	if w.ahead != nil {
		<-w.ahead
	}
	if err != nil {
		return err
	}
	if err := copyFile(l.Warm(), p.Path); err != nil {
		return err
	}
	proc, err := worker.Start(worker.Config{Program: l.Worker}, silent{})
	if err != nil {
		return err
	}
	defer proc.Kill()
	done, err := proc.Run(0, l.Warm())
	switch {
	case err != nil:
		return fmt.Errorf("a cell that was built to try it did not run: %s", proc.Death())
	case done.Err != nil:
		return fmt.Errorf("a cell that was built to try it did not run: %s", done.Err.Text)
	case done.Bundle["text/plain"].Text == nil || *done.Bundle["text/plain"].Text != "42":
		return fmt.Errorf("a cell that was built to try it gave another result than 42")
	}
	return nil
}

// silent handles the output of the trial worker.
type silent struct{}

func (silent) Stream(int, string, string) {}
func (silent) Display(display.Message)    {}
func (silent) Panic(int, wire.Failure)    {}
func (silent) Comm(worker.Comm)           {}
func (silent) Input(int, string, bool) (string, error) {
	return "", fmt.Errorf("nobody is there")
}
