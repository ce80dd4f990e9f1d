package bert

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

const commit = "0123456789abcdef0123456789abcdef01234567"

// fakeHub serves a folder with the routes of the Hugging Face hub: the list of files and the files, with ranges.
type fakeHub struct {
	t        *testing.T
	dir      string
	requests atomic.Int32
	served   atomic.Int64 // bytes of model.safetensors
	from     atomic.Int64 // where the last transfer of it began
	breaks   atomic.Int32 // transfers to break off in the middle
	damage   atomic.Bool
	noRange  bool
	token    string
}

func (f *fakeHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.requests.Add(1)
	if f.token != "" && r.Header.Get("Authorization") != "Bearer "+f.token {
		http.Error(w, "no", http.StatusUnauthorized)
		return
	}
	switch {
	case r.URL.Path == "/api/models/org/toy/revision/main" || r.URL.Path == "/api/models/org/toy/revision/v1":
		var files []map[string]any
		entries, err := os.ReadDir(f.dir)
		if err != nil {
			f.t.Error(err)
		}
		for _, e := range entries {
			b, err := os.ReadFile(filepath.Join(f.dir, e.Name()))
			if err != nil {
				f.t.Error(err)
			}
			git := sha1.Sum(append(fmt.Appendf(nil, "blob %d\x00", len(b)), b...))
			file := map[string]any{"rfilename": e.Name(), "size": len(b), "blobId": hex.EncodeToString(git[:])}
			if e.Name() == "model.safetensors" {
				sum := sha256.Sum256(b)
				file["lfs"] = map[string]any{"sha256": hex.EncodeToString(sum[:]), "size": len(b)}
			}
			files = append(files, file)
		}
		json.NewEncoder(w).Encode(map[string]any{"sha": commit, "siblings": files})
	case strings.HasPrefix(r.URL.Path, "/org/toy/resolve/"+commit+"/"):
		f.file(w, r, filepath.Base(r.URL.Path))
	default:
		http.NotFound(w, r)
	}
}

