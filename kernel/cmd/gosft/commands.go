package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"gosft/kernel/engine"
	"gosft/kernel/session"
)

// What the session's commands ask of the engine beyond session.Engine.

// Setenv sets a variable in the worker's environment (%env).
func (e *cells) Setenv(name, value string, unset bool) error {
	return e.with(func(eng *engine.Engine) error { return eng.Setenv(name, value, unset) })
}

// Chdir changes the worker's folder (%cd).
func (e *cells) Chdir(dir string) error {
	return e.with(func(eng *engine.Engine) error { return eng.Chdir(dir) })
}

// Get adds a module to the session (%get).
func (e *cells) Get(ctx context.Context, what string, note func(string)) error {
	eng, err := e.get(ctx, nowhere{})
	if err != nil {
		return err
	}
	return eng.Get(ctx, what, note)
}

// Inspect describes one variable.
func (e *cells) Inspect(name string) (session.Var, bool) {
	eng := e.now()
	if eng == nil {
		return session.Var{}, false
	}
	v, ok := eng.Inspect(name)
	return sessionVar(v), ok
}

// Forget removes declarations (%rm); unknown are the names that stood for nothing.
func (e *cells) Forget(names ...string) (unknown []string, err error) {
	err = e.with(func(eng *engine.Engine) error {
		for _, name := range names {
			if !eng.Forget(name) {
				unknown = append(unknown, name)
			}
		}
		return nil
	})
	return unknown, err
}

// Renew replaces the worker and keeps the declarations (%restart).
func (e *cells) Renew() (lost []string, err error) {
	err = e.with(func(eng *engine.Engine) (err error) {
		e.bridge.Reset()
		lost, err = eng.Renew()
		return err
	})
	return lost, err
}

// ResetModules makes the session's go.mod what it was at the start (%reset).
func (e *cells) ResetModules() error {
	return e.with(func(eng *engine.Engine) error {
		return eng.Session().ResetModules()
	})
}

// ModuleDir is the folder with the session's go.mod, "" while there is none (!* runs there).
func (e *cells) ModuleDir() string {
	eng, err := e.get(context.Background(), nowhere{})
	if err != nil {
		return ""
	}
	return prepareModules(eng)
}

// prepareModules makes the session's module and returns its folder, which GoNB's notebooks know by GONB_TMP_DIR.
func prepareModules(eng *engine.Engine) string {
	if eng.Session().PrepareModules() != nil {
		return ""
	}
	dir := eng.Session().ModuleDir()
	if os.Getenv("GONB_TMP_DIR") != dir {
		os.Setenv("GONB_TMP_DIR", dir)
		eng.Setenv("GONB_TMP_DIR", dir, false)
	}
	return dir
}

// moduleDir is ModuleDir for help while typing: it waits for nothing.
func (e *cells) moduleDir() string {
	eng := e.now()
	if eng == nil || !eng.Session().HasModules() {
		return ""
	}
	return eng.Session().ModuleDir()
}

// settle waits until the engine runs and its module is there, at most for d.
func (e *cells) settle(d time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	defer cancel()
	if eng, err := e.get(ctx, nowhere{}); err == nil {
		prepareModules(eng) // without it gopls works in the sources
	}
}

// Declarations is the Go source of all that the session has declared.
func (e *cells) Declarations() string {
	if eng := e.now(); eng != nil {
		return eng.Declarations()
	}
	return ""
}

// Widgets connects a browser for gonbui (%widgets).
func (e *cells) Widgets(out session.Output) error { return e.bridge.Install(out) }

// Heartbeat asks that browser for a sign of life (%widgets_hb).
func (e *cells) Heartbeat() bool { return e.bridge.Heartbeat() }

// guess finds the import path of a package by its name.
func (e *cells) guess(name string, uses []string) (string, bool) {
	if eng := e.now(); eng != nil {
		return eng.Session().Guess(name, uses)
	}
	return "", false
}

func (e *cells) with(f func(*engine.Engine) error) error {
	eng, err := e.get(context.Background(), nowhere{})
	if err != nil {
		return fmt.Errorf("the worker is not there: %w", err)
	}
	return f(eng)
}
