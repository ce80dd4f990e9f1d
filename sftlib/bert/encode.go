package bert

import (
	"errors"
	"fmt"

	"gosft/sftlib/token"
)

// MaxLength is the longest encoding that the model takes, in tokens with the special ones: the lesser of what its tokenizer
// says and its number of position embeddings.
func (m *Model) MaxLength() int {
	n := m.Config.MaxPositionEmbeddings
	if t := m.Tokenizer.ModelMaxLength; t > 0 && t < n {
		n = t
	}
	return n
}

// Encode turns texts, or pairs of texts when seconds is not nil, into items of at most maxLength tokens (0: [Model.MaxLength]);
// longer ones are cut at their end, of a pair the longer text first.
func (m *Model) Encode(texts, seconds []string, maxLength int) ([]Item, error) {
	n, err := m.length(maxLength)
	if err != nil {
		return nil, err
	}
	encodings, err := encodeAll(m.Tokenizer, texts, seconds, token.MaxLength(n))
	if err != nil {
		return nil, err
	}
	items := make([]Item, len(encodings))
	for i, e := range encodings {
		items[i] = Item{e.IDs, e.TypeIDs}
	}
	return items, nil
}

// length checks a maximum length that a program asked for.
func (m *Model) length(maxLength int) (int, error) {
	most := m.MaxLength()
	switch {
	case maxLength == 0:
		return most, nil
	case maxLength < 0 || maxLength > m.Config.MaxPositionEmbeddings:
		return 0, fmt.Errorf("max length %d: the model has positions for 1 to %d tokens", maxLength, m.Config.MaxPositionEmbeddings)
	}
	return maxLength, nil
}

func encodeAll(t *token.Tokenizer, texts, seconds []string, opts ...token.Option) ([]token.Encoding, error) {
	if seconds == nil {
		return t.EncodeBatch(texts, opts...)
	}
	if len(texts) != len(seconds) {
		return nil, fmt.Errorf("pairs of texts: %d first and %d second texts are given", len(texts), len(seconds))
	}
	return t.EncodePairs(texts, seconds, opts...)
}

// openTokenizer reads the tokenizer of a model's folder and checks that it fits the embeddings.
func openTokenizer(dir string, c Config) (*token.Tokenizer, error) {
	t, err := token.Open(dir)
	if err != nil {
		return nil, err
	}
	if t.VocabSize() > c.VocabSize {
		return nil, fmt.Errorf("%s: the tokenizer has %d tokens, but the model only %d embeddings (vocab_size): they are not of one model", dir, t.VocabSize(), c.VocabSize)
	}
	if t.PadID() > 0 && int(t.PadID()) != c.PadTokenID {
		return nil, errors.New(dir + ": tokenizer and config.json disagree about the padding token")
	}
	return t, nil
}
