package data

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Frame is a table: named columns of one type each, and rows in an order. It never changes; its methods return new
// frames, which share the data with it.
//
// A method that returns only a frame keeps an error in it: every later step passes it on, Err tells it, showing the
// frame shows it, and every method with an error result returns it. So a chain is written without a check at each step.
type Frame struct {
	err     error
	query   string // SELECT that gives the rows in their order
	tables  []*table
	columns []Column
	rows    int
	steps   []Step
	names   map[string][]string // classes in their order, by the column that NameLabels named

	look sync.Once // what Show needs is computed once
	seen *summary
}

// Column is one column of a frame.
type Column struct {
	Name string
	Kind Kind
	SQL  string // DuckDB's name of the type
}

// Kind is what a column holds.
type Kind int

// Text is the kind of everything that has no other.
const (
	Text Kind = iota
	Integer
	Float
	Bool
	Time
	List // lists, structures and maps, from JSON lines and Parquet
)

func (k Kind) String() string {
	return [...]string{"text", "integer", "float", "bool", "time", "list"}[k]
}

func kindOf(sqlType string) Kind {
	base, _, _ := strings.Cut(sqlType, "(")
	switch {
	case strings.HasSuffix(sqlType, "]"), base == "STRUCT", base == "MAP", base == "UNION":
		return List
	}
	switch base {
	case "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT", "UHUGEINT":
		return Integer
	case "FLOAT", "DOUBLE", "DECIMAL":
		return Float
	case "BOOLEAN":
		return Bool
	case "DATE", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS":
		return Time
	}
	return Text
}

// Err returns the error of the step that failed, nil where none did.
func (f *Frame) Err() error {
	if f == nil {
		return fmt.Errorf("sftlib/data: the frame is nil")
	}
	return f.err
}

// Len returns the number of rows, 0 for a frame with an error.
func (f *Frame) Len() int {
	if f == nil {
		return 0
	}
	return f.rows
}

// Columns returns the columns in their order.
func (f *Frame) Columns() []Column {
	if f == nil {
		return nil
	}
	return slices.Clone(f.columns)
}

// Names returns the names of the columns in their order.
func (f *Frame) Names() []string {
	if f == nil {
		return nil
	}
	names := make([]string, len(f.columns))
	for i, c := range f.columns {
		names[i] = c.Name
	}
	return names
}

// fail returns a frame with an error that says which step went wrong.
func fail(op string, err error) *Frame { return &Frame{err: fmt.Errorf("%s: %w", op, err)} }

// column finds a column by its name, exactly or, where there is no such, without regard to case.
func (f *Frame) column(name string) (Column, error) {
	for _, c := range f.columns {
		if c.Name == name {
			return c, nil
		}
	}
	for _, c := range f.columns {
		if strings.EqualFold(c.Name, name) {
			return c, nil
		}
	}
	return Column{}, fmt.Errorf("no column %q: there are %s", name, quoted(f.Names()))
}

// pick finds several columns; none named means all.
func (f *Frame) pick(names []string) ([]Column, error) {
	if len(names) == 0 {
		return f.columns, nil
	}
	out := make([]Column, 0, len(names))
	for _, n := range names {
		c, err := f.column(n)
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

func quoted(names []string) string {
	const most = 30
	var b strings.Builder
	for i, n := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		if i == most {
			fmt.Fprintf(&b, "and %d more", len(names)-most)
			break
		}
		fmt.Fprintf(&b, "%q", n)
	}
	if len(names) == 0 {
		return "none"
	}
	return b.String()
}

// base makes a frame of a whole table.
func (e *engine) base(ctx context.Context, t *table) (*Frame, error) {
	f := &Frame{query: "SELECT * FROM " + t.name, tables: []*table{t}, rows: t.rows}
	if err := f.describe(ctx, e); err != nil {
		return nil, err
	}
	return f, nil
}

// describe asks for the columns of the query, which also checks that it can run.
func (f *Frame) describe(ctx context.Context, e *engine) error {
	defer runtime.KeepAlive(f)
	rows, err := e.db.QueryContext(ctx, "SELECT column_name, column_type FROM (DESCRIBE "+f.query+")")
	if err != nil {
		return clean(err)
	}
	defer rows.Close()
	f.columns = nil
	for rows.Next() {
		var c Column
		if err := rows.Scan(&c.Name, &c.SQL); err != nil {
			return err
		}
		c.Kind = kindOf(c.SQL)
		f.columns = append(f.columns, c)
	}
	return clean(rows.Err())
}

// derive returns a frame of the same rows with other columns: the SELECT list over the rows of f, which are called x.
// Where a table is given it stands beside them, row by row, under its name.
func (f *Frame) derive(op, list string, beside *table) *Frame {
	if f.err != nil {
		return f
	}
	e, err := open()
	if err != nil {
		return fail(op, err)
	}
	n := f.child()
	n.query = "SELECT " + list + " FROM (" + f.query + ") x"
	if beside != nil {
		n.query += " POSITIONAL JOIN " + beside.name
		n.tables = append(n.tables, beside)
	}
	if err := n.describe(context.Background(), e); err != nil {
		return fail(op, err)
	}
	return n
}

// keep returns the rows of f where the column "keep" of a table beside it is a value. The table is in the order of f.
func (f *Frame) keep(mask *table, value int, rows int) *Frame {
	n := f.child()
	n.query = fmt.Sprintf("SELECT x.* FROM (%s) x POSITIONAL JOIN %s WHERE %s.keep = %d", f.query, mask.name, mask.name, value)
	n.tables = append(n.tables, mask)
	n.rows = rows
	return n
}

// child copies what a frame hands on to those made from it.
func (f *Frame) child() *Frame {
	return &Frame{query: f.query, tables: slices.Clone(f.tables), columns: f.columns, rows: f.rows, steps: slices.Clone(f.steps), names: f.names}
}

// rowNumber and partNumber are columns of queries within, under names that no user's column has.
const (
	rowNumber  = `"gosft row"`
	partNumber = `"gosft part"`
)

// numbered is the query with the number of each row, from 0, as the column rowNumber.
func (f *Frame) numbered(list string) string {
	return "SELECT " + list + ", row_number() OVER () - 1 AS " + rowNumber + " FROM (" + f.query + ") x"
}

// filter returns the rows for which an SQL condition on f is true. The condition is evaluated once.
func (f *Frame) filter(ctx context.Context, condition string) (*Frame, error) {
	e, err := open()
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(f)
	mask, err := e.create(ctx, nil, "SELECT CASE WHEN ("+condition+"\n) THEN 1 ELSE 0 END::TINYINT AS keep FROM ("+f.query+") x")
	if err != nil {
		return nil, err
	}
	if mask.rows != f.rows {
		return nil, fmt.Errorf("the condition gives %d rows for %d", mask.rows, f.rows)
	}
	return f.masked(ctx, e, mask)
}

// masked returns the rows whose mask is 1, counted.
func (f *Frame) masked(ctx context.Context, e *engine, mask *table) (*Frame, error) {
	var n int
	if err := e.db.QueryRowContext(ctx, "SELECT count(*) FROM "+mask.name+" WHERE keep = 1").Scan(&n); err != nil {
		return nil, clean(err)
	}
	if n == f.rows { // nothing was taken: no need to look at the mask again
		return f.child(), nil
	}
	return f.keep(mask, 1, n), nil
}
