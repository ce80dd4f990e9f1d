package data

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"reflect"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Select returns the frame with these columns only, in this order.
func (f *Frame) Select(columns ...string) *Frame {
	if f.Err() != nil {
		return f.or("Select", f.Err())
	}
	if len(columns) == 0 {
		return fail("Select", fmt.Errorf("no column is named: there are %s", quoted(f.Names())))
	}
	list, err := f.pick(columns)
	if err != nil {
		return fail("Select", err)
	}
	names := mapTo(list, func(c Column) string { return c.Name })
	for i, n := range names {
		if slices.Index(names, n) != i {
			return fail("Select", fmt.Errorf("column %q is named twice", list[i].Name))
		}
	}
	return f.derive("Select", names, mapTo(list, f.expression), nil)
}

// Drop returns the frame without these columns.
func (f *Frame) Drop(columns ...string) *Frame {
	if f.Err() != nil {
		return f.or("Drop", f.Err())
	}
	gone, err := f.pick(append([]string{}, columns...))
	if err != nil {
		return fail("Drop", err)
	}
	var rest []string
	for _, c := range f.columns {
		if !slices.Contains(gone, c) {
			rest = append(rest, c.Name)
		}
	}
	if len(columns) == 0 || len(rest) == 0 {
		return fail("Drop", fmt.Errorf("%d of %d columns would stay", len(rest), len(f.columns)))
	}
	return f.Select(rest...)
}

// Rename gives columns other names, as pairs of the old and the new one: Rename("review", "text", "sentiment", "label").
func (f *Frame) Rename(pairs ...string) *Frame {
	if f.Err() != nil {
		return f.or("Rename", f.Err())
	}
	if len(pairs)%2 != 0 {
		return fail("Rename", fmt.Errorf("want pairs of an old and a new name, got %d names", len(pairs)))
	}
	names := f.names()
	kept := f.order
	for i := 0; i < len(pairs); i += 2 {
		c, err := f.column(pairs[i])
		if err != nil {
			return fail("Rename", err)
		}
		names[slices.Index(f.Names(), c.Name)] = pairs[i+1]
		if n := f.order[c.Name]; n != nil {
			kept = maps.Clone(kept)
			delete(kept, c.Name)
			kept[pairs[i+1]] = n
		}
	}
	for i, n := range names {
		if slices.IndexFunc(names, func(o string) bool { return strings.EqualFold(o, n) }) != i {
			return fail("Rename", fmt.Errorf("there would be two columns %q", n))
		}
		if n == "" {
			return fail("Rename", fmt.Errorf("the new name of %q is empty", f.columns[i].Name))
		}
	}
	n := f.derive("Rename", names, f.expressions, nil)
	n.order = kept
	return n
}

// Sort orders the rows by columns, from small to large; " desc" after a name turns its order: Sort("label", "length desc").
// Rows that are equal stay in their order; missing values come last.
func (f *Frame) Sort(by ...string) *Frame {
	if f.Err() != nil {
		return f.or("Sort", f.Err())
	}
	if len(by) == 0 {
		return fail("Sort", fmt.Errorf("no column is named"))
	}
	var order []string
	for _, b := range by {
		c, err := f.column(b)
		direction := "ASC"
		if err != nil {
			if name, ok := strings.CutSuffix(b, " desc"); ok {
				direction = "DESC"
				c, err = f.column(name)
			} else if name, ok := strings.CutSuffix(b, " asc"); ok {
				c, err = f.column(name)
			}
		}
		if err != nil {
			return fail("Sort", err)
		}
		order = append(order, ident(c.Name)+" "+direction+" NULLS LAST")
	}
	return f.rebuild("Sort", "SELECT "+idents(f.names())+" FROM ("+f.numbered(f.columns)+") ORDER BY "+strings.Join(order, ", ")+", "+ident(rowNumber)).did(f.rows, call("Sort", by), "")
}

// rebuild makes a frame of a new table.
func (f *Frame) rebuild(op, query string) *Frame {
	e, err := open()
	if err != nil {
		return fail(op, err)
	}
	defer runtime.KeepAlive(f)
	ctx := context.Background()
	t, err := e.create(ctx, nil, query)
	if err != nil {
		return fail(op, err)
	}
	n, err := e.frame(ctx, t)
	if err != nil {
		return fail(op, err)
	}
	n.steps, n.order = slices.Clone(f.steps), f.order
	return n
}

// Join puts the columns of another frame beside those of this one, for rows that are equal in the columns named, which both
// must have. Rows without a partner are left out; one with several comes several times. A further column that both have
// is called name_right.
func (f *Frame) Join(other *Frame, on ...string) *Frame { return f.join("Join", "JOIN", other, on) }

