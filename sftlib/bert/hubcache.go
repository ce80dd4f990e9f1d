package bert

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"gosft/sftlib/bert/safetensors"
)

// The cache is the one that Python's huggingface_hub uses, so that a model is downloaded once for both:
// models--org--name/{blobs,refs,snapshots}, see https://huggingface.co/docs/huggingface_hub/guides/manage-cache.

var (
	repoName     = regexp.MustCompile(`^[A-Za-z0-9][\w.-]{0,95}(/[A-Za-z0-9][\w.-]{0,95})?$`)
	revisionName = regexp.MustCompile(`^[A-Za-z0-9][\w./-]{0,199}$`)
	commitName   = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

// hubCache is the folder of the cache: HF_HUB_CACHE, else $HF_HOME/hub, else ~/.cache/huggingface/hub.
func hubCache() (string, error) {
	if d := os.Getenv("HF_HUB_CACHE"); d != "" {
		return d, nil
	}
	home, err := hubHome()
	return filepath.Join(home, "hub"), err
}

// hubHome is HF_HOME, else $XDG_CACHE_HOME/huggingface, else ~/.cache/huggingface.
func hubHome() (string, error) {
	if d := os.Getenv("HF_HOME"); d != "" {
		return d, nil
	}
	if d := os.Getenv("XDG_CACHE_HOME"); d != "" {
		return filepath.Join(d, "huggingface"), nil
	}
	d, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("no folder for downloaded models: set HF_HOME (%w)", err)
	}
	return filepath.Join(d, ".cache", "huggingface"), nil
}

// offline says whether the variables of huggingface_hub forbid the network.
func offline() bool {
	for _, name := range []string{"HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE"} {
		switch strings.ToLower(os.Getenv(name)) {
		case "1", "true", "yes", "on":
			return true
		}
	}
	return false
}

// checkHubName returns an error for what cannot be a model's name or revision on the hub; both become parts of paths.
func checkHubName(repo, revision string) error {
	if !repoName.MatchString(repo) || strings.Contains(repo, "..") || strings.Contains(repo, "--") {
		return fmt.Errorf("%q is neither a folder nor a model's name on the hub (organisation/name)", repo)
	}
	if !revisionName.MatchString(revision) || strings.Contains(revision, "..") {
		return fmt.Errorf("%q is not a revision (a branch, tag or commit)", revision)
	}
	return nil
}

// repoFolder is the cache's folder of a model.
func repoFolder(cache, repo string) string {
	return filepath.Join(cache, "models--"+strings.ReplaceAll(repo, "/", "--"))
}

// cachedSnapshot returns the folder of a complete snapshot in the cache, or "".
func cachedSnapshot(cache, repo, revision string) string {
	folder := repoFolder(cache, repo)
	commit := revision
	if !commitName.MatchString(revision) {
		text, err := os.ReadFile(filepath.Join(folder, "refs", filepath.FromSlash(revision)))
		if err != nil {
			return ""
		}
		commit = strings.TrimSpace(string(text))
		if !commitName.MatchString(commit) {
			return ""
		}
	}
	dir := filepath.Join(folder, "snapshots", commit)
	if !complete(dir) {
		return ""
	}
	return dir
}

// complete says whether a folder holds all of a model: configuration, weights with all their shards, tokenizer.
func complete(dir string) bool {
	if !isModel(dir) {
		return false
	}
	f, err := safetensors.OpenFolder(dir)
	if err != nil {
		return false
	}
	f.Close()
	for _, n := range []string{"tokenizer.json", "vocab.txt"} {
		if _, err := os.Stat(filepath.Join(dir, n)); err == nil {
			return true
		}
	}
	return false
}
