package bert

import "slices"

// The layout of predictions: all texts at hand are packed together, longest first, into rows of one of a few widths, and
// the rows are cut into batches of one of a few sizes, so that nine graphs serve every call (for texts of up to 512 tokens).
// Compiling a graph takes as long as computing some dozen batches.

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
	order := LongestFirst(lengthsOf(items))
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

// rowWidth is the narrowest width that holds n tokens: 32, 128, 512 and so on.
func rowWidth(n int) int {
	w := 32
	for w < n {
		w *= 4
	}
	return w
}

// batchSizes are the numbers of rows that batches of a width have, most first.
func batchSizes(width int) []int {
	var out []int
	for rows := max(1, batchTokens/width); rows > 0; rows /= 4 {
		out = append(out, rows)
	}
	return out
}

// nextSize is the number of rows of the next batch when n are left: a size that they fill by more than half.
func nextSize(n, width int) int {
	sizes := batchSizes(width)
	for _, s := range sizes {
		if 2*n > s {
			return s
		}
	}
	return sizes[len(sizes)-1]
}

// layRows packs the texts named by order, longest first.
func layRows(items []Item, order []int, width int, yield func(part) bool) bool {
	lengths := make([]int, len(order))
	for k, i := range order {
		lengths[k] = len(items[i].IDs)
	}
	for rows := fit(lengths, width, width/textTokens); len(rows) > 0; {
		size := nextSize(len(rows), width)
		n := min(size, len(rows))
		var p part
		var texts []Item
		places := make([][]int, n)
		for row, list := range rows[:n] {
			for _, k := range list {
				places[row] = append(places[row], len(texts))
				texts, p.index = append(texts, items[order[k]]), append(p.index, order[k])
			}
		}
		p.Batch = Lay(texts, places, size, width, size*width/textTokens)
		if !yield(p) {
			return false
		}
		rows = rows[n:]
	}
	return true
}
