package data

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"gosft/sftlib/show"
)

// Leak is a text of one frame that stands, the same or nearly so, in another.
type Leak struct {
	Train, Val         int // numbers of the rows, from 0
	TrainText, ValText string
	Similarity         float64 // 1: the same but for case, space, accents' form and punctuation
}

// LeakReport says how many texts stand on both sides of a split.
type LeakReport struct {
	Column         string
	TrainRows      int
	ValRows        int
	Same, NearSame int    // rows of the second frame that have a partner in the first
	Leaks          []Leak // one for each such row, with its most similar partner; the most similar first, at most 1000
}

// nearEnough is the share of common pieces from which on texts are nearly the same.
const nearEnough = 0.8

// Leaks looks for texts of val that stand in train too: the same but for case, white space and punctuation, or nearly the
// same (at least 0.8 of their pieces of four characters in common; of two where a text is Chinese, Japanese or Korean).
// A model that is evaluated on texts it was trained on looks better than it is. The search is by MinHash (Broder 1997) with
// 96 hashes in 24 bands, which finds a pair of similarity 0.8 with a probability over 0.999.
func Leaks(train, val *Frame, column string) (*LeakReport, error) {
	for _, f := range []*Frame{train, val} {
		if _, err := f.ask(column); err != nil {
			return nil, fmt.Errorf("Leaks: %w", err)
		}
	}
	r := &LeakReport{Column: column, TrainRows: train.Len(), ValRows: val.Len()}
	m := newMinHash()
	// The second frame, usually the smaller, is held; the first streams by.
	type entry struct {
		text   string
		pieces []uint64
		best   Leak
	}
	var held []*entry
	buckets := map[uint64][]int32{}
	whole := map[string][]int32{}
	err := val.eachText(column, func(row int, text string) {
		e := &entry{text: text}
		held = append(held, e)
		plain := fold(text)
		if plain == "" {
			return
		}
		whole[plain] = append(whole[plain], int32(row))
		e.pieces = m.pieces(plain)
		for _, key := range m.bands(e.pieces) {
			buckets[key] = append(buckets[key], int32(row))
		}
	})
	if err != nil {
		return nil, fmt.Errorf("Leaks: %w", err)
	}
	err = train.eachText(column, func(row int, text string) {
		plain := fold(text)
		if plain == "" {
			return
		}
		for _, v := range whole[plain] {
			if e := held[v]; e.best.Similarity < 1 {
				e.best = Leak{Train: row, Val: int(v), TrainText: text, ValText: e.text, Similarity: 1}
			}
		}
		pieces := m.pieces(plain)
		tried := map[int32]bool{}
		for _, key := range m.bands(pieces) {
			for _, v := range buckets[key] {
				e := held[v]
				if e.best.Similarity == 1 || tried[v] {
					continue
				}
				tried[v] = true
				// Texts with the same pieces in another order are near, not the same.
				if s := math.Min(jaccard(pieces, e.pieces), .999); s >= nearEnough && s > e.best.Similarity {
					e.best = Leak{Train: row, Val: int(v), TrainText: text, ValText: e.text, Similarity: s}
				}
			}
		}
	})
	if err != nil {
		return nil, fmt.Errorf("Leaks: %w", err)
	}
	for _, e := range held {
		switch {
		case e.best.Similarity == 1:
			r.Same++
		case e.best.Similarity > 0:
			r.NearSame++
		default:
			continue
		}
		r.Leaks = append(r.Leaks, e.best)
	}
	slices.SortStableFunc(r.Leaks, func(a, b Leak) int {
		switch {
		case a.Similarity > b.Similarity:
			return -1
		case a.Similarity < b.Similarity:
			return 1
		}
		return a.Val - b.Val
	})
	r.Leaks = r.Leaks[:min(len(r.Leaks), 1000)]
	return r, nil
}

// eachText goes over a column of text.
func (f *Frame) eachText(column string, each func(row int, text string)) error {
	c, err := f.column(column)
	if err != nil {
		return err
	}
	row := 0
	return f.scan(context.Background(), "CAST(x."+ident(c.Name)+" AS VARCHAR)", func(rows *sql.Rows) error {
		var v sql.NullString
		if err := rows.Scan(&v); err != nil {
			return err
		}
		each(row, v.String)
		row++
		return nil
	})
}