func (f *fakeHub) file(w http.ResponseWriter, r *http.Request, name string) {
	b, err := os.ReadFile(filepath.Join(f.dir, name))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	if name != "model.safetensors" {
		w.Write(b)
		return
	}
	if f.damage.Load() {
		b[len(b)-1] ^= 1
	}
	from := 0
	if g := r.Header.Get("Range"); g != "" && !f.noRange {
		fmt.Sscanf(g, "bytes=%d-", &from)
		w.Header().Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", from, len(b)-1, len(b)))
		w.Header().Set("Content-Length", fmt.Sprint(len(b)-from))
		w.WriteHeader(http.StatusPartialContent)
	} else {
		w.Header().Set("Content-Length", fmt.Sprint(len(b)))
	}
	rest := b[from:]
	if f.breaks.Add(-1) >= 0 {
		rest = rest[:len(rest)/2]
	}
	f.from.Store(int64(from))
	f.served.Add(int64(len(rest)))
	w.Write(rest)
	if len(rest) < len(b[from:]) {
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
}

// hubTest starts a hub with a toy model and points the environment at it and at an empty cache.
func hubTest(t *testing.T) (*fakeHub, string) {
	f := &fakeHub{t: t, dir: toy(t, nil)}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	home := t.TempDir()
	t.Setenv("HF_HOME", home)
	t.Setenv("HF_HUB_CACHE", "")
	t.Setenv("HF_ENDPOINT", s.URL+"/")
	t.Setenv("HF_TOKEN", "")
	t.Setenv("HF_HUB_OFFLINE", "")
	t.Setenv("TRANSFORMERS_OFFLINE", "")
	t.Setenv("GOSFT_HOME", t.TempDir())
	t.Setenv("GOSFT_MODELS", "")
	return f, home
}

func TestDownload(t *testing.T) {
	f, home := hubTest(t)
	f.breaks.Store(2)
	dir, err := Resolve("org/toy", LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	if want := filepath.Join(home, "hub", "models--org--toy", "snapshots", commit); dir != want {
		t.Errorf("folder %s, want %s", dir, want)
	}
	size, err := os.Stat(filepath.Join(f.dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	if f.served.Load() != size.Size() {
		t.Errorf("%d bytes were sent for a file of %d: a broken transfer was not resumed", f.served.Load(), size.Size())
	}
	m, err := ForSequenceClassification("org/toy", []string{"a", "b"}, On(openBackend(t, "go")), LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	before := f.requests.Load()
	if _, err := Resolve("org/toy"); err != nil || f.requests.Load() != before {
		t.Errorf("a model in the cache asked the network: %v", err)
	}
	t.Setenv("HF_HUB_OFFLINE", "1")
	if _, err := Resolve("org/toy"); err != nil {
		t.Errorf("offline with a full cache: %v", err)
	}
	if _, err := Resolve("org/toy", Revision("v1")); err == nil || !strings.Contains(err.Error(), "HF_HUB_OFFLINE") {
		t.Errorf("offline: %v", err)
	}
	t.Setenv("HF_HUB_OFFLINE", "")
	if dir2, err := Resolve("org/toy", Revision("v1"), LogTo(nil)); err != nil || dir2 != dir {
		t.Errorf("revision: %s, %v", dir2, err)
	}
	if f.served.Load() != size.Size() {
		t.Error("another revision with the same files was loaded again")
	}
}

func TestDownloadGoesWrong(t *testing.T) {
	t.Run("damaged", func(t *testing.T) {
		f, home := hubTest(t)
		f.damage.Store(true)
		if _, err := Resolve("org/toy", LogTo(nil)); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Fatalf("%v", err)
		}
		if got := cachedSnapshot(filepath.Join(home, "hub"), "org/toy", "main"); got != "" {
			t.Errorf("a damaged model is in the cache: %s", got)
		}
		f.damage.Store(false)
		if _, err := Resolve("org/toy", LogTo(nil)); err != nil {
			t.Errorf("second try: %v", err)
		}
	})
	t.Run("no ranges", func(t *testing.T) {
		f, _ := hubTest(t)
		f.noRange = true
		f.breaks.Store(1)
		if _, err := Resolve("org/toy", LogTo(nil)); err != nil {
			t.Error(err)
		}
	})
	t.Run("token", func(t *testing.T) {
		f, home := hubTest(t)
		f.token = "secret"
		if _, err := Resolve("org/toy", LogTo(nil)); err == nil || !strings.Contains(err.Error(), "HF_TOKEN") {
			t.Errorf("%v", err)
		}
		if err := os.WriteFile(filepath.Join(home, "token"), []byte("secret\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Resolve("org/toy", LogTo(nil)); err != nil {
			t.Errorf("token file: %v", err)
		}
	})
	t.Run("cancelled and resumed", func(t *testing.T) {
		f, home := hubTest(t)
		f.breaks.Store(1000)
		part := func() (n int64) { // what of the file has arrived
			names, _ := filepath.Glob(filepath.Join(home, "hub", "models--org--toy", "blobs", "*.incomplete"))
			for _, name := range names {
				if fi, err := os.Stat(name); err == nil {
					n += fi.Size()
				}
			}
			return n
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() {
			for part() == 0 && ctx.Err() == nil {
				time.Sleep(time.Millisecond)
			}
			cancel()
		}()
		if _, err := Resolve("org/toy", LogTo(nil), Context(ctx)); !errors.Is(err, context.Canceled) {
			t.Fatalf("%v", err)
		}
		had := part()
		f.breaks.Store(0)
		if _, err := Resolve("org/toy", LogTo(nil)); err != nil {
			t.Fatal(err)
		}
		if had == 0 || f.from.Load() != had {
			t.Errorf("%d bytes had arrived, the second try began at byte %d", had, f.from.Load())
		}
	})
	t.Run("no network", func(t *testing.T) {
		hubTest(t)
		t.Setenv("HF_ENDPOINT", "http://127.0.0.1:1")
		start := time.Now()
		if _, err := Resolve("org/toy", LogTo(nil)); err == nil || time.Since(start) > 5*time.Second {
			t.Errorf("%v after %s", err, time.Since(start))
		}
	})
	for name, want := range map[string]string{"org/none": "no such model", "../etc": "no such folder", "a/b/c": "neither a folder", "/no/such": "no such folder", "": "no model"} {
		hubTest(t)
		if _, err := Resolve(name, LogTo(nil)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestResolveFolders(t *testing.T) {
	_, _ = hubTest(t)
	t.Setenv("HF_HUB_OFFLINE", "1")
	a, b, home := t.TempDir(), t.TempDir(), os.Getenv("GOSFT_HOME")
	for _, d := range []string{filepath.Join(a, "one"), filepath.Join(b, "org", "two"), filepath.Join(home, "models", "three")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
		writeToy(t, d, nil)
	}
	t.Setenv("GOSFT_MODELS", a+string(os.PathListSeparator)+b)
	for where, want := range map[string]string{"one": filepath.Join(a, "one"), "someone/one": filepath.Join(a, "one"), "org/two": filepath.Join(b, "org", "two"),
		"three": filepath.Join(home, "models", "three"), filepath.Join(a, "one"): filepath.Join(a, "one")} {
		if got, err := Resolve(where); err != nil || got != want {
			t.Errorf("%s: %s, %v", where, got, err)
		}
	}
	if _, err := Resolve(a); err == nil || !strings.Contains(err.Error(), "config.json") {
		t.Errorf("a folder that is no model: %v", err)
	}
}
