package token

import (
	"cmp"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"unicode/utf8"
)

// Source gives the texts of a column; a data.Frame is one.
type Source interface {
	Strings(column string) ([]string, error)
}

// Texts is a Source of its own strings, whatever the column.
type Texts []string

// Strings returns the texts.
func (t Texts) Strings(string) ([]string, error) { return t, nil }

// Inspection is what a tokenizer makes of a column of texts. In a notebook it is shown with coloured tokens, ids on
// hover, and a histogram of the lengths; String has the same in characters.
type Inspection struct {
	Tokenizer *Tokenizer
	Texts     int     // number of texts
	Lengths   []int32 // tokens of each text, special tokens included
	Tokens    int     // of all texts, special tokens not included
	Unknown   int     // of them [UNK]
	Affected  int     // texts with at least one [UNK]
	Used      int     // different tokens that occur

	// SuggestedMaxLength is the smallest multiple of 8 that leaves 99 % of the texts whole, at most what the model takes.
	SuggestedMaxLength int

	UnknownCharacters []CharacterCount // what causes [UNK], the most frequent first
	Commonest         []TokenCount     // up to 20
	Rarest            []TokenCount     // up to 20 that occur, the rarest first

	samples []string
}

// CharacterCount is a character that the vocabulary does not have, or the rune 0 for words that are [UNK] for another
// reason: too long, or without a way to put them together.
type CharacterCount struct {
	Character rune
	Count     int    // words that it makes [UNK]
	Example   string // one of these words
}

// TokenCount is a token and how often it occurs.
type TokenCount struct {
	Token string
	ID    int32
	Count int
}

// Inspect counts what a tokenizer makes of texts: a []string, or a column of a frame.
func Inspect(t *Tokenizer, texts any, column ...string) (*Inspection, error) {
	var all []string
	switch s := texts.(type) {
	case []string:
		all = s
	case Source:
		name := ""
		if len(column) > 0 {
			name = column[0]
		}
		var err error
		if all, err = s.Strings(name); err != nil {
			return nil, fmt.Errorf("token: inspect: %w", err)
		}
	default:
		return nil, fmt.Errorf("token: inspect: %T holds no texts: give a []string, or a frame and the name of a column", texts)
	}
	if t == nil {
		return nil, fmt.Errorf("token: inspect: no tokenizer: open one with token.Open")
	}
	if len(column) > 1 {
		return nil, fmt.Errorf("token: inspect: %d columns %q: one at a time", len(column), column)
	}
	return t.inspect(all), nil
}

// tally is what one worker counts.
type tally struct {
	counts                    []int32
	tokens, unknown, affected int
	why                       map[rune]*CharacterCount
}

func (t *Tokenizer) inspect(texts []string) *Inspection {
	r := &Inspection{Tokenizer: t, Texts: len(texts), Lengths: make([]int32, len(texts))}
	workers := max(1, min(runtime.GOMAXPROCS(0), len(texts)/64))
	tallies := make([]tally, workers)
	var wg sync.WaitGroup
	for w := range tallies {
		wg.Go(func() {
			lo, hi := len(texts)*w/workers, len(texts)*(w+1)/workers
			t.tally(&tallies[w], texts[lo:hi], r.Lengths[lo:hi])
		})
	}
	wg.Wait()
	sum := tallies[0]
	for _, x := range tallies[1:] {
		for id, n := range x.counts {
			sum.counts[id] += n
		}
		sum.tokens, sum.unknown, sum.affected = sum.tokens+x.tokens, sum.unknown+x.unknown, sum.affected+x.affected
		for c, n := range x.why {
			if have := sum.why[c]; have != nil {
				have.Count += n.Count
			} else {
				sum.why[c] = n
			}
		}
	}
	r.Tokens, r.Unknown, r.Affected = sum.tokens, sum.unknown, sum.affected
	for _, c := range sum.why {
		r.UnknownCharacters = append(r.UnknownCharacters, *c)
	}
	slices.SortFunc(r.UnknownCharacters, func(a, b CharacterCount) int {
		return cmp.Or(b.Count-a.Count, int(a.Character-b.Character))
	})
	var used []TokenCount
	for id, n := range sum.counts {
		if n > 0 {
			used = append(used, TokenCount{t.Token(int32(id)), int32(id), int(n)})
		}
	}
	slices.SortFunc(used, func(a, b TokenCount) int { return cmp.Or(b.Count-a.Count, int(a.ID-b.ID)) })
	r.Used = len(used)
	r.Commonest = slices.Clone(used[:min(20, len(used))])
	r.Rarest = slices.Clone(used[max(0, len(used)-20):])
	slices.Reverse(r.Rarest)
	r.SuggestedMaxLength = r.suggest()
	r.samples = pickSamples(texts, r.Lengths, 8)
	return r
}

