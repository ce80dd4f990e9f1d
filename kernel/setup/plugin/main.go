// Plugin fetches XLA's CPU plugin by go-xla's installer, for platforms of which PyPI has none (Linux and macOS on arm64).
// usage: plugin FOLDER
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/gomlx/go-xla/installer"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: plugin FOLDER")
		os.Exit(2)
	}
	dir, err := filepath.Abs(os.Args[1])
	if err == nil {
		err = installer.CPUAutoInstall(dir, true, installer.Normal)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "plugin:", err)
		os.Exit(1)
	}
}
