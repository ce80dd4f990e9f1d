package data

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"gosft/kernel/display"
)

// Read reads a file by its ending: .csv, .tsv, .jsonl (.ndjson), .parquet, each of them also with .gz or .zst after it
// (Parquet has its own compression). The path may be a pattern such as "part-*.csv", whose files are read in the order
// of their names, or an address beginning with http:// or https://.
func Read(path string, opts ...Option) (*Frame, error) {
	switch ending(path) {
	case ".csv", ".txt", ".data":
		return ReadCSV(path, opts...)
	case ".tsv", ".tab":
		return ReadTSV(path, opts...)
	case ".jsonl", ".ndjson", ".json":
		return ReadJSONL(path, opts...)
	case ".parquet", ".pq":
		return ReadParquet(path, opts...)
	}
	return nil, fmt.Errorf("read %s: the ending says no format: use ReadCSV, ReadTSV, ReadJSONL or ReadParquet", path)
}

// ReadCSV reads a file of separated values. Separator, quotes, header, encoding and the types of the columns are found out
// from the file; Report says what was found. A line that does not fit is an error with its number and reason, or left out
// with SkipBadLines. See Read for what the path may be.
func ReadCSV(path string, opts ...Option) (*Frame, error) {
	return read("ReadCSV", path, readOptions(opts), readSeparated)
}

// ReadTSV is ReadCSV with tabs between the fields.
func ReadTSV(path string, opts ...Option) (*Frame, error) {
	o := readOptions(opts)
	if o.sep == "" {
		o.sep = "\t"
	}
	return read("ReadTSV", path, o, readSeparated)
}

// ReadJSONL reads a file with one JSON object a line, or a JSON list of objects. See Read for what the path may be.
func ReadJSONL(path string, opts ...Option) (*Frame, error) {
	return read("ReadJSONL", path, readOptions(opts), readLines)
}

// ReadParquet reads Parquet files. See Read for what the path may be.
func ReadParquet(path string, opts ...Option) (*Frame, error) {
	return read("ReadParquet", path, readOptions(opts), readColumns)
}

// source is the files that one call reads.
type source struct {
	shown string            // as the user wrote it
	files []string          // paths, in the order of reading
	made  map[string]string // temporary files, and what of the user's they stand for
}

// replace puts a temporary file in the place of a file.
func (s *source) replace(i int, temporary string) {
	if s.made == nil {
		s.made = map[string]string{}
	}
	s.made[temporary] = s.name(s.files[i])
	s.files[i] = temporary
}

// name is how a file is called in messages.
func (s *source) name(file string) string {
	if of, ok := s.made[file]; ok {
		return of
	}
	return file
}

func (s *source) close() {
	for p := range s.made {
		os.Remove(p)
	}
}

func read(op, where string, o *options, how func(context.Context, *engine, *source, *options) (*Frame, error)) (*Frame, error) {
	wrap := func(err error) (*Frame, error) {
		var bad *BadLines
		if errors.As(err, &bad) {
			return nil, err
		}
		return nil, fmt.Errorf("%s %s: %w", op, where, err)
	}
	if err := o.check(); err != nil {
		return wrap(err)
	}
	e, err := open()
	if err != nil {
		return nil, err
	}
	ctx := o.ctx
	src, err := e.locate(ctx, where)
	if err != nil {
		return wrap(err)
	}
	defer src.close()
	f, err := how(ctx, e, src, o)
	if ctx.Err() != nil {
		return wrap(ctx.Err())
	}
	if err != nil {
		return wrap(err)
	}
	return f, nil
}

// ending returns the ending that says the format, without that of a compression and without an address's query.
func ending(p string) string {
	if isURL(p) {
		if u, err := url.Parse(p); err == nil {
			p = u.Path
		}
	}
	p = strings.ToLower(p)
	p = strings.TrimSuffix(strings.TrimSuffix(p, ".gz"), ".zst")
	return path.Ext(filepath.ToSlash(p))
}

func isURL(p string) bool { return strings.HasPrefix(p, "http://") || strings.HasPrefix(p, "https://") }

// locate finds the files of a path, a pattern or an address.
func (e *engine) locate(ctx context.Context, where string) (*source, error) {
	s := &source{shown: where}
	if isURL(where) {
		file, err := e.download(ctx, where)
		if err != nil {
			return nil, err
		}
		s.files = []string{where}
		s.replace(0, file)
		return s, nil
	}
	if strings.HasPrefix(where, "~/") {
		if home, err := os.UserHomeDir(); err == nil {
			where = filepath.Join(home, where[2:])
		}
	}
	info, err := os.Stat(where)
	if err == nil {
		if info.IsDir() {
			return nil, fmt.Errorf("it is a folder: name a file, or files as %s", filepath.Join(where, "*.csv"))
		}
		s.files = []string{where}
		return s, nil
	}
	if !strings.ContainsAny(where, "*?[") {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("no such file%s", similar(where))
		}
		return nil, err
	}
	files, err := filepath.Glob(where)
	if err != nil {
		return nil, fmt.Errorf("the pattern cannot be read: %w", err)
	}
	if len(files) == 0 {
		return nil, errors.New("no file matches the pattern")
	}
	slices.Sort(files)
	s.files = files
	return s, nil
}

