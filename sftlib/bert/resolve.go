package bert

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gosft/sftlib/backend"
)

// Resolve finds the folder of a model. where is, tried in this order:
//
//   - a folder that holds config.json;
//   - a name in one of the folders of GOSFT_MODELS or in $GOSFT_HOME/models: "all-MiniLM-L6-v2" and
//     "sentence-transformers/all-MiniLM-L6-v2" both find the folder all-MiniLM-L6-v2 there;
//   - a name of which the Hugging Face cache (HF_HUB_CACHE, HF_HOME) holds a complete snapshot.
func Resolve(where string, opts ...Option) (dir string, err error) {
	return resolve(where, newOptions(opts))
}

func resolve(where string, o *options) (string, error) {
	if where == "" {
		return "", fmt.Errorf("no model is named")
	}
	if isModel(where) {
		return where, nil
	}
	if fi, err := os.Stat(where); err == nil && fi.IsDir() {
		return "", fmt.Errorf("the folder %s holds no config.json, so it is not a model", where)
	}
	var looked []string
	for _, root := range modelFolders() {
		for _, name := range []string{where, filepath.Base(filepath.FromSlash(where))} {
			if dir := filepath.Join(root, filepath.FromSlash(name)); isModel(dir) {
				return dir, nil
			}
		}
		looked = append(looked, root)
	}
	return "", fmt.Errorf("model %q: no such folder, and nothing of this name in %s", where, strings.Join(looked, ", "))
}

// isModel says whether a folder holds a config.json.
func isModel(dir string) bool {
	fi, err := os.Stat(filepath.Join(dir, "config.json"))
	return err == nil && fi.Mode().IsRegular()
}

// modelFolders are the folders that hold models by name.
func modelFolders() []string {
	var out []string
	for _, d := range filepath.SplitList(os.Getenv("GOSFT_MODELS")) {
		if d != "" {
			out = append(out, d)
		}
	}
	if h := backend.Home(); h != "" {
		out = append(out, filepath.Join(h, "models"))
	}
	return out
}
