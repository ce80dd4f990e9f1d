package main

import (
	"context"
	"log/slog"
	"time"

	"gosft/kernel/assist"
	"gosft/kernel/build"
)

// common are the packages that completion reads at the start; larger ones follow when nobody is asking (see warm).
var common = []string{"bufio", "errors", "fmt", "math", "os", "path/filepath", "slices", "sort", "strconv", "strings", "time"}

// larger is a cell that imports what notebooks use most: gopls needs some seconds to read it.
const larger = `import (
	"gosft/kernel/display"
	"gosft/sftlib/bert"
	"gosft/sftlib/data"
	"gosft/sftlib/eval"
	"gosft/sftlib/show"
	"gosft/sftlib/token"
	"gosft/sftlib/train"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
)
train.`

// newAssist makes the helper for typing.
func newAssist(eng *cells, log *slog.Logger) *assist.Assist {
	home := build.Home()
	tree, err := build.Tree(home)
	if err != nil {
		log.Warn("completion knows names in scope only", "error", err)
	}
	return assist.New(assist.Config{
		Gopls: assist.FindGopls(home), Dir: tree, Env: []string{"GOEXPERIMENT=" + build.Experiment}, Preload: common, Log: log,
		Declarations: eng.Declarations,
		Guess:        eng.guess,
		Value: func(name string) (string, string, bool) {
			v, ok := eng.Inspect(name)
			return v.Type, v.Value, ok
		},
	})
}

// warm starts gopls beside everything else, which takes about a second with its cache on disk. After a pause, so that the
// first questions of somebody who types at once do not wait, it lets gopls read the larger packages too.
func warm(ctx context.Context, a *assist.Assist, pause time.Duration, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	if err := a.Warm(ctx); err != nil {
		log.Info("help while typing starts without gopls", "error", err)
		return
	}
	for range 5 {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		if c, err := a.Complete(ctx, larger, len(larger)); err == nil && len(c.Matches) > 10 {
			return
		}
	}
}
