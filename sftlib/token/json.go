package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
)

// The parts of tokenizer.json. What the BERT family does not use is refused by its name rather than ignored.
type jsonFile struct {
	Version       string          `json:"version"`
	Truncation    *jsonTruncation `json:"truncation"`
	Padding       *jsonPadding    `json:"padding"`
	AddedTokens   []AddedToken    `json:"added_tokens"`
	Normalizer    *jsonNormalizer `json:"normalizer"`
	PreTokenizer  *jsonTyped      `json:"pre_tokenizer"`
	PostProcessor *jsonPost       `json:"post_processor"`
	Decoder       *jsonDecoder    `json:"decoder"`
	Model         *jsonModel      `json:"model"`
}

type jsonTyped struct {
	Type string `json:"type"`
}

type jsonNormalizer struct {
	Type         string `json:"type"`
	CleanText    *bool  `json:"clean_text"`
	ChineseChars *bool  `json:"handle_chinese_chars"`
	StripAccents *bool  `json:"strip_accents"` // null: as lowercase
	Lowercase    *bool  `json:"lowercase"`
}

type jsonTruncation struct {
	Direction string `json:"direction,omitempty"`
	MaxLength int    `json:"max_length"`
	Strategy  string `json:"strategy"`
	Stride    int    `json:"stride"`
}

type jsonPadding struct {
	Strategy  json.RawMessage `json:"strategy"` // "BatchLongest" or {"Fixed": 128}
	Direction string          `json:"direction"`
	Multiple  *int            `json:"pad_to_multiple_of"`
	ID        int32           `json:"pad_id"`
	TypeID    int32           `json:"pad_type_id"`
	Token     string          `json:"pad_token"`
}

type jsonPost struct {
	Type    string                      `json:"type"`
	Single  []jsonPiece                 `json:"single,omitempty"`
	Pair    []jsonPiece                 `json:"pair,omitempty"`
	Special map[string]jsonSpecialToken `json:"special_tokens,omitempty"`
	Sep     json.RawMessage             `json:"sep,omitempty"` // BertProcessing: ["[SEP]", 102]
	Cls     json.RawMessage             `json:"cls,omitempty"`
}

type jsonPiece struct {
	SpecialToken *jsonPieceID `json:"SpecialToken,omitempty"`
	Sequence     *jsonPieceID `json:"Sequence,omitempty"`
}

type jsonPieceID struct {
	ID     string `json:"id"`
	TypeID int32  `json:"type_id"`
}

type jsonSpecialToken struct {
	ID     string   `json:"id"`
	IDs    []int32  `json:"ids"`
	Tokens []string `json:"tokens"`
}

type jsonDecoder struct {
	Type    string `json:"type"`
	Prefix  string `json:"prefix"`
	Cleanup bool   `json:"cleanup"`
}

type jsonModel struct {
	Type     string           `json:"type"`
	Unk      string           `json:"unk_token"`
	Prefix   *string          `json:"continuing_subword_prefix"`
	MaxChars *int             `json:"max_input_chars_per_word"`
	Vocab    map[string]int32 `json:"vocab"`
}

// FromJSON makes a tokenizer of the text of a tokenizer.json: a WordPiece model with BERT's normalizer and pre-tokenizer.
// Any other kind is an error that names it. Truncation and padding of the file are in FileOptions.
func FromJSON(text []byte) (*Tokenizer, error) {
	t, err := fromJSON(text)
	if err != nil {
		return nil, fmt.Errorf("token: %w", err)
	}
	return t, nil
}