// LeftJoin is Join, but rows of this frame without a partner stay, with missing values in the columns of the other.
func (f *Frame) LeftJoin(other *Frame, on ...string) *Frame {
	return f.join("LeftJoin", "LEFT JOIN", other, on)
}

func (f *Frame) join(op, how string, other *Frame, on []string) *Frame {
	if f.Err() != nil {
		return f.or(op, f.Err())
	}
	if err := other.Err(); err != nil {
		return fail(op, fmt.Errorf("the other frame: %w", err))
	}
	if len(on) == 0 {
		return fail(op, fmt.Errorf("no column is named to join on"))
	}
	left, err := f.pick(on)
	if err != nil {
		return fail(op, err)
	}
	right, err := other.pick(on)
	if err != nil {
		return fail(op, fmt.Errorf("the other frame: %w", err))
	}
	var same []string
	for i := range left {
		if (left[i].Kind == Text) != (right[i].Kind == Text) {
			return fail(op, fmt.Errorf("column %q holds %s values here and %s values in the other frame", left[i].Name, left[i].Kind, right[i].Kind))
		}
		same = append(same, "a."+ident(left[i].Name)+" = b."+ident(right[i].Name))
	}
	list := []string{"a.* EXCLUDE (" + ident(rowNumber) + ")"}
	taken := f.Names()
	for _, c := range other.columns {
		if slices.Contains(right, c) {
			continue
		}
		name := c.Name
		for slices.ContainsFunc(taken, func(s string) bool { return strings.EqualFold(s, name) }) {
			name += "_right"
		}
		taken = append(taken, name)
		list = append(list, "b."+ident(c.Name)+" AS "+ident(name))
	}
	defer runtime.KeepAlive(other)
	n := f.rebuild(op, fmt.Sprintf("SELECT %s FROM (%s) a %s (%s) b ON %s ORDER BY a.%s, b.%s",
		strings.Join(list, ", "), f.numbered(f.columns), how, other.numbered(other.columns), strings.Join(same, " AND "), ident(rowNumber), ident(rowNumber)))
	if n.err != nil {
		return n
	}
	return n.did(f.rows, call(op, on), "with %s", plural(other.rows, "row"))
}

// Concat puts the rows of frames with the same columns one behind the other.
func Concat(frames ...*Frame) (*Frame, error) {
	if len(frames) == 0 {
		return nil, fmt.Errorf("Concat: no frame")
	}
	for i, f := range frames {
		if err := f.Err(); err != nil {
			return nil, fmt.Errorf("Concat: frame %d: %w", i, err)
		}
		if !slices.EqualFunc(f.columns, frames[0].columns, func(a, b Column) bool { return a.Name == b.Name }) {
			return nil, fmt.Errorf("Concat: frame %d has the columns %s, the first %s: Select or Rename them", i, quoted(f.Names()), quoted(frames[0].Names()))
		}
	}
	parts := make([]string, len(frames))
	before := 0
	for i, f := range frames {
		parts[i] = fmt.Sprintf("SELECT *, %d AS %s FROM (%s)", i, ident(partNumber), f.numbered(f.columns))
		before += f.rows
	}
	n := frames[0].rebuild("Concat", "SELECT "+idents(frames[0].names())+" FROM ("+strings.Join(parts, " UNION ALL ")+") ORDER BY "+ident(partNumber)+", "+ident(rowNumber))
	runtime.KeepAlive(frames)
	if n.err != nil {
		return nil, n.err
	}
	return n.did(before, "Concat", "%d frames", len(frames)), nil
}

