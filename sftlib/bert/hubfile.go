package bert

import (
	"context"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"time"

	"github.com/gofrs/flock"
	"gosft/kernel/display"
)

var (
	sha1Name   = regexp.MustCompile(`^[0-9a-f]{40}$`)
	sha256Name = regexp.MustCompile(`^[0-9a-f]{64}$`)
)

// file brings one file into the cache: blobs/<hash>, and a link to it in the snapshot.
func (h *hub) file(ctx context.Context, repo, commit, folder string, f remoteFile) error {
	blobs := filepath.Join(folder, "blobs")
	link := filepath.Join(folder, "snapshots", commit, filepath.FromSlash(f.Name))
	for _, d := range []string{blobs, filepath.Dir(link)} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
	}
	blob := filepath.Join(blobs, f.tag())
	locks := filepath.Join(h.cache, ".locks", filepath.Base(folder))
	if err := os.MkdirAll(locks, 0o755); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(locks, f.tag()+".lock")) // another process may want the same file
	if _, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return err
	}
	defer lock.Unlock()
	if fi, err := os.Stat(blob); err != nil || fi.Size() != f.Size {
		if err := h.download(ctx, fmt.Sprintf("%s/%s/resolve/%s/%s", h.endpoint, repo, commit, f.Name), blob, f); err != nil {
			return err
		}
	}
	return linkTo(link, blob)
}

// download loads an address into blob.incomplete, going on where an earlier attempt stopped, compares it with the hash and
// renames it to blob.
func (h *hub) download(ctx context.Context, address, blob string, f remoteFile) error {
	part := blob + ".incomplete"
	add, done := h.progress(f.Name, f.Size)
	defer done()
	if fi, err := os.Stat(part); err == nil {
		add(fi.Size())
	}
	err := h.attempt(ctx, func() error {
		err := h.transfer(ctx, address, part, f.Size, add)
		if errors.Is(err, errRange) { // longer than the file: not a beginning of it
			os.Remove(part)
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := verify(part, f); err != nil {
		os.Remove(part)
		return err
	}
	return os.Rename(part, blob)
}

// transfer appends to part what is missing of it.
func (h *hub) transfer(ctx context.Context, address, part string, size int64, add func(int64)) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w, err := os.OpenFile(part, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return permanent{err}
	}
	defer w.Close()
	have, err := w.Seek(0, io.SeekEnd)
	if err != nil {
		return permanent{err}
	}
	if have == size {
		return nil
	}
	resp, err := h.get(ctx, address, have)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK && have > 0 { // the server starts again at the beginning
		add(-have)
		if err := w.Truncate(0); err != nil {
			return permanent{err}
		}
		if _, err := w.Seek(0, io.SeekStart); err != nil {
			return permanent{err}
		}
		have = 0
	}
	stalled := time.AfterFunc(h.stall, func() { cancel(fmt.Errorf("nothing came for %s", h.stall)) })
	defer stalled.Stop()
	buf := make([]byte, 256<<10)
	body := io.LimitReader(resp.Body, size-have+1) // a byte more shows a file that is too long
	for {
		n, err := body.Read(buf)
		stalled.Reset(h.stall)
		if n > 0 {
			if _, werr := w.Write(buf[:n]); werr != nil {
				return permanent{werr}
			}
			have += int64(n)
			add(int64(n))
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return cause
			}
			return err
		}
	}
	if have < size {
		return fmt.Errorf("the transfer ended after %d of %d bytes", have, size)
	}
	return w.Sync()
}

// verify compares a file with the size and hash that the hub names: SHA-256 for large files, git's SHA-1 for others.
func verify(file string, f remoteFile) error {
	r, err := os.Open(file)
	if err != nil {
		return err
	}
	defer r.Close()
	fi, err := r.Stat()
	if err != nil {
		return err
	}
	var sum hash.Hash
	if sha256Name.MatchString(f.tag()) {
		sum = sha256.New()
	} else {
		sum = sha1.New()
		fmt.Fprintf(sum, "blob %d\x00", fi.Size())
	}
	if _, err := io.Copy(sum, r); err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != f.tag() || fi.Size() != f.Size {
		return fmt.Errorf("the download is damaged: %d bytes with hash %s, expected %d with %s; it was removed, try again", fi.Size(), got, f.Size, f.tag())
	}
	return nil
}

// linkTo makes link point to blob by a relative symbolic link, or copies where there are none.
func linkTo(link, blob string) error {
	rel, err := filepath.Rel(filepath.Dir(link), blob)
	if err != nil {
		return err
	}
	if old, err := os.Readlink(link); err == nil && old == rel {
		return nil
	}
	if err := os.Remove(link); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if os.Symlink(rel, link) == nil {
		return nil
	}
	r, err := os.Open(blob)
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.Create(link)
	if err != nil {
		return err
	}
	_, err = io.Copy(w, r)
	return errors.Join(err, w.Close())
}

// showProgress shows a bar for files of more than a megabyte.
func showProgress(name string, total int64) (add func(int64), done func()) {
	if total < 1<<20 {
		return func(int64) {}, func() {}
	}
	bar := display.Progress(int(total/1000), display.Title(path.Base(name)), display.Unit("kB"))
	var have int64
	return func(n int64) { have += n; bar.Set(int(have / 1000)) }, bar.Done
}
