package classic

import (
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// TFIDF turns texts into sparse rows: how often each term is in a text, less for terms that are in many texts, each row
// scaled to length 1. Defaults and formulas are those of scikit-learn's TfidfVectorizer.
type TFIDF struct {
	// Analyzer says what a term is: "word" (the default: words of two letters or more), "char" (characters, as for Chinese
	// texts), "char_wb" (characters within words), or "mixed" (words, and every Chinese character as a word).
	Analyzer     string
	NgramRange   [2]int   // terms of so many words or characters in a row, from and to; zeros mean {1, 1}
	MinDF        int      // terms in fewer texts are left out; 0 means 1
	MaxDF        float64  // terms in a larger share of the texts are left out; 0 means 1, all stay
	MaxFeatures  int      // only so many terms, the most frequent; 0: no limit
	SublinearTF  bool     // 1 + log of the count instead of the count
	KeepCase     bool     // capitals stay capitals
	WithoutIDF   bool     // terms count alike, however common
	WithoutScale bool     // rows keep their length
	StopWords    []string // words that are left out, by the analyzers "word" and "mixed"; as they are after capitals were made small

	Vocabulary []string  // learned: the term of each column, ascending
	IDF        []float64 // learned: the weight of each column

	columns map[string]int32
}

// counted is the terms of one text by number, in the numbering of a worker.
type counted struct {
	terms  []string         // by number
	number map[string]int32 // of a term
	df     []int32          // texts that have it
	tf     []int64          // times in all texts
	start  []int            // of each text in entries
	entry  []entry
}

type entry struct{ term, count int32 }

// Fit learns the terms and their weights from X, a []string; y does not count.
func (v *TFIDF) Fit(X, _ any) error {
	_, err := v.fit(X)
	return err
}

func (v *TFIDF) fit(X any) ([]counted, error) {
	texts, err := v.texts(X)
	if err != nil {
		return nil, err
	}
	parts := v.count(texts)
	// Workers have their own numbers: the terms of all are joined, filtered and sorted.
	df, tf := map[string]int{}, map[string]int64{}
	for _, p := range parts {
		for i, t := range p.terms {
			df[t] += int(p.df[i])
			tf[t] += p.tf[i]
		}
	}
	if len(df) == 0 {
		return nil, fmt.Errorf("classic: TFIDF: %d texts have no term: are they empty? Chinese text needs the Analyzer \"char\" or \"mixed\"", len(texts))
	}
	most := len(texts)
	if v.MaxDF > 0 {
		most = int(v.MaxDF * float64(len(texts)))
	}
	terms := make([]string, 0, len(df))
	for t, n := range df {
		if n >= v.MinDF && n <= most {
			terms = append(terms, t)
		}
	}
	if len(terms) == 0 {
		return nil, fmt.Errorf("classic: TFIDF: none of %d terms is in at least %d and at most %d of %d texts: change MinDF or MaxDF", len(df), max(1, v.MinDF), most, len(texts))
	}
	slices.Sort(terms)
	if v.MaxFeatures > 0 && len(terms) > v.MaxFeatures {
		slices.SortStableFunc(terms, func(a, b string) int { return int(tf[b] - tf[a]) })
		terms = terms[:v.MaxFeatures]
		slices.Sort(terms)
	}
	v.Vocabulary, v.IDF = terms, make([]float64, len(terms))
	v.columns = nil
	for j, t := range terms {
		v.IDF[j] = 1
		if !v.WithoutIDF {
			v.IDF[j] = math.Log(float64(1+len(texts))/float64(1+df[t])) + 1
		}
	}
	return parts, nil
}

func (v *TFIDF) texts(X any) ([]string, error) {
	texts, ok := X.([]string)
	if !ok {
		return nil, fmt.Errorf("classic: TFIDF: X is %T: a []string of texts is expected", X)
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("classic: TFIDF: X has no texts")
	}
	lo, hi := v.ngrams()
	if lo < 1 || hi < lo {
		return nil, fmt.Errorf("classic: TFIDF: NgramRange is %v: it must be from 1 or more up to as much or more", v.NgramRange)
	}
	if v.MinDF < 0 || v.MaxDF < 0 || v.MaxDF > 1 || v.MaxFeatures < 0 {
		return nil, fmt.Errorf("classic: TFIDF: MinDF %d and MaxFeatures %d must not be negative, MaxDF %v must be from 0 to 1", v.MinDF, v.MaxFeatures, v.MaxDF)
	}
	switch v.Analyzer {
	case "", "word", "char", "char_wb", "mixed":
		return texts, nil
	}
	return nil, fmt.Errorf("classic: TFIDF: Analyzer is %q: it may be \"word\", \"char\", \"char_wb\" or \"mixed\"", v.Analyzer)
}

func (v *TFIDF) ngrams() (int, int) {
	if v.NgramRange == [2]int{} {
		return 1, 1
	}
	return v.NgramRange[0], v.NgramRange[1]
}

// count counts the terms of texts on all cores, one range of texts a worker.
func (v *TFIDF) count(texts []string) []counted {
	parts := make([]counted, max(1, min(runtime.GOMAXPROCS(0), len(texts)/64)))
	var wg sync.WaitGroup
	for p := range parts {
		wg.Go(func() {
			c := &parts[p]
			c.number = map[string]int32{}
			a := analyzer{v: v, stop: map[string]bool{}}
			for _, w := range v.StopWords {
				a.stop[w] = true
			}
			a.lo, a.hi = v.ngrams()
			var seen []int32 // by term: the place in entry of the text at hand, or less
			for _, text := range texts[len(texts)*p/len(parts) : len(texts)*(p+1)/len(parts)] {
				begin := len(c.entry)
				c.start = append(c.start, begin)
				a.terms(text, func(term []byte) {
					n, ok := c.number[string(term)]
					if !ok {
						n = int32(len(c.terms))
						s := string(term)
						c.number[s] = n
						c.terms, c.df, c.tf, seen = append(c.terms, s), append(c.df, 0), append(c.tf, 0), append(seen, -1)
					}
					c.tf[n]++
					if at := seen[n]; int(at) >= begin {
						c.entry[at].count++
						return
					}
					seen[n] = int32(len(c.entry))
					c.df[n]++
					c.entry = append(c.entry, entry{n, 1})
				})
			}
			c.start = append(c.start, len(c.entry))
		})
	}
	wg.Wait()
	return parts
}

// Transform returns a row for each text.
func (v *TFIDF) Transform(X any) (Matrix, error) {
	if len(v.Vocabulary) == 0 {
		return nil, fmt.Errorf("classic: this TFIDF is not fitted yet: call Fit first")
	}
	texts, err := v.texts(X)
	if err != nil {
		return nil, err
	}
	return v.rows(v.count(texts)), nil
}

// FitTransform is Fit and Transform of the same texts, which are read only once.
func (v *TFIDF) FitTransform(X, _ any) (Matrix, error) {
	parts, err := v.fit(X)
	if err != nil {
		return nil, err
	}
	return v.rows(parts), nil
}

// rows weighs the counts.
func (v *TFIDF) rows(parts []counted) *Sparse {
	if v.columns == nil {
		v.columns = make(map[string]int32, len(v.Vocabulary))
		for j, t := range v.Vocabulary {
			v.columns[t] = int32(j)
		}
	}
	pieces := make([]Sparse, len(parts))
	var wg sync.WaitGroup
	for p := range parts {
		wg.Go(func() {
			c, out := &parts[p], &pieces[p]
			column := make([]int32, len(c.terms))
			for i, t := range c.terms {
				j, ok := v.columns[t]
				if !ok {
					j = -1
				}
				column[i] = j
			}
			out.Rows = len(c.start) - 1
			out.Start = make([]int, 1, out.Rows+1)
			out.Index, out.Values = make([]int32, 0, len(c.entry)), make([]float64, 0, len(c.entry))
			for r := range out.Rows {
				row := c.entry[c.start[r]:c.start[r+1]]
				kept := 0
				for _, e := range row {
					if j := column[e.term]; j >= 0 {
						row[kept] = entry{j, e.count}
						kept++
					}
				}
				row = row[:kept]
				slices.SortFunc(row, func(a, b entry) int { return int(a.term - b.term) })
				square, begin := 0., len(out.Values)
				for _, e := range row {
					w := float64(e.count)
					if v.SublinearTF {
						w = 1 + math.Log(w)
					}
					w *= v.IDF[e.term]
					square += w * w
					out.Index, out.Values = append(out.Index, e.term), append(out.Values, w)
				}
				if !v.WithoutScale && square > 0 {
					scale := 1 / math.Sqrt(square)
					for k := begin; k < len(out.Values); k++ {
						out.Values[k] *= scale
					}
				}
				out.Start = append(out.Start, len(out.Values))
			}
		})
	}
	wg.Wait()
	out := &Sparse{Columns: len(v.Vocabulary), Start: []int{0}}
	for i := range pieces {
		p := &pieces[i]
		for _, s := range p.Start[1:] {
			out.Start = append(out.Start, s+len(out.Values))
		}
		if out.Rows == 0 {
			out.Index, out.Values = p.Index, p.Values
		} else {
			out.Index, out.Values = append(out.Index, p.Index...), append(out.Values, p.Values...)
		}
		out.Rows += p.Rows
	}
	return out
}

// CloneTransformer returns an unfitted copy.
func (v *TFIDF) CloneTransformer() Transformer {
	return &TFIDF{Analyzer: v.Analyzer, NgramRange: v.NgramRange, MinDF: v.MinDF, MaxDF: v.MaxDF, MaxFeatures: v.MaxFeatures,
		SublinearTF: v.SublinearTF, KeepCase: v.KeepCase, WithoutIDF: v.WithoutIDF, WithoutScale: v.WithoutScale, StopWords: v.StopWords}
}

// analyzer cuts a text into terms; it uses its memory again for the next text.
type analyzer struct {
	v      *TFIDF
	stop   map[string]bool
	lo, hi int
	text   []byte
	ends   []span
	join   []byte
}

type span struct{ lo, hi int }

// terms calls use with each term; the bytes are good until use returns.
func (a *analyzer) terms(text string, use func([]byte)) {
	if !a.v.KeepCase {
		text = lower(text)
	}
	a.text, a.ends = append(a.text[:0], text...), a.ends[:0]
	switch a.v.Analyzer {
	case "char":
		a.text = squeeze(a.text)
		a.characters(0, len(a.text))
		a.ngrams(a.lo, a.hi, false, use)
	case "char_wb":
		for _, w := range strings.Fields(text) {
			a.text = append(append(append(a.text[:0], ' '), w...), ' ')
			a.ends = a.ends[:0]
			a.characters(0, len(a.text))
			for n := a.lo; n <= a.hi; n++ {
				a.ngrams(n, n, false, use)
				if n >= len(a.ends) { // a short word counts once, whole
					if n > len(a.ends) {
						use(a.text)
					}
					break
				}
			}
		}
	default:
		a.words(a.v.Analyzer == "mixed")
		a.ngrams(a.lo, a.hi, true, use)
	}
}

// lower is Python's str.lower: a Σ at the end of a word becomes ς, and İ two characters.
func lower(text string) string {
	if strings.Contains(text, "Σ") || strings.Contains(text, "İ") {
		return cases.Lower(language.Und).String(text)
	}
	return strings.ToLower(text)
}

// squeeze makes one space of white space of two characters or more.
func squeeze(text []byte) []byte {
	out := text[:0:len(text)]
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRune(text[i:])
		if !isSpace(r) {
			out = append(out, text[i:i+n]...)
			i += n
			continue
		}
		j, count := i, 0
		for j < len(text) {
			r, n := utf8.DecodeRune(text[j:])
			if !isSpace(r) {
				break
			}
			j += n
			count++
		}
		if count == 1 {
			out = append(out, text[i:j]...)
		} else {
			out = append(out, ' ')
		}
		i = j
	}
	return out
}

