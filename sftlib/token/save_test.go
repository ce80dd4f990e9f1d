package token

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"gosft/sftlib/internal/testenv"
)

// TestSaved checks that what Save writes is the same tokenizer again: for Open, from vocab.txt alone, and for the
// `tokenizers` package.
func TestSaved(t *testing.T) {
	texts := fuzzedTexts(11, 300)
	all := variants(t)
	var requests []request
	var names []string
	for _, name := range []string{"normalizer 1111", "normalizer 0011", "normalizer 1011", "added tokens"} {
		tok := open(t, all[name])
		dir := filepath.Join(t.TempDir(), "model")
		for range 2 { // over itself too
			if err := tok.Save(dir); err != nil {
				t.Fatal(err)
			}
		}
		want, err := tok.EncodeBatch(texts)
		if err != nil {
			t.Fatal(err)
		}
		for _, from := range []string{dir, filepath.Join(dir, "tokenizer.json"), "vocab.txt alone"} {
			if from == "vocab.txt alone" {
				if err := os.Remove(filepath.Join(dir, "tokenizer.json")); err != nil {
					t.Fatal(err)
				}
				from = dir
			} else if from != dir {
				copied := filepath.Join(t.TempDir(), "tokenizer.json")
				text, err := os.ReadFile(from)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(copied, text, 0o600); err != nil {
					t.Fatal(err)
				}
				requests = append(requests, request{File: copied, Options: map[string]any{}, A: texts})
				names = append(names, fmt.Sprintf("tokens of a saved tokenizer.json, %s: %d texts", name, len(texts)))
			}
			got, err := open(t, from).EncodeBatch(texts)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s: saved and opened from %s, texts get other tokens", name, filepath.Base(from))
			}
		}
	}
	compare(t, requests, names)
}

// TestFolderAsTransformers compares with AutoTokenizer on the folders of both models and on folders that Save wrote:
// options of tokenizer_config.json, vocab.txt alone.
func TestFolderAsTransformers(t *testing.T) {
	if testing.Short() {
		t.Skip("not with -short: loads transformers")
	}
	folders := map[string]string{"MiniLM": testenv.MiniLM(t), "bge-zh without a tokenizer_config.json": testenv.BGE(t)}
	for name, n := range map[string]Normalizer{"saved, cased": BERTNormalizer(false), "saved, uncased": BERTNormalizer(true)} {
		tok := open(t, files(t)["MiniLM"])
		tok.norm = n
		tok.build(tok.model.unk)
		tok.ModelMaxLength = 512
		dir := filepath.Join(t.TempDir(), "model")
		if err := tok.Save(dir); err != nil {
			t.Fatal(err)
		}
		folders[name] = dir
		bare := filepath.Join(t.TempDir(), "model")
		if err := tok.Save(bare); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(bare, "tokenizer.json")); err != nil {
			t.Fatal(err)
		}
		folders[name+", vocab.txt alone"] = bare
	}
	texts := append(fuzzedTexts(12, 200), "Hello 我 IMPORTANT", "École naïve", "a [MASK] b")
	in, err := json.Marshal(map[string]any{"folders": folders, "texts": texts})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "in.json")
	if err := os.WriteFile(file, in, 0o600); err != nil {
		t.Fatal(err)
	}
	out := testenv.RunPython(t, `
import json, os, sys
from transformers import AutoTokenizer, BertConfig
q = json.load(open(sys.argv[1]))
r = {}
for name, dir in q["folders"].items():
    if not os.path.exists(os.path.join(dir, "config.json")):
        BertConfig().save_pretrained(dir)
    t = AutoTokenizer.from_pretrained(dir)
    r[name] = {"ids": t(q["texts"]).input_ids, "max": t.model_max_length if t.model_max_length < 1e9 else 0}
json.dump(r, sys.stdout)`, file)
	var want map[string]struct {
		IDs [][]int32 `json:"ids"`
		Max int       `json:"max"`
	}
	if err := json.Unmarshal(out, &want); err != nil {
		t.Fatalf("%v: %.300s", err, out)
	}
	for name, dir := range folders {
		tok := open(t, dir)
		bad := 0
		for i, text := range texts {
			e, err := tok.Encode(text)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(e.IDs, want[name].IDs[i]) {
				if bad++; bad < 3 {
					t.Logf("%s: %q\n got %v\nwant %v", name, text, e.IDs, want[name].IDs[i])
				}
			}
		}
		testenv.Parity(t, fmt.Sprintf("ids as AutoTokenizer's, %s: %d texts", name, len(texts)), float64(bad), 0)
		if tok.ModelMaxLength != want[name].Max {
			t.Errorf("%s: ModelMaxLength %d, transformers says %d", name, tok.ModelMaxLength, want[name].Max)
		}
	}
}
