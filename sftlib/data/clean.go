package data

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"gosft/sftlib/show"
)

// DropNA takes out the rows that have no value in one of the columns; none named means all columns.
func (f *Frame) DropNA(columns ...string) *Frame {
	if f.Err() != nil {
		return f.or("DropNA", f.Err())
	}
	list, err := f.pick(columns)
	if err != nil {
		return fail("DropNA", err)
	}
	what := call("DropNA", columns)
	if len(list) == 0 {
		return f.child().did(f.rows, what, "no columns")
	}
	present := make([]string, len(list))
	missing := make([]int, len(list))
	count := make([]string, len(list))
	into := make([]any, len(list))
	for i, c := range list {
		present[i] = "x." + ident(c.Name) + " IS NOT NULL"
		if c.Kind == Float {
			present[i] += " AND NOT isnan(CAST(x." + ident(c.Name) + " AS DOUBLE))"
		}
		count[i] = "count(*) FILTER (WHERE NOT (" + present[i] + "))"
		into[i] = &missing[i]
	}
	if err := f.one("SELECT "+strings.Join(count, ", ")+" FROM ("+f.query+") x", into...); err != nil {
		return fail("DropNA", err)
	}
	n, err := f.filter(context.Background(), strings.Join(present, " AND "))
	if err != nil {
		return fail("DropNA", err)
	}
	var why []string
	for i, c := range list {
		if missing[i] > 0 {
			why = append(why, fmt.Sprintf("%s without a value in %s", plural(missing[i], "row"), c.Name))
		}
	}
	if why == nil {
		why = []string{"no value is missing"}
	}
	return n.did(f.rows, what, "%s", strings.Join(why, ", "))
}

// FillNA puts a value where a column has none. The value must be of the column's kind, or a number in a column of
// texts; a text in a column of numbers is an error.
func (f *Frame) FillNA(column string, value any) *Frame {
	c, err := f.ask(column)
	if err != nil {
		return f.or("FillNA", err)
	}
	var v string
	switch x := value.(type) {
	case string:
		v = literal(x)
		if c.Kind != Text && c.Kind != Time {
			return fail("FillNA", fmt.Errorf("column %q holds %s values, not texts such as %q", c.Name, c.Kind, x))
		}
	case int, int64, float64, bool:
		v = fmt.Sprint(x)
		if c.Kind == Text {
			v = literal(v)
		}
		if _, truth := value.(bool); c.Kind != Text && truth != (c.Kind == Bool) {
			return fail("FillNA", fmt.Errorf("column %q holds %s values, not %T", c.Name, c.Kind, value))
		}
	default:
		return fail("FillNA", fmt.Errorf("a value of type %T cannot stand in a column: give a string, int, float64 or bool", value))
	}
	var missing int
	col := "x." + ident(c.Name)
	if err := f.one("SELECT count(*) - count("+col+") FROM ("+f.query+") x", &missing); err != nil {
		return fail("FillNA", err)
	}
	kind := c.SQL
	if c.Kind == Integer {
		if x, ok := value.(float64); ok && x != float64(int64(x)) {
			kind = "DOUBLE"
		}
	}
	n := f.replace("FillNA", map[string]string{c.Name: "coalesce(CAST(" + f.expression(c) + " AS " + kind + "), CAST(" + v + " AS " + kind + "))"})
	if n.err != nil {
		return n
	}
	return n.did(f.rows, fmt.Sprintf("FillNA(%q, %v)", c.Name, value), "%s filled in %s", plural(missing, "value"), c.Name)
}

