package token

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// Encode encodes one text. Errors come from options that contradict each other.
func (t *Tokenizer) Encode(text string, options ...Option) (Encoding, error) {
	return t.one([2]string{text}, false, options)
}

// EncodePair encodes two texts as one input, such as a question and its answer.
func (t *Tokenizer) EncodePair(a, b string, options ...Option) (Encoding, error) {
	return t.one([2]string{a, b}, true, options)
}

func (t *Tokenizer) one(texts [2]string, pair bool, options []Option) (Encoding, error) {
	var e Encoding
	set, err := t.settings(pair, options)
	if err != nil {
		return e, err
	}
	s := t.scratch()
	defer t.release(s)
	if err := t.encode(&e, s, new(arena), &set, texts, pair); err != nil {
		return Encoding{}, err
	}
	if n := set.padded(e.Len()); n > 0 {
		e.pad(n, &set.padding, new(arena))
	}
	return e, nil
}

// EncodeBatch encodes texts on all cores. The encodings share blocks of memory: one that is kept keeps its neighbours.
func (t *Tokenizer) EncodeBatch(texts []string, options ...Option) ([]Encoding, error) {
	return t.batch(texts, nil, false, options)
}

// EncodePairs encodes a[i] with b[i] on all cores.
func (t *Tokenizer) EncodePairs(a, b []string, options ...Option) ([]Encoding, error) {
	if len(a) != len(b) {
		return nil, fmt.Errorf("token: %d first texts and %d second ones: there must be as many", len(a), len(b))
	}
	return t.batch(a, b, true, options)
}

const batchChunk = 32 // texts that a worker takes at a time

func (t *Tokenizer) batch(a, b []string, pair bool, options []Option) ([]Encoding, error) {
	set, err := t.settings(pair, options)
	if err != nil {
		return nil, err
	}
	out := make([]Encoding, len(a))
	var next atomic.Int64
	var failed atomic.Pointer[error]
	each := func(work func(lo, hi int, s *scratch, m *arena) error) {
		next.Store(0)
		run := func() {
			s := t.scratch()
			defer t.release(s)
			m := &arena{block: min(4096, 64*len(a))}
			for failed.Load() == nil {
				lo := int(next.Add(batchChunk)) - batchChunk
				if lo >= len(a) {
					return
				}
				if err := work(lo, min(lo+batchChunk, len(a)), s, m); err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			}
		}
		workers := min(runtime.GOMAXPROCS(0), (len(a)+batchChunk-1)/batchChunk)
		var wg sync.WaitGroup
		for range workers - 1 {
			wg.Go(run)
		}
		run()
		wg.Wait()
	}
	each(func(lo, hi int, s *scratch, m *arena) error {
		for i := lo; i < hi; i++ {
			texts := [2]string{a[i]}
			if pair {
				texts[1] = b[i]
			}
			if err := t.encode(&out[i], s, m, &set, texts, pair); err != nil {
				return fmt.Errorf("text %d: %w", i, err)
			}
		}
		return nil
	})
	if err := failed.Load(); err != nil {
		return nil, *err
	}
	longest := 0
	for i := range out {
		longest = max(longest, out[i].Len())
	}
	if n := set.padded(longest); n > 0 && set.padding.strategy == PadToLongest {
		each(func(lo, hi int, s *scratch, m *arena) error {
			for i := lo; i < hi; i++ {
				out[i].pad(n, &set.padding, m)
			}
			return nil
		})
	}
	return out, nil
}

// maxText keeps positions, also those of replaced characters that grow fourfold, within int32.
const maxText = 1 << 28

// encode fills e, padded where the length is known beforehand.
func (t *Tokenizer) encode(e *Encoding, s *scratch, m *arena, set *settings, texts [2]string, pair bool) error {
	q := &s.seq
	if n := max(len(texts[0]), len(texts[1])); n > maxText {
		return fmt.Errorf("token: a text of %d bytes is too long: split it into parts of at most %d", n, maxText)
	}
	t.cut(s, &q[0], texts[0])
	q[1].pieces = q[1].pieces[:0]
	if pair {
		t.cut(s, &q[1], texts[1])
	}
	keep := [2]int{len(q[0].pieces), len(q[1].pieces)}
	if set.maxLength > 0 && set.truncation != DoNotTruncate {
		room := set.maxLength
		if !set.bare {
			room -= t.template.added(pair)
		}
		var err error
		if keep[0], keep[1], err = set.truncate(keep[0], keep[1], room, pair); err != nil {
			return err
		}
	}
	for i := range q {
		var err error
		if q[i].parts, err = set.parts(q[i].parts[:0], len(q[i].pieces), keep[i]); err != nil {
			return err
		}
	}
	length := 0
	if set.padding.strategy == PadToMaxLength {
		length = set.padded(0)
	}
	t.assemble(e, s, m, set, q[0].parts[0], q[1].parts[0], pair, length)
	if !set.overflow {
		return nil
	}
	// The order of overflow is Hugging Face's: further parts of the first text, each with every part of the second, then
	// the first part with the further parts of the second.
	for _, a := range q[0].parts[1:] {
		for _, b := range q[1].parts {
			var o Encoding
			t.assemble(&o, s, m, set, a, b, pair, length)
			e.Overflow = append(e.Overflow, o)
		}
	}
	for _, b := range q[1].parts[1:] {
		var o Encoding
		t.assemble(&o, s, m, set, q[0].parts[0], b, pair, length)
		e.Overflow = append(e.Overflow, o)
	}
	return nil
}

// assemble writes one encoding from parts of the texts as the template has them.
func (t *Tokenizer) assemble(e *Encoding, s *scratch, m *arena, set *settings, a, b part, pair bool, length int) {
	n := a.hi - a.lo + b.hi - b.lo
	if !set.bare {
		n += t.template.added(pair)
	}
	e.resize(max(n, length), m)
	at := 0
	if set.padding.left {
		at = max(n, length) - n
	}
	e.fillPad(0, at, &set.padding)
	for i := range t.template.pieces(pair) {
		p := &t.template.pieces(pair)[i]
		if p.sequence < 0 {
			if set.bare {
				continue
			}
			for _, id := range p.ids {
				e.IDs[at], e.TypeIDs[at], e.AttentionMask[at] = id, p.typeID, 1
				e.SpecialTokensMask[at], e.Words[at], e.Sequences[at] = 1, -1, -1
				at++
			}
			continue
		}
		q, r := &s.seq[p.sequence], a
		if p.sequence == 1 {
			r = b
		}
		for _, x := range q.pieces[r.lo:r.hi] {
			e.IDs[at], e.TypeIDs[at], e.AttentionMask[at] = x.id, p.typeID, 1
			e.Words[at], e.Sequences[at] = x.word, int32(p.sequence)
			e.Offsets[at] = Span{x.start, x.end}
			if len(q.starts) > 0 {
				e.Bytes[at] = Span{q.starts[x.start], q.starts[x.end]}
			} else {
				e.Bytes[at] = Span{x.start, x.end}
			}
			at++
		}
	}
	e.fillPad(at, e.Len(), &set.padding)
}
