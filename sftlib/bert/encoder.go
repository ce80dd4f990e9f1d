package bert

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/token"
)

// Pooling says how the vectors of a text's tokens become one.
type Pooling string

// The ways of pooling, named as in sentence-transformers.
const (
	Mean Pooling = "mean" // the mean over all tokens, special ones included
	CLS  Pooling = "cls"  // the vector of the first token
)

// Encoder turns texts into vectors whose cosine tells how near the texts are in meaning.
type Encoder struct {
	Pooling   Pooling
	Normalize bool // make vectors of length 1, so that their dot product is their cosine
	MaxLength int  // longer texts are cut

	m *Model
}

// OpenEncoder opens a BERT without a head; where is as for [Resolve]. Pooling, Normalize and MaxLength are what the folder says
// as one of sentence-transformers (modules.json, 1_Pooling, sentence_bert_config.json); where it says nothing they are Mean,
// false and what the model takes. BGE's models want CLS and Normalize.
func OpenEncoder(where string, opts ...Option) (*Encoder, error) {
	o := newOptions(opts)
	dir, err := resolve(where, o)
	if err != nil {
		return nil, err
	}
	c, err := ReadConfig(filepath.Join(dir, "config.json"))
	if err != nil {
		return nil, err
	}
	m, err := build(c, dir, 0, o)
	if err != nil {
		return nil, err
	}
	m.Name = where
	e := &Encoder{Pooling: Mean, m: m, MaxLength: m.MaxLength()}
	if err := e.readModules(dir); err != nil {
		m.Close()
		return nil, err
	}
	m.output = e.pool
	return e, nil
}

// readModules takes over what sentence-transformers wrote beside the model.
func (e *Encoder) readModules(dir string) error {
	var modules []struct {
		Type string `json:"type"`
		Path string `json:"path"`
	}
	if ok, err := readJSON(filepath.Join(dir, "modules.json"), &modules); !ok {
		return err
	}
	for _, x := range modules {
		switch filepath.Ext(x.Type) {
		case ".Normalize":
			e.Normalize = true
		case ".Pooling":
			var p map[string]any
			if _, err := readJSON(filepath.Join(dir, filepath.Base(x.Path), "config.json"), &p); err != nil {
				return err
			}
			if p["pooling_mode_cls_token"] == true {
				e.Pooling = CLS
			}
			for _, other := range []string{"pooling_mode_max_tokens", "pooling_mode_mean_sqrt_len_tokens", "pooling_mode_lasttoken", "pooling_mode_weightedmean_tokens"} {
				if p[other] == true {
					return fmt.Errorf("%s: pooling %s is not supported, only mean and cls", dir, other)
				}
			}
		}
	}
	var s struct {
		MaxSeqLength int `json:"max_seq_length"`
	}
	if _, err := readJSON(filepath.Join(dir, "sentence_bert_config.json"), &s); err != nil {
		return err
	}
	if s.MaxSeqLength > 0 && s.MaxSeqLength < e.MaxLength {
		e.MaxLength = s.MaxSeqLength
	}
	return nil
}

// readJSON reads a file into v; false without an error when there is no such file.
func readJSON(path string, v any) (bool, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return false, fmt.Errorf("%s: %w", path, err)
	}
	return true, nil
}

// pool builds the graph's output: both poolings side by side, [texts, 2*hidden], so that Pooling may change at any time.
func (e *Encoder) pool(scope *model.Scope, b GraphBatch) *graph.Node {
	hidden := graph.Reshape(e.m.Hidden(scope, b, nil), -1, e.m.Config.HiddenSize)
	cls := graph.Gather(hidden, graph.InsertAxes(b.CLS, -1))
	texts := b.CLS.Shape().Dimensions[0]
	// owner[token, text] is 1 where a token is of a text; segment 0 is padding.
	owner := graph.OneHot(graph.Reshape(b.Segments, -1), texts+1, dtypes.Float32)
	owner = graph.Slice(owner, graph.AxisRange(), graph.AxisRange(1))
	sums := graph.Dot(owner, hidden).General([]int{0}, nil, []int{0}, nil)
	count := graph.MaxScalar(graph.ReduceSum(owner, 0), 1)
	return graph.Concatenate([]*graph.Node{graph.Div(sums, graph.InsertAxes(count, -1)), cls}, -1)
}

// Encode returns the vector of each text, of the model's hidden size.
func (e *Encoder) Encode(texts ...string) ([][]float32, error) {
	return e.EncodeBatch(context.Background(), texts)
}

// EncodeBatch is Encode with a context that ends it between two batches.
func (e *Encoder) EncodeBatch(ctx context.Context, texts []string) ([][]float32, error) {
	if e.Pooling != Mean && e.Pooling != CLS {
		return nil, fmt.Errorf("pooling %q is unknown: use %q or %q", e.Pooling, Mean, CLS)
	}
	n, err := e.m.length(e.MaxLength)
	if err != nil {
		return nil, err
	}
	encodings, err := encodeAll(e.m.Tokenizer, texts, nil, token.MaxLength(n))
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(encodings))
	for i, x := range encodings {
		items[i] = Item{x.IDs, x.TypeIDs}
	}
	out := make([][]float32, len(texts))
	var failed error
	layOut(items, func(p part) bool {
		if failed = ctx.Err(); failed != nil {
			return false
		}
		rows, err := e.m.Forward(p.Batch)
		if err != nil {
			failed = err
			return false
		}
		h := e.m.Config.HiddenSize
		for i, row := range rows {
			v := row[:h:h]
			if e.Pooling == CLS {
				v = row[h:]
			}
			if e.Normalize {
				normalize(v)
			}
			out[p.index[i]] = v
		}
		return true
	})
	return out, failed
}

// normalize makes a vector's length 1; a vector of zeros stays.
func normalize(v []float32) {
	sum := 0.0
	for _, x := range v {
		sum += float64(x) * float64(x)
	}
	if sum == 0 {
		return
	}
	f := float32(1 / math.Sqrt(sum))
	for i := range v {
		v[i] *= f
	}
}

// Size is the length of a vector.
func (e *Encoder) Size() int { return e.m.Config.HiddenSize }

// Tokenizer returns the encoder's tokenizer.
func (e *Encoder) Tokenizer() *token.Tokenizer { return e.m.Tokenizer }

// Close frees the encoder's memory.
func (e *Encoder) Close() error { return e.m.Close() }
