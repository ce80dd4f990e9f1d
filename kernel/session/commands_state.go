package session

import (
	"fmt"
	"slices"
)

// commandMemory is what commands remember from one cell to the next. Two subshells that change it at once are the user's
// doing and harm nobody else.
type commandMemory struct {
	lastDir string          // before the last %cd
	args    []string        // of programs that %% and func main() start
	stdin   string          // for the next shell command: "inputs", "password", or "" for none
	flags   map[string]bool // names of flags that cells have defined
}

func (s *Session) commandState() *commandMemory { return &s.memory }

// cellWork is what a cell's commands change of how its Go is run.
type cellWork struct {
	main    program
	through Output         // where output goes on its way to the cell; nil for straight
	after   []func() error // run when the cell is done
}

// output is where the cell's Go writes to.
func (c *running) output() Output {
	if c.through != nil {
		return c.through
	}
	return c
}

// leave runs what commands have put off to the end of the cell.
func (c *running) leave() {
	for _, f := range slices.Backward(c.after) {
		if err := f(); err != nil {
			c.outlet.stream("stderr", err.Error()+"\n")
		}
	}
	c.after = nil
}

// prepare is the cell's Go as it runs: with GoNB's main function or tests called at its end. Flags that the cell defines
// again are forgotten before.
func (c *running) prepare() string {
	src, flags := c.main.goText(c.source, c.s)
	m := c.s.commandState()
	again := slices.ContainsFunc(flags, func(name string) bool { return m.flags[name] })
	for _, name := range flags {
		if m.flags == nil {
			m.flags = map[string]bool{}
		}
		m.flags[name] = true
	}
	if again {
		// When this fails the cell's own definition says why.
		c.run(c.ctx, gonbImport+fmt.Sprintf("\ngosftgonb.ForgetFlags(%s...)\n", goStrings(flags)), discard{})
	}
	return src
}

// Flush publishes what the cell has shown so far, so that later updates do not replace what waits.
func (c *running) Flush() { c.outlet.flush() }
