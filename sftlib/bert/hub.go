package bert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// hub downloads models from the Hugging Face hub or a mirror of it.
type hub struct {
	endpoint string // https://huggingface.co
	token    string
	client   *http.Client
	cache    string
	stall    time.Duration // a transfer that gives nothing for so long is broken off and resumed
	retries  int
	progress func(name string, total int64) (add func(n int64), done func())
}

// newHub takes HF_ENDPOINT (for mirrors), HF_TOKEN (else the file that `huggingface-cli login` wrote) and the cache's folder.
func newHub(cache string) *hub {
	endpoint := strings.TrimRight(os.Getenv("HF_ENDPOINT"), "/")
	if endpoint == "" {
		endpoint = "https://huggingface.co"
	}
	token := os.Getenv("HF_TOKEN")
	if token == "" {
		if home, err := hubHome(); err == nil {
			text, _ := os.ReadFile(filepath.Join(home, "token"))
			token = strings.TrimSpace(string(text))
		}
	}
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.ResponseHeaderTimeout = 30 * time.Second
	transport.DialContext = (&net.Dialer{Timeout: 10 * time.Second}).DialContext
	return &hub{endpoint: endpoint, token: token, client: &http.Client{Transport: transport}, cache: cache,
		stall: 30 * time.Second, retries: 5, progress: showProgress}
}

// remoteFile is a file of a model on the hub.
type remoteFile struct {
	Name   string `json:"rfilename"`
	Size   int64  `json:"size"`
	BlobID string `json:"blobId"` // git's SHA-1 of the file, for those that are not large
	LFS    *struct {
		SHA256 string `json:"sha256"`
		Size   int64  `json:"size"`
	} `json:"lfs"`
}

// tag is the name of the file's blob in the cache and the hash that its content must have.
func (f remoteFile) tag() string {
	if f.LFS != nil && f.LFS.SHA256 != "" {
		return f.LFS.SHA256
	}
	return f.BlobID
}

// smallFiles are what a model folder needs besides its weights.
var smallFiles = []string{"config.json", "tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json",
	"added_tokens.json", "modules.json", "sentence_bert_config.json", "1_Pooling/config.json"}

// fetch brings a model into the cache and returns the folder of its snapshot. Files that are in the cache are not loaded
// again; a broken download is resumed; every file is compared with its hash before it takes its place.
func (h *hub) fetch(ctx context.Context, repo, revision string, log func(string)) (string, error) {
	commit, files, err := h.list(ctx, repo, revision)
	if err != nil {
		return "", fmt.Errorf("model %q from %s: %w", repo, h.endpoint, err)
	}
	wanted, err := choose(files)
	if err != nil {
		return "", fmt.Errorf("model %q from %s: %w", repo, h.endpoint, err)
	}
	folder := repoFolder(h.cache, repo)
	snapshot := filepath.Join(folder, "snapshots", commit)
	var total int64
	for _, f := range wanted {
		total += f.Size
	}
	log(fmt.Sprintf("Downloading %s (%.0f MB) from %s to %s.", repo, float64(total)/1e6, h.endpoint, snapshot))
	for _, f := range wanted {
		if err := h.file(ctx, repo, commit, folder, f); err != nil {
			return "", fmt.Errorf("model %q from %s, file %s: %w", repo, h.endpoint, f.Name, err)
		}
	}
	if !commitName.MatchString(revision) {
		ref := filepath.Join(folder, "refs", filepath.FromSlash(revision))
		if err := os.MkdirAll(filepath.Dir(ref), 0o755); err != nil {
			return "", err
		}
		if err := os.WriteFile(ref, []byte(commit), 0o644); err != nil {
			return "", err
		}
	}
	return snapshot, nil
}

