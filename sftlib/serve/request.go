package serve

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"gosft/sftlib/bert"
)

// request is what a body asks for.
type request struct {
	texts []string
	pairs []string // nil, or the second text of each
	topK  int      // 0: all labels
	way   way
}

// way is how texts are to be computed; requests of the same way may share a computation.
type way struct {
	paired    bool
	apply     bert.ProblemType
	truncate  bool
	maxLength int
}

// problem is a mistake of the client with the status that it answers.
type problem struct {
	status int
	msg    string
}

func (p *problem) Error() string { return p.msg }

func badRequest(format string, args ...any) error {
	return &problem{400, fmt.Sprintf(format, args...)}
}

// parseRequest reads a body in the shapes of the inference API.
func parseRequest(body []byte, o Options) (*request, error) {
	var outer map[string]json.RawMessage
	dec := json.NewDecoder(bytes.NewReader(body))
	if err := dec.Decode(&outer); err != nil {
		return nil, badRequest("the body is not a JSON object like {\"inputs\": \"a text\"}: %v", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, badRequest("something follows the JSON object in the body")
	}
	raw, ok := outer["inputs"]
	if !ok {
		return nil, badRequest("the key \"inputs\" is missing: {\"inputs\": \"a text\"} or {\"inputs\": [\"a text\", \"another\"]}")
	}
	r := &request{}
	if err := r.parseInputs(raw, o); err != nil {
		return nil, err
	}
	chars := 0
	for _, s := range append(r.texts, r.pairs...) {
		chars += utf8.RuneCountInString(s)
	}
	if chars > o.MaxChars {
		return nil, &problem{413, fmt.Sprintf("the texts have %d characters together, at most %d are taken", chars, o.MaxChars)}
	}
	if raw, ok := outer["parameters"]; ok {
		if err := r.parseParameters(raw); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// parseInputs takes a text, a pair, or a list of texts or of pairs.
func (r *request) parseInputs(raw json.RawMessage, o Options) error {
	list := []json.RawMessage{raw}
	if b := bytes.TrimLeft(raw, " \t\r\n"); len(b) > 0 && b[0] == '[' {
		if err := json.Unmarshal(raw, &list); err != nil {
			return badRequest("inputs: %v", err)
		}
	}
	if len(list) == 0 {
		return badRequest("inputs is an empty list")
	}
	if len(list) > o.MaxInputs {
		return &problem{413, fmt.Sprintf("inputs has %d texts, at most %d are taken at once", len(list), o.MaxInputs)}
	}
	for i, one := range list {
		var text string
		if json.Unmarshal(one, &text) == nil && string(one) != "null" {
			if r.pairs != nil {
				return badRequest("inputs[%d] is a text among pairs; send all as one kind", i)
			}
			r.texts = append(r.texts, text)
			continue
		}
		var pair struct {
			Text     *string `json:"text"`
			TextPair *string `json:"text_pair"`
		}
		dec := json.NewDecoder(bytes.NewReader(one))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&pair); err != nil || pair.Text == nil {
			return badRequest("inputs[%d] is neither a text nor a pair like {\"text\": \"...\", \"text_pair\": \"...\"}", i)
		}
		if (pair.TextPair != nil) != (r.pairs != nil) && i > 0 {
			return badRequest("inputs[%d]: some inputs are pairs and some are not; send all as one kind", i)
		}
		r.texts = append(r.texts, *pair.Text)
		if pair.TextPair != nil {
			r.pairs = append(r.pairs, *pair.TextPair)
		}
	}
	r.way.paired = r.pairs != nil
	return nil
}

// functions are the values of function_to_apply.
var functions = map[string]bert.ProblemType{"": "", "default": "", "softmax": bert.SingleLabel, "sigmoid": bert.MultiLabel, "none": bert.Regression}

// shortest is the least max_length: the special tokens of a pair and a few of its own.
const shortest = 8

func (r *request) parseParameters(raw json.RawMessage) error {
	var p struct {
		TopK            *int    `json:"top_k"`
		ReturnAllScores bool    `json:"return_all_scores"`
		Function        *string `json:"function_to_apply"`
		Truncation      *bool   `json:"truncation"`
		MaxLength       *int    `json:"max_length"`
		Padding         any     `json:"padding"` // changes nothing: taken since clients of the inference API send it
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&p); err != nil {
		return badRequest("parameters: %v; known are top_k, function_to_apply, truncation, max_length", err)
	}
	if p.TopK != nil {
		if *p.TopK < 1 {
			return badRequest("parameters: top_k is %d, it must be at least 1", *p.TopK)
		}
		r.topK = *p.TopK
	}
	if p.Function != nil {
		apply, ok := functions[*p.Function]
		if !ok {
			return badRequest("parameters: function_to_apply is %q; known are softmax, sigmoid, none", *p.Function)
		}
		r.way.apply = apply
	}
	if p.Truncation != nil {
		r.way.truncate = *p.Truncation
	}
	if p.MaxLength != nil {
		if *p.MaxLength < shortest {
			return badRequest("parameters: max_length is %d, it must be at least %d", *p.MaxLength, shortest)
		}
		r.way.maxLength = *p.MaxLength
	}
	return nil
}
