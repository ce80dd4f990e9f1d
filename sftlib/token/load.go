package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
)

// Open loads the tokenizer of a model.
//
// A path to a file is taken as it is: tokenizer.json, or a vocab.txt, which is then uncased as BERT's default. A path to a
// folder is taken as transformers takes it: tokenizer.json, else vocab.txt, and what tokenizer_config.json says of lower
// case, accents, Chinese characters and special tokens goes before it. A folder without a word on lower case whose
// vocabulary has not one capital letter is uncased, since every capitalised word would be [UNK].
func Open(path string) (*Tokenizer, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("token: %w: give a model folder, a tokenizer.json or a vocab.txt", err)
	}
	if info.IsDir() {
		return openFolder(path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	var t *Tokenizer
	if strings.EqualFold(filepath.Ext(path), ".txt") {
		t, err = FromVocab(splitVocab(text), BERTNormalizer(true))
	} else {
		t, err = FromJSON(text)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// BERTNormalizer is the normalizer of Google's checkpoints, uncased or cased.
func BERTNormalizer(uncased bool) Normalizer {
	return Normalizer{CleanText: true, ChineseChars: true, StripAccents: uncased, Lowercase: uncased}
}

// FromVocab makes a BERT tokenizer of a vocabulary, whose order gives the ids, with the special tokens [UNK], [SEP], [PAD],
// [CLS] and [MASK] as far as they are in it; [UNK], [CLS] and [SEP] must be. Of equal tokens the last counts.
func FromVocab(vocab []string, n Normalizer) (*Tokenizer, error) {
	return fromVocab(vocab, n, bertNames, nil)
}

var bertNames = specialNames{unk: "[UNK]", sep: "[SEP]", pad: "[PAD]", cls: "[CLS]", mask: "[MASK]"}

func fromVocab(vocab []string, n Normalizer, names specialNames, added []AddedToken) (*Tokenizer, error) {
	t := &Tokenizer{norm: n, vocab: make(map[string]int32, len(vocab)), names: names, prefix: "##", maxChars: 100,
		decoder: &decoder{prefix: "##", cleanup: true}}
	for i, w := range vocab {
		t.vocab[w] = int32(i)
	}
	for _, name := range []string{names.pad, names.unk, names.cls, names.sep, names.mask} {
		if id, ok := t.vocab[name]; ok && !slices.ContainsFunc(added, func(a AddedToken) bool { return a.Content == name }) {
			t.added = append(t.added, AddedToken{ID: id, Content: name, Special: true})
		}
	}
	t.added = append(t.added, added...)
	for _, name := range []string{names.cls, names.sep} {
		if _, ok := t.vocab[name]; !ok && !slices.ContainsFunc(added, func(a AddedToken) bool { return a.Content == name }) {
			return nil, fmt.Errorf("token: the vocabulary of %d tokens has no %s: is it a BERT vocabulary?", len(vocab), name)
		}
	}
	id := func(name string) int32 {
		for _, a := range t.added {
			if a.Content == name {
				return a.ID
			}
		}
		return t.vocab[name]
	}
	t.template = bertTemplate(names.cls, names.sep, id(names.cls), id(names.sep))
	return t, t.finish()
}

func splitVocab(text []byte) []string {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	lines := strings.Split(string(text), "\n")
	if n := len(lines); n > 0 && lines[n-1] == "" {
		lines = lines[:n-1]
	}
	for i, l := range lines {
		lines[i] = strings.TrimRightFunc(l, unicode.IsSpace)
	}
	return lines
}

// finish builds what encoding needs and checks what is given.
func (t *Tokenizer) finish() error {
	unk, ok := t.vocab[t.names.unk]
	if !ok {
		return fmt.Errorf("token: the vocabulary of %d tokens has no unknown token %q", len(t.vocab), t.names.unk)
	}
	if err := t.template.check(); err != nil {
		return fmt.Errorf("token: %w", err)
	}
	top, count := int32(-1), len(t.vocab)+len(t.added)
	check := func(id int32, token string) error {
		if id < 0 || int(id) > 16*count+1<<16 {
			return fmt.Errorf("token: the id %d of %s does not fit a vocabulary of %d tokens", id, brief(token), count)
		}
		top = max(top, id)
		return nil
	}
	for token, id := range t.vocab {
		if err := check(id, token); err != nil {
			return err
		}
	}
	t.addedIDs, t.special = map[string]int32{}, map[int32]bool{}
	for _, a := range t.added {
		if err := check(a.ID, a.Content); err != nil {
			return err
		}
		if id, ok := t.vocab[a.Content]; ok && id != a.ID {
			return fmt.Errorf("token: the added token %s has the id %d, in the vocabulary it has %d", brief(a.Content), a.ID, id)
		}
		t.addedIDs[a.Content] = a.ID
		if a.Special {
			t.special[a.ID] = true
		}
	}
	t.byID = make([]string, top+1)
	for token, id := range t.vocab {
		if t.byID[id] == "" || token < t.byID[id] {
			t.byID[id] = token
		}
	}
	for _, a := range t.added {
		t.byID[a.ID] = a.Content
	}
	for _, pair := range []bool{false, true} {
		for _, p := range t.template.pieces(pair) {
			for _, id := range p.ids {
				if id < 0 || int(id) >= len(t.byID) {
					return fmt.Errorf("token: the post-processor adds id %d, the vocabulary ends at %d", id, top)
				}
			}
		}
	}
	t.padID = t.role(t.names.pad)
	if t.padID < 0 {
		t.padID = 0
	}
	t.build(unk)
	return nil
}

// build makes the tables that Encode uses; it runs again when a configuration file has changed the normalizer.
func (t *Tokenizer) build(unk int32) {
	t.table = tableFor(t.norm)
	if t.model == nil {
		t.model = newWordPiece(t.vocab, t.prefix, unk, t.maxChars)
	}
	t.raw = newFinder(t.added, func(a *AddedToken) string {
		if a.Normalized {
			return ""
		}
		return a.Content
	})
	t.normed = newFinder(t.added, func(a *AddedToken) string {
		if !a.Normalized {
			return ""
		}
		var n normalized
		t.table.normalize(&n, a.Content)
		return string(n.bytes)
	})
}

// brief quotes a token for an error message, cut to a bearable length.
func brief(s string) string {
	if len(s) > 40 {
		return fmt.Sprintf("%q...", s[:40])
	}
	return fmt.Sprintf("%q", s)
}

// openFolder reads tokenizer.json or vocab.txt and lets tokenizer_config.json go before it.
func openFolder(dir string) (*Tokenizer, error) {
	cfg, err := readConfig(dir)
	if err != nil {
		return nil, err
	}
	var t *Tokenizer
	file := filepath.Join(dir, "tokenizer.json")
	text, err := os.ReadFile(file)
	switch {
	case err == nil:
		if t, err = FromJSON(text); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		n := t.norm
		cfg.normalizer(&n)
		if cfg.DoLowerCase == nil && !n.Lowercase && !t.hasCapitals() {
			n.Lowercase = true
			n.StripAccents = cfg.StripAccents == nil || *cfg.StripAccents
		}
		if n != t.norm {
			t.norm = n
			t.build(t.model.unk)
		}
	case errors.Is(err, os.ErrNotExist):
		file = filepath.Join(dir, "vocab.txt")
		if text, err = os.ReadFile(file); err != nil {
			return nil, fmt.Errorf("token: %s has neither tokenizer.json nor vocab.txt: is it a model folder?", dir)
		}
		n := BERTNormalizer(true)
		cfg.normalizer(&n)
		if t, err = fromVocab(splitVocab(text), n, cfg.names(bertNames), cfg.added()); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
	default:
		return nil, fmt.Errorf("token: %w", err)
	}
	t.names = cfg.names(t.names)
	if id := t.role(t.names.pad); id >= 0 {
		t.padID = id
	}
	if n := cfg.maxLength(); n > 0 {
		t.ModelMaxLength = n
	}
	return t, nil
}

func (t *Tokenizer) hasCapitals() bool {
	for w := range t.vocab {
		if _, added := t.addedIDs[w]; added || strings.HasPrefix(w, "<") || strings.HasPrefix(w, "[") {
			continue
		}
		if strings.IndexFunc(w, unicode.IsUpper) >= 0 {
			return true
		}
	}
	return false
}

// config is what tokenizer_config.json may say. A token is a string or an object with "content".
type config struct {
	DoLowerCase   *bool           `json:"do_lower_case"`
	StripAccents  *bool           `json:"strip_accents"`
	ChineseChars  *bool           `json:"tokenize_chinese_chars"`
	ModelMax      json.Number     `json:"model_max_length"`
	Unk           json.RawMessage `json:"unk_token"`
	Sep           json.RawMessage `json:"sep_token"`
	Pad           json.RawMessage `json:"pad_token"`
	Cls           json.RawMessage `json:"cls_token"`
	Mask          json.RawMessage `json:"mask_token"`
	TokensDecoder map[string]struct {
		Content    string `json:"content"`
		SingleWord bool   `json:"single_word"`
		LStrip     bool   `json:"lstrip"`
		RStrip     bool   `json:"rstrip"`
		Normalized bool   `json:"normalized"`
		Special    bool   `json:"special"`
	} `json:"added_tokens_decoder"`
}

func readConfig(dir string) (*config, error) {
	c := new(config)
	file := filepath.Join(dir, "tokenizer_config.json")
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return c, nil
	}
	if err == nil {
		err = json.Unmarshal(text, c)
	}
	if err != nil {
		return nil, fmt.Errorf("token: %s: %w", file, err)
	}
	return c, nil
}

func (c *config) normalizer(n *Normalizer) {
	if c.DoLowerCase != nil {
		// Accents go with the capitals unless they are spoken of.
		if *c.DoLowerCase != n.Lowercase && c.StripAccents == nil {
			n.StripAccents = *c.DoLowerCase
		}
		n.Lowercase = *c.DoLowerCase
	}
	if c.StripAccents != nil {
		n.StripAccents = *c.StripAccents
	}
	if c.ChineseChars != nil {
		n.ChineseChars = *c.ChineseChars
	}
}

func (c *config) names(n specialNames) specialNames {
	for _, x := range []struct {
		raw json.RawMessage
		to  *string
	}{{c.Unk, &n.unk}, {c.Sep, &n.sep}, {c.Pad, &n.pad}, {c.Cls, &n.cls}, {c.Mask, &n.mask}} {
		var text string
		var object struct{ Content string }
		if json.Unmarshal(x.raw, &text) == nil && text != "" {
			*x.to = text
		} else if json.Unmarshal(x.raw, &object) == nil && object.Content != "" {
			*x.to = object.Content
		}
	}
	return n
}

// maxLength returns model_max_length, or 0 for the huge number that transformers writes for "not known".
func (c *config) maxLength() int {
	if f, err := c.ModelMax.Float64(); err == nil && f > 0 && f < 1<<30 {
		return int(f)
	}
	return 0
}

// added returns the added tokens in the order of their ids.
func (c *config) added() []AddedToken {
	var out []AddedToken
	for key, d := range c.TokensDecoder {
		var id int32
		if _, err := fmt.Sscanf(key, "%d", &id); err == nil && d.Content != "" {
			out = append(out, AddedToken{id, d.Content, d.SingleWord, d.LStrip, d.RStrip, d.Normalized, d.Special})
		}
	}
	slices.SortFunc(out, func(a, b AddedToken) int { return int(a.ID) - int(b.ID) })
	return out
}
