package token

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

type frame map[string][]string

func (f frame) Strings(column string) ([]string, error) {
	if f[column] == nil {
		return nil, errors.New("no column " + column)
	}
	return f[column], nil
}

func TestInspect(t *testing.T) {
	tok := small(t)
	texts := []string{"I love apples", "unaffable <script>", "我爱☃", "the the the", "[UNK]", "", strings.Repeat("love ", 700)}
	r, err := Inspect(tok, frame{"text": texts}, "text")
	if err != nil {
		t.Fatal(err)
	}
	var tokens int
	for i, text := range texts {
		e, err := tok.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		tokens += e.Len() - 2
		if int(r.Lengths[i]) != e.Len() {
			t.Errorf("length %d of %q, Encode says %d", r.Lengths[i], text, e.Len())
		}
	}
	// < script > and ☃ are unknown; [UNK] as written is no unknown word.
	if r.Texts != 7 || r.Tokens != tokens || r.Unknown != 4 || r.Affected != 2 {
		t.Errorf("%d texts, %d tokens (want %d), %d unknown in %d texts", r.Texts, r.Tokens, tokens, r.Unknown, r.Affected)
	}
	var chars []string
	for _, c := range r.UnknownCharacters {
		chars = append(chars, fmt.Sprintf("%c%d", c.Character, c.Count))
	}
	if got := strings.Join(chars, " "); got != "<1 >1 c1 i1 p1 r1 s1 t1 ☃1" {
		t.Errorf("unknown characters %s", got)
	}
	if c := r.Commonest[0]; c.Token != "love" || c.Count != 701 {
		t.Errorf("commonest %v", c)
	}
	if r.SuggestedMaxLength != 512 {
		t.Errorf("suggested %d, want the limit of BERT", r.SuggestedMaxLength)
	}
	if got := r.Truncated(512); got != 1./7 {
		t.Errorf("truncated %v", got)
	}
	text := r.String()
	for _, want := range []string{"7 texts", "☃", "U+2603", "max_length", "‹script›", "702"} {
		if !strings.Contains(text, want) {
			t.Errorf("text lacks %q:\n%s", want, text)
		}
	}
	html, _ := r.MimeBundle()["text/html"].(string)
	if strings.Contains(html, "<script>") || !strings.Contains(html, `title="love, id 11, characters 2 to 6"`) {
		t.Errorf("html: %.2000s", html)
	}
}

func TestInspectErrors(t *testing.T) {
	tok := small(t)
	for _, c := range []struct {
		texts  any
		column []string
		want   string
	}{
		{42, nil, "int holds no texts"},
		{frame{}, []string{"text"}, "no column text"},
		{Texts{"a"}, []string{"a", "b"}, "one at a time"},
	} {
		if _, err := Inspect(tok, c.texts, c.column...); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
	}
	if _, err := Inspect(nil, Texts{}); err == nil {
		t.Error("no tokenizer, no error")
	}
	if r, err := Inspect(tok, []string{}); err != nil || !strings.Contains(r.String(), "0 texts") {
		t.Errorf("no texts: %v %v", r, err)
	}
}
