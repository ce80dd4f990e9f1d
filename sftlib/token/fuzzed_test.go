package token

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gosft/sftlib/internal/testenv"
)

// variants writes tokenizer.json files that differ from MiniLM's in the normalizer and in added tokens, and returns them
// by name.
func variants(t testing.TB) map[string]string {
	t.Helper()
	text, err := os.ReadFile(files(t)["MiniLM"])
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	out := map[string]string{}
	write := func(name string, edit func(map[string]any)) {
		var f map[string]any
		if err := json.Unmarshal(text, &f); err != nil {
			t.Fatal(err)
		}
		f["truncation"], f["padding"] = nil, nil
		edit(f)
		b, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = filepath.Join(dir, strings.ReplaceAll(name, " ", "-")+".json")
		if err := os.WriteFile(out[name], b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for bits := range 16 {
		on := func(i int) bool { return bits>>i&1 == 1 }
		write(fmt.Sprintf("normalizer %04b", bits), func(f map[string]any) {
			f["normalizer"] = map[string]any{"type": "BertNormalizer", "clean_text": on(0), "handle_chinese_chars": on(1),
				"strip_accents": on(2), "lowercase": on(3)}
		})
	}
	write("added tokens", func(f map[string]any) {
		added, vocab := f["added_tokens"].([]any), f["model"].(map[string]any)["vocab"].(map[string]any)
		id := 30522
		for _, content := range []string{"<e1>", "</e1>", "Привет", "你好", "covid-19", "ab", "abc", "ÉCOLE", " x ", "#"} {
			for _, flag := range []string{"", "single_word", "lstrip", "rstrip"} {
				for _, normalized := range []bool{false, true} {
					a := map[string]any{"id": id, "content": flag + content, "single_word": false, "lstrip": false, "rstrip": false,
						"normalized": normalized, "special": id%3 == 0}
					if normalized {
						a["content"] = content + "N" + flag
					}
					if flag != "" {
						a[flag] = true
					}
					if known := vocab[a["content"].(string)]; known != nil { // ab, abc, #
						a["id"] = known
						id--
					}
					added = append(added, a)
					id++
				}
			}
		}
		f["added_tokens"] = added
	})
	write("short words, other prefix", func(f map[string]any) {
		m := f["model"].(map[string]any)
		m["max_input_chars_per_word"] = 7
		m["continuing_subword_prefix"] = "a"
	})
	write("other template", func(f map[string]any) {
		f["post_processor"] = map[string]any{"type": "BertProcessing", "sep": []any{"[SEP]", 102}, "cls": []any{"[CLS]", 101}}
	})
	return out
}

// fuzzedTexts makes n texts of everything that has ever gone wrong in a tokenizer.
func fuzzedTexts(seed uint64, n int) []string {
	r := rand.New(rand.NewPCG(seed, 7))
	hard := []string{"\u00ad", "\ufeff", "\u200b", "\u200d", "\u2028", "\u2029", "\u0085", "\u00a0", "\u3000", "\t", "\n", "\r\n", "\x00", "\x1f", "\x7f",
		"\ufffd", "\ue000", "é", "e\u0301", "É", "İ", "ı", "ß", "ẞ", "Σ", "ς", "ﬁ", "Å", "\u212b", "가", "각", "ㄱ", "か", "が", "か\u3099", "\u0344",
		"\U0001d15e", "\U0001d160", "\u302e", "\u302f", "\u1b44", "\u0f73", "\u0f71\u0f80", "\u0327\u0301", "\u0301\u0327", "\u0323", "a\u0301\u302f\u0323", "\U0001d165\u0301",
		"👩‍👩‍👧", "🇩🇪", "👍🏽", "我", "愛", "\uf900", "\U0002f800", "\U00020000", "\u2f00", "﹏", "。", "，", "“", "”", "…", "—", "¿", "·", "।", "؟",
		"[MASK]", "[CLS]", "[SEP]", "[PAD]", "[UNK]", "[mask]", "[MASK", "MASK]", "##ing", "##", "#", "$", "^", "`", "~", "+", "<", ">", "|", "=",
		"don't", "l'été", "naïve", "STRAẞE", "ПРИВЕТ", "Ёлка", "ЙОД", "ελληνικά", "Ὀδυσσεύς", "עִבְרִית", "العربية", "हिन्दी", "ไทย", "Việt", "ǅ", "ⅷ", "①", "½", "²",
		"<e1>", "</e1>", "covid-19", "你好", "lstrip你好", " 你好Nlstrip", "rstripab ", "abNrstrip  ", "single_wordab", "abNsingle_word", "ÉCOLENlstrip", "écolenlstrip", "ab", "abc", " x ", "lstrip x "}
	plain := strings.Fields("the of unaffable electroencephalography I'm won't 3.14 1,000,000 http://x.org/a?b=c user@mail.com e-mail snake_case CamelCase tokenization")
	texts := make([]string, n)
	for i := range texts {
		var b strings.Builder
		for range r.IntN(14) {
			switch r.IntN(8) {
			case 0, 1:
				b.WriteString(plain[r.IntN(len(plain))])
			case 2, 3, 4:
				b.WriteString(hard[r.IntN(len(hard))])
			case 5:
				for range 1 + r.IntN(4) { // any code point of a block, so that neighbours combine
					c := rune(r.IntN(0x110000))
					if r.IntN(4) > 0 {
						c = rune(r.IntN(0x3100))
					}
					if c < 0xd800 || c > 0xdfff {
						b.WriteRune(c)
					}
				}
			case 6:
				b.WriteString(strings.Repeat([]string{"x", "щ", "é", "あ", "ab"}[r.IntN(5)], 95+r.IntN(10)))
			case 7:
				b.WriteString(strings.Repeat(" ", r.IntN(3)))
			}
			if r.IntN(2) == 0 {
				b.WriteByte(' ')
			}
		}
		texts[i] = b.String()
	}
	return texts
}

// fuzzedOptions draws options that the reference has too.
func fuzzedOptions(r *rand.Rand, pair bool) map[string]any {
	o := map[string]any{}
	if r.IntN(4) > 0 {
		length := 6 + r.IntN(30)
		o["max_length"] = length
		if r.IntN(2) == 0 {
			o["stride"] = r.IntN(2)
		}
		if r.IntN(3) == 0 {
			o["truncate"] = "left"
		}
		switch r.IntN(3) {
		case 0:
			o["pad"] = "max_length"
		case 1:
			o["pad"] = "longest"
		}
	} else if r.IntN(2) == 0 {
		o["pad"] = "longest"
	}
	if o["pad"] != nil {
		if r.IntN(2) == 0 {
			o["multiple"] = 1 + r.IntN(16)
		}
		if r.IntN(3) == 0 {
			o["pad_side"] = "left"
		}
	}
	if r.IntN(5) == 0 {
		o["bare"] = true
	}
	return o
}

// TestFuzzed compares with the `tokenizers` package on made-up texts, options and tokenizer files.
func TestFuzzed(t *testing.T) {
	n := 1000
	if testing.Short() {
		n = 200
	}
	all := variants(t)
	for model, file := range files(t) {
		all[model] = file
	}
	var requests []request
	var names []string
	seed := uint64(0)
	for name, file := range all {
		seed++
		requests = append(requests, request{File: file, Options: map[string]any{}, A: fuzzedTexts(seed, n)})
		names = append(names, fmt.Sprintf("tokens of %d fuzzed texts, %s", n, name))
	}
	r := rand.New(rand.NewPCG(3, 3))
	for i := range 40 {
		model := []string{"MiniLM", "bge-zh", "added tokens", "other template"}[i%4]
		q := request{File: all[model], A: fuzzedTexts(uint64(100+i), 50)}
		if i%2 == 0 {
			q.B = fuzzedTexts(uint64(200+i), 50)
		}
		q.Options = fuzzedOptions(r, q.B != nil)
		requests = append(requests, q)
		names = append(names, fmt.Sprintf("tokens of 50 fuzzed texts, %s, pairs %v, options %v", model, q.B != nil, q.Options))
	}
	compare(t, requests, names)
}

// TestEveryCodePoint compares, for each of the 1,112,064 code points between two letters, with each normalizer that
// checkpoints have.
func TestEveryCodePoint(t *testing.T) {
	if testing.Short() {
		t.Skip("not with -short: a million code points")
	}
	var texts []string
	var b strings.Builder
	for c := rune(0); c <= 0x10ffff; c++ {
		if c >= 0xd800 && c < 0xe000 {
			continue
		}
		b.WriteByte('a')
		b.WriteRune(c)
		b.WriteByte('b')
		if c%8 == 7 {
			texts = append(texts, b.String())
			b.Reset()
		} else {
			b.WriteByte(' ')
		}
	}
	all := variants(t)
	var requests []request
	var names []string
	for name, v := range map[string]string{"uncased": "normalizer 1111", "cased": "normalizer 0011"} {
		lo, hi := 0, len(texts)
		if name != "uncased" { // the planes of letters
			hi = 0x20000 / 8
		}
		requests = append(requests, request{File: all[v], Options: map[string]any{}, A: texts[lo:hi]})
		names = append(names, fmt.Sprintf("tokens of code points up to U+%X, %s: lines of 8", hi*8+0x800*min(1, hi/0x1b00)-1, name))
	}
	compare(t, requests, names)
}

// TestDecode compares the decoded text.
func TestDecode(t *testing.T) {
	texts := append(fuzzedTexts(5, 500), "Don't do not , stop ! It 's we 've they 're i 'm .", "[CLS] hello [SEP] un ##able")
	for model, file := range files(t) {
		requests := []request{{File: file, A: texts, Options: map[string]any{"decode": true}},
			{File: file, A: texts, Options: map[string]any{"decode": true, "bare": true}}}
		tok := open(t, file)
		for i, answer := range ask(t, requests) {
			var want []string
			if err := json.Unmarshal(answer, &want); err != nil {
				t.Fatal(err)
			}
			bad := 0
			for k, text := range texts {
				e, err := tok.Encode(text)
				if err != nil {
					t.Fatal(err)
				}
				if got := tok.Decode(e.IDs, i == 0); got != want[k] {
					if bad++; bad < 3 {
						t.Logf("%q\n got %q\nwant %q", text, got, want[k])
					}
				}
			}
			testenv.Parity(t, fmt.Sprintf("decoded texts, %s, skip special %v: %d texts", model, i == 0, len(texts)), float64(bad), 0)
		}
	}
}
