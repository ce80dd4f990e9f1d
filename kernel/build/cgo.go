package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gosft/kernel/cell"
)

// compileCgo compiles a cell that has C code. The go command does it, in a module of its own that is called as the cells'
// package is: it knows how cgo's parts become one archive. It takes about a second.
func (w *way) compileCgo(ctx context.Context, plan *cell.Plan, dir, object string, modules *modules) error {
	if err := modules.prepare(); err != nil {
		return err
	}
	src := filepath.Join(dir, "cgo")
	if err := os.Mkdir(src, 0o700); err != nil {
		return spaceError(err)
	}
	if _, err := writeFiles(src, plan); err != nil {
		return err
	}
	version := strings.TrimPrefix(w.lib.Toolchain.Version, "go")
	if err := os.WriteFile(filepath.Join(src, "go.mod"), fmt.Appendf(nil, "module %s\n\ngo %s\n", CellPath, version), 0o600); err != nil {
		return spaceError(err)
	}
	b, err := os.ReadFile(filepath.Join(modules.dir, "go.work"))
	if err != nil {
		return err
	}
	work := strings.Replace(string(b), "use (\n\t.\n", fmt.Sprintf("use (\n\t%q\n\t%q\n", src, modules.dir), 1)
	if err := os.WriteFile(filepath.Join(dir, "go.work"), []byte(work), 0o600); err != nil {
		return spaceError(err)
	}
	args := append(listFlags(w.lib.Plain, w.lib.Overlay), CellPath)
	pkgs, err := goList(ctx, w.lib.Toolchain, src, []string{"GOWORK=" + filepath.Join(dir, "go.work"), "TMPDIR=" + dir}, args)
	if err != nil {
		var broken *compileError
		if !errors.As(err, &broken) {
			return err
		}
		if errs := cellErrors([]byte(broken.text), plan); errs != nil {
			return errs
		}
		return fmt.Errorf("compiling the cell's C code: %s", broken.text)
	}
	for _, p := range pkgs {
		if p.ImportPath == CellPath && p.Export != "" {
			return copyFile(object, p.Export)
		}
	}
	return errors.New("compiling the cell's C code: the go command gave no archive")
}
