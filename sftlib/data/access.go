package data

import (
	"context"
	"database/sql"
	"fmt"
	"iter"
	"math"
	"math/big"
	"runtime"
	"time"
)

// Strings returns a column as text; numbers and times are written as DuckDB writes them. A missing value is "".
func (f *Frame) Strings(column string) ([]string, error) {
	c, err := f.ask(column)
	if err != nil {
		return nil, err
	}
	out := make([]string, 0, f.rows)
	err = f.scan(context.Background(), "CAST(x."+ident(c.Name)+" AS VARCHAR)", func(rows *sql.Rows) error {
		var v sql.NullString
		if err := rows.Scan(&v); err != nil {
			return err
		}
		out = append(out, v.String)
		return nil
	})
	return out, err
}

// Floats returns a column of numbers (or truths, 0 and 1); a missing value is NaN. A text that is no number is an error.
func (f *Frame) Floats(column string) ([]float64, error) {
	c, err := f.ask(column)
	if err != nil {
		return nil, err
	}
	out := make([]float64, 0, f.rows)
	err = f.scan(context.Background(), "CAST(x."+ident(c.Name)+" AS DOUBLE)", func(rows *sql.Rows) error {
		var v sql.NullFloat64
		if err := rows.Scan(&v); err != nil {
			return err
		}
		if !v.Valid {
			v.Float64 = math.NaN()
		}
		out = append(out, v.Float64)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("column %q as numbers: %w", c.Name, err)
	}
	return out, nil
}

// Ints returns a column of whole numbers. A missing value, a fraction or a text that is no number is an error that names
// the row.
func (f *Frame) Ints(column string) ([]int, error) {
	c, err := f.ask(column)
	if err != nil {
		return nil, err
	}
	out := make([]int, 0, f.rows)
	bad := func(what any) error {
		return fmt.Errorf("column %q, row %d: %v is not a whole number: use FillNA, DropNA or Floats", c.Name, len(out), what)
	}
	expression := "x." + ident(c.Name)
	if c.Kind == Float || c.Kind == Text {
		expression = "CAST(" + expression + " AS DOUBLE)"
	} else {
		expression = "CAST(" + expression + " AS BIGINT)"
	}
	err = f.scan(context.Background(), expression, func(rows *sql.Rows) error {
		var v any
		if err := rows.Scan(&v); err != nil {
			return err
		}
		switch v := v.(type) {
		case int64:
			out = append(out, int(v))
		case float64:
			if v != math.Trunc(v) || math.Abs(v) > 1<<53 {
				return bad(v)
			}
			out = append(out, int(v))
		case nil:
			return bad("a missing value")
		default:
			return bad(v)
		}
		return nil
	})
	return out, err
}

// ask checks that the frame is sound and has the column.
func (f *Frame) ask(column string) (Column, error) {
	if err := f.Err(); err != nil {
		return Column{}, err
	}
	return f.column(column)
}

// scan runs a SELECT list over the rows in their order.
func (f *Frame) scan(ctx context.Context, list string, each func(*sql.Rows) error) error {
	e, err := open()
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(f)
	return e.each(ctx, "SELECT "+list+" FROM ("+f.query+") x", each)
}

// each goes over the rows of a query.
func (e *engine) each(ctx context.Context, query string, each func(*sql.Rows) error) error {
	rows, err := e.db.QueryContext(ctx, query)
	if err != nil {
		return clean(err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return clean(rows.Err())
}

// Row is one row while Rows goes over a frame; it is valid until the next.
type Row struct {
	Number int // from 0
	values []any
	index  map[string]int
}

// Value returns what is in a column: nil, string, int64, float64, bool, time.Time, or []any and map[string]any of
// these. A name that Rows was not asked for gives nil.
func (r Row) Value(column string) any {
	if i, ok := r.index[column]; ok {
		return r.values[i]
	}
	return nil
}

// String returns a column as text, "" where it is missing.
func (r Row) String(column string) string {
	switch v := r.Value(column).(type) {
	case nil:
		return ""
	case string:
		return v
	case time.Time:
		return v.Format(time.RFC3339)
	default:
		return fmt.Sprint(v)
	}
}

// Float returns a column as a number, NaN where it is missing or no number.
func (r Row) Float(column string) float64 {
	switch v := r.Value(column).(type) {
	case float64:
		return v
	case int64:
		return float64(v)
	case bool:
		if v {
			return 1
		}
		return 0
	}
	return math.NaN()
}

// Rows goes over the rows in their order without holding more than a few of them in memory. It reads the named columns,
// or all. An error ends it as the last pair.
//
//	for row, err := range frame.Rows("text", "label") {
//		if err != nil {
//			return err
//		}
//		fmt.Println(row.String("text"), row.Value("label"))
//	}
func (f *Frame) Rows(columns ...string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		if err := f.Err(); err != nil {
			yield(Row{}, err)
			return
		}
		defer runtime.KeepAlive(f)
		list, err := f.pick(columns)
		if err != nil {
			yield(Row{}, err)
			return
		}
		e, err := open()
		if err != nil {
			yield(Row{}, err)
			return
		}
		row := Row{index: map[string]int{}, values: make([]any, len(list))}
		pointers := make([]any, len(list))
		names := make([]string, len(list))
		for i, c := range list {
			names[i], row.index[c.Name], pointers[i] = c.Name, i, &row.values[i]
			if i < len(columns) {
				row.index[columns[i]] = i
			}
		}
		rows, err := e.db.Query("SELECT " + idents(names) + " FROM (" + f.query + ") x")
		if err != nil {
			yield(Row{}, clean(err))
			return
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(pointers...); err != nil {
				yield(Row{}, err)
				return
			}
			for i, v := range row.values {
				row.values[i] = plain(v)
			}
			if !yield(row, nil) {
				return
			}
			row.Number++
		}
		if err := rows.Err(); err != nil {
			yield(Row{}, clean(err))
		}
	}
}

// plain turns what the driver gives into few types.
func plain(v any) any {
	switch v := v.(type) {
	case nil, string, int64, float64, bool, time.Time:
		return v
	case int8:
		return int64(v)
	case int16:
		return int64(v)
	case int32:
		return int64(v)
	case int:
		return int64(v)
	case uint8:
		return int64(v)
	case uint16:
		return int64(v)
	case uint32:
		return int64(v)
	case uint64:
		if v <= math.MaxInt64 {
			return int64(v)
		}
		return float64(v)
	case float32:
		return float64(v)
	case []byte:
		return string(v)
	case *big.Int:
		if v.IsInt64() {
			return v.Int64()
		}
		x, _ := new(big.Float).SetInt(v).Float64()
		return x
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
		return v
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k])
		}
		return v
	case interface{ Float64() float64 }: // DuckDB's decimals
		return v.Float64()
	}
	return fmt.Sprint(v)
}
