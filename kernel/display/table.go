package display

import (
	"fmt"
	"reflect"
	"strings"
	"sync/atomic"
	"unicode/utf8"
)

// Limits of a table that is made from a value.
type Limits struct {
	Rows    int // rows shown; when there are more, the first two thirds and the last third of these. Default 20
	Columns int // columns shown, cut in the same way. Default 20
	Text    int // characters of one cell. Default 120
}

var limits atomic.Pointer[Limits]

// SetLimits changes how much of a table is shown from now on. Fields that are zero or less keep their default.
func SetLimits(l Limits) { limits.Store(&l) }

func currentLimits() Limits {
	l := Limits{}
	if p := limits.Load(); p != nil {
		l = *p
	}
	if l.Rows <= 0 {
		l.Rows = 20
	}
	if l.Columns <= 0 {
		l.Columns = 20
	}
	if l.Text <= 0 {
		l.Text = 120
	}
	return l
}

// Table is text in rows and columns, shown as an HTML table (readable in light and dark themes, without scripts)
// and as aligned text. All text in it is plain text: it is escaped.
type Table struct {
	Columns []string   // the header; may be empty
	Rows    [][]string // each as long as Columns
	Numbers []bool     // columns set to the right, may be shorter than Columns
	Note    string     // a line under the table, such as "1,000 rows × 3 columns"
}

// MimeBundle shows the table.
func (t Table) MimeBundle() map[string]any { return t.Bundle() }

// Bundle gives the table as text/html and text/plain.
func (t Table) Bundle() Bundle { return Bundle{MIMEHTML: t.html(), MIMEText: t.text()} }

func (t Table) number(column int) bool { return column < len(t.Numbers) && t.Numbers[column] }

func (t Table) html() string {
	const cell = `padding:.25em .7em;border-bottom:1px solid rgba(128,128,128,.3);vertical-align:top;text-align:`
	var s strings.Builder
	s.WriteString(`<table style="border-collapse:collapse;font-variant-numeric:tabular-nums">`)
	row := func(tag string, cells []string) {
		s.WriteString("<tr>")
		for i, c := range cells {
			side := "left"
			if t.number(i) {
				side = "right"
			}
			fmt.Fprintf(&s, `<%s style="%s%s">%s</%s>`, tag, cell, side, strings.ReplaceAll(escape(c), "\n", "<br>"), tag)
		}
		s.WriteString("</tr>\n")
	}
	if len(t.Columns) > 0 {
		s.WriteString("<thead>")
		row("th", t.Columns)
		s.WriteString("</thead>")
	}
	s.WriteString("<tbody>\n")
	for _, r := range t.Rows {
		row("td", r)
	}
	s.WriteString("</tbody></table>")
	if t.Note != "" {
		fmt.Fprintf(&s, `<div style="opacity:.7;font-size:.9em">%s</div>`, escape(t.Note))
	}
	return s.String()
}

func (t Table) text() string {
	const widest = 90
	oneLine := func(c string) string {
		c = strings.NewReplacer("\n", "⏎", "\t", " ", "\r", "").Replace(c)
		if r := []rune(c); len(r) > widest {
			c = string(r[:widest-1]) + "…"
		}
		return c
	}
	all := make([][]string, 0, len(t.Rows)+1)
	if len(t.Columns) > 0 {
		all = append(all, t.Columns)
	}
	all = append(all, t.Rows...)
	var widths []int
	for _, r := range all {
		for i, c := range r {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			widths[i] = max(widths[i], utf8.RuneCountInString(oneLine(c)))
		}
	}
	var s strings.Builder
	for n, r := range all {
		var line strings.Builder
		for i, c := range r {
			if i > 0 {
				line.WriteString("  ")
			}
			c = oneLine(c)
			gap := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
			if t.number(i) {
				line.WriteString(gap + c)
			} else {
				line.WriteString(c + gap)
			}
		}
		s.WriteString(strings.TrimRight(line.String(), " ") + "\n")
		if n == 0 && len(t.Columns) > 0 {
			total := 2 * max(len(widths)-1, 0)
			for _, w := range widths {
				total += w
			}
			s.WriteString(strings.Repeat("-", total) + "\n")
		}
	}
	s.WriteString(t.Note)
	return strings.TrimRight(s.String(), "\n")
}

