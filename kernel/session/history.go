package session

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// HistoryRequest asks for what was run before, as Jupyter's history_request does.
type HistoryRequest struct {
	Output  bool   `json:"output"`
	Raw     bool   `json:"raw"`
	Type    string `json:"hist_access_type"` // "tail", "range" or "search"
	Session int    `json:"session"`          // range: 0 is this session, -1 the one before it
	Start   int    `json:"start"`            // range: first cell
	Stop    *int   `json:"stop"`             // range: the cell after the last; none: to the end
	N       *int   `json:"n"`                // tail, search: at most so many, the latest
	Pattern string `json:"pattern"`          // search: * and ? are wildcards
	Unique  bool   `json:"unique"`           // search: each text once
}

// HistoryEntry is one cell of the past; as JSON [session, line, input] or [session, line, [input, output]].
type HistoryEntry struct {
	Session, Line int
	Input         string
	Output        *string // nil when there was none
	WithOutput    bool
}

// MarshalJSON gives the entry the protocol's form.
func (e HistoryEntry) MarshalJSON() ([]byte, error) {
	if e.WithOutput {
		return json.Marshal([]any{e.Session, e.Line, []any{e.Input, e.Output}})
	}
	return json.Marshal([]any{e.Session, e.Line, e.Input})
}

// The tables are IPython's, so its tools for history files work on ours.
const historySchema = `
CREATE TABLE IF NOT EXISTS sessions (session integer primary key autoincrement, start timestamp, end timestamp, num_cmds integer, remark text);
CREATE TABLE IF NOT EXISTS history (session integer, line integer, source text, source_raw text, PRIMARY KEY (session, line));
CREATE TABLE IF NOT EXISTS output_history (session integer, line integer, output text, PRIMARY KEY (session, line));`

// history writes from a goroutine of its own: no cell waits for the disk.
type history struct {
	log  *slog.Logger
	jobs chan func()
	done chan struct{}
	once sync.Once

	db      *sql.DB // of the goroutine
	session int64
	count   int
}

func openHistory(path string, log *slog.Logger) *history {
	h := &history{log: log, jobs: make(chan func(), 256), done: make(chan struct{})}
	go func() {
		defer close(h.done)
		h.open(path)
		for job := range h.jobs {
			job()
		}
	}()
	return h
}

// open opens the file, or a database in memory where the file cannot be used.
func (h *history) open(path string) {
	if path != "" {
		err := h.openFile(path)
		if err == nil {
			return
		}
		h.log.Warn("history is kept in memory only", "file", path, "error", err)
	}
	if err := h.openDB(":memory:"); err != nil {
		h.log.Error("no history", "error", err)
	}
}

func (h *history) openFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	f.Close()
	return h.openDB("file:" + (&url.URL{Path: path}).EscapedPath() + "?_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)&_pragma=synchronous(normal)")
}

func (h *history) openDB(dsn string) error {
	db, err := sql.Open("sqlite", dsn)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(historySchema); err != nil {
		db.Close()
		return err
	}
	res, err := db.Exec(`INSERT INTO sessions (start, end, num_cmds, remark) VALUES (?, NULL, NULL, '')`, time.Now().UTC().Format("2006-01-02 15:04:05.000000"))
	if err != nil {
		db.Close()
		return err
	}
	h.db = db
	h.session, err = res.LastInsertId()
	return err
}

func (h *history) post(what string, job func() error) {
	defer func() { _ = recover() }() // closed meanwhile: late writes are dropped
	h.jobs <- func() {
		if h.db == nil {
			return
		}
		if err := job(); err != nil {
			h.log.Warn("history: "+what, "error", err)
		}
	}
}

func (h *history) input(line int, src string) {
	if strings.TrimSpace(src) == "" {
		return
	}
	src = strings.TrimRight(src, "\n")
	h.post("write input", func() error {
		h.count++
		_, err := h.db.Exec(`INSERT OR REPLACE INTO history VALUES (?, ?, ?, ?)`, h.session, line, src, src)
		return err
	})
}

func (h *history) output(line int, text string) {
	if len(text) > 64<<10 {
		text = strings.ToValidUTF8(text[:64<<10], "") + "..."
	}
	h.post("write output", func() error {
		_, err := h.db.Exec(`INSERT OR REPLACE INTO output_history VALUES (?, ?, ?)`, h.session, line, text)
		return err
	})
}

func (h *history) close() (err error) {
	h.once.Do(func() {
		h.post("end session", func() error {
			_, err := h.db.Exec(`UPDATE sessions SET end = ?, num_cmds = ? WHERE session = ?`, time.Now().UTC().Format("2006-01-02 15:04:05.000000"), h.count, h.session)
			return err
		})
		close(h.jobs)
		select {
		case <-h.done:
			if h.db != nil {
				err = h.db.Close()
			}
		case <-time.After(3 * time.Second):
			err = errors.New("history: the file is locked by another process; the last entries are lost")
		}
	})
	return err
}

// History answers a history request; entries are oldest first.
func (s *Session) History(r HistoryRequest) ([]HistoryEntry, error) {
	type answer struct {
		entries []HistoryEntry
		err     error
	}
	ch := make(chan answer, 1)
	s.hist.post("read", func() error {
		e, err := s.hist.query(r)
		ch <- answer{e, err}
		return err
	})
	select {
	case a := <-ch:
		return a.entries, a.err
	case <-s.hist.done:
		return nil, errors.New("history is closed")
	case <-time.After(10 * time.Second):
		return nil, errors.New("history does not answer: is its file on a disk that hangs?")
	}
}

func (h *history) query(r HistoryRequest) ([]HistoryEntry, error) {
	const from = ` FROM history LEFT JOIN output_history USING (session, line) `
	sel := `SELECT session, line, source_raw, output` + from
	n := -1
	if r.N != nil {
		n = *r.N
	}
	var query string
	var args []any
	reverse := true
	switch r.Type {
	case "tail", "":
		if n < 0 {
			n = 10
		}
		query, args = sel+`ORDER BY session DESC, line DESC LIMIT ?`, []any{n}
	case "range":
		session := int64(r.Session)
		if session <= 0 {
			session += h.session
		}
		stop := 1 << 40
		if r.Stop != nil {
			stop = *r.Stop
		}
		query, args = sel+`WHERE session = ? AND line >= ? AND line < ? ORDER BY line`, []any{session, r.Start, stop}
		reverse = false
	case "search":
		pattern := r.Pattern
		if pattern == "" {
			pattern = "*"
		}
		group := ""
		if r.Unique {
			group = `GROUP BY source_raw `
			sel = `SELECT max(session), line, source_raw, output` + from // SQLite takes line and output from that row
		}
		query, args = sel+`WHERE source_raw GLOB ? `+group+`ORDER BY 1 DESC, 2 DESC LIMIT ?`, []any{pattern, n}
	default:
		return nil, fmt.Errorf("history: hist_access_type %q is not tail, range or search", r.Type)
	}
	rows, err := h.db.Query(query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	entries := []HistoryEntry{}
	for rows.Next() {
		e := HistoryEntry{WithOutput: r.Output}
		if err := rows.Scan(&e.Session, &e.Line, &e.Input, &e.Output); err != nil {
			return nil, err
		}
		entries = append(entries, e)
	}
	if reverse {
		for i, j := 0, len(entries)-1; i < j; i, j = i+1, j-1 {
			entries[i], entries[j] = entries[j], entries[i]
		}
	}
	return entries, rows.Err()
}