// fold takes away what does not make a text another one: case, the form of its characters, white space, punctuation. A text
// of nothing but signs, such as ":-)", stays as it is.
func fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range norm.NFKC.String(s) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.M, r), unicode.Is(unicode.So, r):
			if gap && b.Len() > 0 {
				b.WriteByte(' ')
			}
			gap = false
			b.WriteRune(unicode.ToLower(r))
		case r == '\'' || r == '’':
		default:
			gap = true
		}
	}
	if b.Len() == 0 {
		return strings.Join(strings.Fields(s), " ")
	}
	return b.String()
}

const (
	bandCount = 24
	bandRows  = 4
)

// minHash makes short signatures of sets, such that two signatures agree in each place with the probability of the sets'
// Jaccard similarity. Its results do not depend on the process: the hashes have fixed factors.
type minHash struct{ a, b [bandCount * bandRows]uint64 }

func newMinHash() *minHash {
	m := &minHash{}
	state := uint64(0x9e3779b97f4a7c15)
	next := func() uint64 { // splitmix64 (Steele, Lea, Flood 2014)
		state += 0x9e3779b97f4a7c15
		z := state
		z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
		z = (z ^ z>>27) * 0x94d049bb133111eb
		return z ^ z>>31
	}
	for i := range m.a {
		m.a[i], m.b[i] = next()|1, next()
	}
	return m
}

// pieces returns the sorted hashes of all runs of four characters, of two in texts of East Asian characters.
func (m *minHash) pieces(s string) []uint64 {
	runes := []rune(s)
	n, wide := 4, 0
	for _, r := range runes {
		if unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) {
			wide++
		}
	}
	if wide*3 > len(runes) {
		n = 2
	}
	n = min(n, len(runes))
	out := make([]uint64, 0, len(runes)-n+1)
	for i := 0; i+n <= len(runes); i++ {
		h := uint64(14695981039346656037) // FNV-1a
		for _, r := range runes[i : i+n] {
			h = (h ^ uint64(r)) * 1099511628211
		}
		out = append(out, h)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// bands returns the keys of the buckets into which a set falls.
func (m *minHash) bands(pieces []uint64) [bandCount]uint64 {
	var low [bandCount * bandRows]uint64
	for i := range low {
		low[i] = math.MaxUint64
	}
	for _, p := range pieces {
		for i := range low {
			h := (p ^ m.b[i]) * m.a[i]
			h ^= h >> 32
			if h < low[i] {
				low[i] = h
			}
		}
	}
	var keys [bandCount]uint64
	for band := range keys {
		h := uint64(band)
		for _, v := range low[band*bandRows : (band+1)*bandRows] {
			h = (h ^ v) * 0x9e3779b97f4a7c15
			h ^= h >> 29
		}
		keys[band] = h
	}
	return keys
}

// jaccard is the share of common elements of two sorted sets.
func jaccard(a, b []uint64) float64 {
	both, i, j := 0, 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case a[i] == b[j]:
			both++
			i++
			j++
		case a[i] < b[j]:
			i++
		default:
			j++
		}
	}
	return float64(both) / float64(max(1, len(a)+len(b)-both))
}

// String says in a line what was found.
func (r *LeakReport) String() string {
	if r.Same+r.NearSame == 0 {
		return fmt.Sprintf("no text of the %s stands in the %s of the other side", plural(r.ValRows, "row"), plural(r.TrainRows, "row"))
	}
	return fmt.Sprint(r.table())
}

// MimeBundle shows the leaks as a table.
func (r *LeakReport) MimeBundle() map[string]any {
	if r.Same+r.NearSame == 0 {
		return show.Group{r.String()}.MimeBundle()
	}
	return r.table().MimeBundle()
}

func (r *LeakReport) table() *show.Table {
	t := show.NewTable("similarity", "row here", "text here", "row there", "text there")
	t.Caption = fmt.Sprintf("%s of %s (%s) stand on the other side too: %s the same, %s nearly", show.Count(r.Same+r.NearSame), plural(r.ValRows, "row"),
		percent(r.Same+r.NearSame, r.ValRows), show.Count(r.Same), show.Count(r.NearSame))
	for _, l := range r.Leaks[:min(len(r.Leaks), 10)] {
		t.Add(l.Similarity, l.Val, l.ValText, l.Train, l.TrainText)
	}
	t.Total, t.Clip = r.Same+r.NearSame, 50
	t.Note = "Distinct before the split, or GroupBy in it, keeps such texts on one side."
	return t
}
