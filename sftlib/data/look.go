package data

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"gosft/sftlib/show"
)

// Head returns the first n rows.
func (f *Frame) Head(n int) *Frame {
	if f.Err() != nil {
		return f.or("Head", f.Err())
	}
	if n < 0 {
		return fail("Head", fmt.Errorf("%d rows are asked for", n))
	}
	what := "Head(" + strconv.Itoa(n) + ")"
	h := f.child()
	if n >= f.rows {
		return h.did(f.rows, what, "all rows")
	}
	last := -1
	if n > 0 {
		if err := f.one(fmt.Sprintf("SELECT max(%[1]s) FROM (SELECT %[1]s FROM (%[2]s) ORDER BY %[1]s LIMIT %[3]d)", ident(rowNumber), f.numbered(nil), n), &last); err != nil {
			return fail("Head", err)
		}
	}
	cut := fmt.Sprintf("%s.rowid <= %d", f.base.name, last)
	if h.where != "" {
		cut = "(" + h.where + ") AND " + cut
	}
	h.where, h.rows = cut, n
	h.query = h.selection(h.names(), h.expressions)
	return h.did(f.rows, what, "the first rows")
}

// Sample returns n rows drawn without putting back, in the order of the frame; all where there are fewer. The same seed (42
// unless Seed is given) draws the same rows. Stratify keeps the shares of a column's values; the other options of Split are an
// error.
func (f *Frame) Sample(n int, opts ...SplitOption) *Frame {
	if f.Err() != nil {
		return f.or("Sample", f.Err())
	}
	if n < 0 {
		return fail("Sample", fmt.Errorf("%d rows are asked for", n))
	}
	o := splitOptionsOf(opts)
	if o.group != "" || o.ordered {
		return fail("Sample", fmt.Errorf("GroupBy and InOrder are for Split and KFold; Head gives rows in order"))
	}
	what := fmt.Sprintf("Sample(%d)", n)
	if n >= f.rows {
		return f.child().did(f.rows, what, "all rows")
	}
	keep := make([]uint8, f.rows)
	rng := rand.New(rand.NewPCG(o.seed, 0x5a))
	if o.stratify != "" {
		strata, _, err := f.codes(o)
		if err == nil {
			err = chooseStratified(keep, strata, n, rng)
		}
		if err != nil {
			return fail("Sample", fmt.Errorf("Stratify(%q): %w", o.stratify, err))
		}
	} else {
		for _, r := range rng.Perm(f.rows)[:n] {
			keep[r] = 1
		}
	}
	s, err := f.keepRows(keep, n)
	if err != nil {
		return fail("Sample", err)
	}
	return s.did(f.rows, what, "drawn with %s", o)
}

// keepRows returns the rows whose number is 1 in keep.
func (f *Frame) keepRows(keep []uint8, n int) (*Frame, error) {
	e, err := open()
	if err != nil {
		return nil, err
	}
	mask, err := f.spread(context.Background(), e, keep)
	if err != nil {
		return nil, err
	}
	return f.masked(mask, "= 1", n), nil
}

// Filter returns the rows for which a condition in SQL is true, such as `length(text) > 3 AND label = 1`. A ? stands for the
// next of the values, which need no quotes then: Filter("author = ?", name). Names of columns with spaces stand in double
// quotes.
func (f *Frame) Filter(condition string, values ...any) *Frame {
	if f.Err() != nil {
		return f.or("Filter", f.Err())
	}
	full, err := bind(condition, values)
	if err != nil {
		return fail("Filter", err)
	}
	n, err := f.filter(context.Background(), full)
	if err != nil {
		return fail("Filter", fmt.Errorf("%s: %w", condition, err))
	}
	return n.did(f.rows, "Filter", "rows where not: %s", condition)
}

