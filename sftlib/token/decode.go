package token

import "strings"

// decoder joins tokens to a text again: pieces with the prefix go to the piece before, the others after a space.
type decoder struct {
	prefix  string
	cleanup bool // no space before punctuation and in English contractions
}

// Decode returns the text of ids; without special tokens where skipSpecial is true. It is not the text that was encoded:
// case, accents and spaces may be gone. Ids that are no token are left out.
func (t *Tokenizer) Decode(ids []int32, skipSpecial bool) string {
	var b strings.Builder
	first := true
	for _, id := range ids {
		token := t.Token(id)
		if token == "" || skipSpecial && t.special[id] {
			continue
		}
		switch {
		case t.decoder == nil:
			if !first {
				b.WriteByte(' ')
			}
		case !first && strings.HasPrefix(token, t.decoder.prefix):
			token = token[len(t.decoder.prefix):]
		case !first:
			token = " " + token
		}
		if t.decoder != nil && t.decoder.cleanup {
			token = cleanups.Replace(token)
		}
		b.WriteString(token)
		first = false
	}
	return b.String()
}

// cleanups are those of Hugging Face, for English; each token is cleaned by itself.
var cleanups = cleanup{{" .", "."}, {" ?", "?"}, {" !", "!"}, {" ,", ","}, {" ' ", "'"}, {" n't", "n't"}, {" 'm", "'m"},
	{" do not", " don't"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}}

type cleanup [][2]string

// Replace replaces one pair after the other.
func (c cleanup) Replace(s string) string {
	if len(s) < 2 || strings.IndexByte(s, ' ') < 0 {
		return s
	}
	for _, p := range c {
		s = strings.ReplaceAll(s, p[0], p[1])
	}
	return s
}
