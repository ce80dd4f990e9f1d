package build

import (
	"os"
	"path/filepath"
)

// ModuleDir is the folder with the session's go.mod and go.work. They are there once something needed them, or
// PrepareModules made them.
func (s *Session) ModuleDir() string { return s.modules.dir }

// HasModules says whether the session's go.mod and go.work are there. It never waits.
func (s *Session) HasModules() bool {
	_, err := os.Stat(filepath.Join(s.modules.dir, "go.mod")) // written last
	return err == nil
}

// PrepareModules makes the session's go.mod and go.work where they are not there yet.
func (s *Session) PrepareModules() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.modules.prepare()
}

// ResetModules makes the session's go.mod what it was at the start: versions that cells pinned are forgotten. Packages that
// the worker holds stay in it.
func (s *Session) ResetModules() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range []string{"go.mod", "go.sum", "go.work", "go.work.sum"} {
		if err := os.Remove(filepath.Join(s.modules.dir, name)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return s.modules.prepare()
}
