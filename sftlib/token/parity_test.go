package token

import (
	"fmt"
	"path/filepath"
	"testing"

	"gosft/sftlib/internal/testenv"
)

// files are the tokenizer.json of the two models.
func files(t testing.TB) map[string]string {
	return map[string]string{
		"MiniLM": filepath.Join(testenv.MiniLM(t), "tokenizer.json"),
		"bge-zh": filepath.Join(testenv.BGE(t), "tokenizer.json"),
	}
}

// TestSharedData compares ids, type ids, masks, offsets, word numbers and overflow with the `tokenizers` package on every
// text of the shared data, single and in pairs.
func TestSharedData(t *testing.T) {
	texts := sharedTexts(t)
	var requests []request
	var names []string
	for model, file := range files(t) {
		for data, all := range texts {
			if testing.Short() {
				all = all[:1000]
			}
			add := func(kind string, r request) {
				r.File = file
				requests = append(requests, r)
				names = append(names, fmt.Sprintf("tokens of %s, %s, %s: %d texts", data, model, kind, len(r.A)))
			}
			add("single", request{A: all, Options: map[string]any{}})
			half := len(all) / 2
			if model == "MiniLM" && data == "waimai" || model == "bge-zh" && data == "banking77" {
				continue // other script than the model's: singles tell enough
			}
			add("pairs cut to 32 with stride 4, padded", request{A: all[:half], B: all[half : 2*half],
				Options: map[string]any{"max_length": 32, "stride": 4, "pad": "longest"}})
			if model == "MiniLM" && data == "sst2" { // its file pads every text to 128
				add("as the file says", request{A: all[:half], Options: map[string]any{"as_file": true}})
			}
		}
	}
	compare(t, requests, names)
}

// compare prints a parity line for each request: how many encodings differ.
func compare(t *testing.T, requests []request, names []string) {
	t.Helper()
	tokenizers := map[string]*Tokenizer{}
	for i, answer := range ask(t, requests) {
		r := requests[i]
		if tokenizers[r.File] == nil {
			tokenizers[r.File] = open(t, r.File)
		}
		tok := tokenizers[r.File]
		var got []Encoding
		var err error
		if r.B != nil {
			got, err = tok.EncodePairs(r.A, r.B, r.options(tok)...)
		} else {
			got, err = tok.EncodeBatch(r.A, r.options(tok)...)
		}
		if err != nil {
			t.Fatal(err)
		}
		testenv.Parity(t, names[i], float64(differences(t, r, got, answer)), 0)
	}
}
