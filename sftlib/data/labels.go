package data

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
)

// Labels returns the classes of a column in the order in which a model numbers them: numbers by value, texts by the alphabet,
// names given by NameLabels in the order of the values that they stand for. Missing values are no class. Fractions are classes
// only where all of them are whole, such as 0.0 and 1.0, which are named 0 and 1.
//
// It stands as an argument in bert.ForSequenceClassification(where, train.Labels("label")), so it has no error result: where
// there is no such column, or none of classes, it returns no label, which the model refuses; Balance says why.
func (f *Frame) Labels(column string) []string {
	names, _, err := f.labels(column)
	if err != nil {
		return []string{}
	}
	return names
}

// maxLabels is the most classes that a column of labels may have.
const maxLabels = 20000

// labels returns the classes of a column and the rows of each.
func (f *Frame) labels(column string) (names []string, counts []int, err error) {
	c, err := f.ask(column)
	if err != nil {
		return nil, nil, err
	}
	if c.Kind == Float && !f.allIntegers(c) || c.Kind == Time || c.Kind == List {
		return nil, nil, fmt.Errorf("column %q holds %s values, which are no classes (a number to be predicted is a regression: bert.ForRegression)", c.Name, c.Kind)
	}
	e, err := open()
	if err != nil {
		return nil, nil, err
	}
	defer runtime.KeepAlive(f)
	col := "x." + ident(c.Name)
	order := col
	if c.Kind == Text && f.allIntegers(c) {
		order = "CAST(" + col + " AS BIGINT)" // "10" after "2"
	}
	rows, err := e.db.Query(fmt.Sprintf("SELECT %s, count(*) FROM (%s) x WHERE %s IS NOT NULL GROUP BY %s ORDER BY %s LIMIT %d", c.class(col), f.query, col, col, order, maxLabels+1))
	if err != nil {
		return nil, nil, clean(err)
	}
	defer rows.Close()
	type class struct {
		name string
		rows int
	}
	var list []class
	for rows.Next() {
		var k class
		if err := rows.Scan(&k.name, &k.rows); err != nil {
			return nil, nil, err
		}
		list = append(list, k)
	}
	if err := rows.Err(); err != nil {
		return nil, nil, clean(err)
	}
	if len(list) == 0 {
		return nil, nil, fmt.Errorf("column %q has no value", c.Name)
	}
	if len(list) > maxLabels {
		return nil, nil, fmt.Errorf("column %q has more than %d different values: is it the right one?", c.Name, maxLabels)
	}
	if given := f.order[c.Name]; given != nil {
		place := func(k class) int {
			if i := slices.Index(given, k.name); i >= 0 {
				return i
			}
			return len(given)
		}
		slices.SortStableFunc(list, func(a, b class) int { return place(a) - place(b) })
	}
	for _, k := range list {
		names, counts = append(names, k.name), append(counts, k.rows)
	}
	return names, counts, nil
}

// allIntegers says whether each value of a column of texts or fractions is a whole number, written as one.
func (f *Frame) allIntegers(c Column) bool {
	var n int
	col := "x." + ident(c.Name)
	integer := "TRY_CAST(" + col + " AS BIGINT)"
	if c.Kind == Text {
		integer = "CAST(" + integer + " AS VARCHAR)"
	}
	err := f.one(fmt.Sprintf("SELECT count(*) FROM (%s) x WHERE %s IS NOT NULL AND coalesce(%s = %s, false) = false", f.query, col, integer, col), &n)
	return err == nil && n == 0
}

// class writes in SQL what a value of the column is called as a class. Among fractions 1.0 is called 1: pandas writes whole
// numbers so where some are missing.
func (c Column) class(value string) string {
	text := "CAST(" + value + " AS VARCHAR)"
	if c.Kind == Float {
		integer := "TRY_CAST(" + value + " AS BIGINT)"
		return "CASE WHEN " + integer + " = " + value + " THEN CAST(" + integer + " AS VARCHAR) ELSE " + text + " END"
	}
	return text
}

// NameLabels puts names in the place of the values of a label column, as pairs of value and name. The classes keep the order
// of the values, here and in all frames made from this one, and a model trained on it has the names in its configuration.
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
	values, _, err := f.labels(c.Name)
	if err != nil {
		return fail("NameLabels", err)
	}
	names := slices.Clone(values)
	var when strings.Builder
	text := c.class(f.expression(c))
	for i := 0; i < len(pairs); i += 2 {
		at := slices.Index(values, pairs[i])
		if at < 0 {
			return fail("NameLabels", fmt.Errorf("column %q has no value %q: there are %s", c.Name, pairs[i], quoted(values)))
		}
		names[at] = pairs[i+1]
		fmt.Fprintf(&when, " WHEN %s THEN %s", literal(pairs[i]), literal(pairs[i+1]))
	}
	for i, n := range names {
		if slices.Index(names, n) != i {
			return fail("NameLabels", fmt.Errorf("two values of %q would have the name %q", c.Name, n))
		}
	}
	n := f.replace("NameLabels", map[string]string{c.Name: "CASE " + text + when.String() + " ELSE " + text + " END"})
	if n.err != nil {
		return n
	}
	n.order = maps.Clone(f.order)
	if n.order == nil {
		n.order = map[string][]string{}
	}
	n.order[c.Name] = names
	return n.did(f.rows, fmt.Sprintf("NameLabels(%q)", c.Name), "%s", strings.Join(names, ", "))
}

// or returns f where it has an error already, else a frame with this one.
func (f *Frame) or(op string, err error) *Frame {
	if f != nil && f.err != nil {
		return f
	}
	return fail(op, err)
}

// LabelIDs returns the number of each row's class: its place in classes, as a model lists them. A missing label, and one that
// is not among the classes, is an error that names the row.
func (f *Frame) LabelIDs(column string, classes []string) ([]int, error) {
	c, err := f.ask(column)
	if err != nil {
		return nil, err
	}
	ids := make(map[string]int, len(classes))
	for i, n := range classes {
		ids[n] = i
	}
	out := make([]int, 0, f.rows)
	err = f.scan(context.Background(), c.class("x."+ident(c.Name)), func(rows *sql.Rows) error {
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
