package assist

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"gosft/kernel/session"
)

// Config says where Assist finds things. Every field may be left out: without Gopls or Dir there is no gopls, and answers
// come from the cell's own text and the session's declarations.
type Config struct {
	Gopls string   // path of gopls v0.20; see FindGopls
	Dir   string   // a folder with a go.mod that requires all that cells import
	Env   []string // added to the process environment of gopls, such as GOEXPERIMENT=simd
	// Workspace, when given, says that gopls is to work in another folder than Dir from now on: the session's own module,
	// once it exists. "" keeps the present one. It must not wait for a running cell.
	Workspace func() string
	Preload   []string // import paths that are read at the start, so that the first question about them is quick
	Later     []string // import paths that are read after the start, as soon as nobody has asked for two seconds

	Declarations func() string                                   // Go source of all that the session has declared
	Guess        func(name string, uses []string) (string, bool) // import path of a package that a cell uses without importing it; default: the standard library
	Value        func(name string) (typ, value string, ok bool)  // type and value of a variable of the session; must not wait for a running cell
	Log          *slog.Logger
}

// guessKnown finds a package among those that gopls is told of at the start: this module's own, the standard library's, others.
func (c Config) guessKnown(name string) (string, bool) {
	other := ""
	for _, p := range slices.Concat(c.Preload, c.Later) {
		if packageName(p) == name {
			if strings.HasPrefix(p, "gosft/") {
				return p, true
			}
			other = p
		}
	}
	if p, ok := guessStd(name, nil); ok {
		return p, true
	}
	return other, other != ""
}

// Assist answers questions about cells. It implements session.Assist. Its methods may be called from any goroutine.
type Assist struct {
	cfg Config

	busy    chan struct{} // holds a token while a question is asked: what follows belongs to it
	srv     *server
	dir     string    // where gopls works
	down    time.Time // when gopls ended or could not be started; it is tried again after a while
	decls   *declarations
	imports *importSet
	watch   *watcher
	results map[string]int // for a define and the declarations before it: results of the call, -1 when not known
	closed  bool

	patience     time.Duration // how long a question may take before the cell's own text has to do
	longPatience time.Duration // the same for help on a name of which the cell's own text says nothing
	callbackTime time.Duration // how long a question waits for a callback before it does without its answer

	asked   atomic.Int64 // when somebody last asked
	process atomic.Pointer[os.Process]
}

const (
	cellFile = "gosft_cell.go"
	declFile = "gosft_declarations.go"

	whole    = 30 * time.Second // how long gopls may go on with a question, so that the next one is quick
	recovery = 20 * time.Second // how long a gopls that ended is left alone
)

