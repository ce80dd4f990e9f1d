package data

import (
	"fmt"
	"runtime"
	"strings"

	"gosft/sftlib/show"
)

// summary is what a shown frame says beside its first rows.
type summary struct {
	head     [][]any
	missing  []int
	distinct []int // approximately
	balance  *Counts
	err      error
}

// shownRows and shownColumns are how much of a frame is shown.
const (
	shownRows    = 8
	shownColumns = 30
)

// MimeBundle shows the first rows, the types, the missing values and, where there is a column of labels, how its classes are
// spread. A frame with an error shows the error.
func (f *Frame) MimeBundle() map[string]any {
	if err := f.Err(); err != nil {
		text := "error: " + err.Error()
		return map[string]any{"text/plain": text, "text/html": `<pre style="border-left:3px solid #D55E00;padding-left:.6em;white-space:pre-wrap">` + escapeHTML(text) + `</pre>`}
	}
	return f.parts().MimeBundle()
}

// String returns what MimeBundle shows as text.
func (f *Frame) String() string {
	if err := f.Err(); err != nil {
		return "error: " + err.Error()
	}
	return fmt.Sprint(f.parts().MimeBundle()["text/plain"])
}

func escapeHTML(s string) string {
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;").Replace(s)
}

func (f *Frame) parts() show.Group {
	f.look.Do(func() { f.seen = f.summarize() })
	s := f.seen
	if s.err != nil {
		return show.Group{"error: " + s.err.Error()}
	}
	columns := f.columns[:min(len(f.columns), shownColumns)]
	t := show.NewTable()
	t.Caption = fmt.Sprintf("%s × %s", plural(f.rows, "row"), plural(len(f.columns), "column"))
	for i, c := range columns {
		name := c.Name + " (" + c.Kind.String()
		if s.missing[i] > 0 {
			name += fmt.Sprintf(", %s missing", show.Count(s.missing[i]))
		}
		t.Columns = append(t.Columns, name+")")
	}
	t.Rows = s.head
	t.Total, t.Missing = f.rows, "NA"
	if len(f.columns) > shownColumns {
		t.Note = fmt.Sprintf("and %d more columns: %s", len(f.columns)-shownColumns, strings.Join(f.Names()[shownColumns:min(len(f.columns), shownColumns+20)], ", "))
	}
	g := show.Group{t}
	if s.balance != nil {
		g = append(g, f.balanceTable(s.balance))
	}
	return g
}

// balanceTable shows the classes of the label column, the commonest ones where there are many.
func (f *Frame) balanceTable(c *Counts) *show.Table {
	t := c.table()
	t.Caption = "classes of " + c.Column
	t.Columns[0] = "class"
	if len(t.Rows) > 10 {
		t.Note = fmt.Sprintf("%d classes in all, the rarest with %s", len(t.Rows), plural(c.Values[len(c.Values)-1].Count, "row"))
		t.Rows = t.Rows[:10]
	}
	return t
}

func (f *Frame) summarize() *summary {
	s := &summary{}
	e, err := open()
	if err != nil {
		return &summary{err: err}
	}
	defer runtime.KeepAlive(f)
	columns := f.columns[:min(len(f.columns), shownColumns)]
	if len(columns) == 0 {
		return s
	}
	names := make([]string, len(columns))
	what := make([]string, 0, 2*len(columns))
	into := make([]any, 0, 2*len(columns))
	s.missing, s.distinct = make([]int, len(columns)), make([]int, len(columns))
	for i, c := range columns {
		names[i] = c.Name
		what = append(what, "count(x."+ident(c.Name)+")", "approx_count_distinct(x."+ident(c.Name)+")")
		into = append(into, &s.missing[i], &s.distinct[i])
	}
	if err := e.db.QueryRow("SELECT " + strings.Join(what, ", ") + " FROM (" + f.query + ") x").Scan(into...); err != nil {
		return &summary{err: clean(err)}
	}
	for i := range s.missing {
		s.missing[i] = f.rows - s.missing[i]
	}
	for row, err := range f.Head(shownRows).Rows(names...) {
		if err != nil {
			return &summary{err: err}
		}
		s.head = append(s.head, append([]any(nil), row.values...))
	}
	if i := f.labelColumn(s); i >= 0 {
		if s.balance, err = f.ValueCounts(columns[i].Name); err != nil {
			return &summary{err: err}
		}
	}
	return s
}

// labelColumn guesses which column holds the labels: by its name, else the only one with few values; -1 where none is.
func (f *Frame) labelColumn(s *summary) int {
	few := func(i int) bool { return s.distinct[i] >= 2 && s.distinct[i] <= 200 && s.distinct[i]*2 <= f.rows }
	for _, name := range []string{"label", "labels", "class", "category", "target", "sentiment", "intent", "y"} {
		for i, c := range f.columns[:len(s.distinct)] {
			if strings.EqualFold(c.Name, name) && few(i) && c.Kind != Time && c.Kind != List && c.Kind != Float {
				return i
			}
		}
	}
	found := -1
	for i, c := range f.columns[:len(s.distinct)] {
		if (c.Kind == Text || c.Kind == Integer || c.Kind == Bool) && few(i) && s.distinct[i] <= 20 && s.distinct[i]*10 <= f.rows {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}