// Map puts what a Go function makes of each value in the place of a column, or into a new column of the name into. The
// function takes a string, int, float64 or bool and returns one of them, and an error as a second result if it likes:
//
//	reviews.Map("text", strings.ToLower)
//	reviews.Map("text", func(s string) int { return len([]rune(s)) }, "length")
//
// Missing values stay missing and are not passed to it; a fraction is an error for a function of an int. An error or a panic
// in it is an error that names the row.
func (f *Frame) Map(column string, fn any, into ...string) *Frame {
	c, err := f.ask(column)
	if err != nil {
		return f.or("Map", err)
	}
	if len(into) > 1 {
		return fail("Map", fmt.Errorf("one name for the new column is wanted, not %d", len(into)))
	}
	call, from, to, err := mapper(fn)
	if err != nil {
		return fail("Map", err)
	}
	e, err := open()
	if err != nil {
		return fail("Map", err)
	}
	l, err := e.loader()
	if err != nil {
		return fail("Map", err)
	}
	row, read := 0, from.sql()
	if from == Integer && (c.Kind == Float || c.Kind == Text) { // DuckDB would round 0.5
		read, call = c.Kind.sql(), wholeFirst(call)
	}
	in := "true"
	if f.where != "" {
		in = f.where
	}
	// The new column is as long as the base: nothing for the rows that are not in the frame.
	query := f.over([]string{"in", "v"}, []string{"coalesce(" + in + ", false)", "CASE WHEN coalesce(" + in + ", false) THEN CAST(" + f.expression(c) + " AS " + read + ") END"}, "")
	err = e.each(context.Background(), query, func(rows *sql.Rows) error {
		var v any
		var is bool
		if err := rows.Scan(&is, &v); err != nil {
			return err
		}
		if v = plain(v); v != nil {
			if v, err = call(v); err != nil {
				return fmt.Errorf("row %d: %w", row, err)
			}
		}
		l.row(v)
		if is {
			row++
		}
		return nil
	})
	runtime.KeepAlive(f)
	if err != nil {
		l.discard()
		return fail("Map", fmt.Errorf("column %q: %w", c.Name, err))
	}
	t, err := l.table(context.Background(), []string{"v"}, []string{to.sql()})
	if err != nil {
		return fail("Map", err)
	}
	target := c.Name
	if len(into) == 1 {
		target = into[0]
	}
	names, expressions := f.names(), slices.Clone(f.expressions)
	if i := slices.IndexFunc(names, func(s string) bool { return strings.EqualFold(s, target) }); i >= 0 {
		names[i], expressions[i] = target, t.name+".v"
	} else {
		names, expressions = append(names, target), append(expressions, t.name+".v")
	}
	n := f.derive("Map", names, expressions, t)
	if n.err != nil {
		return n
	}
	if target != c.Name {
		return n.did(f.rows, fmt.Sprintf("Map(%q)", c.Name), "into %s", target)
	}
	return n.did(f.rows, fmt.Sprintf("Map(%q)", c.Name), "by a Go function")
}

// wholeFirst hands numbers and texts to a function of whole numbers and refuses what is none.
func wholeFirst(call func(any) (any, error)) func(any) (any, error) {
	return func(v any) (any, error) {
		n, ok := int64(0), false
		switch v := v.(type) {
		case float64:
			n = int64(v)
			ok = float64(n) == v
		case string:
			i, err := strconv.ParseInt(strings.TrimSpace(v), 10, 64)
			n, ok = i, err == nil
		}
		if !ok {
			return nil, fmt.Errorf("%v is not a whole number: let the function take a float64 or a string", v)
		}
		return call(n)
	}
}

// mapper looks at a function of Map and returns how it is called with plain values.
func mapper(fn any) (call func(any) (any, error), from, to Kind, err error) {
	bad := func() (func(any) (any, error), Kind, Kind, error) {
		return nil, 0, 0, fmt.Errorf("the function is %T, want a func of one string, int, float64, bool or time.Time with one such result and perhaps an error", fn)
	}
	v := reflect.ValueOf(fn)
	if v.Kind() != reflect.Func || v.IsNil() {
		return bad()
	}
	t := v.Type()
	failing := t.NumOut() == 2 && t.Out(1) == reflect.TypeFor[error]()
	if t.NumIn() != 1 || t.IsVariadic() || t.NumOut() != 1 && !failing {
		return bad()
	}
	kind := func(t reflect.Type) (Kind, bool) {
		switch t.Kind() {
		case reflect.String:
			return Text, true
		case reflect.Int, reflect.Int64, reflect.Int32:
			return Integer, true
		case reflect.Float64, reflect.Float32:
			return Float, true
		case reflect.Bool:
			return Bool, true
		}
		return Time, t == reflect.TypeFor[time.Time]()
	}
	from, ok := kind(t.In(0))
	to, ok2 := kind(t.Out(0))
	if !ok || !ok2 {
		return bad()
	}
	return func(x any) (out any, err error) {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("the function panics: %v", p)
			}
		}()
		r := v.Call([]reflect.Value{reflect.ValueOf(x).Convert(t.In(0))})
		if failing {
			if e, _ := r[1].Interface().(error); e != nil {
				return nil, e
			}
		}
		switch to {
		case Text:
			return r[0].String(), nil
		case Integer:
			return r[0].Int(), nil
		case Float:
			return orNil(r[0].Float()), nil
		case Bool:
			return r[0].Bool(), nil
		}
		return r[0].Interface().(time.Time).Format("2006-01-02 15:04:05.999999"), nil
	}, from, to, nil
}
