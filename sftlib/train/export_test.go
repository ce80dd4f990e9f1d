package train

import (
	"os"

	"gosft/sftlib/backend"
	"gosft/sftlib/bert"
)

// TinyModel is a small model with random weights for the examples, and TinyReviews a frame that it can learn.
func TinyModel() *bert.Model {
	dir, err := os.MkdirTemp("", "tiny-*")
	if err == nil {
		defer os.RemoveAll(dir)
		err = writeTiny(dir)
	}
	if err != nil {
		panic(err)
	}
	b, ok := opened.Load("go")
	if !ok {
		if b, err = backend.Open("go"); err != nil {
			panic(err)
		}
		opened.Store("go", b)
	}
	m, err := bert.ForSequenceClassification(dir, tinyLabels, bert.On(b.(*backend.Backend)), bert.LogTo(nil))
	if err != nil {
		panic(err)
	}
	return m
}

func TinyReviews(n int, seed uint64) Texts { return tinyFrame(n, seed) }
