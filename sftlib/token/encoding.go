package token

// Span is a half-open range [Start, End) of a text.
type Span struct{ Start, End int32 }

// Encoding is a text, or a pair of texts, as a model takes it. All slices have the same length, one element a token.
type Encoding struct {
	IDs               []int32    // token ids
	TypeIDs           []int32    // 0 for the first text and its special tokens, 1 for the second (what the template says)
	AttentionMask     []int32    // 1 for tokens, 0 for padding
	SpecialTokensMask []int32    // 1 for tokens that the template or the padding added
	Words             []int32    // number of the word that a token is a part of, within its text; -1 for added tokens
	Sequences         []int32    // 0 or 1: which text a token is from; -1 for added tokens
	Offsets           []Span     // where a token is in its text, in characters (runes), as Hugging Face counts; {0,0} for added tokens
	Bytes             []Span     // where a token is in its text, in bytes: text[Start:End]
	Overflow          []Encoding // with ReturnOverflowingTokens: what truncation cut off, in parts of the same length, with Stride tokens in common
}

// Len returns the number of tokens, padding included.
func (e *Encoding) Len() int { return len(e.IDs) }

// resize gives e room for n tokens from the arena; all values are zero.
func (e *Encoding) resize(n int, a *arena) {
	ints := a.takeInts(6 * n)
	cut := func() []int32 {
		s := ints[:n:n]
		ints = ints[n:]
		return s
	}
	e.IDs, e.TypeIDs, e.AttentionMask = cut(), cut(), cut()
	e.SpecialTokensMask, e.Words, e.Sequences = cut(), cut(), cut()
	spans := a.takeSpans(2 * n)
	e.Offsets, e.Bytes = spans[:n:n], spans[n:2*n:2*n]
}

// arena hands out memory of encodings in large blocks, so that a batch makes few allocations.
type arena struct {
	ints  []int32
	spans []Span
	block int // tokens in a block; 0: no more than asked for
}

func (a *arena) takeInts(n int) []int32 {
	if n > len(a.ints) {
		a.ints = make([]int32, max(n, 6*a.block))
	}
	s := a.ints[:n:n]
	a.ints = a.ints[n:]
	return s
}

func (a *arena) takeSpans(n int) []Span {
	if n > len(a.spans) {
		a.spans = make([]Span, max(n, 2*a.block))
	}
	s := a.spans[:n:n]
	a.spans = a.spans[n:]
	return s
}

// pad fills e and its overflow up to n tokens.
func (e *Encoding) pad(n int, p *padding, a *arena) {
	for i := range e.Overflow {
		e.Overflow[i].pad(n, p, a)
	}
	old := *e
	if n <= old.Len() {
		return
	}
	e.resize(n, a)
	at, from := 0, old.Len()
	if p.left {
		at, from = n-old.Len(), 0
	}
	copy(e.IDs[at:], old.IDs)
	copy(e.TypeIDs[at:], old.TypeIDs)
	copy(e.AttentionMask[at:], old.AttentionMask)
	copy(e.SpecialTokensMask[at:], old.SpecialTokensMask)
	copy(e.Words[at:], old.Words)
	copy(e.Sequences[at:], old.Sequences)
	copy(e.Offsets[at:], old.Offsets)
	copy(e.Bytes[at:], old.Bytes)
	e.fillPad(from, from+n-old.Len(), p)
}

func (e *Encoding) fillPad(lo, hi int, p *padding) {
	for i := lo; i < hi; i++ {
		e.IDs[i], e.TypeIDs[i] = p.id, p.typeID
		e.SpecialTokensMask[i] = 1
		e.Words[i], e.Sequences[i] = -1, -1
	}
}