// New makes an Assist. gopls is started by Warm, or by the first question.
func New(cfg Config) *Assist {
	if cfg.Declarations == nil {
		cfg.Declarations = func() string { return "" }
	}
	if cfg.Guess == nil {
		cfg.Guess = guessStd
	}
	if cfg.Value == nil {
		cfg.Value = func(string) (string, string, bool) { return "", "", false }
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	a := &Assist{busy: make(chan struct{}, 1), dir: cfg.Dir, imports: newImportSet(cfg.Preload), results: map[string]int{},
		patience: 700 * time.Millisecond, longPatience: 3 * time.Second, callbackTime: 60 * time.Millisecond}
	// The callbacks may wait for a cell that is being built; the questions do not wait for them.
	declarations, guess, value, workspace := cfg.Declarations, cfg.Guess, cfg.Value, cfg.Workspace
	var last atomic.Pointer[string]
	cfg.Declarations = func() string {
		return soon(a.callbackTime, func() string {
			text := declarations()
			last.Store(&text)
			return text
		}, func() string {
			if p := last.Load(); p != nil {
				return *p
			}
			return ""
		})
	}
	cfg.Guess = func(name string, uses []string) (string, bool) {
		p := soon(a.callbackTime, func() string {
			p, _ := guess(name, uses)
			return p
		}, func() string {
			return ""
		})
		if p == "" {
			return cfg.guessKnown(name)
		}
		return p, true
	}
	type answer struct {
		typ, value string
		ok         bool
	}
	cfg.Value = func(name string) (string, string, bool) {
		got := soon(a.callbackTime, func() (got answer) {
			got.typ, got.value, got.ok = value(name)
			return got
		}, func() answer { return answer{} })
		return got.typ, got.value, got.ok
	}
	if workspace != nil {
		cfg.Workspace = func() string { return soon(a.callbackTime, workspace, func() string { return "" }) }
	}
	a.cfg = cfg
	return a
}

// soon returns f's result, or otherwise's when f takes too long. f then goes on by itself.
func soon[T any](d time.Duration, f, otherwise func() T) T {
	done := make(chan T, 1)
	go func() { done <- f() }()
	select {
	case r := <-done:
		return r
	case <-time.After(d):
		return otherwise()
	}
}

// Warm starts gopls and lets it read the preloaded packages, about a second with its cache on disk and ten without, and
// then those of Config.Later. Call it in a goroutine when the kernel starts.
func (a *Assist) Warm(ctx context.Context) error {
	if err := a.read(ctx, nil); err != nil || len(a.cfg.Later) == 0 {
		return err
	}
	for {
		wait := calm - time.Since(time.Unix(0, a.asked.Load()))
		if wait <= 0 {
			return a.read(ctx, a.cfg.Later)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
	}
}

// calm is how long nobody must have asked before the packages of Config.Later are read.
const calm = 2 * time.Second

// read lets gopls read the cell's imports and more.
func (a *Assist) read(ctx context.Context, more []string) error {
	if !a.take(ctx) {
		return ctx.Err()
	}
	defer a.give()
	if err := a.start(ctx); err != nil {
		return err
	}
	for _, p := range more {
		a.imports.add(`"` + p + `"`)
	}
	a.asked.Store(time.Now().UnixNano())
	_, err := a.ask(ctx, "fmt.Print", len("fmt.Print"))
	return err
}

// take waits for the token; false when ctx was done first.
func (a *Assist) take(ctx context.Context) bool {
	select {
	case a.busy <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (a *Assist) give() { <-a.busy }

// within runs f with the token and returns what it does; session.ErrBusy when it has not done so in this time. f goes on
// then, and what gopls has learned by it helps the next question; while it waits for the token it is dropped instead.
func within[T any](a *Assist, ctx context.Context, patience time.Duration, f func(context.Context) (T, error)) (T, error) {
	type outcome struct {
		r   T
		err error
	}
	var none T
	a.asked.Store(time.Now().UnixNano())
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if !a.take(ctx) {
		return none, session.ErrBusy
	}
	done := make(chan outcome, 1)
	go func() {
		defer a.give()
		long, cancel := context.WithTimeout(context.WithoutCancel(ctx), whole)
		defer cancel()
		r, err := f(long)
		done <- outcome{r, err}
	}()
	select {
	case o := <-done:
		return o.r, o.err
	case <-ctx.Done():
		return none, session.ErrBusy
	}
}

// Close ends gopls.
func (a *Assist) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	if !a.take(ctx) { // gopls does not answer
		if p := a.process.Load(); p != nil {
			p.Kill()
		}
		return errors.New("assist: gopls did not answer and was ended")
	}
	defer a.give()
	a.closed = true
	if a.srv != nil {
		a.srv.stop()
		a.srv = nil
	}
	return nil
}

// start makes sure that gopls runs and knows the session's declarations. The token is held.
func (a *Assist) start(ctx context.Context) error {
	if a.cfg.Workspace != nil {
		if dir := a.cfg.Workspace(); dir != "" && dir != a.dir {
			a.dir = dir
			if a.srv != nil {
				go a.srv.stop()
				a.srv = nil
			}
		}
	}
	if a.closed || a.cfg.Gopls == "" || a.dir == "" {
		return errNoServer
	}
	if a.srv != nil && !a.srv.alive() {
		a.cfg.Log.Warn("gopls ended; it is started again", "error", a.srv.failure())
		a.srv, a.down = nil, time.Now()
	}
	if a.srv == nil {
		if !a.down.IsZero() && time.Since(a.down) < recovery {
			return errNoServer
		}
		srv, err := startServer(ctx, a.cfg.Gopls, a.dir, a.cfg.Env)
		if err != nil {
			a.down = time.Now()
			a.cfg.Log.Warn("gopls does not start; completion uses the cell's text only", "error", err)
			return errors.Join(errNoServer, err)
		}
		a.srv = srv
		a.process.Store(srv.cmd.Process)
		a.watch = &watcher{dir: srv.dir}
	}
	return a.srv.tell(a.watch.changes(time.Now()))
}

// declared reads the session's declarations when they have changed.
func (a *Assist) declared() *declarations {
	if source := a.cfg.Declarations(); a.decls == nil || a.decls.source != source {
		a.decls = readDeclarations(source)
		a.results = map[string]int{}
		if a.decls.file != nil {
			for _, s := range a.decls.file.Imports {
				a.imports.add(s.Path.Value)
			}
		}
	}
	return a.decls
}

// load gives the cell to gopls and returns it as the document that gopls has now. Calls whose trailing error is checked
// for the user (point in kernel/cell) are found by asking gopls for their signatures, up to the byte before in the cell.
func (a *Assist) load(ctx context.Context, code string, before int) (*document, error) {
	if err := a.start(ctx); err != nil {
		return nil, err
	}
	d := a.declared()
	src := blank(code)
	known := func(x define) int {
		if n, ok := a.results[x.key]; ok {
			return n
		}
		return -1
	}
	imports := a.imports.specs(missing(src, d, a.cfg.Guess))
	const probes = 12
	for range probes {
		doc := makeDocument(code, imports, known)
		if err := a.srv.set(declFile, a.declarationText(d, doc)); err != nil {
			return nil, err
		}
		if err := a.srv.set(cellFile, doc.text); err != nil {
			return nil, err
		}
		asked := false
		for _, x := range doc.defines {
			if _, ok := a.results[x.key]; ok || x.end >= before {
				continue
			}
			n := a.resultCount(ctx, doc.toDoc(x.callee))
			if ctx.Err() != nil {
				return doc, nil
			}
			a.results[x.key] = n
			asked = true
			if n == x.left+1 {
				break // what follows may depend on it
			}
		}
		if !asked {
			return doc, nil
		}
	}
	return makeDocument(code, imports, known), nil
}

// declarationText is the session's declarations without those that the cell makes anew, and the predeclared ctx.
func (a *Assist) declarationText(d *declarations, doc *document) string {
	text := d.without(doc.names)
	if !d.declares("ctx") && !doc.names["ctx"] {
		if i := firstLineAfterPackage(text); i > 0 {
			text = text[:i] + "import contextꞏ \"context\"\n" + text[i:] + "\n// ctx ends when the cell is interrupted.\nvar ctx contextꞏ.Context\n"
		}
	}
	return text
}

var _ session.Assist = (*Assist)(nil)
