package backend

import (
	"os"
	"path/filepath"
)

// Home returns the folder that holds models/, data/ and pjrt/: $GOSFT_HOME, else the nearest .venv/share/gosft in the
// working directory or one of its parents, else $XDG_DATA_HOME/gosft (~/.local/share/gosft). The folder need not exist;
// "" means that there is neither a variable nor a home directory to make a path from.
func Home() string {
	if h := os.Getenv("GOSFT_HOME"); h != "" {
		return h
	}
	if dir, err := os.Getwd(); err == nil {
		for {
			p := filepath.Join(dir, ".venv", "share", "gosft")
			if fi, err := os.Stat(p); err == nil && fi.IsDir() {
				return p
			}
			up := filepath.Dir(dir)
			if up == dir {
				break
			}
			dir = up
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
