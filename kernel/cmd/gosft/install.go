package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"gosft/kernel/assist"
	"gosft/kernel/build"
	"gosft/kernel/engine"
	"gosft/kernel/gonb/bridge"
)

const kernelName = "gosft"

// spec is kernel.json.
type spec struct {
	Argv          []string          `json:"argv"`
	DisplayName   string            `json:"display_name"`
	Language      string            `json:"language"`
	InterruptMode string            `json:"interrupt_mode"`
	Env           map[string]string `json:"env"`
	Metadata      map[string]any    `json:"metadata"`
}

// place is the folder of kernels that the flags name.
func place(flags *flag.FlagSet, args []string) (string, error) {
	user := flags.Bool("user", false, "for this user (the default)")
	prefix := flags.String("prefix", "", "in the environment at `DIR`")
	sys := flags.Bool("sys-prefix", false, "in the environment of this program, or of the Python on the PATH")
	words, err := parseFlags(flags, args)
	if err != nil {
		return "", err
	}
	if len(words) > 0 {
		return "", fmt.Errorf("unexpected %q", words[0])
	}
	given := 0
	for _, b := range []bool{*user, *prefix != "", *sys} {
		if b {
			given++
		}
	}
	if given > 1 {
		return "", errors.New("give one of --user, --prefix and --sys-prefix")
	}
	switch {
	case *sys:
		if *prefix, err = sysPrefix(); err != nil {
			return "", err
		}
	case *prefix == "":
		data, err := jupyterUserData()
		if err != nil {
			return "", err
		}
		return filepath.Join(data, "kernels", kernelName), nil
	}
	p, err := filepath.Abs(*prefix)
	return filepath.Join(p, "share", "jupyter", "kernels", kernelName), err
}

// installCommand writes the kernel's description for Jupyter, builds the worker and runs a cell, so that the first cell
// of the first notebook is as quick as any.
func installCommand(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("install", flag.ContinueOnError)
	noWorker := flags.Bool("no-worker", false, "do not build the worker now; the first kernel does")
	dir, err := place(flags, args)
	if err != nil {
		return err
	}
	if err := writeSpec(dir); err != nil {
		return err
	}
	fmt.Println("installed the kernel Go (GoSFT) in", dir)
	if *noWorker {
		return nil
	}
	start := time.Now()
	took, err := tryCell(ctx, func(line string) { fmt.Println(line) })
	if err != nil {
		return fmt.Errorf("the kernel is installed, but a cell does not run: %w\ngosft doctor says more", err)
	}
	fmt.Printf("a first cell runs (%.1f s with all preparations, the cell itself %.2f s)\n", time.Since(start).Seconds(), took.Seconds())
	return warmHelp(ctx)
}

// warmHelp lets gopls read what cells may import, so that its cache is filled when the first notebook is typed.
func warmHelp(ctx context.Context) error {
	if assist.FindGopls(build.Home()) == "" {
		fmt.Println("without gopls completion knows names in scope only: make setup builds it")
		return nil
	}
	fmt.Println("reading packages for completion and help")
	start := time.Now()
	help := newAssist(newIdle(), newLog())
	defer help.Close()
	warm(ctx, help, newLog())
	fmt.Printf("completion is ready (%.1f s)\n", time.Since(start).Seconds())
	return nil
}

func writeSpec(dir string) error {
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	data, err := json.MarshalIndent(spec{
		Argv: []string{exe, "kernel", "{connection_file}"}, DisplayName: "Go (GoSFT)", Language: "go", InterruptMode: "message",
		Env: map[string]string{"GOSFT_HOME": build.Home()}, Metadata: map[string]any{"debugger": true},
	}, "", " ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("%w: choose another place with --user, --prefix DIR or --sys-prefix", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "kernel.json"), append(data, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "logo-svg.svg"), []byte(logo), 0o644)
}

// uninstallCommand removes the kernel's description; the worker and all other files below GOSFT_HOME stay.
func uninstallCommand(_ context.Context, args []string) error {
	dir, err := place(flag.NewFlagSet("uninstall", flag.ContinueOnError), args)
	if err != nil {
		return err
	}
	if _, err := os.Stat(filepath.Join(dir, "kernel.json")); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no kernel is installed in %s; gosft doctor says where one is", dir)
	}
	if err := os.RemoveAll(dir); err != nil {
		return err
	}
	fmt.Println("removed", dir)
	return nil
}

// tryCell starts an engine and runs a cell that prints and shows a value.
func tryCell(ctx context.Context, progress func(string)) (time.Duration, error) {
	dir, err := os.MkdirTemp("", "gosft-try-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	e, err := engine.New(engine.Config{Notebook: dir, Progress: progress})
	if err != nil {
		return 0, err
	}
	defer e.Close()
	start := time.Now()
	r := e.Run(ctx, 1, "import \"fmt\"\nfmt.Println(\"ready\")\n20 + 22", output{nowhere{}, bridge.New(bridge.Config{})})
	if r.Err != nil {
		return 0, r.Err
	}
	if got := r.Bundle.Text(); got != "42" {
		return 0, fmt.Errorf("a cell with 20 + 22 gave %q", got)
	}
	return time.Since(start), nil
}

// logo is what JupyterLab's launcher shows.
const logo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="64" height="64">
<rect x="2" y="2" width="60" height="60" rx="12" fill="#00758d"/>
<path d="M10 46 L22 38 L32 42 L42 24 L54 16" fill="none" stroke="#9be2f0" stroke-width="4" stroke-linecap="round" stroke-linejoin="round"/>
<text x="32" y="36" font-family="Helvetica,Arial,sans-serif" font-weight="700" font-size="26" text-anchor="middle" fill="#fff">Go</text>
</svg>
`