// bind puts values in the place of the question marks that stand outside quotes and comments.
func bind(condition string, values []any) (string, error) {
	var b strings.Builder
	next := 0
	for i := 0; i < len(condition); {
		rest := condition[i:]
		end := 1
		switch {
		case rest[0] == '\'' || rest[0] == '"':
			if end = strings.IndexByte(rest[1:], rest[0]); end < 0 {
				return "", fmt.Errorf("%s: a %c is not closed", condition, rest[0])
			}
			end += 2
		case strings.HasPrefix(rest, "--"):
			if end = strings.IndexByte(rest, '\n'); end < 0 {
				end = len(rest)
			}
		case strings.HasPrefix(rest, "/*"):
			if end = strings.Index(rest, "*/"); end < 0 {
				return "", fmt.Errorf("%s: a comment is not closed", condition)
			}
			end += 2
		case rest[0] == ';':
			return "", fmt.Errorf("%s: a semicolon ends no condition", condition)
		case rest[0] == '?' && len(values) > 0:
			if next == len(values) {
				return "", fmt.Errorf("%s: more question marks than the %d values", condition, len(values))
			}
			switch v := values[next].(type) {
			case nil:
				b.WriteString("NULL")
			case string:
				b.WriteString(literal(v))
			case bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64:
				fmt.Fprintf(&b, "%v", v)
			default:
				b.WriteString(literal(fmt.Sprint(v)))
			}
			next++
			i++
			continue
		}
		b.WriteString(rest[:end])
		i += end
	}
	if next != len(values) {
		return "", fmt.Errorf("%s: %d question marks for %d values", condition, next, len(values))
	}
	return b.String(), nil
}

// SQL runs a query of DuckDB's SQL in which the frame is called frame.
//
//	reviews.SQL("SELECT label, avg(length(text)) AS length FROM frame GROUP BY label ORDER BY label")
func (f *Frame) SQL(query string) *Frame {
	if f.Err() != nil {
		return f.or("SQL", f.Err())
	}
	n, err := Query(query, map[string]*Frame{"frame": f})
	if err != nil {
		return fail("SQL", err)
	}
	n.order = f.order
	return n
}

// Query runs a query over several frames, which have the names of the map in it.
func Query(query string, frames map[string]*Frame) (*Frame, error) {
	e, err := open()
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(frames)
	ctx := context.Background()
	c, err := e.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	for name, f := range frames {
		if err := f.Err(); err != nil {
			return nil, err
		}
		if _, err := c.ExecContext(ctx, "CREATE OR REPLACE TEMP VIEW "+ident(name)+" AS "+f.query); err != nil {
			return nil, clean(err)
		}
		defer c.ExecContext(ctx, "DROP VIEW IF EXISTS temp."+ident(name))
	}
	text := strings.TrimRight(strings.TrimSpace(query), "; \n\t")
	t, err := e.create(ctx, c, "SELECT * FROM (\n"+text+"\n)")
	if err != nil {
		return nil, fmt.Errorf("query: %w", err)
	}
	f, err := e.frame(ctx, t)
	if err != nil {
		return nil, err
	}
	return f.did(f.rows, "SQL", "%s", cut(strings.Join(strings.Fields(text), " "), 120)), nil
}

// Description is what Describe found: one entry a column.
type Description []ColumnInfo

// ColumnInfo describes a column. Lengths are of texts, in characters; Min, Max and Mean of numbers (of times Min and Max).
type ColumnInfo struct {
	Name                         string
	Kind                         Kind
	Rows, Missing, Distinct      int
	MinLen, MedianLen, MaxLen    int
	MeanLen                      float64
	Min, Max, Mean, StdDeviation any // nil where there is none
}

// Describe returns type, missing and distinct values, lengths of texts and range of numbers of each column.
func (f *Frame) Describe() (Description, error) {
	if err := f.Err(); err != nil {
		return nil, err
	}
	e, err := open()
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(f)
	var out Description
	for _, c := range f.columns {
		info := ColumnInfo{Name: c.Name, Kind: c.Kind, Rows: f.rows}
		col := "x." + ident(c.Name)
		what := []string{"count(" + col + ")", "count(DISTINCT " + col + ")"}
		var present int
		into := []any{&present, &info.Distinct}
		var minLen, maxLen sql.NullInt64
		var median, mean sql.NullFloat64
		switch c.Kind {
		case Text:
			what = append(what, "min(length("+col+"))", "max(length("+col+"))", "median(length("+col+"))", "avg(length("+col+"))")
			into = append(into, &minLen, &maxLen, &median, &mean)
		case Integer, Float:
			what = append(what, "min("+col+")", "max("+col+")", "avg("+col+")", "stddev_samp(CASE WHEN isfinite(CAST("+col+" AS DOUBLE)) THEN "+col+" END)")
			into = append(into, &info.Min, &info.Max, &info.Mean, &info.StdDeviation)
		case Time:
			what = append(what, "min("+col+")", "max("+col+")")
			into = append(into, &info.Min, &info.Max)
		}
		if err := e.db.QueryRow("SELECT " + strings.Join(what, ", ") + " FROM (" + f.query + ") x").Scan(into...); err != nil {
			return nil, fmt.Errorf("Describe: column %q: %w", c.Name, clean(err))
		}
		info.Missing = f.rows - present
		info.MinLen, info.MaxLen, info.MedianLen, info.MeanLen = int(minLen.Int64), int(maxLen.Int64), int(median.Float64), mean.Float64
		info.Min, info.Max, info.Mean, info.StdDeviation = plain(info.Min), plain(info.Max), plain(info.Mean), plain(info.StdDeviation)
		out = append(out, info)
	}
	return out, nil
}

