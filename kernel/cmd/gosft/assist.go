package main

import (
	"context"
	"log/slog"
	"time"

	"gosft/kernel/assist"
	"gosft/kernel/build"
)

// common are the packages that completion reads at the start; all others that the worker holds follow when nobody is asking.
var common = []string{"bufio", "errors", "fmt", "math", "os", "path/filepath", "slices", "sort", "strconv", "strings", "time"}

// newAssist makes the helper for typing.
func newAssist(eng *cells, log *slog.Logger) *assist.Assist {
	home := build.Home()
	tree, err := build.Tree(home)
	if err != nil {
		log.Warn("completion knows names in scope only", "error", err)
	}
	return assist.New(assist.Config{
		Gopls: assist.FindGopls(home), Dir: tree, Env: []string{"GOEXPERIMENT=" + build.Experiment}, Log: log,
		Preload: common, Later: assist.Preloaded(tree),
		Workspace:    eng.moduleDir,
		Declarations: eng.Declarations,
		Guess:        eng.guess,
		Value: func(name string) (string, string, bool) {
			v, ok := eng.Inspect(name)
			return v.Type, v.Value, ok
		},
	})
}

// warm starts gopls beside everything else: about a second with its cache on disk, and as long again for the larger packages.
func warm(ctx context.Context, a *assist.Assist, log *slog.Logger) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := a.Warm(ctx); err != nil {
		log.Info("help while typing is without gopls", "error", err)
	}
}