func (t *Tokenizer) tally(out *tally, texts []string, lengths []int32) {
	out.counts, out.why = make([]int32, len(t.byID)), map[rune]*CharacterCount{}
	s := t.scratch()
	defer t.release(s)
	q := &s.seq[0]
	added, unk := t.template.added(false), t.model.unk
	for i, text := range texts {
		t.cut(s, q, text)
		lengths[i] = int32(len(q.pieces) + added)
		out.tokens += len(q.pieces)
		before := out.unknown
		for _, p := range q.pieces {
			out.counts[p.id]++
			if p.id != unk {
				continue
			}
			lo, hi := p.start, p.end
			if len(q.starts) > 0 {
				lo, hi = q.starts[lo], q.starts[hi]
			}
			if word := text[lo:hi]; word != t.Token(unk) {
				out.unknown++
				t.explain(out.why, word)
			}
		}
		if out.unknown > before {
			out.affected++
		}
	}
}

// explain counts the characters of an unknown word that no token has, each once.
func (t *Tokenizer) explain(why map[rune]*CharacterCount, word string) {
	count := func(c rune) {
		if why[c] == nil {
			why[c] = &CharacterCount{Character: c, Example: string([]rune(word)[:min(40, utf8.RuneCountInString(word))])}
		}
		why[c].Count++
	}
	var n normalized
	t.table.normalize(&n, word)
	var seen []rune
	for i, c := range string(n.bytes) {
		if n.cls[i] == space || slices.Contains(seen, c) || t.hasCharacter(string(c), i == 0 || n.cls[i-1] == space) {
			continue
		}
		seen = append(seen, c)
		count(c)
	}
	if len(seen) == 0 {
		count(0)
	}
}

// hasCharacter reports whether a character alone is a token, at the beginning of a word or within.
func (t *Tokenizer) hasCharacter(c string, first bool) bool {
	if !first {
		c = t.prefix + c
	}
	_, ok := t.vocab[c]
	return ok
}

// Truncated returns the share of texts, 0 to 1, that are longer than n tokens.
func (r *Inspection) Truncated(n int) float64 {
	over := 0
	for _, l := range r.Lengths {
		if int(l) > n {
			over++
		}
	}
	return float64(over) / float64(max(1, len(r.Lengths)))
}

// UnknownRate returns the share of tokens, 0 to 1, that are [UNK].
func (r *Inspection) UnknownRate() float64 { return float64(r.Unknown) / float64(max(1, r.Tokens)) }

// quantile returns the length that a share p of the texts does not exceed.
func (r *Inspection) quantile(p float64) int {
	if len(r.Lengths) == 0 {
		return 0
	}
	sorted := slices.Clone(r.Lengths)
	slices.Sort(sorted)
	return int(sorted[max(0, int(math.Ceil(p*float64(len(sorted))))-1)])
}

func (r *Inspection) suggest() int {
	n := max(8, (r.quantile(.99)+7)/8*8)
	if limit := r.Tokenizer.ModelMaxLength; limit > 0 {
		return min(n, limit)
	}
	return min(n, 512)
}

// pickSamples returns texts that stand for the rest: evenly from the shortest to the longest, without repeats.
func pickSamples(texts []string, lengths []int32, n int) []string {
	order := make([]int, len(texts))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(lengths[a] - lengths[b]) })
	var out []string
	for k := range n {
		if len(order) == 0 {
			break
		}
		at := 0
		if n > 1 {
			at = k * (len(order) - 1) / (n - 1)
		}
		if text := texts[order[at]]; !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}
