package data

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
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
	err   error
	rows  int
	steps []Step

	// A frame is a view: of the base table it has the rows for which where is true, and of each column the expression. The
	// tables beside the base have as many rows as it, read row by row with it: columns that Map made, and the mask that a
	// filter or a split made.
	base        *table
	beside      []*table
	mask        *table
	where       string // "" for all rows
	columns     []Column
	expressions []string
	query       string // all that as SQL: gives the rows in their order

	order map[string][]string // classes in their order, by the column that NameLabels named

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
	names := [...]string{"text", "integer", "float", "bool", "time", "list"}
	if k < 0 || int(k) >= len(names) {
		return fmt.Sprintf("Kind(%d)", int(k))
	}
	return names[k]
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
	if f.err == nil && f.base == nil {
		return fmt.Errorf("sftlib/data: the frame holds nothing: make one with ReadCSV, Read or New")
	}
	return f.err
}

// CellError is Err for a notebook: a cell that makes or shows a frame with an error ends with it. A nil frame has none.
func (f *Frame) CellError() error {
	if f == nil {
		return nil
	}
	return f.Err()
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
	return f.names()
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

// frame makes a frame of a whole table.
func (e *engine) frame(ctx context.Context, t *table) (*Frame, error) {
	f := &Frame{base: t, rows: t.rows}
	rows, err := e.db.QueryContext(ctx, "SELECT column_name FROM (DESCRIBE "+t.name+")")
	if err != nil {
		return nil, clean(err)
	}
	defer rows.Close()
	for rows.Next() {
		var c Column
		if err := rows.Scan(&c.Name); err != nil {
			return nil, err
		}
		f.columns = append(f.columns, c)
		f.expressions = append(f.expressions, t.name+"."+ident(c.Name))
	}
	if err := clean(rows.Err()); err != nil {
		return nil, err
	}
	return f, f.compose(ctx, e)
}

// compose writes the query and asks for the types of its columns, which also checks that it can run.
func (f *Frame) compose(ctx context.Context, e *engine) error {
	f.query = f.selection(f.names(), f.expressions)
	defer runtime.KeepAlive(f)
	rows, err := e.db.QueryContext(ctx, "SELECT column_type FROM (DESCRIBE "+f.query+")")
	if err != nil {
		return clean(err)
	}
	defer rows.Close()
	columns := slices.Clone(f.columns)
	for i := 0; rows.Next(); i++ {
		if err := rows.Scan(&columns[i].SQL); err != nil {
			return err
		}
		columns[i].Kind = kindOf(columns[i].SQL)
	}
	f.columns = columns
	return clean(rows.Err())
}

func (f *Frame) names() []string { return mapTo(f.columns, func(c Column) string { return c.Name }) }

// selection writes a SELECT of expressions over the rows of the frame.
func (f *Frame) selection(names, expressions []string) string {
	return f.over(names, expressions, f.where)
}

// over writes a SELECT of expressions over the rows of the base where a condition is true.
//
// POSITIONAL JOIN stands between tables alone, with the condition above all of them: in DuckDB 1.5.6 one over a filtered
// subquery may pair the wrong rows, since the filter holds back small chunks.
func (f *Frame) over(names, expressions []string, where string) string {
	var b strings.Builder
	b.WriteString("SELECT ")
	for i := range names {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(expressions[i] + " AS " + ident(names[i]))
	}
	b.WriteString(" FROM " + f.base.name)
	for _, t := range f.beside {
		b.WriteString(" POSITIONAL JOIN " + t.name)
	}
	if f.mask != nil {
		b.WriteString(" POSITIONAL JOIN " + f.mask.name)
	}
	if where != "" {
		b.WriteString(" WHERE " + where)
	}
	return b.String()
}

// Columns of queries within, under names that no user's column has.
const (
	rowNumber  = "gosft row"
	partNumber = "gosft part"
	inFrame    = "gosft in"
)

// numbered is the query of some columns with the number of each row in the base as the column rowNumber.
func (f *Frame) numbered(columns []Column) string {
	names, expressions := []string{rowNumber}, []string{f.base.name + ".rowid"}
	for _, c := range columns {
		names, expressions = append(names, c.Name), append(expressions, f.expression(c))
	}
	return f.selection(names, expressions)
}

// expression returns that of a column.
func (f *Frame) expression(c Column) string {
	return f.expressions[slices.IndexFunc(f.columns, func(o Column) bool { return o.Name == c.Name })]
}

// child copies what a frame hands on to those made from it.
func (f *Frame) child() *Frame {
	return &Frame{rows: f.rows, steps: slices.Clone(f.steps), base: f.base, beside: f.beside, mask: f.mask, where: f.where,
		columns: f.columns, expressions: f.expressions, query: f.query, order: f.order}
}

// derive returns a frame of the same rows with other columns; extra is a table that the expressions read beside the base.
func (f *Frame) derive(op string, names, expressions []string, extra *table) *Frame {
	e, err := open()
	if err != nil {
		return fail(op, err)
	}
	n := f.child()
	if extra != nil {
		n.beside = append(slices.Clone(f.beside), extra)
	}
	n.columns, n.expressions = mapTo(names, func(s string) Column { return Column{Name: s} }), expressions
	if err := n.compose(context.Background(), e); err != nil {
		return fail(op, err)
	}
	return n
}

// replace returns the frame with other expressions for some columns, by name.
func (f *Frame) replace(op string, expressions map[string]string) *Frame {
	list := slices.Clone(f.expressions)
	for i, c := range f.columns {
		if x, ok := expressions[c.Name]; ok {
			list[i] = x
		}
	}
	return f.derive(op, f.names(), list, nil)
}

// masked returns the rows of the base where a mask, a table with the column keep and as many rows as the base, fulfils a
// condition. A mask says -1 for rows that are not in f.
func (f *Frame) masked(mask *table, condition string, rows int) *Frame {
	n := f.child()
	n.mask, n.where, n.rows = mask, mask.name+".keep "+condition, rows
	n.query = n.selection(n.names(), n.expressions)
	return n
}

var unknownColumn = regexp.MustCompile(`^Referenced column "(.*)" not found in FROM clause!`)

// filter returns the rows for which an SQL condition over the columns is true. The condition is evaluated once, and for
// no row that is not in f.
func (f *Frame) filter(ctx context.Context, condition string) (*Frame, error) {
	e, err := open()
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(f)
	names, expressions := append(f.names(), inFrame), slices.Clone(f.expressions)
	in := "true"
	if f.where != "" {
		in = f.where
	}
	inner := f.over(names, append(expressions, "coalesce("+in+", false)"), "")
	mask, err := e.create(ctx, nil, "SELECT CASE WHEN NOT "+ident(inFrame)+" THEN -1 WHEN ("+condition+"\n) THEN 1 ELSE 0 END::SMALLINT AS keep FROM ("+inner+") x")
	if err != nil {
		if m := unknownColumn.FindStringSubmatch(err.Error()); m != nil { // DuckDB would name columns of the query within
			err = fmt.Errorf("no column %q: there are %s", m[1], quoted(f.Names()))
		}
		return nil, err
	}
	return f.chosen(ctx, e, mask)
}

// chosen returns the rows whose mask is 1, counted.
func (f *Frame) chosen(ctx context.Context, e *engine, mask *table) (*Frame, error) {
	if mask.rows != f.base.rows {
		return nil, fmt.Errorf("the condition gives %d rows for %d", mask.rows, f.base.rows)
	}
	var n int
	if err := e.db.QueryRowContext(ctx, "SELECT count(*) FROM "+mask.name+" WHERE keep = 1").Scan(&n); err != nil {
		return nil, clean(err)
	}
	if n == f.rows { // nothing was taken: no need of the mask
		return f.child(), nil
	}
	return f.masked(mask, "= 1", n), nil
}

// spread makes a mask of numbers, one for each row of f.
func (f *Frame) spread(ctx context.Context, e *engine, numbers []uint8) (*table, error) {
	defer runtime.KeepAlive(f)
	l, err := e.loader()
	if err != nil {
		return nil, err
	}
	next := 0
	put := func(in bool) error {
		if !in {
			l.row(-1)
			return nil
		}
		if next >= len(numbers) {
			return fmt.Errorf("more rows than the %d that there were", len(numbers))
		}
		l.row(int(numbers[next]))
		next++
		return nil
	}
	if f.where == "" {
		for range f.base.rows {
			err = put(true)
		}
	} else {
		err = e.each(ctx, f.over([]string{"in"}, []string{"coalesce(" + f.where + ", false)"}, ""), func(rows *sql.Rows) error {
			var in bool
			if err := rows.Scan(&in); err != nil {
				return err
			}
			return put(in)
		})
	}
	if err == nil && next != len(numbers) {
		err = fmt.Errorf("%d rows where there were %d", next, len(numbers))
	}
	if err != nil {
		l.discard()
		return nil, err
	}
	return l.table(ctx, []string{"keep"}, []string{"SMALLINT"})
}
