package token

import "fmt"

// template puts the texts of an encoding and the special tokens in order, with their type ids: Hugging Face's
// TemplateProcessing, and BertProcessing written as one.
type template struct {
	single, pair []templatePiece
}

type templatePiece struct {
	sequence int     // 0 or 1, or -1 for special tokens
	ids      []int32 // of the special token
	name     string  // of the special token, for saving
	typeID   int32
}

// bertTemplate is [CLS] A [SEP] and [CLS] A [SEP] B [SEP].
func bertTemplate(cls, sep string, clsID, sepID int32) template {
	a, b := templatePiece{sequence: 0}, templatePiece{sequence: 1, typeID: 1}
	c := templatePiece{sequence: -1, ids: []int32{clsID}, name: cls}
	s := templatePiece{sequence: -1, ids: []int32{sepID}, name: sep}
	s1 := s
	s1.typeID = 1
	return template{single: []templatePiece{c, a, s}, pair: []templatePiece{c, a, s, b, s1}}
}

// bareTemplate adds nothing, as a tokenizer.json without a post-processor.
func bareTemplate() template {
	a, b := templatePiece{sequence: 0}, templatePiece{sequence: 1, typeID: 1}
	return template{single: []templatePiece{a}, pair: []templatePiece{a, b}}
}

func (t *template) pieces(pair bool) []templatePiece {
	if pair {
		return t.pair
	}
	return t.single
}

// added returns the number of special tokens.
func (t *template) added(pair bool) int {
	n := 0
	for _, p := range t.pieces(pair) {
		n += len(p.ids)
	}
	return n
}

// check refuses templates that do not hold each text once.
func (t *template) check() error {
	for _, pair := range []bool{false, true} {
		name, want := "single", [2]int{1, 0}
		if pair {
			name, want = "pair", [2]int{1, 1}
		}
		var got [2]int
		for _, p := range t.pieces(pair) {
			if p.sequence >= 0 {
				got[p.sequence]++
			}
		}
		if got != want {
			return fmt.Errorf("the template %q of the post-processor holds text A %d times and text B %d times, not %d and %d", name, got[0], got[1], want[0], want[1])
		}
	}
	return nil
}