func fromJSON(text []byte) (*Tokenizer, error) {
	// The model's type first: another model's vocabulary has another form, and its error would mislead.
	var kind struct {
		Model *jsonTyped `json:"model"`
	}
	if err := json.Unmarshal(text, &kind); err != nil {
		return nil, jsonError(text, err)
	}
	if kind.Model == nil {
		return nil, errors.New(`no "model": is this a tokenizer.json?`)
	}
	if k := kind.Model.Type; k != "" && k != "WordPiece" {
		return nil, fmt.Errorf("the model is %s: only WordPiece, the tokenizer of the BERT family, is supported", brief(k))
	}
	var f jsonFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, jsonError(text, err)
	}
	if len(f.Model.Vocab) == 0 {
		return nil, errors.New("the model has no vocabulary")
	}
	t := &Tokenizer{vocab: f.Model.Vocab, added: f.AddedTokens, names: bertNames, prefix: "##", maxChars: 100}
	if f.Model.Unk != "" {
		t.names.unk = f.Model.Unk
	}
	if f.Model.Prefix != nil {
		t.prefix = *f.Model.Prefix
	}
	if n := f.Model.MaxChars; n != nil {
		if *n < 1 {
			return nil, fmt.Errorf("max_input_chars_per_word is %d: it must be at least 1", *n)
		}
		t.maxChars = *n
	}
	for i, a := range t.added {
		if a.Content == "" {
			return nil, fmt.Errorf("added token %d has no content", i)
		}
		if id, ok := t.vocab[a.Content]; ok { // as Hugging Face: the vocabulary's id counts
			t.added[i].ID = id
		}
	}
	if err := t.readNormalizer(f.Normalizer); err != nil {
		return nil, err
	}
	if f.PreTokenizer == nil || f.PreTokenizer.Type != "BertPreTokenizer" {
		kind := "missing"
		if f.PreTokenizer != nil {
			kind = brief(f.PreTokenizer.Type)
		}
		return nil, fmt.Errorf("the pre-tokenizer is %s: only BertPreTokenizer is supported", kind)
	}
	if err := t.readPost(f.PostProcessor); err != nil {
		return nil, err
	}
	if d := f.Decoder; d != nil {
		if d.Type != "WordPiece" {
			return nil, fmt.Errorf("the decoder is %s: only WordPiece is supported", brief(d.Type))
		}
		t.decoder = &decoder{prefix: d.Prefix, cleanup: d.Cleanup}
	}
	if err := t.readTruncation(f.Truncation); err != nil {
		return nil, err
	}
	if f.Padding != nil && f.Padding.Token != "" {
		t.names.pad = f.Padding.Token
	}
	if err := t.finish(); err != nil {
		return nil, errors.New(err.Error()[len("token: "):])
	}
	return t, t.readPadding(f.Padding)
}

// jsonError adds the line to an error of encoding/json.
func jsonError(text []byte, err error) error {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	offset := int64(-1)
	switch {
	case errors.As(err, &syntax):
		offset = syntax.Offset
	case errors.As(err, &kind):
		offset = kind.Offset
		err = fmt.Errorf("%s is a %s where %s belongs", kind.Field, kind.Value, kind.Type)
	}
	if offset < 0 || offset > int64(len(text)) {
		return err
	}
	return fmt.Errorf("line %d: %w", 1+bytes.Count(text[:offset], []byte("\n")), err)
}

func (t *Tokenizer) readNormalizer(n *jsonNormalizer) error {
	if n == nil {
		return nil
	}
	if n.Type != "BertNormalizer" {
		return fmt.Errorf("the normalizer is %s: only BertNormalizer is supported", brief(n.Type))
	}
	on := func(b *bool) bool { return b == nil || *b }
	t.norm = Normalizer{CleanText: on(n.CleanText), ChineseChars: on(n.ChineseChars), Lowercase: on(n.Lowercase)}
	t.norm.StripAccents = t.norm.Lowercase
	if n.StripAccents != nil {
		t.norm.StripAccents = *n.StripAccents
	}
	return nil
}

