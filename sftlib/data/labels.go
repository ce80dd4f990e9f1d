package data

import (
	"context"
	"database/sql"
	"fmt"
	"runtime"
	"slices"
	"strings"
)

// Name gives a value of a label column the name by which people know it: {"1", "positive"}.
type Name struct{ Value, Name string }

// Labels are the classes of a column in their order: numbers by value, texts by the alphabet. A class's place in it is the
// number that a model uses for it.
type Labels struct {
	Column string
	Names  []string // what people read; the values themselves where NameLabels was not used
	Values []string // as they stand in the column
	Counts []int    // rows of each
	err    error
}

// Labels returns the classes of a column. Rows without a value are not counted. Its error is kept in the labels, so that the
// call can stand as an argument; bert.ForSequenceClassification and Err return it.
func (f *Frame) Labels(column string) *Labels {
	l, err := f.labels(column)
	if err != nil {
		return &Labels{Column: column, err: fmt.Errorf("Labels(%q): %w", column, err)}
	}
	return l
}

// maxLabels is the most classes that a column of labels may have.
const maxLabels = 20000

func (f *Frame) labels(column string) (*Labels, error) {
	c, err := f.ask(column)
	if err != nil {
		return nil, err
	}
	if c.Kind == Float || c.Kind == Time || c.Kind == List {
		return nil, fmt.Errorf("the column holds %s values, which are no classes (a number to be predicted wants a regression: bert.ForRegression)", c.Kind)
	}
	e, err := open()
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(f)
	col := "x." + ident(c.Name)
	order := col
	if c.Kind == Text && f.allIntegers(e, c) {
		order = "CAST(" + col + " AS BIGINT)" // "10" after "2"
	}
	rows, err := e.db.Query(fmt.Sprintf("SELECT CAST(%s AS VARCHAR), count(*) FROM (%s) x WHERE %s IS NOT NULL GROUP BY %s ORDER BY %s LIMIT %d", col, f.query, col, col, order, maxLabels+1))
	if err != nil {
		return nil, clean(err)
	}
	defer rows.Close()
	l := &Labels{Column: c.Name}
	for rows.Next() {
		var v string
		var n int
		if err := rows.Scan(&v, &n); err != nil {
			return nil, err
		}
		l.Values, l.Counts = append(l.Values, v), append(l.Counts, n)
	}
	if err := rows.Err(); err != nil {
		return nil, clean(err)
	}
	if len(l.Values) == 0 {
		return nil, fmt.Errorf("the column has no value")
	}
	if len(l.Values) > maxLabels {
		return nil, fmt.Errorf("the column has more than %d different values: is it the right one?", maxLabels)
	}
	l.Names = slices.Clone(l.Values)
	for _, n := range f.names[c.Name] {
		if i := slices.Index(l.Values, n.Value); i >= 0 {
			l.Names[i] = n.Name
		}
	}
	return l, nil
}

func (f *Frame) allIntegers(e *engine, c Column) bool {
	var n int
	col := "x." + ident(c.Name)
	err := e.db.QueryRow(fmt.Sprintf("SELECT count(*) FROM (%s) x WHERE %s IS NOT NULL AND coalesce(CAST(TRY_CAST(%s AS BIGINT) AS VARCHAR) = %s, false) = false", f.query, col, col, col)).Scan(&n)
	return err == nil && n == 0
}

// Err returns why there are no labels, nil where there are.
func (l *Labels) Err() error {
	if l == nil {
		return fmt.Errorf("sftlib/data: no labels")
	}
	return l.err
}

// Len returns the number of classes.
func (l *Labels) Len() int {
	if l == nil {
		return 0
	}
	return len(l.Names)
}

// ID returns the number of a class by its value in the column or by its name, and whether there is such a class.
func (l *Labels) ID(value string) (int, bool) {
	if l == nil {
		return 0, false
	}
	if i := slices.Index(l.Values, value); i >= 0 {
		return i, true
	}
	i := slices.Index(l.Names, value)
	return i, i >= 0
}

func (l *Labels) String() string {
	if l.Err() != nil {
		return "labels: " + l.err.Error()
	}
	return fmt.Sprintf("%d classes of %q: %s", l.Len(), l.Column, strings.Join(l.Names, ", "))
}

// NameLabels gives the values of a label column names, as pairs of value and name. They stay with the frame and with what is
// made from it, and a model trained on it has them in its configuration.
//
//	reviews.NameLabels("label", "0", "negative", "1", "positive")
func (f *Frame) NameLabels(column string, pairs ...string) *Frame {
	c, err := f.ask(column)
	if err != nil {
		return f.or("NameLabels", err)
	}
	if len(pairs) == 0 || len(pairs)%2 != 0 {
		return fail("NameLabels", fmt.Errorf("want pairs of a value and its name, got %d texts", len(pairs)))
	}
	l, err := f.labels(c.Name)
	if err != nil {
		return fail("NameLabels", err)
	}
	var names []Name
	for i := 0; i < len(pairs); i += 2 {
		if !slices.Contains(l.Values, pairs[i]) {
			return fail("NameLabels", fmt.Errorf("column %q has no value %q: there are %s", c.Name, pairs[i], quoted(l.Values)))
		}
		names = append(names, Name{pairs[i], pairs[i+1]})
	}
	n := f.child()
	n.names = map[string][]Name{}
	for k, v := range f.names {
		n.names[k] = v
	}
	n.names[c.Name] = names
	return n
}

// or returns f where it has an error already, else a frame with this one.
func (f *Frame) or(op string, err error) *Frame {
	if f != nil && f.err != nil {
		return f
	}
	return fail(op, err)
}

// LabelIDs returns the class number of each row, by the order of classes, which are names or values as a model's
// configuration lists them. A missing or unknown label is an error that names the row.
func (f *Frame) LabelIDs(column string, classes []string) ([]int, error) {
	c, err := f.ask(column)
	if err != nil {
		return nil, err
	}
	ids := map[string]int{}
	for i, n := range classes {
		ids[n] = i
	}
	for _, n := range f.names[c.Name] { // the values of named classes
		if i, ok := ids[n.Name]; ok {
			if _, taken := ids[n.Value]; !taken {
				ids[n.Value] = i
			}
		}
	}
	out := make([]int, 0, f.rows)
	err = f.scan(context.Background(), "CAST(x."+ident(c.Name)+" AS VARCHAR)", func(rows *sql.Rows) error {
		var v sql.NullString
		if err := rows.Scan(&v); err != nil {
			return err
		}
		id, ok := ids[v.String]
		switch {
		case !v.Valid:
			return fmt.Errorf("column %q, row %d: no label: DropNA(%q) takes such rows out", c.Name, len(out), c.Name)
		case !ok:
			return fmt.Errorf("column %q, row %d: label %q is none of %s", c.Name, len(out), v.String, quoted(classes))
		}
		out = append(out, id)
		return nil
	})
	return out, err
}
