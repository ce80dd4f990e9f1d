package token

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Save writes the tokenizer into a model folder, as transformers and tokenizers read it: tokenizer.json,
// tokenizer_config.json, special_tokens_map.json and, where the ids leave no gap, vocab.txt. A file that is there is
// replaced at once or not at all.
func (t *Tokenizer) Save(dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("token: save: %w", err)
	}
	for _, f := range []struct {
		name string
		text func() ([]byte, error)
	}{{"tokenizer.json", t.JSON}, {"tokenizer_config.json", t.configJSON}, {"special_tokens_map.json", t.specialJSON}, {"vocab.txt", t.vocabText}} {
		text, err := f.text()
		if err == nil && text != nil {
			err = writeFile(filepath.Join(dir, f.name), text)
		}
		if err != nil {
			return fmt.Errorf("token: save %s: %w", f.name, err)
		}
	}
	return nil
}

func writeFile(name string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".tmp-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err = f.Write(text); err == nil {
		err = f.Chmod(0o644)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// JSON returns the text of a tokenizer.json, without truncation and padding.
func (t *Tokenizer) JSON() ([]byte, error) {
	n := t.norm
	var post any
	if t.template.added(true) > 0 {
		special := map[string]jsonSpecialToken{}
		pieces := func(from []templatePiece) (out []jsonPiece) {
			for _, p := range from {
				if p.sequence >= 0 {
					out = append(out, jsonPiece{Sequence: &jsonPieceID{string(rune('A' + p.sequence)), p.typeID}})
					continue
				}
				special[p.name] = jsonSpecialToken{p.name, p.ids, t.Tokens(p.ids)}
				out = append(out, jsonPiece{SpecialToken: &jsonPieceID{p.name, p.typeID}})
			}
			return out
		}
		post = map[string]any{"type": "TemplateProcessing", "single": pieces(t.template.single), "pair": pieces(t.template.pair),
			"special_tokens": special}
	}
	var decoder any
	if t.decoder != nil {
		decoder = map[string]any{"type": "WordPiece", "prefix": t.decoder.prefix, "cleanup": t.decoder.cleanup}
	}
	added := t.added
	if added == nil {
		added = []AddedToken{}
	}
	return indented(ordered{
		{"version", "1.0"},
		{"truncation", nil},
		{"padding", nil},
		{"added_tokens", added},
		{"normalizer", map[string]any{"type": "BertNormalizer", "clean_text": n.CleanText, "handle_chinese_chars": n.ChineseChars,
			"strip_accents": t.stripAccents(), "lowercase": n.Lowercase}},
		{"pre_tokenizer", map[string]any{"type": "BertPreTokenizer"}},
		{"post_processor", post},
		{"decoder", decoder},
		{"model", ordered{{"type", "WordPiece"}, {"unk_token", t.names.unk}, {"continuing_subword_prefix", t.prefix},
			{"max_input_chars_per_word", t.maxChars}, {"vocab", t.orderedVocab()}}},
	})
}

// stripAccents is null where it goes with the capitals, as Google's checkpoints have it.
func (t *Tokenizer) stripAccents() any {
	if t.norm.StripAccents == t.norm.Lowercase {
		return nil
	}
	return t.norm.StripAccents
}

// orderedVocab is the model's vocabulary in the order of the ids.
func (t *Tokenizer) orderedVocab() ordered {
	out := make(ordered, 0, len(t.vocab))
	for w, id := range t.vocab {
		out = append(out, field{w, id})
	}
	slices.SortFunc(out, func(a, b field) int {
		if d := int(a.value.(int32)) - int(b.value.(int32)); d != 0 {
			return d
		}
		return strings.Compare(a.name, b.name)
	})
	return out
}

func (t *Tokenizer) specials() ordered {
	var out ordered
	for _, r := range []struct{ role, name string }{{"unk_token", t.names.unk}, {"sep_token", t.names.sep}, {"pad_token", t.names.pad},
		{"cls_token", t.names.cls}, {"mask_token", t.names.mask}} {
		if _, ok := t.ID(r.name); ok {
			out = append(out, field{r.role, r.name})
		}
	}
	return out
}

func (t *Tokenizer) specialJSON() ([]byte, error) { return indented(t.specials()) }

func (t *Tokenizer) configJSON() ([]byte, error) {
	decoder := ordered{}
	for _, a := range t.added {
		decoder = append(decoder, field{strconv.Itoa(int(a.ID)), map[string]any{"content": a.Content, "single_word": a.SingleWord,
			"lstrip": a.LStrip, "rstrip": a.RStrip, "normalized": a.Normalized, "special": a.Special}})
	}
	c := ordered{{"tokenizer_class", "BertTokenizer"}, {"do_lower_case", t.norm.Lowercase}, {"strip_accents", t.stripAccents()},
		{"tokenize_chinese_chars", t.norm.ChineseChars}, {"clean_up_tokenization_spaces", true}, {"added_tokens_decoder", decoder}}
	if t.ModelMaxLength > 0 {
		c = append(c, field{"model_max_length", t.ModelMaxLength})
	}
	return indented(append(c, t.specials()...))
}

// vocabText is nil where a line's number cannot be its id.
func (t *Tokenizer) vocabText() ([]byte, error) {
	var b bytes.Buffer
	for i, w := range t.orderedVocab() {
		if w.value.(int32) != int32(i) || strings.ContainsAny(w.name, "\r\n") {
			return nil, nil
		}
		b.WriteString(w.name)
		b.WriteByte('\n')
	}
	return b.Bytes(), nil
}

// ordered is a JSON object that keeps the order of its fields.
type ordered []field

type field struct {
	name  string
	value any
}

func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	b.WriteByte('{')
	for i, f := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		if err := enc.Encode(f.name); err != nil {
			return nil, err
		}
		b.WriteByte(':')
		if err := enc.Encode(f.value); err != nil {
			return nil, err
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func indented(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	return b.Bytes(), err
}
