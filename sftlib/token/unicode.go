package token

import (
	"sync"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// span32 is a range of code points, both ends included.
type span32 struct{ lo, hi rune }

// lowerRange maps every step-th code point of [lo, hi] to itself plus delta.
type lowerRange struct{ lo, hi, delta, step rune }

// class says what a normalized character is to the splitter.
type class uint8

const (
	inWord class = iota // part of a word
	space               // ends a word
	punct               // a word of its own
	inRune              // the second and following bytes of a character
)

// What the normalizer does with a character. The lower bits of a charTable entry.
const (
	keep     = iota // copied, part of a word
	keepSpc         // copied, ends a word
	keepPun         // copied, a word of its own
	blank           // becomes one space
	drop            // removed
	ideo            // copied between two spaces
	mapped          // becomes charTable.to[entry>>3]
	hard            // needs the whole text at once: marks may change places
	kindBits = 3
)

// Normalizer is BERT's text normalizer, in the order in which it works.
type Normalizer struct {
	CleanText    bool // remove control characters, make every white space a plain space
	ChineseChars bool // put spaces around CJK ideographs
	StripAccents bool // decompose (NFD) and remove non-spacing marks
	Lowercase    bool
}

// charTable answers, for one Normalizer, what becomes of a code point.
type charTable struct {
	cfg   Normalizer
	ascii [128]struct {
		to   byte
		cls  class
		drop bool
	}
	pages [0x1100]*[256]uint32
	to    []replacement
}

// replacement is what one code point is normalized to; spaced ones (ideographs) stand between spaces.
type replacement struct {
	bytes []byte
	cls   []class
}

var charTables sync.Map // Normalizer -> func() *charTable

func tableFor(n Normalizer) *charTable {
	make, _ := charTables.LoadOrStore(n, sync.OnceValue(func() *charTable { return newCharTable(n) }))
	return make.(func() *charTable)()
}

func (t *charTable) entry(r rune) uint32 {
	return t.pages[r>>8][r&255]
}

func newCharTable(n Normalizer) *charTable {
	t := &charTable{cfg: n}
	plain := new([256]uint32)
	for i := range t.pages {
		t.pages[i] = plain
	}
	shared := map[*[256]uint32]bool{plain: true}
	set := func(r rune, e uint32) {
		p := t.pages[r>>8]
		if shared[p] {
			c := *p
			p = &c
			t.pages[r>>8] = p
		}
		p[r&255] = e
	}
	fill := func(spans []span32, e uint32) {
		full := new([256]uint32)
		for i := range full {
			full[i] = e
		}
		shared[full] = true
		for _, s := range spans {
			for r := s.lo; r <= s.hi; {
				if r&255 == 0 && r+255 <= s.hi {
					t.pages[r>>8] = full
					r += 256
					continue
				}
				set(r, e)
				r++
			}
		}
	}
	fill(spaces, keepSpc)
	fill(punctuation, keepPun)
	if n.ChineseChars {
		fill(ideographs, ideo)
	}
	change := func(r rune) {
		if e := t.change(r); e != 0 {
			set(r, e)
		}
	}
	if n.StripAccents {
		fill(marks, drop)
		for _, s := range decomposed {
			for r := s.lo; r <= s.hi; r++ {
				change(r)
			}
		}
		for _, s := range reordered {
			for r := s.lo; r <= s.hi; r++ {
				if t.entry(r)&(1<<kindBits-1) != drop {
					set(r, hard)
				}
			}
		}
	}
	if n.Lowercase {
		for _, l := range lowered {
			for r := l.lo; r <= l.hi; r += l.step {
				if k := t.entry(r); k == keep {
					change(r)
				}
			}
		}
		if t.entry(0x130) == keep {
			change(0x130)
		}
	}
	if n.CleanText {
		fill(dropped, drop)
		for _, s := range spaces {
			for r := s.lo; r <= s.hi; r++ {
				if r == '\t' || r == '\n' || r == '\r' || t.entry(r) != drop {
					set(r, blank)
				}
			}
		}
	}
	for i := range t.ascii {
		a := &t.ascii[i]
		a.to = byte(i)
		switch e := t.entry(rune(i)); e & (1<<kindBits - 1) {
		case keepSpc:
			a.cls = space
		case keepPun:
			a.cls = punct
		case blank:
			a.to, a.cls = ' ', space
		case drop:
			a.drop = true
		case mapped:
			a.to = t.to[e>>kindBits].bytes[0]
		}
	}
	return t
}

// change returns the entry of a code point that decomposition or lower case alters, 0 where neither does.
func (t *charTable) change(r rune) uint32 {
	runes := []rune{r}
	if t.cfg.StripAccents {
		runes = decompose(nil, r)
	}
	var out replacement
	spaced := t.cfg.ChineseChars && in(ideographs, r)
	add := func(r rune, c class) {
		out.bytes = utf8.AppendRune(out.bytes, r)
		out.cls = append(out.cls, c)
		for len(out.cls) < len(out.bytes) {
			out.cls = append(out.cls, inRune)
		}
	}
	if spaced {
		add(' ', space)
	}
	for _, d := range runes {
		if t.cfg.StripAccents {
			if in(marks, d) {
				continue
			}
			if in(reordered, d) {
				return hard
			}
		}
		if !t.cfg.Lowercase {
			add(d, classOf(d))
			continue
		}
		for _, l := range lower(nil, d) {
			add(l, classOf(l))
		}
	}
	if spaced {
		add(' ', space)
	}
	if len(out.bytes) == 0 {
		return drop
	}
	if string(out.bytes) == string(r) {
		return 0
	}
	t.to = append(t.to, out)
	return uint32(len(t.to)-1)<<kindBits | mapped
}

// decompose appends the canonical decomposition of r.
func decompose(dst []rune, r rune) []rune {
	if !in(decomposed, r) {
		return append(dst, r)
	}
	return append(dst, []rune(norm.NFD.String(string(r)))...)
}

// lower appends the small letters of r, as Unicode's SpecialCasing has them without context.
func lower(dst []rune, r rune) []rune {
	if r == 0x130 { // capital I with dot above: i and a combining dot
		return append(dst, 'i', 0x307)
	}
	lo, hi := 0, len(lowered)
	for lo < hi {
		m := (lo + hi) / 2
		if lowered[m].hi < r {
			lo = m + 1
		} else {
			hi = m
		}
	}
	if lo < len(lowered) {
		if l := lowered[lo]; l.lo <= r && (r-l.lo)%l.step == 0 {
			r += l.delta
		}
	}
	return append(dst, r)
}

func classOf(r rune) class {
	switch {
	case in(spaces, r):
		return space
	case in(punctuation, r):
		return punct
	}
	return inWord
}

func in(spans []span32, r rune) bool {
	lo, hi := 0, len(spans)
	for lo < hi {
		m := (lo + hi) / 2
		if spans[m].hi < r {
			lo = m + 1
		} else {
			hi = m
		}
	}
	return lo < len(spans) && spans[lo].lo <= r
}
