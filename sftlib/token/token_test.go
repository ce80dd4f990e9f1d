package token

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"gosft/sftlib/internal/testenv"
)

func TestEveryTypeHasAnExample(t *testing.T) { testenv.Examples(t) }

// small is a tokenizer of a few words, for tests that need no files.
func small(t testing.TB) *Tokenizer {
	t.Helper()
	tok, err := FromVocab(strings.Fields("[PAD] [UNK] [CLS] [SEP] [MASK] un ##aff ##able apple ##s i love , . 我 爱 苹 果 the"), BERTNormalizer(true))
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func TestTokenize(t *testing.T) {
	tok := small(t)
	for _, c := range []struct{ text, want string }{
		{"", ""},
		{"I love apples.", "i love apple ##s ."},
		{"UNAFFABLE", "un ##aff ##able"},
		{"unafable", "[UNK]"},
		{"我爱苹果", "我 爱 苹 果"},
		{"我love,爱", "我 love , 爱"},
		{"apple\u00adS\u200b", "apple ##s"},
		{"lóvé ÀPPLE", "love apple"},
		{"i [MASK] the[MASK]", "i [MASK] the [MASK]"},
		{"[mask]", "[UNK] [UNK] [UNK]"},
		{"un\xff\xfeaff", "un ##aff"}, // bytes that are not UTF-8
		{strings.Repeat("s", 101), "[UNK]"},
	} {
		if got := strings.Join(tok.Tokenize(c.text), " "); got != c.want {
			t.Errorf("%q: %s, want %s", c.text, got, c.want)
		}
	}
}

func TestEncodings(t *testing.T) {
	tok := small(t)
	e, err := tok.EncodePair("I love", "我爱苹果", MaxLength(8), Padding(PadToMaxLength), PadToMultipleOf(3), Stride(1), ReturnOverflowingTokens(), Truncation(OnlySecond))
	if err != nil {
		t.Fatal(err)
	}
	want := Encoding{
		IDs: []int32{2, 10, 11, 3, 14, 15, 16, 3, 0}, TypeIDs: []int32{0, 0, 0, 0, 1, 1, 1, 1, 0},
		AttentionMask: []int32{1, 1, 1, 1, 1, 1, 1, 1, 0}, SpecialTokensMask: []int32{1, 0, 0, 1, 0, 0, 0, 1, 1},
		Words: []int32{-1, 0, 1, -1, 0, 1, 2, -1, -1}, Sequences: []int32{-1, 0, 0, -1, 1, 1, 1, -1, -1},
		Offsets: []Span{{}, {0, 1}, {2, 6}, {}, {0, 1}, {1, 2}, {2, 3}, {}, {}}, Bytes: []Span{{}, {0, 1}, {2, 6}, {}, {0, 3}, {3, 6}, {6, 9}, {}, {}},
	}
	if len(e.Overflow) != 1 || !reflect.DeepEqual(e.Overflow[0].IDs, []int32{2, 10, 11, 3, 16, 17, 3, 0, 0}) {
		t.Errorf("overflow %v", e.Overflow)
	}
	e.Overflow = nil
	if !reflect.DeepEqual(e, want) {
		t.Errorf("got  %v\nwant %v", e, want)
	}
	if got := tok.Decode(e.IDs, true); got != "i love 我 爱 苹" {
		t.Errorf("decoded %q", got)
	}
	if got := tok.Decode([]int32{5, 7, 99, -1, 13}, true); got != "unable." {
		t.Errorf("decoded %q", got)
	}
}

func TestOptionsThatContradict(t *testing.T) {
	tok := small(t)
	for _, c := range []struct {
		want    string
		options []Option
	}{
		{"MaxLength 1 has no room for the 2 special tokens", []Option{MaxLength(1)}},
		{"MaxLength -3", []Option{MaxLength(-3)}},
		{"Stride 4 must be from 0 to 3", []Option{MaxLength(6), Stride(4)}},
		{`truncation strategy "first" is not known`, []Option{MaxLength(6), Truncation("first")}},
		{"only_second needs a second text", []Option{MaxLength(3), Truncation(OnlySecond)}},
		{"needs MaxLength", []Option{Padding(PadToMaxLength)}},
		{`padding strategy "left" is not known`, []Option{Padding("left")}},
		{"PadToMultipleOf -8", []Option{PadToMultipleOf(-8)}},
	} {
		_, err := tok.Encode("I love apples", c.options...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %s", err, c.want)
		}
		if _, err := tok.EncodeBatch([]string{"I love apples"}, c.options...); err == nil {
			t.Errorf("a batch has no error, want %s", c.want)
		}
	}
	if _, err := tok.EncodePair("i", "I love apples", MaxLength(5), Truncation(OnlyFirst)); err == nil || !strings.Contains(err.Error(), "only_first cannot cut 3 tokens off a first text of 1") {
		t.Errorf("error %v", err)
	}
	if _, err := tok.EncodePairs([]string{"a"}, nil); err == nil || !strings.Contains(err.Error(), "1 first texts and 0 second") {
		t.Errorf("error %v", err)
	}
}

// TestOffsets checks on made-up texts what offsets promise, without a reference.
func TestOffsets(t *testing.T) {
	tok := small(t)
	for _, text := range fuzzedTexts(31, 3000) {
		e, err := tok.Encode(text)
		if err != nil {
			t.Fatal(err)
		}
		n := e.Len()
		for name, length := range map[string]int{"TypeIDs": len(e.TypeIDs), "AttentionMask": len(e.AttentionMask), "SpecialTokensMask": len(e.SpecialTokensMask),
			"Words": len(e.Words), "Sequences": len(e.Sequences), "Offsets": len(e.Offsets), "Bytes": len(e.Bytes)} {
			if length != n {
				t.Fatalf("%q: %d %s for %d tokens", text, length, name, n)
			}
		}
		runes := []rune(text)
		last, word := Span{}, int32(-1)
		for i := range e.IDs {
			o, b := e.Offsets[i], e.Bytes[i]
			if e.SpecialTokensMask[i] == 1 {
				if o != (Span{}) || b != (Span{}) {
					t.Fatalf("%q: special token at %v", text, o)
				}
				continue
			}
			if o.Start < last.Start || o.End < last.End || o.End <= o.Start || int(o.End) > len(runes) {
				t.Fatalf("%q: token %d at %v after %v", text, i, o, last)
			}
			if e.Words[i] != word && o.Start < last.End {
				t.Fatalf("%q: word %d begins within word %d", text, e.Words[i], word)
			}
			if e.Words[i] < word || e.Words[i] > word+1 {
				t.Fatalf("%q: word %d after word %d", text, e.Words[i], word)
			}
			last, word = o, e.Words[i]
			if string(runes[o.Start:o.End]) != strings.ToValidUTF8(text[b.Start:b.End], "\ufffd") {
				t.Fatalf("%q: characters %v and bytes %v are not the same place", text, o, b)
			}
			if !utf8.ValidString(text[b.Start:b.End]) {
				t.Fatalf("%q: bytes %v cut a character", text, b)
			}
			// What the token covers, cleaned again, is the token.
			piece := strings.TrimPrefix(tok.Token(e.IDs[i]), "##")
			var norm normalized
			tok.table.normalize(&norm, text[b.Start:b.End])
			if e.IDs[i] != tok.UnkID() && piece != "[MASK]" && !strings.Contains(string(norm.bytes), piece) && !tok.IsSpecial(e.IDs[i]) {
				t.Fatalf("%q: token %q covers %q", text, piece, text[b.Start:b.End])
			}
		}
	}
}

// TestOverflowCovers checks that a text cut into parts loses no token, whatever the length and stride.
func TestOverflowCovers(t *testing.T) {
	tok := small(t)
	for i, text := range fuzzedTexts(41, 200) {
		whole, err := tok.Encode(text, WithoutSpecialTokens())
		if err != nil {
			t.Fatal(err)
		}
		length, stride := 3+i%11, 0
		if length > 3 {
			stride = i % (length - 3)
		}
		for _, left := range []bool{false, true} {
			options := []Option{MaxLength(length), Stride(stride), ReturnOverflowingTokens()}
			if left {
				options = append(options, TruncateLeft())
			}
			e, err := tok.Encode(text, options...)
			if err != nil {
				t.Fatal(err)
			}
			seen := map[Span]bool{}
			for _, part := range append([]Encoding{e}, e.Overflow...) {
				if part.Len() > length {
					t.Fatalf("%d tokens, MaxLength %d", part.Len(), length)
				}
				for k, s := range part.SpecialTokensMask {
					if s == 0 {
						seen[part.Offsets[k]] = true
					}
				}
			}
			for _, o := range whole.Offsets {
				if !seen[o] {
					t.Fatalf("%q, length %d, stride %d: the token at %v is lost", text, length, stride, o)
				}
			}
		}
	}
}

func TestOpenErrors(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ name, text, want string }{
		{"", "", "no such file"},
		{"tokenizer.json", "", "unexpected end"},
		{"tokenizer.json", "{\n\n\"model\": ?}", "line 3"},
		{"tokenizer.json", `{}`, `no "model"`},
		{"tokenizer.json", `{"model":{"type":"BPE","vocab":{},"merges":[]}}`, `the model is "BPE": only WordPiece`},
		{"tokenizer.json", `{"model":{"type":"WordPiece"}}`, "no vocabulary"},
		{"tokenizer.json", `{"model":{"vocab":{"a":"b"}}}`, "is a string where int32 belongs"},
		{"tokenizer.json", `{"model":{"vocab":{"a":3000000000}}}`, "where int32 belongs"},
		{"tokenizer.json", `{"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"vocab":{"[UNK]":0,"a":2000000000}}}`, "the id 2000000000"},
		{"tokenizer.json", `{"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"vocab":{"[UNK]":-1}}}`, "the id -1"},
		{"tokenizer.json", `{"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"vocab":{"a":0}}}`, `no unknown token "[UNK]"`},
		{"tokenizer.json", `{"pre_tokenizer":{"type":"ByteLevel"},"model":{"vocab":{"[UNK]":0}}}`, `the pre-tokenizer is "ByteLevel"`},
		{"tokenizer.json", `{"normalizer":{"type":"NFKC"},"model":{"vocab":{"[UNK]":0}}}`, `the normalizer is "NFKC"`},
		{"tokenizer.json", `{"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"[X]","type_id":0}}]},"model":{"vocab":{"[UNK]":0}}}`, `uses "[X]"`},
		{"tokenizer.json", `{"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"TemplateProcessing","single":[],"pair":[]},"model":{"vocab":{"[UNK]":0}}}`, "holds text A 0 times"},
		{"tokenizer.json", `{"pre_tokenizer":{"type":"BertPreTokenizer"},"post_processor":{"type":"BertProcessing","sep":["[SEP]",9],"cls":["[CLS]",1]},"model":{"vocab":{"[UNK]":0}}}`, "the vocabulary ends at 0"},
		{"tokenizer.json", `{"pre_tokenizer":{"type":"BertPreTokenizer"},"padding":{"strategy":{"Fixed":4000000000}},"model":{"vocab":{"[UNK]":0}}}`, "padding strategy"},
		{"tokenizer.json", `{"pre_tokenizer":{"type":"BertPreTokenizer"},"model":{"vocab":{"[UNK]":0},"max_input_chars_per_word":0}}`, "max_input_chars_per_word is 0"},
		{"vocab.txt", "a\nb\n", "has no [CLS]"},
		{"vocab.txt", "[CLS]\n[SEP]\n", "no unknown token"},
	} {
		name := filepath.Join(dir, "missing")
		if c.name != "" {
			name = filepath.Join(dir, c.name)
			if err := os.WriteFile(name, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		_, err := Open(name)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want %s", c.text, err, c.want)
		}
	}
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "neither tokenizer.json nor vocab.txt") {
		t.Errorf("empty folder: %v", err)
	}
}