// similar names files beside a missing one, for who mistyped or looks from the wrong folder.
func similar(where string) string {
	dir := filepath.Dir(where)
	list, err := os.ReadDir(dir)
	wd, _ := os.Getwd()
	if err != nil {
		return fmt.Sprintf(" (looked for from %s)", wd)
	}
	var names []string
	for _, f := range list {
		switch ending(f.Name()) {
		case ".csv", ".tsv", ".jsonl", ".parquet", ".json", ".txt":
			names = append(names, f.Name())
		}
	}
	if len(names) == 0 {
		return fmt.Sprintf(" (looked for from %s)", wd)
	}
	return fmt.Sprintf("; in that folder are %s", quoted(names))
}

// download fetches an address into a temporary file with the same ending.
func (e *engine) download(ctx context.Context, address string) (string, error) {
	u, err := url.Parse(address)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 6*time.Hour)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return "", err
	}
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, ResponseHeaderTimeout: time.Minute, DisableCompression: true}}
	resp, err := client.Do(req)
	if err != nil {
		return "", fmt.Errorf("download: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("download: the server says %s", resp.Status)
	}
	name := path.Base(u.Path)
	if i := strings.IndexByte(name, '.'); i >= 0 {
		name = name[i:]
	} else {
		name = ""
	}
	file, err := e.scratch("download-*" + name)
	if err != nil {
		return "", err
	}
	var out io.Writer = file
	if resp.ContentLength > 5_000_000 { // long enough to be watched
		bar := display.Progress(int(resp.ContentLength/1_000_000), display.Title("download "+path.Base(u.Path)), display.Unit("MB"))
		defer bar.Done()
		out = &watched{file, bar, 0}
	}
	n, err := io.Copy(out, resp.Body)
	if close := file.Close(); err == nil {
		err = close
	}
	if err == nil && resp.ContentLength > 0 && n != resp.ContentLength {
		err = fmt.Errorf("%d of %d bytes came", n, resp.ContentLength)
	}
	if err != nil {
		os.Remove(file.Name())
		return "", fmt.Errorf("download: %w", err)
	}
	return file.Name(), nil
}

// watched moves a bar by the megabytes that are written.
type watched struct {
	io.Writer
	bar  *display.Bar
	done int
}

func (w *watched) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	w.done += n
	w.bar.Set(w.done / 1_000_000)
	return n, err
}

// fileList writes the files for DuckDB, which must not take their names for patterns again.
func fileList(files []string) string {
	list := make([]string, len(files))
	for i, f := range files {
		list[i] = literal(globSafe(f))
	}
	return "[" + strings.Join(list, ", ") + "]"
}

// globSafe makes characters of a pattern stand for themselves.
func globSafe(p string) string {
	if !strings.ContainsAny(p, "*?[") {
		return p
	}
	var b strings.Builder
	for _, r := range p {
		if r == '*' || r == '?' || r == '[' {
			b.WriteString("[" + string(r) + "]")
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// readColumns reads Parquet.
func readColumns(ctx context.Context, e *engine, src *source, o *options) (*Frame, error) {
	if err := o.only("Parquet", "Context", "OnlyColumns", "FirstRows", "As", "NA"); err != nil {
		return nil, err
	}
	f, err := e.typed(ctx, "read_parquet("+fileList(src.files)+", union_by_name = true)", o)
	if err != nil {
		return nil, err
	}
	f.read(src, "Parquet", 0)
	return f, nil
}

// typed reads what has names and types of its own, JSON lines and Parquet, with the options OnlyColumns, As, FirstRows and NA.
func (e *engine) typed(ctx context.Context, from string, o *options) (*Frame, error) {
	list := "*"
	if len(o.columns) > 0 {
		list = idents(o.columns)
	}
	query := "SELECT " + list + " FROM " + from
	if o.rows >= 0 {
		query += fmt.Sprintf(" LIMIT %d", o.rows)
	}
	if len(o.types) > 0 {
		var casts []string
		for _, name := range slices.Sorted(maps.Keys(o.types)) {
			casts = append(casts, fmt.Sprintf("CAST(%s AS %s) AS %[1]s", ident(name), o.types[name].sql()))
		}
		query = "SELECT * REPLACE (" + strings.Join(casts, ", ") + ") FROM (" + query + ")"
	}
	t, err := e.create(ctx, nil, query)
	if err != nil {
		if unknown := e.unknownColumn(ctx, from, o); unknown != nil {
			return nil, unknown
		}
		return nil, err
	}
	f, err := e.frame(ctx, t)
	if err != nil || isDefaultNA(o.na) || len(o.na) == 0 {
		return f, err
	}
	return f.naTexts(o.na)
}

// unknownColumn is the error of an option that names a column which the files do not have, nil where that is not so.
func (e *engine) unknownColumn(ctx context.Context, from string, o *options) error {
	if len(o.columns) == 0 && len(o.types) == 0 {
		return nil
	}
	var has []string
	err := e.each(ctx, "SELECT column_name FROM (DESCRIBE SELECT * FROM "+from+")", func(rows *sql.Rows) error {
		has = append(has, "")
		return rows.Scan(&has[len(has)-1])
	})
	if err != nil {
		return nil // the files cannot be read at all
	}
	missing := func(list []string, name string) bool {
		return !slices.ContainsFunc(list, func(s string) bool { return strings.EqualFold(s, name) })
	}
	for _, name := range o.columns {
		if missing(has, name) {
			return fmt.Errorf("OnlyColumns: no column %q: there are %s", name, quoted(has))
		}
	}
	if len(o.columns) > 0 {
		has = o.columns
	}
	for name := range o.types {
		if missing(has, name) {
			return fmt.Errorf("As: no column %q: there are %s", name, quoted(has))
		}
	}
	return nil
}
