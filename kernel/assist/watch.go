package assist

import (
	"io/fs"
	"path/filepath"
	"strings"
	"time"
)

// watcher notices changes of Go files and go.mod in the session's folder: the user's own packages, edited beside the notebook.
type watcher struct {
	dir  string
	seen map[string]time.Time
	last time.Time
}

const (
	watchEvery = 2 * time.Second
	watchMost  = 5000 // files looked at; a larger tree is not watched further down
)

// changes lists the files that were made (1), changed (2) or deleted (3) since the last call, at most every two seconds.
func (w *watcher) changes(now time.Time) map[string]int {
	if now.Sub(w.last) < watchEvery {
		return nil
	}
	w.last = now
	found := map[string]time.Time{}
	filepath.WalkDir(w.dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return nil
		}
		name := e.Name()
		if e.IsDir() {
			if p != w.dir && (strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "node_modules" || name == "testdata") {
				return filepath.SkipDir
			}
			return nil
		}
		if strings.HasSuffix(name, ".go") || name == "go.mod" || name == "go.sum" || name == "go.work" {
			if info, err := e.Info(); err == nil {
				found[p] = info.ModTime()
			}
			if len(found) >= watchMost {
				return filepath.SkipAll
			}
		}
		return nil
	})
	old := w.seen
	w.seen = found
	if old == nil {
		return nil
	}
	list := map[string]int{}
	for p, t := range found {
		switch was, ok := old[p]; {
		case !ok:
			list[p] = 1
		case !was.Equal(t):
			list[p] = 2
		}
	}
	for p := range old {
		if _, ok := found[p]; !ok {
			list[p] = 3
		}
	}
	return list
}

// tell reports changed files to gopls.
func (s *server) tell(changed map[string]int) error {
	if len(changed) == 0 {
		return nil
	}
	var list []any
	for p, kind := range changed {
		list = append(list, map[string]any{"uri": fileURI(p), "type": kind})
	}
	return s.notify("workspace/didChangeWatchedFiles", map[string]any{"changes": list})
}
