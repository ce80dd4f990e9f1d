package token

import (
	"fmt"
	"sync"
	"unicode/utf8"
	"unsafe"
)

// Tokenizer turns texts into the token ids of one model, with the WordPiece algorithm of the BERT family. It does not
// change once made, and any number of goroutines may use it.
type Tokenizer struct {
	// ModelMaxLength is the longest encoding that the model was made for, in tokens (512 for most); 0 when the files do
	// not say.
	ModelMaxLength int

	norm      Normalizer
	vocab     map[string]int32 // of the model
	byID      []string         // token of each id, added ones included
	addedIDs  map[string]int32
	added     []AddedToken
	special   map[int32]bool
	names     specialNames
	prefix    string // of pieces that continue a word
	maxChars  int
	template  template
	decoder   *decoder
	file      []Option // truncation and padding as tokenizer.json has them
	padID     int32
	padTypeID int32

	table       *charTable
	model       *wordPiece
	raw, normed *finder
	scratches   sync.Pool
}

// specialNames are the roles of special tokens.
type specialNames struct{ unk, sep, pad, cls, mask string }

// scratch is the working memory of one Encode, used again.
type scratch struct {
	n      normalized
	raw    []match
	normed []match
	seq    [2]sequence
}

// sequence is one text cut into pieces.
type sequence struct {
	pieces []piece
	starts []int32 // where each character begins, in bytes, and the text's length; empty when characters are bytes
	parts  []part
}

func (t *Tokenizer) scratch() *scratch {
	if s, ok := t.scratches.Get().(*scratch); ok {
		return s
	}
	return new(scratch)
}

func (t *Tokenizer) release(s *scratch) {
	if cap(s.n.bytes) > 1<<20 { // one huge text should not hold its memory for ever
		return
	}
	t.scratches.Put(s)
}

// cut fills q with the pieces of text.
func (t *Tokenizer) cut(s *scratch, q *sequence, text string) {
	q.pieces, q.starts = q.pieces[:0], q.starts[:0]
	if !isASCII(text) {
		for i := range text {
			q.starts = append(q.starts, int32(i))
		}
		q.starts = append(q.starts, int32(len(text)))
	}
	number := int32(0)
	if t.raw == nil {
		t.cutNormalized(s, q, text, 0, &number)
		return
	}
	s.raw = t.raw.split(s.raw[:0], text)
	char, at := int32(0), 0 // the character that begins at byte at
	for _, m := range s.raw {
		part := text[m.start:m.end]
		if len(q.starts) == 0 {
			char = int32(m.start)
		} else {
			char += int32(utf8.RuneCountInString(text[at:m.start]))
			at = m.start
		}
		if m.token == nil {
			t.cutNormalized(s, q, part, char, &number)
			continue
		}
		q.pieces = append(q.pieces, piece{m.token.ID, char, char + int32(utf8.RuneCountInString(part)), number})
		number++
	}
}

// cutNormalized normalizes a part of a text that begins at its character shift and cuts it into pieces.
func (t *Tokenizer) cutNormalized(s *scratch, q *sequence, text string, shift int32, number *int32) {
	n := &s.n
	t.table.normalize(n, text)
	if t.normed == nil {
		q.pieces = t.cutWords(q.pieces, n, 0, len(n.bytes), shift, number)
		return
	}
	s.normed = t.normed.split(s.normed[:0], unsafe.String(unsafe.SliceData(n.bytes), len(n.bytes)))
	for _, m := range s.normed {
		if m.token == nil {
			q.pieces = t.cutWords(q.pieces, n, m.start, m.end, shift, number)
			continue
		}
		q.pieces = append(q.pieces, t.model.token(m.token.ID, n, m.start, m.end, shift, *number))
		*number++
	}
}

// cutWords cuts normalized bytes at white space and punctuation and splits the words between.
func (t *Tokenizer) cutWords(dst []piece, n *normalized, lo, hi int, shift int32, number *int32) []piece {
	cls := n.cls[:hi]
	for i := lo; i < len(cls); {
		start := i
		switch cls[i] {
		case space:
			i++
			for i < len(cls) && cls[i] == inRune {
				i++
			}
			continue
		case punct:
			i++
			for i < len(cls) && cls[i] == inRune {
				i++
			}
		default:
			i++
			for i < len(cls) && cls[i] != space && cls[i] != punct {
				i++
			}
		}
		dst = t.model.split(dst, n, start, i, shift, *number)
		*number++
	}
	return dst
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// Normalizer says how texts are cleaned.
func (t *Tokenizer) Normalizer() Normalizer { return t.norm }

// VocabSize returns the number of token ids: one more than the largest, added tokens included. It is the number of rows
// that a model's embedding must have at least.
func (t *Tokenizer) VocabSize() int { return len(t.byID) }

// ID returns the id of a token and whether there is one.
func (t *Tokenizer) ID(token string) (int32, bool) {
	if id, ok := t.addedIDs[token]; ok {
		return id, true
	}
	id, ok := t.vocab[token]
	return id, ok
}

// Token returns the token of an id, and "" for an id that is none.
func (t *Tokenizer) Token(id int32) string {
	if id < 0 || int(id) >= len(t.byID) {
		return ""
	}
	return t.byID[id]
}

// Tokens returns the token of each id, as Token does.
func (t *Tokenizer) Tokens(ids []int32) []string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = t.Token(id)
	}
	return out
}

// Tokenize returns the tokens of a text without the special tokens that a model adds.
func (t *Tokenizer) Tokenize(text string) []string {
	s := t.scratch()
	defer t.release(s)
	t.cut(s, &s.seq[0], text)
	out := make([]string, len(s.seq[0].pieces))
	for i, p := range s.seq[0].pieces {
		out[i] = t.Token(p.id)
	}
	return out
}

// Count returns the number of tokens of a text, the special tokens that a model adds included.
func (t *Tokenizer) Count(text string) int {
	s := t.scratch()
	defer t.release(s)
	t.cut(s, &s.seq[0], text)
	return len(s.seq[0].pieces) + t.template.added(false)
}

// AddedTokens returns the tokens that are looked for in the text before it is split, special ones included.
func (t *Tokenizer) AddedTokens() []AddedToken { return append([]AddedToken(nil), t.added...) }

// IsSpecial reports whether an id is that of a special token such as [CLS].
func (t *Tokenizer) IsSpecial(id int32) bool { return t.special[id] }

// PadID, UnkID, ClsID, SepID and MaskID are the ids of the special tokens by their role; -1 where the vocabulary has none.
func (t *Tokenizer) PadID() int32  { return t.padID }
func (t *Tokenizer) UnkID() int32  { return t.role(t.names.unk) }
func (t *Tokenizer) ClsID() int32  { return t.role(t.names.cls) }
func (t *Tokenizer) SepID() int32  { return t.role(t.names.sep) }
func (t *Tokenizer) MaskID() int32 { return t.role(t.names.mask) }

func (t *Tokenizer) role(name string) int32 {
	if id, ok := t.ID(name); ok {
		return id
	}
	return -1
}

// FileOptions returns truncation and padding as tokenizer.json has them. They count when they are passed to Encode; a
// transformers tokenizer ignores them likewise.
func (t *Tokenizer) FileOptions() []Option { return append([]Option(nil), t.file...) }

// String says in a line what the tokenizer is.
func (t *Tokenizer) String() string {
	kind := "cased"
	if t.norm.Lowercase {
		kind = "uncased"
	}
	return fmt.Sprintf("WordPiece, %d tokens, %s", t.VocabSize(), kind)
}