// MimeBundle shows the description as a table.
func (d Description) MimeBundle() map[string]any { return d.table().MimeBundle() }

func (d Description) String() string { return d.table().String() }

func (d Description) table() *show.Table {
	t := show.NewTable("column", "type", "missing", "distinct", "len min", "len median", "len max", "min", "mean", "std", "max")
	t.Limit = -1
	for _, c := range d {
		var lo, mid, hi any
		if c.Kind == Text && c.Missing < c.Rows {
			lo, mid, hi = c.MinLen, c.MedianLen, c.MaxLen
		}
		t.Add(c.Name, c.Kind.String(), c.Missing, c.Distinct, lo, mid, hi, c.Min, c.Mean, c.StdDeviation, c.Max)
	}
	if len(d) > 0 {
		t.Caption = plural(d[0].Rows, "row")
	}
	return t
}

// Counts are the values of a column with how often they stand in it, the commonest first.
type Counts struct {
	Column string
	Total  int // rows of the frame
	Values []ValueCount
}

// ValueCount is one value; Missing stands for rows without one.
type ValueCount struct {
	Value   string
	Missing bool
	Count   int
}

// ValueCounts counts the values of a column. Of values as common as each other the smaller comes first.
func (f *Frame) ValueCounts(column string) (*Counts, error) {
	c, err := f.ask(column)
	if err != nil {
		return nil, fmt.Errorf("ValueCounts: %w", err)
	}
	out := &Counts{Column: c.Name, Total: f.rows}
	e, err := open()
	if err != nil {
		return nil, err
	}
	defer runtime.KeepAlive(f)
	col := "x." + ident(c.Name)
	rows, err := e.db.Query(fmt.Sprintf("SELECT CAST(%s AS VARCHAR), count(*) AS n FROM (%s) x GROUP BY %s ORDER BY n DESC, %s NULLS LAST", col, f.query, col, col))
	if err != nil {
		return nil, fmt.Errorf("ValueCounts: %w", clean(err))
	}
	defer rows.Close()
	for rows.Next() {
		var v sql.NullString
		var n int
		if err := rows.Scan(&v, &n); err != nil {
			return nil, err
		}
		out.Values = append(out.Values, ValueCount{Value: v.String, Missing: !v.Valid, Count: n})
	}
	return out, clean(rows.Err())
}

// Count returns how often a value stands in the column.
func (c *Counts) Count(value string) int {
	i := slices.IndexFunc(c.Values, func(v ValueCount) bool { return !v.Missing && v.Value == value })
	if i < 0 {
		return 0
	}
	return c.Values[i].Count
}

// Chart returns the counts of the commonest values as bars.
func (c *Counts) Chart() *show.Chart {
	var names []string
	var values []float64
	for i, v := range c.Values {
		if i == 40 {
			break
		}
		name := v.Value
		if v.Missing {
			name = "(missing)"
		}
		names, values = append(names, name), append(values, float64(v.Count))
	}
	return show.Bars(names, values).Titled(c.Column, "rows", "")
}

// MimeBundle shows the counts as a table.
func (c *Counts) MimeBundle() map[string]any { return c.table().MimeBundle() }

func (c *Counts) String() string { return c.table().String() }

func (c *Counts) table() *show.Table {
	t := show.NewTable(c.Column, "count", "share")
	t.Aligns = []show.Align{show.Left, show.Right, show.Right}
	for _, v := range c.Values {
		name := v.Value
		if v.Missing {
			name = "(missing)"
		}
		t.Add(name, v.Count, percent(v.Count, c.Total))
	}
	return t
}

func percent(n, of int) string {
	if of == 0 {
		return ""
	}
	return strconv.FormatFloat(100*float64(n)/float64(of), 'f', 1, 64) + " %"
}