// isSpace is Python's \s: white space and the four separators of ASCII.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

func (a *analyzer) characters(lo, hi int) {
	for lo < hi {
		_, n := utf8.DecodeRune(a.text[lo:hi])
		a.ends = append(a.ends, span{lo, lo + n})
		lo += n
	}
}

// words finds the words of two letters, digits or underscores and more: \b\w\w+\b. With han every Chinese character is
// one, and so is a single letter beside none.
func (a *analyzer) words(han bool) {
	for i := 0; i < len(a.text); {
		r, n := rune(a.text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRune(a.text[i:])
		}
		if !wordRune(r) {
			i += n
			continue
		}
		if han && unicode.Is(unicode.Han, r) {
			if !a.stop[string(a.text[i:i+n])] {
				a.ends = append(a.ends, span{i, i + n})
			}
			i += n
			continue
		}
		j, count := i+n, 1
		for j < len(a.text) {
			r, n := rune(a.text[j]), 1
			if r >= utf8.RuneSelf {
				r, n = utf8.DecodeRune(a.text[j:])
			}
			if !wordRune(r) || han && unicode.Is(unicode.Han, r) {
				break
			}
			j += n
			count++
		}
		if count > 1 && !a.stop[string(a.text[i:j])] {
			a.ends = append(a.ends, span{i, j})
		}
		i = j
	}
}

func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r == '_'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r)
}

// ngrams calls use with lo to hi neighbours in a row; words are joined with a space.
func (a *analyzer) ngrams(lo, hi int, words bool, use func([]byte)) {
	for n := lo; n <= hi; n++ {
		for i := 0; i+n <= len(a.ends); i++ {
			if n == 1 || !words {
				use(a.text[a.ends[i].lo:a.ends[i+n-1].hi])
				continue
			}
			a.join = a.join[:0]
			for k := i; k < i+n; k++ {
				if k > i {
					a.join = append(a.join, ' ')
				}
				a.join = append(a.join, a.text[a.ends[k].lo:a.ends[k].hi]...)
			}
			use(a.join)
		}
	}
}
