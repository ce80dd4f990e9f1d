package cell

import (
	"sort"
	"strings"
)

// edits are changes to a text, collected while its syntax is walked from the outside to the inside and made at once.
// Line ends inside what is replaced are kept, so that a line of the generated text is that line of the cell.
type edits struct{ list []edit }

type edit struct {
	start, end int
	text       string
	class      int
}

const ( // the order of edits that start at one place
	closing   = iota // ends something that stands before: the inner ones first
	inserted         // begins something: the outer ones first
	dropped          // replaces with all that is inside
	replacing        // replaces a token
)

func (e *edits) open(at int, text string)  { e.list = append(e.list, edit{at, at, text, inserted}) }
func (e *edits) close(at int, text string) { e.list = append(e.list, edit{at, at, text, closing}) }
func (e *edits) drop(start, end int, text string) {
	e.list = append(e.list, edit{start, end, text, dropped})
}
func (e *edits) replace(start, end int, text string) {
	e.list = append(e.list, edit{start, end, text, replacing})
}

// apply returns text[from:to] with the edits made.
func (e *edits) apply(text string, from, to int) string {
	order := make([]int, len(e.list))
	for i := range order {
		order[i] = i
	}
	sort.Slice(order, func(i, j int) bool {
		a, b := e.list[order[i]], e.list[order[j]]
		switch {
		case a.start != b.start:
			return a.start < b.start
		case a.class != b.class:
			return a.class < b.class
		case a.class == closing:
			return order[i] > order[j]
		}
		return order[i] < order[j]
	})
	var b strings.Builder
	at := from
	for _, i := range order {
		x := e.list[i]
		if x.start < at || x.end > to { // inside something dropped, or not in this piece
			continue
		}
		b.WriteString(text[at:x.start])
		b.WriteString(x.text)
		if n := strings.Count(text[x.start:x.end], "\n") - strings.Count(x.text, "\n"); n > 0 {
			b.WriteString(strings.Repeat("\n", n))
		}
		at = x.end
	}
	b.WriteString(text[min(at, to):to])
	return b.String()
}