// FuzzFromJSON: whatever a tokenizer.json says, there is an error or a tokenizer that encodes.
func FuzzFromJSON(f *testing.F) {
	text, err := small(f).JSON()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text, "I love 我 apples [MASK]")
	f.Add([]byte(`{"model":{"vocab":{"[UNK]":0,"":1,"##":2}},"pre_tokenizer":{"type":"BertPreTokenizer"}}`), "a##")
	f.Add([]byte(`{"truncation":{"max_length":1,"strategy":"LongestFirst","stride":9},"model":{"vocab":{"[UNK]":0},"continuing_subword_prefix":""},"pre_tokenizer":{"type":"BertPreTokenizer"}}`), "aa")
	f.Add([]byte(`{"added_tokens":[{"id":5,"content":"\u0301","normalized":true},{"id":6,"content":" ","lstrip":true,"rstrip":true}],"normalizer":{"type":"BertNormalizer"},"model":{"vocab":{"[UNK]":0}},"pre_tokenizer":{"type":"BertPreTokenizer"}}`), " \u0301 é ")
	f.Fuzz(func(t *testing.T, text []byte, input string) {
		tok, err := FromJSON(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "token: ") {
				t.Errorf("error without a source: %v", err)
			}
			return
		}
		for _, options := range [][]Option{nil, tok.FileOptions(), {MaxLength(4), ReturnOverflowingTokens()}} {
			e, err := tok.EncodePair(input, input, options...)
			if err != nil {
				continue
			}
			for i, id := range e.IDs {
				if id < 0 || int(id) >= tok.VocabSize() {
					t.Fatalf("id %d of %d", id, tok.VocabSize())
				}
				if b := e.Bytes[i]; b.Start < 0 || b.End < b.Start || int(b.End) > len(input) {
					t.Fatalf("bytes %v of a text of %d", b, len(input))
				}
			}
			tok.Decode(e.IDs, false)
		}
		if _, err := tok.JSON(); err != nil {
			t.Fatal(err)
		}
	})
}
