package train

import (
	"slices"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/bert"
)

// words are the rows of the word embeddings that a training can change: those of the tokens in its texts. The others have no
// gradient, so that they need no moments and no work in the optimizer but weight decay, and most rows are others: English
// film reviews use half of BERT's 30,522 tokens, a course's hundred sentences one in a hundred. Batches number their tokens
// within words; what is learnt is the same as with all rows.
type words struct {
	ids   []int32 // token ids, ascending
	place []int32 // of each token id in ids
}

// wordsStep is what their number is rounded up to, with tokens that do not occur, so that trainings on parts of the same data,
// such as folds, have programs of the same shape.
var wordsStep = 2048 // a test sets it

func newWords(items []bert.Item, vocabulary int) *words {
	used := make([]bool, vocabulary)
	used[0] = true // padding
	n := 1
	for _, it := range items {
		for _, id := range it.IDs {
			if !used[id] {
				used[id] = true
				n++
			}
		}
	}
	n = min((n+wordsStep-1)/wordsStep*wordsStep, vocabulary) - n
	for id := 0; n > 0; id++ {
		if !used[id] {
			used[id] = true
			n--
		}
	}
	w := &words{place: make([]int32, vocabulary)}
	for id, ok := range used {
		if ok {
			w.place[id] = int32(len(w.ids))
			w.ids = append(w.ids, int32(id))
		}
	}
	return w
}

// wordTable is the variable that words are rows of.
func wordTable(m *bert.Model) *model.Variable {
	i := slices.IndexFunc(m.Params(), func(p *bert.Param) bool { return p.Name == bert.WordEmbeddings })
	return m.Params()[i].Variable
}

// tensor gives ids to a program.
func (w *words) tensor() *tensors.Tensor { return tensors.FromFlatDataAndDimensions(w.ids, len(w.ids)) }

// number replaces token ids by their places in w.
func (w *words) number(ids []int32) []int32 {
	ids = slices.Clone(ids)
	for i, id := range ids {
		ids[i] = w.place[id]
	}
	return ids
}