// list asks which commit a revision is and which files it has.
func (h *hub) list(ctx context.Context, repo, revision string) (commit string, files []remoteFile, err error) {
	address := fmt.Sprintf("%s/api/models/%s/revision/%s?blobs=true", h.endpoint, repo, url.PathEscape(revision))
	var info struct {
		SHA      string       `json:"sha"`
		Siblings []remoteFile `json:"siblings"`
	}
	err = h.attempt(ctx, func() error {
		resp, err := h.get(ctx, address, 0)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		return json.NewDecoder(io.LimitReader(resp.Body, 50<<20)).Decode(&info)
	})
	if err != nil {
		return "", nil, err
	}
	if !commitName.MatchString(info.SHA) {
		return "", nil, fmt.Errorf("the answer names no commit (%.60q)", info.SHA)
	}
	return info.SHA, info.Siblings, nil
}

// choose picks the files that sftlib reads; the configuration comes last, since a snapshot without it does not count.
func choose(files []remoteFile) ([]remoteFile, error) {
	find := func(name string) (remoteFile, bool) {
		i := slices.IndexFunc(files, func(f remoteFile) bool { return f.Name == name })
		if i < 0 {
			return remoteFile{}, false
		}
		return files[i], true
	}
	var out []remoteFile
	if f, ok := find("model.safetensors"); ok {
		out = append(out, f)
	} else if f, ok := find("model.safetensors.index.json"); ok {
		for _, s := range files {
			if ok, _ := path.Match("model-*-of-*.safetensors", s.Name); ok {
				out = append(out, s)
			}
		}
		out = append(out, f)
	} else {
		return nil, errors.New("it has no model.safetensors; only that format is read, since pytorch_model.bin is a program")
	}
	for _, n := range slices.Backward(smallFiles) {
		if f, ok := find(n); ok {
			out = append(out, f)
		} else if n == "config.json" {
			return nil, errors.New("it has no config.json")
		}
	}
	for _, f := range out {
		if !sha1Name.MatchString(f.tag()) && !sha256Name.MatchString(f.tag()) {
			return nil, fmt.Errorf("the hub gives no hash of %s, so it could not be verified", f.Name)
		}
		if f.Size < 0 {
			return nil, fmt.Errorf("the hub says that %s has %d bytes", f.Name, f.Size)
		}
	}
	return out, nil
}

// get asks for an address from a byte on; an answer other than 200 and 206 is an error.
func (h *hub) get(ctx context.Context, address string, from int64) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, permanent{err}
	}
	req.Header.Set("User-Agent", "gosft")
	if h.token != "" {
		req.Header.Set("Authorization", "Bearer "+h.token) // net/http drops it when another host is redirected to
	}
	if from > 0 {
		req.Header.Set("Range", fmt.Sprintf("bytes=%d-", from))
	}
	resp, err := h.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusPartialContent {
		return resp, nil
	}
	resp.Body.Close()
	switch code := resp.StatusCode; code {
	case http.StatusUnauthorized, http.StatusForbidden:
		return nil, permanent{fmt.Errorf("%s: no such model, or it is private or gated: set HF_TOKEN to a token that may read it", resp.Status)}
	case http.StatusNotFound:
		return nil, permanent{fmt.Errorf("%s: no such model, revision or file", resp.Status)}
	case http.StatusRequestedRangeNotSatisfiable:
		return nil, errRange
	default:
		err := fmt.Errorf("the server answers %s", resp.Status)
		if code >= 500 || code == http.StatusTooManyRequests || code == http.StatusRequestTimeout {
			return nil, err
		}
		return nil, permanent{err}
	}
}

var errRange = errors.New("the server has no such range")

// permanent marks an error that another attempt would not change.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// attempt calls f until it succeeds, fails for good, or has failed h.retries times in a row, waiting longer each time.
func (h *hub) attempt(ctx context.Context, f func() error) error {
	wait := 500 * time.Millisecond
	for n := 1; ; n++ {
		err := f()
		var p permanent
		if err == nil || errors.As(err, &p) {
			return err
		}
		if ctx.Err() != nil { // whatever the connection said of it
			return ctx.Err()
		}
		most := h.retries
		var dial *net.OpError
		if errors.As(err, &dial) && dial.Op == "dial" { // no network: say so soon
			most = 2
		}
		if n >= most {
			return fmt.Errorf("given up after %d attempts: %w", n, err)
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
		}
		wait *= 2
	}
}
