// Package home finds the folder in which set-up leaves models, data, XLA's plugin and the kernel's worker.
//
//	package main
//
//	import (
//		"fmt"
//
//		"gosft/sftlib/home"
//	)
//
//	func main() {
//		fmt.Println(home.Dir(), home.Data("movie_reviews.csv"))
//	}
package home

import (
	"os"
	"path/filepath"
)

// Dir returns the folder that holds models/, data/, pjrt/ and worker/: $GOSFT_HOME, else share/gosft in the environment
// whose bin this program lies in, else the nearest .venv/share/gosft in the working directory or one of its parents, else
// $XDG_DATA_HOME/gosft (~/.local/share/gosft). It need not exist; "" means that there is neither a variable nor a home
// directory to make a path from.
func Dir() string {
	if h := os.Getenv("GOSFT_HOME"); h != "" {
		return h
	}
	if exe, err := os.Executable(); err == nil {
		if exe, err = filepath.EvalSymlinks(exe); err == nil && filepath.Base(filepath.Dir(exe)) == "bin" {
			h := filepath.Join(filepath.Dir(filepath.Dir(exe)), "share", "gosft")
			if fi, err := os.Stat(h); err == nil && fi.IsDir() {
				return h
			}
		}
	}
	if dir, err := os.Getwd(); err == nil {
		for ; ; dir = filepath.Dir(dir) {
			h := filepath.Join(dir, ".venv", "share", "gosft")
			if fi, err := os.Stat(h); err == nil && fi.IsDir() {
				return h
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	if d := os.Getenv("XDG_DATA_HOME"); d != "" {
		return filepath.Join(d, "gosft")
	}
	if d, err := os.UserHomeDir(); err == nil {
		return filepath.Join(d, ".local", "share", "gosft")
	}
	return ""
}

// Data returns the path of one of the course's files, such as "movie_reviews.csv" or "chinese_reviews.csv", which
// `make setup` makes. The file need not exist.
func Data(name string) string { return filepath.Join(Dir(), "data", name) }
