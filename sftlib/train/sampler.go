package train

import (
	"cmp"
	"math/rand/v2"
	"slices"
)

// sampler gives the order of the texts in an epoch. It follows from the lengths, the seed and the epoch alone, so that a place in
// the data is two numbers: the epoch and the step in it.
type sampler struct {
	lengths []int // of each text in tokens
	batch   int   // texts in a batch
	sum     int   // batches in a step: GradientAccumulationSteps
	seed    int64
	grouped bool // texts of like length share a batch
}

// order returns the rows of an epoch in their order.
func (s *sampler) order(epoch int) []int {
	r := rand.New(rand.NewPCG(uint64(s.seed), uint64(epoch)+1))
	rows := r.Perm(len(s.lengths))
	if !s.grouped {
		return s.alike(rows, r)
	}
	// As transformers' get_length_grouped_indices: within chunks of many batches the longest come first, and the longest of
	// all first of all, so that running out of memory is seen at once.
	chunk := s.batch * max(1, min(len(rows)/(s.batch*4), 50))
	longest := 0
	for at := 0; at < len(rows); at += chunk {
		part := rows[at:min(at+chunk, len(rows))]
		slices.SortStableFunc(part, func(a, b int) int { return cmp.Compare(s.lengths[b], s.lengths[a]) })
		if s.lengths[part[0]] > s.lengths[rows[longest]] {
			longest = at
		}
	}
	rows[0], rows[longest] = rows[longest], rows[0]
	return rows
}

// alike deals texts in a random order out to steps and batches that have as many tokens each, so that few shapes serve all of
// them and little is padding: sorted by length the texts make as many layers as a step has texts, and each step gets one text of
// each layer at random. Its batches are random samples of all texts still, only more alike than without (stratified sampling).
// The last texts are left over for the step that is not full.
func (s *sampler) alike(rows []int, r *rand.Rand) []int {
	step := s.batch * s.sum
	n := len(rows) / step
	part := slices.Clone(rows[:n*step])
	slices.SortStableFunc(part, func(a, b int) int { return cmp.Compare(s.lengths[b], s.lengths[a]) })
	for layer := range step {
		texts := part[layer*n : (layer+1)*n]
		r.Shuffle(n, func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
		batch := dealt(layer, s.sum) // of the step
		for k, row := range texts {
			rows[k*step+batch*s.batch+layer/s.sum] = row
		}
	}
	return rows
}

// dealt is which of n players gets card k when they are dealt to and fro, so that nobody is always the first.
func dealt(k, n int) int {
	if k/n%2 == 1 {
		return n - 1 - k%n
	}
	return k % n
}

// batches is the number of batches in an epoch; the last may be smaller.
func (s *sampler) batches() int { return (len(s.lengths) + s.batch - 1) / s.batch }

// rows returns the rows of batch k in an order.
func (s *sampler) rows(order []int, k int) []int {
	return order[k*s.batch : min((k+1)*s.batch, len(order))]
}
