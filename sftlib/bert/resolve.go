package bert

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gosft/sftlib/home"
)

// Resolve finds the folder of a model. where is, tried in this order:
//
//   - a folder that holds config.json;
//   - a name in one of the folders of GOSFT_MODELS or in $GOSFT_HOME/models: "all-MiniLM-L6-v2" and
//     "sentence-transformers/all-MiniLM-L6-v2" both find the folder all-MiniLM-L6-v2 there;
//   - a name on the Hugging Face hub of which the cache (HF_HUB_CACHE, HF_HOME) holds a complete snapshot of the [Revision];
//   - a name on the hub, which is then downloaded into the cache: HF_ENDPOINT names a mirror, HF_TOKEN opens private
//     models, HF_HUB_OFFLINE=1 forbids it.
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
		inside, _ := filepath.Glob(filepath.Join(where, "*", "config.json"))
		for i := range inside {
			inside[i] = filepath.Dir(inside[i])
		}
		if len(inside) > 0 {
			return "", fmt.Errorf("the folder %s holds no config.json, so it is not a model; these in it are: %s", where, strings.Join(inside, ", "))
		}
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
	missing := fmt.Errorf("model %q: no such folder, and nothing of this name in %s (GOSFT_MODELS and GOSFT_HOME name other folders)", where, strings.Join(looked, ", "))
	if filepath.IsAbs(where) || strings.HasPrefix(where, ".") {
		return "", missing
	}
	if err := checkHubName(where, o.revision); err != nil {
		return "", fmt.Errorf("%w; %w", missing, err)
	}
	cache, err := hubCache()
	if err != nil {
		return "", err
	}
	if dir := cachedSnapshot(cache, where, o.revision); dir != "" {
		return dir, nil
	}
	if offline() {
		return "", fmt.Errorf("%w, nor in %s, and HF_HUB_OFFLINE forbids to download it", missing, cache)
	}
	dir, err := newHub(cache).fetch(o.ctx, where, o.revision, o.log)
	if err != nil {
		return "", fmt.Errorf("%w; downloading failed: %w", missing, err)
	}
	return dir, nil
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
	if h := home.Dir(); h != "" {
		out = append(out, filepath.Join(h, "models"))
	}
	return out
}
