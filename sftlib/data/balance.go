package data

import (
	"fmt"

	"gosft/sftlib/show"
)

// Balance says how the classes of a column are spread.
type Balance struct {
	Labels *Labels
	Rows   int     // rows with a label
	Ratio  float64 // the commonest class has so many times the rows of the rarest
	Chance float64 // the accuracy of always saying the commonest class
}

// Balance counts the classes of a label column.
func (f *Frame) Balance(column string) (*Balance, error) {
	l, err := f.labels(column)
	if err != nil {
		return nil, fmt.Errorf("Balance: %w", err)
	}
	b := &Balance{Labels: l}
	low, high := l.Counts[0], 0
	for _, n := range l.Counts {
		b.Rows += n
		low, high = min(low, n), max(high, n)
	}
	b.Ratio, b.Chance = float64(high)/float64(low), float64(high)/float64(b.Rows)
	return b, nil
}

// MimeBundle shows the classes as a table with bars.
func (b *Balance) MimeBundle() map[string]any {
	g := show.Group{b.table()}
	if b.Labels.Len() <= 40 {
		g = append(g, show.Bars(b.Labels.Names, show.Floats(b.Labels.Counts)).Titled("", "rows", ""))
	}
	return g.MimeBundle()
}

func (b *Balance) String() string { return b.table().String() }

func (b *Balance) table() *show.Table {
	t := show.NewTable("class", "rows", "share")
	t.Aligns = []show.Align{show.Left, show.Right, show.Right}
	for i, n := range b.Labels.Names {
		t.Add(n, b.Labels.Counts[i], percent(b.Labels.Counts[i], b.Rows))
	}
	t.Caption = "classes of " + b.Labels.Column
	t.Note = fmt.Sprintf("the commonest class has %s times the rows of the rarest; always saying it is right in %.1f %%", show.Number(float64(int(b.Ratio*10+.5))/10), 100*b.Chance)
	return t
}
