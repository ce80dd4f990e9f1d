package data

import (
	"fmt"

	"gosft/sftlib/show"
)

// Balance says how the rows are spread over the classes of a column.
type Balance struct {
	Column string
	Names  []string // of the classes, in the order of Labels
	Counts []int    // rows of each
	Rows   int      // rows with a label
	Ratio  float64  // the commonest class has so many times the rows of the rarest
	Chance float64  // the accuracy of always saying the commonest class
}

// Balance counts the classes of a label column.
func (f *Frame) Balance(column string) (*Balance, error) {
	names, counts, err := f.labels(column)
	if err != nil {
		return nil, fmt.Errorf("Balance: %w", err)
	}
	b := &Balance{Column: column, Names: names, Counts: counts}
	low, high := counts[0], 0
	for _, n := range counts {
		b.Rows += n
		low, high = min(low, n), max(high, n)
	}
	b.Ratio, b.Chance = float64(high)/float64(low), float64(high)/float64(b.Rows)
	return b, nil
}

// MimeBundle shows the classes as a table with bars.
func (b *Balance) MimeBundle() map[string]any {
	g := show.Group{b.table()}
	if len(b.Names) <= 40 {
		g = append(g, show.Bars(b.Names, show.Floats(b.Counts)).Titled("", "rows", ""))
	}
	return g.MimeBundle()
}

func (b *Balance) String() string { return b.table().String() }

func (b *Balance) table() *show.Table {
	t := show.NewTable("class", "rows", "share")
	t.Aligns = []show.Align{show.Left, show.Right, show.Right}
	for i, n := range b.Names {
		t.Add(n, b.Counts[i], percent(b.Counts[i], b.Rows))
	}
	t.Caption = "classes of " + b.Column
	t.Note = fmt.Sprintf("the commonest class has %.1f times the rows of the rarest; always saying it is right in %.1f %%", b.Ratio, 100*b.Chance)
	return t
}
