package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// side is one of those that are compared.
type side struct {
	name    string
	backend string // of this library: as GOMLX_BACKEND
	flags   string // XLA_FLAGS
	python  string // else the Python that runs torch.py
	compile bool   // torch.compile
	once    bool   // has one turn only
}

// task is what a process does in its turns.
type task struct {
	shape
	Train   bool `json:"train"`
	Compile bool `json:"compile"`
}

// player is a process that takes turns.
type player struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	stderr strings.Builder
}

// takeTurns brings all sides to where their first turn is due and then lets one after the other have it, round after round, to
// and fro.
func takeTurns(sides []side, t task, say func(string, ...any)) ([]measured, error) {
	results, players := make([]measured, len(sides)), make([]*player, len(sides))
	defer func() {
		for _, p := range players {
			if p != nil {
				p.stop()
			}
		}
	}()
	for i, s := range sides {
		start := time.Now()
		p, err := s.start(t)
		if err == nil {
			players[i] = p
			_, err = p.answer()
		}
		if err != nil {
			if !s.compile { // which needs a C++ compiler, and no target is about it
				return nil, fmt.Errorf("%s: %w", s.name, err)
			}
			say("not measured: %s: %v", s.name, err)
			players[i] = nil
			continue
		}
		results[i].ready = time.Since(start)
	}
	for round := range t.Rounds {
		for k := range sides {
			if round%2 == 1 {
				k = len(sides) - 1 - k
			}
			if players[k] == nil || sides[k].once && round > 0 {
				continue
			}
			time.Sleep(10 * time.Millisecond) // the threads of the last one spin for a while
			x, err := players[k].turn()
			if err != nil {
				return nil, fmt.Errorf("%s: %w", sides[k].name, err)
			}
			results[k].times = append(results[k].times, x)
		}
	}
	return results, nil
}

// start begins a side's process.
func (s side) start(t task) (*player, error) {
	t.Compile = s.compile
	text, err := json.Marshal(t)
	if err != nil {
		return nil, err
	}
	name, args := s.python, []string{"-c", script, "steps", string(text)}
	if s.backend != "" {
		if name, err = os.Executable(); err != nil {
			return nil, err
		}
		args = []string{"-one", string(text)}
	}
	p := &player{cmd: exec.Command(name, args...)}
	p.cmd.Env = append(os.Environ(), "GOMLX_BACKEND="+s.backend)
	if s.flags != "" {
		p.cmd.Env = append(p.cmd.Env, "XLA_FLAGS="+s.flags)
	}
	p.cmd.Stderr = &p.stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.out = bufio.NewReader(out)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	return p, nil
}

// mark begins the lines of a process that are answers.
const mark = "result: "

// answer waits for the process's next answer; one that ends without is stopped.
func (p *player) answer() (string, error) {
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			p.stop()
			return "", fmt.Errorf("it ended: %s", p.stderr.String())
		}
		if rest, ok := strings.CutPrefix(line, mark); ok {
			return strings.TrimSpace(rest), nil
		}
	}
}

// turn lets the process do its steps and returns the seconds that one took.
func (p *player) turn() (float64, error) {
	if _, err := io.WriteString(p.in, "\n"); err != nil {
		return 0, err
	}
	text, err := p.answer()
	if err != nil {
		return 0, err
	}
	return strconv.ParseFloat(text, 64)
}

// stop ends the process.
func (p *player) stop() {
	p.in.Close()
	p.cmd.Process.Kill()
	p.cmd.Wait()
}

// makeModel lets torch.py write a model of random weights.
func makeModel(python string, s shape) error {
	text, err := json.Marshal(s)
	if err != nil {
		return err
	}
	if out, err := exec.Command(python, "-c", script, "make", string(text)).CombinedOutput(); err != nil {
		return fmt.Errorf("%w\n%s", err, out)
	}
	return nil
}
