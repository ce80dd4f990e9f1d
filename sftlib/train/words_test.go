package train

import (
	"context"
	"slices"
	"testing"

	"gosft/sftlib/bert"
)

func TestWords(t *testing.T) {
	setWordsStep(t, 4)
	w := newWords([]bert.Item{{IDs: []int32{9, 7, 9}}, {IDs: []int32{7, 3}}}, 12)
	if want := []int32{0, 3, 7, 9}; !slices.Equal(w.ids, want) {
		t.Errorf("words %v, want %v", w.ids, want)
	}
	if got := w.number([]int32{9, 0, 3, 7}); !slices.Equal(got, []int32{3, 0, 1, 2}) {
		t.Errorf("numbered %v", got)
	}
	if w := newWords([]bert.Item{{IDs: []int32{1, 2, 3, 10}}}, 12); !slices.Equal(w.ids, []int32{0, 1, 2, 3, 4, 5, 6, 10}) {
		t.Errorf("rounded up: %v", w.ids)
	}
	if w := newWords([]bert.Item{{IDs: []int32{1, 2, 3, 10}}}, 7+4); len(w.ids) != 8 || w.ids[7] != 10 {
		t.Errorf("rounded up: %v", w.ids)
	}
	if w := newWords([]bert.Item{{IDs: []int32{1, 2, 3, 4}}}, 6); len(w.ids) != 6 {
		t.Errorf("more words than the vocabulary has: %v", w.ids)
	}
}

// The rows of words that do not occur have no gradient: leaving them out of the optimizer changes nothing but the time.
func TestWordsThatDoNotOccurAreNotMissed(t *testing.T) {
	onBackends(t, func(t *testing.T, name string) {
		for _, accumulation := range []int{1, 2} {
			args := tinyArgs(t)
			args.WeightDecay, args.GradientAccumulationSteps = 0.1, accumulation
			var all map[string][]float32
			for _, step := range []int{len(tinyWords) + 5, 1} {
				setWordsStep(t, step)
				m := tinyModel(t, name, tinyLabels)
				before := weights(t, m)[bert.WordEmbeddings]
				_, err := New(m, args, tinyFrame(100, 1), nil).Train(context.Background())
				must(t, err)
				got := weights(t, m)
				if all == nil {
					all = got
					continue
				}
				if !equalWeights(all, got) {
					t.Errorf("accumulation %d: the weights differ from those of a training with all words", accumulation)
				}
				unk := 32 // [UNK] does not occur: its row has decayed and nothing else
				if a, b := before[unk], got[bert.WordEmbeddings][unk]; a == b || a/b < 1 || a/b > 1.1 {
					t.Errorf("accumulation %d: a word that does not occur went from %v to %v", accumulation, a, b)
				}
			}
		}
	})
}

func setWordsStep(t *testing.T, n int) {
	old := wordsStep
	wordsStep = n
	t.Cleanup(func() { wordsStep = old })
}
