package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
)

// Config says what a session is made of. Only Engine and Frontend are required.
type Config struct {
	Engine   Engine
	Frontend Frontend
	Assist   Assist
	// History is the path of the SQLite file that keeps what was run across restarts; empty: in memory only.
	History string
	// OutputLimit is how many bytes of text a cell may show before the middle is cut out; default 16 MiB, at least 1 KiB.
	OutputLimit int
	// OutputDir is where the whole text of a cut output is kept; default gosft/outputs in the user's cache folder.
	OutputDir string
	Log       *slog.Logger // default: nothing is logged
}

// DefaultOutputLimit is how much text a cell shows unless the user says otherwise.
const DefaultOutputLimit = 16 << 20

// Session is one notebook's session. Its methods may be called from any goroutine.
type Session struct {
	engine Engine
	front  Frontend
	assist Assist
	hist   *history
	log    *slog.Logger

	mu        sync.Mutex
	count     int               // of stored cells
	hidden    int               // of cells that are not stored
	outlets   map[int]*outlet   // by cell, for late output too
	shells    map[string]*queue // by subshell id; "" is the main shell
	active    map[int]*running  // cells that run now
	comms     map[string]string // open comms: id -> target
	limit     int
	outputDir string
	closed    bool
	memory    commandMemory
}

// New starts a session; it runs nothing yet. An unusable history file is no error: the log says so and history stays
// in memory.
func New(c Config) (*Session, error) {
	if c.Engine == nil || c.Frontend == nil {
		return nil, errors.New("session: Config needs an Engine and a Frontend")
	}
	if c.Assist == nil {
		c.Assist = noAssist{}
	}
	if c.Log == nil {
		c.Log = slog.New(slog.NewTextHandler(io.Discard, nil))
	}
	if c.OutputLimit <= 0 {
		c.OutputLimit = DefaultOutputLimit
	}
	if c.OutputDir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			cache = os.TempDir()
		}
		c.OutputDir = filepath.Join(cache, "gosft", "outputs")
	}
	s := &Session{
		engine: c.Engine, front: c.Frontend, assist: c.Assist, log: c.Log,
		hist:    openHistory(c.History, c.Log),
		outlets: map[int]*outlet{}, shells: map[string]*queue{}, active: map[int]*running{},
		comms: map[string]string{}, limit: max(c.OutputLimit, 1<<10), outputDir: c.OutputDir,
	}
	s.shells[""] = newQueue(s)
	return s, nil
}

// SetOutputLimit sets how many bytes of text a cell may show before the middle is cut out; it holds for cells that
// start later. At least 1 KiB.
func (s *Session) SetOutputLimit(bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limit = max(bytes, 1<<10)
}

// OutputLimit is the present limit in bytes.
func (s *Session) OutputLimit() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.limit
}

// Vars lists the session's variables.
func (s *Session) Vars() []Var { return s.engine.Vars() }

// Assist is what answers questions about code.
func (s *Session) Assist() Assist { return s.assist }

// Interrupt stops what runs and cancels what waits, in all subshells.
func (s *Session) Interrupt() {
	s.mu.Lock()
	var queues []*queue
	for _, q := range s.shells {
		queues = append(queues, q)
	}
	var cells []*running
	for _, c := range s.active {
		cells = append(cells, c)
	}
	s.mu.Unlock()
	for _, q := range queues {
		q.abort()
	}
	for _, c := range cells {
		c.interrupt()
	}
	if len(cells) > 0 {
		s.engine.Interrupt()
	}
}

// Restart forgets all declarations and values; the history and the cells' numbers stay.
func (s *Session) Restart() error {
	if err := s.engine.Restart(); err != nil {
		return fmt.Errorf("restart the worker: %w", err)
	}
	return nil
}

// Close interrupts what runs, writes history out and ends the engine.
func (s *Session) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	var queues []*queue
	for _, q := range s.shells {
		queues = append(queues, q)
	}
	s.mu.Unlock()
	for _, q := range queues {
		q.close()
	}
	s.mu.Lock()
	cells := make([]*running, 0, len(s.active))
	for _, c := range s.active {
		cells = append(cells, c)
	}
	s.mu.Unlock()
	for _, c := range cells {
		c.interrupt()
	}
	err := s.engine.Close()
	s.mu.Lock()
	for _, o := range s.outlets {
		o.flush()
	}
	s.mu.Unlock()
	return errors.Join(err, s.hist.close())
}

// Inspect documents what stands at pos in code.
func (s *Session) Inspect(ctx context.Context, code string, pos, detail int) (Inspection, error) {
	if c := s.commandAt(code, pos); c != nil {
		text := c.Usage + "\n\n" + c.Help
		return Inspection{Found: true, Data: Bundle{"text/plain": text, "text/markdown": "```\n" + c.Usage + "\n```\n\n" + c.Help}}, nil
	}
	return s.assist.Inspect(ctx, code, pos, detail)
}

// IsComplete says whether Enter runs the text.
func (s *Session) IsComplete(ctx context.Context, code string) Completeness {
	if cmds, rest := splitCell(code); len(cmds) > 0 {
		if cmds[0].body != "" || len(rest) == 0 {
			return Completeness{Status: "complete"}
		}
		code = rest
	}
	if _, _, ok := helpQuery(code); ok {
		return Completeness{Status: "complete"}
	}
	return s.assist.IsComplete(ctx, code)
}
