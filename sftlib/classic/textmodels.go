package classic

import (
	"bytes"
	"fmt"
	"unicode"
)

// Majority is the TextModel that always says the commonest label: what accuracy means nothing below.
func Majority() TextModel { return &majority{} }

type majority struct{ label string }

func (m *majority) Name() string { return "majority class" }
func (m *majority) FitTexts(_, labels []string) error {
	if len(labels) == 0 {
		return fmt.Errorf("classic: majority class: no labels")
	}
	count := map[string]int{}
	m.label = labels[0]
	for _, l := range labels {
		count[l]++
		if n := count[l]; n > count[m.label] || n == count[m.label] && l < m.label {
			m.label = l
		}
	}
	return nil
}

func (m *majority) PredictTexts(texts []string) ([]string, error) {
	out := make([]string, len(texts))
	for i := range out {
		out[i] = m.label
	}
	return out, nil
}

// BagOfWords is the TextModel of TFIDF with LogisticRegression: words, and pairs of them; where most letters are Chinese,
// characters and pairs of them.
func BagOfWords() TextModel { return &bag{} }

type bag struct{ Pipeline *Pipeline }

func (b *bag) Name() string { return "TF-IDF with logistic regression" }

func (b *bag) FitTexts(texts, labels []string) error {
	v := &TFIDF{NgramRange: [2]int{1, 2}, SublinearTF: true}
	if mostlyHan(texts) {
		v.Analyzer = "char"
	}
	b.Pipeline = NewPipeline(v, &LogisticRegression{C: 10, MaxIter: 300})
	return b.Pipeline.Fit(texts, labels)
}

func mostlyHan(texts []string) bool {
	han, letters := 0, 0
	for _, t := range texts[:min(1000, len(texts))] {
		for _, r := range t {
			if unicode.Is(unicode.Han, r) {
				han++
			}
			if unicode.IsLetter(r) {
				letters++
			}
		}
	}
	return 2*han > letters
}

func (b *bag) PredictTexts(texts []string) ([]string, error) {
	got, err := b.Pipeline.Predict(texts)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(got))
	for i, l := range got {
		out[i] = b.Pipeline.Name(l)
	}
	return out, nil
}

func (b *bag) Size() int64 {
	var buf bytes.Buffer
	if b.Pipeline == nil || Write(&buf, b.Pipeline) != nil {
		return 0
	}
	return int64(buf.Len())
}

// Frozen is the TextModel of an encoder that does not learn, such as a bert.Encoder, with LogisticRegression on its
// vectors. embed returns a vector for each text; a text is embedded once.
func Frozen(name string, embed func(texts []string) ([][]float32, error)) TextModel {
	return &frozen{name: name, embed: embed, known: map[string][]float32{}}
}

type frozen struct {
	name  string
	embed func([]string) ([][]float32, error)
	known map[string][]float32
	model *Pipeline
}

func (f *frozen) Name() string { return f.name }

func (f *frozen) vectors(texts []string) ([][]float32, error) {
	var missing []string
	asked := map[string]bool{}
	for _, t := range texts {
		if f.known[t] == nil && !asked[t] {
			missing, asked[t] = append(missing, t), true
		}
	}
	if len(missing) > 0 {
		got, err := f.embed(missing)
		if err != nil {
			return nil, err
		}
		if len(got) != len(missing) {
			return nil, fmt.Errorf("classic: %s returns %d vectors for %d texts", f.name, len(got), len(missing))
		}
		for i, t := range missing {
			f.known[t] = got[i]
		}
	}
	out := make([][]float32, len(texts))
	for i, t := range texts {
		out[i] = f.known[t]
	}
	return out, nil
}

func (f *frozen) FitTexts(texts, labels []string) error {
	X, err := f.vectors(texts)
	if err != nil {
		return err
	}
	f.model = NewPipeline(&StandardScaler{}, &LogisticRegression{C: .1, MaxIter: 300})
	return f.model.Fit(X, labels)
}

func (f *frozen) PredictTexts(texts []string) ([]string, error) {
	if f.model == nil {
		return nil, fmt.Errorf("classic: %s is not fitted yet", f.name)
	}
	X, err := f.vectors(texts)
	if err != nil {
		return nil, err
	}
	got, err := f.model.Predict(X)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(got))
	for i, l := range got {
		out[i] = f.model.Name(l)
	}
	return out, nil
}

// TextFuncs makes a TextModel of two functions, such as the training and the prediction of a BERT model.
func TextFuncs(name string, fit func(texts, labels []string) error, predict func(texts []string) ([]string, error)) TextModel {
	return &textFuncs{name, fit, predict}
}

type textFuncs struct {
	name    string
	fit     func(texts, labels []string) error
	predict func(texts []string) ([]string, error)
}

func (t *textFuncs) Name() string                                  { return t.name }
func (t *textFuncs) FitTexts(texts, labels []string) error         { return t.fit(texts, labels) }
func (t *textFuncs) PredictTexts(texts []string) ([]string, error) { return t.predict(texts) }
