package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// engine is the one DuckDB database of the process: in memory, and beyond it in a temporary folder.
type engine struct {
	db   *sql.DB
	tmp  string
	next atomic.Int64
	drop chan string
}

var errNoDriver = errors.New(`sftlib/data: no DuckDB in this program: add import _ "gosft/sftlib/data/duckdb" to it`)

var (
	engineMu  sync.Mutex
	theEngine *engine
)

// open returns the database, which is made on first use. A failure is not remembered, so that a driver may come later.
func open() (*engine, error) {
	engineMu.Lock()
	defer engineMu.Unlock()
	if theEngine != nil {
		return theEngine, nil
	}
	if !slices.Contains(sql.Drivers(), "duckdb") {
		return nil, errNoDriver
	}
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, fmt.Errorf("open DuckDB: %w", err)
	}
	removeStale()
	tmp, err := os.MkdirTemp("", tmpPrefix+strconv.Itoa(os.Getpid())+"-*")
	if err != nil {
		db.Close()
		return nil, fmt.Errorf("temporary folder of DuckDB: %w", err)
	}
	e := &engine{db: db, tmp: tmp, drop: make(chan string, 1024)}
	for _, set := range []string{
		"SET temp_directory = " + literal(e.tmp),
		"SET preserve_insertion_order = true",
		"SET autoinstall_known_extensions = false",
		"SET autoload_known_extensions = false",
	} {
		if _, err := db.Exec(set); err != nil {
			db.Close()
			return nil, fmt.Errorf("set up DuckDB: %w", err)
		}
	}
	go func() {
		for name := range e.drop {
			e.db.Exec("DROP TABLE IF EXISTS " + name)
		}
	}()
	theEngine = e
	return e, nil
}

const tmpPrefix = "gosft-data-"

// removeStale deletes what processes that are gone left in the temporary folder more than a day ago.
func removeStale() {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), tmpPrefix+"*"))
	for _, dir := range dirs {
		number, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(dir), tmpPrefix), "-")
		pid, err := strconv.Atoi(number)
		info, statErr := os.Stat(dir)
		if err != nil || statErr != nil || pid == os.Getpid() || time.Since(info.ModTime()) < 24*time.Hour {
			continue
		}
		if p, err := os.FindProcess(pid); err == nil && errors.Is(p.Signal(syscall.Signal(0)), os.ErrProcessDone) {
			os.RemoveAll(dir)
		}
	}
}

// MemoryLimit sets how much memory the data of all frames may take, such as "4GB"; what is more goes to the temporary
// folder. The default is 80 % of the machine's (or the container's) memory.
func MemoryLimit(limit string) error {
	e, err := open()
	if err != nil {
		return err
	}
	if _, err := e.db.Exec("SET memory_limit = " + literal(limit)); err != nil {
		return fmt.Errorf("memory limit %q: %w", limit, clean(err))
	}
	return nil
}

// scratch creates a temporary file in the folder of the process.
func (e *engine) scratch(pattern string) (*os.File, error) {
	if err := os.MkdirAll(e.tmp, 0o700); err != nil { // a cleaner of temporary folders may have taken it
		return nil, err
	}
	return os.CreateTemp(e.tmp, pattern)
}

// table is a table of the database. It is dropped some time after the last frame that needs it is gone.
type table struct {
	name string
	rows int
}

// create runs CREATE TABLE new AS query on the connection, or on any where it is nil.
func (e *engine) create(ctx context.Context, c *sql.Conn, query string) (*table, error) {
	name := "t" + strconv.FormatInt(e.next.Add(1), 10)
	stmt := "CREATE TABLE " + name + " AS " + query
	var err error
	if c != nil {
		_, err = c.ExecContext(ctx, stmt)
	} else {
		_, err = e.db.ExecContext(ctx, stmt)
	}
	if err != nil {
		return nil, clean(err)
	}
	t := &table{name: name}
	runtime.AddCleanup(t, func(name string) {
		select {
		case e.drop <- name:
		default: // rather a table too many than a stopped garbage collector
		}
	}, name)
	if err := e.db.QueryRowContext(ctx, "SELECT count(*) FROM "+name).Scan(&t.rows); err != nil {
		return nil, clean(err)
	}
	return t, nil
}

// clean takes DuckDB's prefixes, advice on its own options and the position in a generated query out of a message.
func clean(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	for _, cut := range []string{"\n\nLINE ", "\nLINE ", "\nPossible fixes:", "\nPossible Solution", "\n\nCandidate functions", "\n\tCandidate functions", "\n  file ="} {
		if i := strings.Index(text, cut); i > 0 {
			text = text[:i]
		}
	}
	for _, prefix := range []string{"Binder Error: ", "Parser Error: ", "Invalid Input Error: ", "Conversion Error: ", "Catalog Error: ", "IO Error: ",
		"Out of Range Error: ", "Invalid Error: "} {
		text = strings.TrimPrefix(text, prefix)
	}
	return &queryError{text: strings.TrimSpace(text), cause: err}
}

// queryError is DuckDB's error in fewer words.
type queryError struct {
	text  string
	cause error
}

func (e *queryError) Error() string { return e.text }
func (e *queryError) Unwrap() error { return e.cause }

// ident quotes a name of a column for SQL.
func ident(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// literal quotes a text for SQL.
func literal(s string) string {
	if i := strings.IndexByte(s, 0); i >= 0 { // SQL text ends at a zero byte
		parts := strings.Split(s, "\x00")
		for i, p := range parts {
			parts[i] = "'" + strings.ReplaceAll(p, "'", "''") + "'"
		}
		return "(" + strings.Join(parts, " || chr(0) || ") + ")"
	}
	return "'" + strings.ReplaceAll(s, "'", "''") + "'"
}

func idents(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = ident(n)
	}
	return strings.Join(quoted, ", ")
}
