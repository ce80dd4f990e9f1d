package bert

import (
	"cmp"
	"math/bits"
	"slices"
)

// The layout of predictions: all texts at hand are packed together, longest first, into rows of one of a few widths, and
// the rows are cut into batches of one of a few sizes, so that few graphs serve every call.

// batchTokens is the most tokens of a batch in prediction: enough to keep the cores busy, little memory.
const batchTokens = 2048

// textTokens is how many tokens of a row there are for each text that may lie in it.
const textTokens = 4

// part is a batch and which text each of its places holds.
type part struct {
	*Batch
	index []int
}

// layOut packs items for prediction and yields one batch after the other.
func layOut(items []Item, yield func(part) bool) {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(len(items[b].IDs), len(items[a].IDs)) })
	if len(order) == 0 {
		return
	}
	// The few longest texts get wide rows of their own, so that they do not widen all.
	widest, width := rowWidth(len(items[order[0]].IDs)), rowWidth(len(items[order[len(order)/20]].IDs))
	if width < widest {
		long := slices.IndexFunc(order, func(i int) bool { return len(items[i].IDs) <= width })
		if !layRows(items, order[:long], widest, yield) {
			return
		}
		order = order[long:]
	}
	layRows(items, order, width, yield)
}

// rowWidth is the smallest power of two from 32 that holds n tokens.
func rowWidth(n int) int { return max(32, 1<<bits.Len(uint(max(n, 1)-1))) }

// layRows packs the texts named by order, longest first, each into the fullest row that has room for it (best fit).
func layRows(items []Item, order []int, width int, yield func(part) bool) bool {
	var rows [][]int
	open := make([][]int, width+1) // open[k]: rows with k free places
	for _, i := range order {
		n := min(len(items[i].IDs), width)
		free := n
		for free <= width && len(open[free]) == 0 {
			free++
		}
		var r int
		if free <= width {
			last := len(open[free]) - 1
			r, open[free] = open[free][last], open[free][:last]
		} else {
			r, free = len(rows), width
			rows = append(rows, nil)
		}
		rows[r] = append(rows[r], i)
		if left := free - n; left > 0 && len(rows[r]) < width/textTokens {
			open[left] = append(open[left], r)
		}
	}
	full := max(1, batchTokens/width)
	for len(rows) > 0 {
		n := min(full, len(rows))
		size := min(full, 1<<bits.Len(uint(n-1)))
		p := part{Batch: newBatch(size, width, size*width/textTokens)}
		for row, texts := range rows[:n] {
			col := 0
			for _, i := range texts {
				p.put(len(p.index), row, col, items[i])
				p.index = append(p.index, i)
				col += len(items[i].IDs)
			}
		}
		if !yield(p) {
			return false
		}
		rows = rows[n:]
	}
	return true
}
