package show

import (
	"fmt"
	"html"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Align says on which side of its column a cell stands.
type Align int

// Auto puts numbers on the right and everything else on the left.
const (
	Auto Align = iota
	Left
	Right
	Center
)

// Table is rows and columns of text and numbers, shown as an HTML table and as aligned text. The zero value of each
// option is a good default. Text is escaped; a cell that implements Cell brings its own HTML.
type Table struct {
	Caption string   // one line above the table, none when empty
	Columns []string // names, none when empty
	Aligns  []Align  // by column, Auto where it is short
	Rows    [][]any  // any values; short rows end in empty cells
	Limit   int      // rows that are shown: 0 means 60, negative all. Of more, the first and the last are shown
	Total   int      // rows that there are where Rows is only their beginning, 0 means len(Rows)
	Clip    int      // columns of a terminal (characters) that a cell is cut to; 0 means 80, negative never
	Missing string   // what stands for a nil cell, nothing when empty
	Note    string   // a line below the table, none when empty
}

// Cell is a value that knows how it looks in a table.
type Cell interface {
	CellHTML() string // HTML, escaped by the value itself
	CellText() string // one line of plain text
}

// NewTable returns a table without rows.
func NewTable(columns ...string) *Table { return &Table{Columns: columns} }

// Add appends a row and returns the table.
func (t *Table) Add(cells ...any) *Table {
	t.Rows = append(t.Rows, cells)
	return t
}

// MimeBundle returns the table as text/html and text/plain.
func (t *Table) MimeBundle() map[string]any {
	return map[string]any{"text/html": t.HTML(), "text/plain": t.String()}
}

// HTML returns the table as HTML without scripts, style sheets or colours of its own: it takes those of the page, so
// it reads in a light and a dark theme, and scrolls sideways where the screen is narrow.
func (t *Table) HTML() string {
	var b strings.Builder
	b.WriteString(`<div style="overflow-x:auto;max-width:100%">`)
	b.WriteString(`<table style="border-collapse:collapse;font-size:13px;line-height:1.4;margin:4px 0">`)
	if t.Caption != "" {
		fmt.Fprintf(&b, `<caption style="text-align:left;font-weight:600;padding:2px 0">%s</caption>`, escape(t.Caption))
	}
	n, aligns := t.shape()
	cell := func(tag, content string, a Align, style string) {
		side := [...]string{"left", "left", "right", "center"}[a]
		fmt.Fprintf(&b, `<%s style="text-align:%s;padding:2px 10px 2px 4px;vertical-align:top;%s">%s</%s>`, tag, side, style, content, tag)
	}
	if len(t.Columns) > 0 {
		b.WriteString("<thead><tr>")
		for c := range n {
			cell("th", escape(at(t.Columns, c)), aligns[c], "font-weight:600;border-bottom:1px solid rgba(128,128,128,.6)")
		}
		b.WriteString("</tr></thead>")
	}
	b.WriteString("<tbody>")
	first, last := t.window()
	for r, row := range t.Rows {
		if r >= first && r < len(t.Rows)-last {
			if r == first {
				fmt.Fprintf(&b, `<tr><td colspan="%d" style="text-align:left;padding:2px 4px;opacity:.7">%s</td></tr>`, n, escape(t.gap()))
			}
			continue
		}
		b.WriteString("<tr>")
		for c := range n {
			var v any
			if c < len(row) {
				v = row[c]
			}
			cell("td", t.cellHTML(v), aligns[c], "border-bottom:1px solid rgba(128,128,128,.2)")
		}
		b.WriteString("</tr>")
	}
	b.WriteString("</tbody></table>")
	for _, line := range []string{t.more(), t.Note} {
		if line != "" {
			fmt.Fprintf(&b, `<div style="font-size:12px;opacity:.75;white-space:pre-line">%s</div>`, escape(line))
		}
	}
	b.WriteString("</div>")
	return b.String()
}

// String returns the table as aligned text, with the width of East Asian characters taken into account.
func (t *Table) String() string {
	n, aligns := t.shape()
	first, last := t.window()
	var lines [][]string
	for r, row := range t.Rows {
		if r >= first && r < len(t.Rows)-last {
			if r == first {
				lines = append(lines, nil)
			}
			continue
		}
		line := make([]string, n)
		for c := range row {
			line[c] = clip(t.cellText(row[c]), t.clip())
		}
		lines = append(lines, line)
	}
	widths := make([]int, n)
	for c := range n {
		widths[c] = Width(oneLine(at(t.Columns, c)))
		for _, line := range lines {
			if line != nil {
				widths[c] = max(widths[c], Width(line[c]))
			}
		}
	}
	var b strings.Builder
	write := func(cells []string) {
		var line strings.Builder
		for c := range n {
			if c > 0 {
				line.WriteString("  ")
			}
			line.WriteString(pad(oneLine(at(cells, c)), widths[c], aligns[c]))
		}
		b.WriteString(strings.TrimRight(line.String(), " "))
		b.WriteByte('\n')
	}
	if t.Caption != "" {
		b.WriteString(oneLine(t.Caption) + "\n")
	}
	if len(t.Columns) > 0 {
		write(t.Columns)
		rule := make([]string, n)
		for c := range n {
			rule[c] = strings.Repeat("─", widths[c])
		}
		write(rule)
	}
	for _, line := range lines {
		if line == nil {
			b.WriteString(t.gap() + "\n")
			continue
		}
		write(line)
	}
	for _, line := range []string{t.more(), t.Note} {
		if line != "" {
			b.WriteString(line + "\n")
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// shape returns the number of columns and their sides.
func (t *Table) shape() (int, []Align) {
	n := len(t.Columns)
	for _, row := range t.Rows {
		n = max(n, len(row))
	}
	aligns := make([]Align, n)
	for c := range aligns {
		if a := at(t.Aligns, c); a != Auto {
			aligns[c] = a
			continue
		}
		aligns[c] = Left
		for _, row := range t.Rows {
			if c >= len(row) || row[c] == nil {
				continue
			}
			if !isNumber(row[c]) {
				aligns[c] = Left
				break
			}
			aligns[c] = Right
		}
	}
	return n, aligns
}

// window returns how many rows are shown of the beginning and of the end.
func (t *Table) window() (first, last int) {
	limit := t.Limit
	if limit == 0 {
		limit = 60
	}
	if limit < 0 || len(t.Rows) <= limit {
		return len(t.Rows), 0
	}
	return limit - limit/4, limit / 4
}

func (t *Table) gap() string {
	first, last := t.window()
	return fmt.Sprintf("… %s more rows …", Count(len(t.Rows)-first-last))
}

func (t *Table) more() string {
	if t.Total <= len(t.Rows) {
		return ""
	}
	return fmt.Sprintf("%s of %s rows", Count(len(t.Rows)), Count(t.Total))
}

func (t *Table) clip() int {
	switch {
	case t.Clip == 0:
		return 80
	case t.Clip < 0:
		return math.MaxInt
	}
	return t.Clip
}

func (t *Table) cellText(v any) string {
	if c, ok := v.(Cell); ok {
		return oneLine(c.CellText())
	}
	if v == nil {
		return t.Missing
	}
	return oneLine(Format(v))
}

func (t *Table) cellHTML(v any) string {
	if c, ok := v.(Cell); ok {
		return c.CellHTML()
	}
	if v == nil && t.Missing != "" {
		return `<span style="opacity:.5">` + escape(t.Missing) + `</span>`
	}
	full := oneLine(Format(v))
	// A browser wraps, so a text may be longer here than in a terminal; what is cut stays as the title.
	limit := t.clip()
	if limit < math.MaxInt/4 {
		limit *= 4
	}
	if short := clip(full, limit); short != full {
		return fmt.Sprintf(`<span title="%s">%s</span>`, escape(clip(full, 4000)), escape(short))
	}
	return escape(full)
}

// Format writes a value for people: floats with four significant digits, whole numbers in full, times without
// a needless clock, nothing for nil.
func Format(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []byte:
		return string(v)
	case float64:
		return Number(v)
	case float32:
		return Number(float64(v))
	case time.Time:
		if v.Hour() == 0 && v.Minute() == 0 && v.Second() == 0 && v.Nanosecond() == 0 {
			return v.Format("2006-01-02")
		}
		return v.Format("2006-01-02 15:04:05")
	case error:
		return v.Error()
	}
	return fmt.Sprint(v)
}

// Number writes a float with four significant digits; whole numbers below 1e15 keep all of theirs.
func Number(v float64) string {
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	if a := math.Abs(v); a >= 1000 && a < 1e15 {
		return strconv.FormatFloat(v, 'f', 1, 64)
	}
	return strconv.FormatFloat(v, 'g', 4, 64)
}

// Count writes a whole number with commas: 1,234,567.
func Count(n int) string {
	s := strconv.Itoa(n)
	digits := s
	if n < 0 {
		digits = s[1:]
	}
	var b strings.Builder
	for i, r := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	if n < 0 {
		return "-" + b.String()
	}
	return b.String()
}

func isNumber(v any) bool {
	switch reflect.ValueOf(v).Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64, reflect.Uint, reflect.Uint8, reflect.Uint16,
		reflect.Uint32, reflect.Uint64, reflect.Float32, reflect.Float64:
		_, named := v.(fmt.Stringer)
		return !named
	}
	return false
}

func at[T any](list []T, i int) (zero T) {
	if i < len(list) {
		return list[i]
	}
	return zero
}

// escape makes text safe inside HTML, attributes included.
func escape(s string) string { return html.EscapeString(s) }