// Distinct takes out the rows whose values in the columns stood in a row before; none named means all columns. The first of
// equal rows stays. Missing values are equal to each other.
func (f *Frame) Distinct(columns ...string) *Frame {
	if f.Err() != nil {
		return f.or("Distinct", f.Err())
	}
	list, err := f.pick(columns)
	if err != nil {
		return fail("Distinct", err)
	}
	if len(list) == 0 {
		return f.child()
	}
	names := mapTo(list, func(c Column) string { return c.Name })
	e, err := open()
	if err != nil {
		return fail("Distinct", err)
	}
	defer runtime.KeepAlive(f)
	ctx := context.Background()
	in := "true"
	if f.where != "" {
		in = f.where
	}
	rows := f.over([]string{"r", "is"}, []string{f.base.name + ".rowid", "coalesce(" + in + ", false)"}, "")
	first := "SELECT min(" + ident(rowNumber) + ") AS r FROM (" + f.numbered(list) + ") GROUP BY " + idents(names)
	query := fmt.Sprintf(`SELECT CASE WHEN NOT a."is" THEN -1 WHEN k.r IS NULL THEN 0 ELSE 1 END::SMALLINT AS keep FROM (%s) a LEFT JOIN (%s) k ON a.r = k.r ORDER BY a.r`, rows, first)
	mask, err := e.create(ctx, nil, query)
	if err != nil {
		return fail("Distinct", err)
	}
	n, err := f.chosen(ctx, e, mask)
	if err != nil {
		return fail("Distinct", err)
	}
	what := "all columns"
	if len(columns) > 0 {
		what = strings.Join(names, ", ")
	}
	return n.did(f.rows, call("Distinct", columns), "%s with the same %s as one before", plural(f.rows-n.rows, "row"), what)
}

// space is what Trim takes off: all of Unicode's white space, zero-width spaces and byte order marks.
const space = " \t\n\r\v\f\u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000\u200b\ufeff"

// Trim takes white space off both ends of texts; none named means all columns of text. A text of nothing else becomes a
// missing value, which DropNA then takes out.
func (f *Frame) Trim(columns ...string) *Frame {
	if f.Err() != nil {
		return f.or("Trim", f.Err())
	}
	list, err := f.pick(columns)
	if err != nil {
		return fail("Trim", err)
	}
	trimmed := map[string]string{}
	var count []string
	for _, c := range list {
		if c.Kind != Text {
			if len(columns) > 0 {
				return fail("Trim", fmt.Errorf("column %q holds %s values, not texts", c.Name, c.Kind))
			}
			continue
		}
		col := "x." + ident(c.Name)
		trimmed[c.Name] = "nullif(trim(" + f.expression(c) + ", " + literal(space) + "), '')"
		count = append(count, "count(*) FILTER (WHERE trim("+col+", "+literal(space)+") <> "+col+")", "count(*) FILTER (WHERE trim("+col+", "+literal(space)+") = '')")
	}
	what := call("Trim", columns)
	if len(count) == 0 {
		return f.child().did(f.rows, what, "no column of text")
	}
	numbers := make([]int, len(count))
	into := make([]any, len(count))
	for i := range numbers {
		into[i] = &numbers[i]
	}
	if err := f.one("SELECT "+strings.Join(count, ", ")+" FROM ("+f.query+") x", into...); err != nil {
		return fail("Trim", err)
	}
	n := f.replace("Trim", trimmed)
	if n.err != nil {
		return n
	}
	changed, empty := 0, 0
	for i := 0; i < len(numbers); i += 2 {
		changed += numbers[i]
		empty += numbers[i+1]
	}
	why := plural(changed, "text") + " had space around it"
	if changed != 1 {
		why = show.Count(changed) + " texts had space around them"
	}
	if empty > 0 {
		why += fmt.Sprintf(", %s nothing else (now missing)", show.Count(empty))
	}
	return n.did(f.rows, what, "%s", why)
}

// one runs a query that gives one row.
func (f *Frame) one(query string, into ...any) error {
	e, err := open()
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(f)
	return clean(e.db.QueryRow(query).Scan(into...))
}

func call(name string, columns []string) string {
	if len(columns) == 0 {
		return name
	}
	return name + "(" + quoted(columns) + ")"
}
