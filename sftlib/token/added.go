package token

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// AddedToken is a token that is looked for in the text before it is split into words, such as [MASK]. Fields as in
// tokenizer.json.
type AddedToken struct {
	ID         int32  `json:"id"`
	Content    string `json:"content"`
	SingleWord bool   `json:"single_word"` // only where no letter or digit touches it
	LStrip     bool   `json:"lstrip"`      // takes the white space before it
	RStrip     bool   `json:"rstrip"`      // takes the white space after it
	Normalized bool   `json:"normalized"`  // looked for in the normalized text
	Special    bool   `json:"special"`     // left out when decoding
}

// finder finds added tokens, the longest of those that begin at the leftmost place.
type finder struct {
	trie   *trie
	first  [256]bool
	tokens map[int32]*AddedToken
}

// newFinder returns nil where there is nothing to find.
func newFinder(tokens []AddedToken, text func(*AddedToken) string) *finder {
	f := &finder{tokens: map[int32]*AddedToken{}}
	var keys []trieKey
	for i := range tokens {
		a := &tokens[i]
		if t := text(a); t != "" {
			keys = append(keys, trieKey{t, a.ID})
			f.first[t[0]] = true
			f.tokens[a.ID] = a
		}
	}
	if len(keys) == 0 {
		return nil
	}
	f.trie = newTrie(keys)
	return f
}

// match is an added token at [start, end); token is nil for the text between.
type match struct {
	token      *AddedToken
	start, end int
}

// split appends text cut at the added tokens that are in it.
func (f *finder) split(dst []match, text string) []match {
	done := 0
	for i := 0; i < len(text); {
		if !f.first[text[i]] {
			i++
			continue
		}
		id, end := int32(-1), 0
		for s, j := int32(0), i; j < len(text); j++ {
			if s = f.trie.child(s, text[j]); s == noNode {
				break
			}
			if v := f.trie.nodes[s].id; v >= 0 {
				id, end = v, j+1
			}
		}
		if id < 0 {
			i++
			continue
		}
		a, start := f.tokens[id], i
		i = end
		if a.SingleWord && (endsWithWord(text[:start]) || startsWithWord(text[end:])) {
			continue
		}
		if a.LStrip {
			start = max(done, len(strings.TrimRightFunc(text[:start], unicode.IsSpace)))
		}
		if a.RStrip {
			rest := text[end:]
			end += len(rest) - len(strings.TrimLeftFunc(rest, unicode.IsSpace))
		}
		if done < start {
			dst = append(dst, match{nil, done, start})
		}
		dst = append(dst, match{a, start, end})
		done = end
	}
	if done < len(text) {
		dst = append(dst, match{nil, done, len(text)})
	}
	return dst
}

func endsWithWord(s string) bool {
	r, n := utf8.DecodeLastRuneInString(s)
	return n > 0 && isWord(r)
}

func startsWithWord(s string) bool {
	r, n := utf8.DecodeRuneInString(s)
	return n > 0 && isWord(r)
}

// isWord is \w of Unicode TR 18, which the single_word flag is defined by.
func isWord(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.Is(unicode.Nd, r) || unicode.Is(unicode.Nl, r) ||
		unicode.Is(unicode.Pc, r) || unicode.Is(unicode.Other_Alphabetic, r) || r == 0x200c || r == 0x200d
}
