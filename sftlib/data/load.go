package data

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// loader brings a column of Go values into a table, through a temporary file that DuckDB reads: no driver's own interface is
// needed, and a million values take a fraction of a second.
type loader struct {
	file *os.File
	w    *bufio.Writer
	rows int
	most int // bytes of the longest row
	e    *engine
}

// null is how a missing value is written: not quoted, which no text is.
const null = "N"

func (e *engine) loader() (*loader, error) {
	file, err := e.scratch("load-*.csv")
	if err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	return &loader{file: file, w: bufio.NewWriterSize(file, 1<<20), e: e}, nil
}

// row writes one value for each column.
func (l *loader) row(values ...any) {
	size := 64 * len(values)
	for i, v := range values {
		if i > 0 {
			l.w.WriteByte(',')
		}
		switch v := v.(type) {
		case nil:
			l.w.WriteString(null)
		case string:
			l.text(v)
			size += 2 * len(v)
		case int:
			l.w.WriteString(strconv.Itoa(v))
		case int64:
			l.w.WriteString(strconv.FormatInt(v, 10))
		case float64:
			l.w.WriteString(strconv.FormatFloat(v, 'g', -1, 64))
		case bool:
			l.w.WriteString(strconv.FormatBool(v))
		default:
			l.text(fmt.Sprint(v))
		}
	}
	l.rows++
	l.most = max(l.most, size)
	l.w.WriteByte('\n') // the writer keeps its first error, which Flush returns
}

func (l *loader) text(s string) {
	l.w.WriteByte('"')
	l.w.WriteString(strings.ReplaceAll(strings.ToValidUTF8(s, "\ufffd"), `"`, `""`))
	l.w.WriteByte('"')
}

// table ends the file and makes the table with these names and DuckDB types.
func (l *loader) table(ctx context.Context, names, types []string) (*table, error) {
	defer l.discard()
	if err := l.w.Flush(); err != nil {
		return nil, fmt.Errorf("temporary file: %w", err)
	}
	cols := make([]string, len(names))
	for i := range names {
		cols[i] = literal(names[i]) + ": " + literal(types[i])
	}
	line := max(2_000_000, l.most)
	query := "SELECT * FROM read_csv(" + literal(globSafe(l.file.Name())) + `, auto_detect = false, delim = ',', quote = '"', escape = '"', header = false,
		new_line = '\n', nullstr = '` + null + `', allow_quoted_nulls = false, parallel = false, ` + fmt.Sprintf("max_line_size = %d, buffer_size = %d", line, max(32_000_000, 2*line)) + `, columns = {` + strings.Join(cols, ", ") + "})"
	t, err := l.e.create(ctx, nil, query)
	if err != nil {
		return nil, err
	}
	if t.rows != l.rows {
		return nil, fmt.Errorf("%d rows were written and %d came back", l.rows, t.rows)
	}
	return t, nil
}

func (l *loader) discard() {
	l.file.Close()
	os.Remove(l.file.Name())
}

// New makes a frame of columns: each is a name and a slice of strings, ints, floats or bools (of any size), all of the same
// length. NaN is a missing value.
//
//	data.New("text", []string{"good", "bad"}, "label", []int{1, 0})
func New(pairs ...any) (*Frame, error) {
	e, err := open()
	if err != nil {
		return nil, err
	}
	if len(pairs) == 0 || len(pairs)%2 != 0 {
		return nil, fmt.Errorf("New: want pairs of a name and a slice, got %d arguments", len(pairs))
	}
	var names, types []string
	var columns []func(int) any
	n := -1
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("New: argument %d is %T, want the name of a column", i+1, pairs[i])
		}
		at, length, kind, ok := column(pairs[i+1])
		if !ok {
			return nil, fmt.Errorf("New: column %q is %T, want a slice of strings, numbers or bools", name, pairs[i+1])
		}
		if n >= 0 && length != n {
			return nil, fmt.Errorf("New: column %q has %d values, the one before %d", name, length, n)
		}
		n = length
		names, types, columns = append(names, name), append(types, kind.sql()), append(columns, at)
	}
	l, err := e.loader()
	if err != nil {
		return nil, err
	}
	row := make([]any, len(columns))
	for r := range n {
		for c, at := range columns {
			row[c] = at(r)
		}
		l.row(row...)
	}
	ctx := context.Background()
	t, err := l.table(ctx, names, types)
	if err != nil {
		return nil, fmt.Errorf("New: %w", err)
	}
	f, err := e.frame(ctx, t)
	if err != nil {
		return nil, fmt.Errorf("New: %w", err)
	}
	return f.did(f.rows, "New", "columns of Go values"), nil
}

// column returns how the values of a slice are read.
func column(v any) (at func(int) any, n int, k Kind, ok bool) {
	switch s := v.(type) {
	case []string:
		return func(i int) any { return s[i] }, len(s), Text, true
	case []bool:
		return func(i int) any { return s[i] }, len(s), Bool, true
	case []int:
		return func(i int) any { return s[i] }, len(s), Integer, true
	case []int32:
		return func(i int) any { return int64(s[i]) }, len(s), Integer, true
	case []int64:
		return func(i int) any { return s[i] }, len(s), Integer, true
	case []float32:
		return func(i int) any { return orNil(float64(s[i])) }, len(s), Float, true
	case []float64:
		return func(i int) any { return orNil(s[i]) }, len(s), Float, true
	}
	return nil, 0, 0, false
}

func orNil(v float64) any {
	if v != v {
		return nil
	}
	return v
}
