package backend

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"gosft/sftlib/home"
)

// pluginPatterns are the file names of PJRT plugins: those of go-xla's installer, of jax's wheels and of `make setup`.
var pluginPatterns = map[Kind][]string{
	CPU:  {"libpjrt_cpu.*", "pjrt_c_api_cpu*_plugin.*", "pjrt_plugin_cpu*", "pjrt-plugin-cpu*"},
	CUDA: {"libpjrt_cuda.*", "pjrt_c_api_cuda*_plugin.*", "xla_cuda_plugin.*", "pjrt_plugin_cuda*", "pjrt-plugin-cuda*", "nvidia/pjrt_c_api_cuda*_plugin.*"},
}

// findPlugin returns the absolute path of the first plugin of a kind, or "" and the folders where one was looked for.
func findPlugin(kind Kind) (path string, looked []string) {
	for _, dir := range pluginFolders() {
		looked = append(looked, dir)
		for _, pattern := range pluginPatterns[kind] {
			found, _ := filepath.Glob(filepath.Join(dir, pattern))
			slices.Sort(found)
			for _, f := range found {
				if !slices.Contains([]string{".so", ".dylib", ".dll"}, filepath.Ext(f)) {
					continue
				}
				if fi, err := os.Stat(f); err == nil && fi.Mode().IsRegular() && fi.Size() > 0 {
					if abs, err := filepath.Abs(f); err == nil {
						return abs, looked
					}
				}
			}
		}
	}
	return "", looked
}

// pluginFolders lists where plugins are looked for, best first.
func pluginFolders() []string {
	var dirs []string
	if h := home.Dir(); h != "" {
		dirs = append(dirs, filepath.Join(h, "pjrt"))
	}
	for _, d := range filepath.SplitList(os.Getenv("PJRT_PLUGIN_LIBRARY_PATH")) {
		if d != "" {
			dirs = append(dirs, d)
		}
	}
	if home, err := os.UserHomeDir(); err == nil {
		if runtime.GOOS == "darwin" {
			dirs = append(dirs, filepath.Join(home, "Library", "Application Support", "go-xla"))
		}
		dirs = append(dirs, filepath.Join(home, ".local", "lib", "go-xla"))
	}
	if runtime.GOOS != "windows" {
		dirs = append(dirs, "/usr/local/lib/go-xla")
	}
	return dirs
}

// namedCUDA is go-xla's own rule for giving a plugin the options of a GPU: the words anywhere in its path.
func namedCUDA(path string) bool {
	l := strings.ToLower(path)
	return strings.Contains(l, "cuda") || strings.Contains(l, "nvidia")
}

// plainPath returns a path to a CPU plugin in which neither "cuda" nor "nvidia" occurs, by a link in a fresh temporary
// folder where the real one has such a word (the home folder of a user named nvidia is enough). done removes the link,
// which is needed only while the plugin is opened.
func plainPath(path string) (plain string, done func(), err error) {
	if !namedCUDA(path) {
		return path, func() {}, nil
	}
	dir, err := os.MkdirTemp("", "pjrt-cpu-")
	if err != nil {
		return "", nil, err
	}
	done = func() { os.RemoveAll(dir) }
	plain = filepath.Join(dir, "libpjrt_cpu"+filepath.Ext(path))
	if err := os.Symlink(path, plain); err != nil {
		done()
		return "", nil, err
	}
	return plain, done, nil
}
