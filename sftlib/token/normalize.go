package token

import (
	"slices"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// normalized is a piece of a text after the normalizer: its bytes, the class of each byte, and where each byte came from.
// A scratch holds one and uses it again for every piece.
type normalized struct {
	bytes []byte
	cls   []class
	from  []int32 // per byte: the index of its original character within the piece; unused when plain
	plain bool    // every byte is the character at the same place: ASCII with nothing removed
}

func (n *normalized) reset() {
	n.bytes, n.cls, n.from, n.plain = n.bytes[:0], n.cls[:0], n.from[:0], false
}

// add appends one normalized character that came from the original character at.
func (n *normalized) add(r rune, c class, at int32) {
	size := len(n.bytes)
	n.bytes = utf8.AppendRune(n.bytes, r)
	n.cls = append(n.cls, c)
	n.from = append(n.from, at)
	for i := size + 1; i < len(n.bytes); i++ {
		n.cls = append(n.cls, inRune)
		n.from = append(n.from, at)
	}
}

// normalize fills n with the normalized form of text. A byte that is not UTF-8 counts as the character U+FFFD.
func (t *charTable) normalize(n *normalized, text string) {
	n.reset()
	if t.normalizeASCII(n, text) {
		return
	}
	n.reset()
	at := int32(-1)
	for _, r := range text {
		at++
		if r < utf8.RuneSelf {
			a := &t.ascii[r]
			if !a.drop {
				n.bytes = append(n.bytes, a.to)
				n.cls = append(n.cls, a.cls)
				n.from = append(n.from, at)
			}
			continue
		}
		switch e := t.entry(r); e & (1<<kindBits - 1) {
		case keep:
			n.add(r, inWord, at)
		case keepSpc:
			n.add(r, space, at)
		case keepPun:
			n.add(r, punct, at)
		case blank:
			n.add(' ', space, at)
		case drop:
		case ideo:
			n.bytes = append(n.bytes, ' ')
			n.bytes = utf8.AppendRune(n.bytes, r)
			n.bytes = append(n.bytes, ' ')
			n.cls = append(n.cls, space, inWord, inRune, inRune)
			n.from = append(n.from, at, at, at, at, at)
			if r > 0xffff {
				n.cls = append(n.cls, inRune)
				n.from = append(n.from, at)
			}
			n.cls = append(n.cls, space)
		case mapped:
			to := &t.to[e>>kindBits]
			n.bytes = append(n.bytes, to.bytes...)
			n.cls = append(n.cls, to.cls...)
			for range to.bytes {
				n.from = append(n.from, at)
			}
		case hard:
			t.normalizeHard(n, text)
			return
		}
	}
}

// normalizeASCII is the way for text that is ASCII and loses nothing; it reports whether text was.
func (t *charTable) normalizeASCII(n *normalized, text string) bool {
	n.bytes = slices.Grow(n.bytes, len(text))[:len(text)]
	n.cls = slices.Grow(n.cls, len(text))[:len(text)]
	bytes, cls := n.bytes, n.cls[:len(n.bytes)]
	for i := 0; i < len(text) && i < len(bytes); i++ {
		c := text[i]
		if c >= utf8.RuneSelf {
			return false
		}
		a := &t.ascii[c]
		if a.drop {
			return false
		}
		bytes[i], cls[i] = a.to, a.cls
	}
	n.plain = true
	return true
}

// normalizeHard takes the steps one after the other over the whole text, since some marks that stay change places when
// the text is decomposed. Positions follow the `tokenizers` package: the first part of a decomposition takes the next
// original character in turn, the further parts share the one before.
func (t *charTable) normalizeHard(n *normalized, text string) {
	n.reset()
	type char struct {
		r    rune
		at   int32
		more bool // a further part of a decomposition
	}
	var in1, out []char
	at := int32(-1)
	for _, r := range text {
		at++
		if t.cfg.CleanText {
			if in(dropped, r) {
				continue
			}
			if in(spaces, r) {
				r = ' '
			}
		}
		if t.cfg.ChineseChars && in(ideographs, r) {
			in1 = append(in1, char{' ', at, false}, char{r, at, false}, char{' ', at, false})
			continue
		}
		in1 = append(in1, char{r, at, false})
	}
	pending := 0 // where the marks begin that may still change places
	sort := func() {
		slices.SortStableFunc(out[pending:], func(a, b char) int { return int(combining(a.r)) - int(combining(b.r)) })
	}
	var buf []rune
	for _, c := range in1 {
		buf = decompose(buf[:0], c.r)
		for i, d := range buf {
			if combining(d) == 0 {
				sort()
				pending = len(out) + 1
			}
			out = append(out, char{r: d, more: i > 0})
		}
	}
	if pending < len(out) {
		sort()
	}
	next := 0
	for i := range out {
		switch {
		case !out[i].more:
			out[i].at = in1[next].at
			next++
		case next > 0:
			out[i].at = in1[next-1].at
		}
	}
	for _, c := range out {
		if in(marks, c.r) {
			continue
		}
		if !t.cfg.Lowercase {
			n.add(c.r, classOf(c.r), c.at)
			continue
		}
		for _, l := range lower(buf[:0], c.r) {
			n.add(l, classOf(l), c.at)
		}
	}
}

// combining returns the canonical combining class of r in the tables that the `tokenizers` package has.
func combining(r rune) uint8 {
	if !in(reordered, r) {
		return 0
	}
	var b [utf8.UTFMax]byte
	return norm.NFD.Properties(b[:utf8.EncodeRune(b[:], r)]).CCC()
}