func (t *Tokenizer) readPost(p *jsonPost) error {
	if p == nil {
		t.template = bareTemplate()
		return nil
	}
	switch p.Type {
	case "BertProcessing":
		var sep, cls string
		var sepID, clsID int32
		for _, x := range []struct {
			raw  json.RawMessage
			name *string
			id   *int32
		}{{p.Sep, &sep, &sepID}, {p.Cls, &cls, &clsID}} {
			pair := []any{x.name, x.id}
			if err := json.Unmarshal(x.raw, &pair); err != nil || len(pair) != 2 {
				return errors.New(`the post-processor BertProcessing needs "sep" and "cls", each a token and its id`)
			}
		}
		t.template = bertTemplate(cls, sep, clsID, sepID)
		return nil
	case "TemplateProcessing":
		for _, x := range []struct {
			name string
			from []jsonPiece
			to   *[]templatePiece
		}{{"single", p.Single, &t.template.single}, {"pair", p.Pair, &t.template.pair}} {
			for i, piece := range x.from {
				switch {
				case piece.Sequence != nil && (piece.Sequence.ID == "A" || piece.Sequence.ID == "B"):
					*x.to = append(*x.to, templatePiece{sequence: int(piece.Sequence.ID[0] - 'A'), typeID: piece.Sequence.TypeID})
				case piece.SpecialToken != nil:
					s, ok := p.Special[piece.SpecialToken.ID]
					if !ok {
						return fmt.Errorf("the template %q uses %s, which is not among its special_tokens", x.name, brief(piece.SpecialToken.ID))
					}
					*x.to = append(*x.to, templatePiece{sequence: -1, ids: s.IDs, name: piece.SpecialToken.ID, typeID: piece.SpecialToken.TypeID})
				default:
					return fmt.Errorf("piece %d of the template %q is neither a special token nor the sequence A or B", i, x.name)
				}
			}
		}
		return nil
	}
	return fmt.Errorf("the post-processor is %s: only TemplateProcessing and BertProcessing are supported", brief(p.Type))
}

func (t *Tokenizer) readTruncation(j *jsonTruncation) error {
	if j == nil {
		return nil
	}
	strategy, ok := map[string]TruncationStrategy{"LongestFirst": LongestFirst, "OnlyFirst": OnlyFirst, "OnlySecond": OnlySecond}[j.Strategy]
	if !ok {
		return fmt.Errorf("the truncation strategy %s is not known", brief(j.Strategy))
	}
	if j.MaxLength < 0 || j.MaxLength > math.MaxInt32 || j.Stride < 0 {
		return fmt.Errorf("truncation to %d tokens with a stride of %d makes no sense", j.MaxLength, j.Stride)
	}
	t.file = append(t.file, MaxLength(j.MaxLength), Truncation(strategy), Stride(j.Stride))
	if j.Direction == "Left" {
		t.file = append(t.file, TruncateLeft())
	}
	return nil
}

// maxPad bounds a fixed padding: a file must not make every text allocate by its word.
const maxPad = 1 << 16

func (t *Tokenizer) readPadding(j *jsonPadding) error {
	if j == nil {
		return nil
	}
	var name string
	var fixed struct{ Fixed int }
	switch {
	case json.Unmarshal(j.Strategy, &name) == nil && name == "BatchLongest":
		t.file = append(t.file, Padding(PadToLongest))
	case json.Unmarshal(j.Strategy, &fixed) == nil && fixed.Fixed > 0 && fixed.Fixed <= maxPad:
		t.file = append(t.file, Padding(PadToMaxLength), func(s *settings) { s.padding.length = fixed.Fixed })
	default:
		return fmt.Errorf(`the padding strategy %s is neither "BatchLongest" nor {"Fixed": n} with n from 1 to %d`, brief(string(j.Strategy)), maxPad)
	}
	if j.Direction == "Left" {
		t.file = append(t.file, PadLeft())
	}
	if j.Multiple != nil {
		if *j.Multiple < 0 || *j.Multiple > maxPad {
			return fmt.Errorf("pad_to_multiple_of is %d: it must be from 0 to %d", *j.Multiple, maxPad)
		}
		t.file = append(t.file, PadToMultipleOf(*j.Multiple))
	}
	if j.ID < 0 || int(j.ID) >= len(t.byID) {
		return fmt.Errorf("the pad_id %d is not in the vocabulary of %d ids", j.ID, len(t.byID))
	}
	t.padID, t.padTypeID = j.ID, j.TypeID
	return nil
}
