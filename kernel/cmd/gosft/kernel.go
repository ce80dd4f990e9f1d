package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"gosft/kernel/assist"
	"gosft/kernel/engine"
	"gosft/kernel/jupyter"
	"gosft/kernel/session"
)

// kernelCommand serves a connection file until a client asks for shutdown, SIGTERM comes or Jupyter is gone.
func kernelCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("kernel", flag.ContinueOnError)
	plain := flags.Bool("plain", os.Getenv("GOSFT_PLAIN") != "", "build cells as ordinary plugins")
	file := flags.String("f", "", "connection file")
	words, err := parseFlags(flags, args)
	if err != nil {
		return err
	}
	if *file == "" && len(words) > 0 {
		*file = words[0]
	}
	log := newLog()
	k, own, err := listen(*file, jupyter.Config{Version: fullVersion(), Banner: banner(), Log: log})
	if err != nil {
		return err
	}
	if own != "" {
		defer os.Remove(own)
	}
	eng := newCells(engine.Config{Plain: *plain}, kernelID(*file))
	help := newAssist(eng, log)
	defer closeSoon(help)
	go func() {
		eng.settle(3 * time.Second) // else gopls would be started twice
		warm(ctx, help, log)
	}()
	s, err := session.New(session.Config{Engine: eng, Frontend: k, Assist: help, History: historyFile(), OutputDir: outputDir(), Log: log})
	if err != nil {
		return err
	}
	go session.PruneOutputs(outputDir())

	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	interrupts := make(chan os.Signal, 4)
	signal.Notify(interrupts, os.Interrupt)
	go func() {
		for range interrupts {
			s.Interrupt()
		}
	}()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go watchParent(cancel, log)
	return k.Serve(ctx, s)
}

// closeSoon ends the helper, but does not keep Jupyter waiting for a gopls that is busy: it ends when this process does.
func closeSoon(help *assist.Assist) {
	done := make(chan struct{})
	go func() {
		help.Close()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(200 * time.Millisecond):
	}
}

// listen opens the sockets of the connection file; without one it makes one in Jupyter's runtime folder, says how to
// connect, and returns its path so that it can be removed in the end.
func listen(file string, cfg jupyter.Config) (k *jupyter.Kernel, own string, err error) {
	if file != "" {
		conn, err := jupyter.ReadConnection(file)
		if err != nil {
			return nil, "", err
		}
		k, err = jupyter.Listen(conn, cfg)
		return k, "", err
	}
	own = filepath.Join(jupyterRuntime(), fmt.Sprintf("kernel-%d.json", os.Getpid()))
	if k, err = jupyter.ListenNew(own, cfg); err != nil {
		return nil, "", err
	}
	fmt.Fprintf(os.Stderr, "To connect a client to this kernel: jupyter console --existing %s\n", filepath.Base(own))
	return k, own, nil
}

// kernelID is the name by which the Jupyter server knows the kernel, from kernel-ID.json.
func kernelID(file string) string {
	id, ok := strings.CutPrefix(filepath.Base(file), "kernel-")
	if id, isJSON := strings.CutSuffix(id, ".json"); ok && isJSON {
		return id
	}
	return ""
}

// watchParent ends the kernel when the process that started it is gone, so that no kernel outlives a server that was
// killed.
func watchParent(end func(), log *slog.Logger) {
	parent := os.Getppid()
	if parent == 1 || os.Getenv("JPY_PARENT_PID") == "" {
		return
	}
	for range time.Tick(time.Second) {
		if os.Getppid() != parent {
			log.Warn("Jupyter is gone; the kernel ends")
			end()
			return
		}
	}
}

func newLog() *slog.Logger {
	level := slog.LevelWarn
	if v := os.Getenv("GOSFT_LOG"); v != "" {
		if err := level.UnmarshalText([]byte(v)); err != nil {
			level = slog.LevelDebug
		}
	}
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
}

func banner() string {
	return "GoSFT " + fullVersion() + ": Go cells as native code, whose values stay. %help lists commands."
}

// dataHome is the user's folder for data, empty where there is no home.
func dataHome() string {
	if d := os.Getenv("XDG_DATA_HOME"); d != "" {
		return d
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".local", "share")
}

// historyFile is where history is kept: $GOSFT_HISTORY, else gosft/history.sqlite in the user's data folder.
func historyFile() string {
	if f, ok := os.LookupEnv("GOSFT_HISTORY"); ok {
		if f == ":memory:" {
			f = ""
		}
		return f
	}
	if d := dataHome(); d != "" {
		return filepath.Join(d, "gosft", "history.sqlite")
	}
	return ""
}

// outputDir is where outputs that were cut are kept whole.
func outputDir() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		cache = filepath.Join(os.TempDir(), fmt.Sprintf("gosft-%d", os.Getuid()))
	}
	return filepath.Join(cache, "gosft", "outputs")
}