// window gives which of n items are shown under limit: the first two thirds and the last third of it, -1 between them.
func window(n, limit int) []int {
	var list []int
	for i := range n {
		switch {
		case n <= limit || i < limit-limit/3 || i >= n-limit/3:
			list = append(list, i)
		case i == limit-limit/3:
			list = append(list, -1)
		}
	}
	return list
}

// tableOf makes a table of v where v is one: a slice of structs, of maps or of slices, or a map.
func tableOf(v reflect.Value) (Table, bool) {
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Map:
		if v.Len() > 0 {
			return mapTable(v), true
		}
	case reflect.Slice, reflect.Array:
		if v.Len() == 0 {
			return Table{}, false
		}
		elem := v.Type().Elem()
		for elem.Kind() == reflect.Pointer {
			elem = elem.Elem()
		}
		if shownByMethod(elem) {
			return Table{}, false
		}
		switch elem.Kind() {
		case reflect.Struct:
			return structTable(v, elem), true
		case reflect.Map:
			if elem.Key().Kind() == reflect.String {
				return recordTable(v), true
			}
		case reflect.Slice, reflect.Array:
			if elem.Elem().Kind() != reflect.Uint8 {
				return gridTable(v), true
			}
		}
	}
	return Table{}, false
}

// shownByMethod says that values of t have their own text, as time.Time has: they are not taken apart.
func shownByMethod(t reflect.Type) bool {
	stringer, failure := reflect.TypeFor[fmt.Stringer](), reflect.TypeFor[error]()
	p := reflect.PointerTo(t)
	return p.Implements(stringer) || p.Implements(failure)
}

func cellText(v reflect.Value, limit int) string {
	for v.IsValid() && v.Kind() == reflect.Interface {
		v = v.Elem()
	}
	if !v.IsValid() {
		return ""
	}
	if v.Kind() == reflect.Pointer && v.IsNil() {
		return ""
	}
	var p printer
	if v.Kind() == reflect.String && !shownByMethod(v.Type()) {
		p.WriteString(v.String())
	} else if v.Kind() == reflect.Float64 || v.Kind() == reflect.Float32 {
		p.WriteString(shortFloat(v))
	} else {
		p.value(v, 1)
	}
	s := strings.ToValidUTF8(p.String(), "\uFFFD")
	if r := []rune(s); len(r) > limit {
		s = string(r[:limit-1]) + "…"
	}
	return s
}

// shortFloat keeps six significant digits, as pandas does in its tables.
func shortFloat(v reflect.Value) string {
	if shownByMethod(v.Type()) {
		var p printer
		p.value(v, 1)
		return p.String()
	}
	return fmt.Sprintf("%.6g", v.Float())
}

func isNumber(t reflect.Type) bool {
	return t.Kind() >= reflect.Int && t.Kind() <= reflect.Complex128 && !shownByMethod(t)
}

// fill makes the body of a table of rows × columns items, cut to the limits; the first column holds row names when name is given.
func fill(rows, columns int, name func(int) string, header, cell func(row, column int) string, number func(int) bool) Table {
	l := currentLimits()
	var t Table
	wide, long := window(columns, l.Columns), window(rows, l.Rows)
	if name != nil {
		t.Columns, t.Numbers = append(t.Columns, ""), append(t.Numbers, true)
	}
	for _, c := range wide {
		if c < 0 {
			t.Columns, t.Numbers = append(t.Columns, "…"), append(t.Numbers, false)
			continue
		}
		t.Columns, t.Numbers = append(t.Columns, header(0, c)), append(t.Numbers, number(c))
	}
	for _, r := range long {
		var line []string
		if name != nil {
			if r < 0 {
				line = append(line, "…")
			} else {
				line = append(line, name(r))
			}
		}
		for _, c := range wide {
			if r < 0 || c < 0 {
				line = append(line, "…")
			} else {
				line = append(line, cell(r, c))
			}
		}
		t.Rows = append(t.Rows, line)
	}
	if rows > l.Rows || columns > l.Columns {
		t.Note = fmt.Sprintf("%s rows × %s columns", count(rows), count(columns))
	}
	return t
}
