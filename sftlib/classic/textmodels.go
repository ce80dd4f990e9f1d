package classic

import (
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
func BagOfWords() TextModel {
	return &texts{name: "TF-IDF with logistic regression", fresh: func(texts []string) Estimator {
		v := &TFIDF{NgramRange: [2]int{1, 2}, SublinearTF: true}
		if mostlyHan(texts) {
			v.Analyzer = "char"
		}
		return NewPipeline(v, &LogisticRegression{C: 10, MaxIter: 300})
	}}
}

// Texts is the TextModel of a classifier of texts, such as NewPipeline(&TFIDF{}, &MultinomialNB{}) or a GridSearch over one.
// Copies of it learn; what it has learned itself does not count.
func Texts(name string, e Estimator) TextModel {
	return &texts{name: name, fresh: func([]string) Estimator { return e.Clone() }}
}

type texts struct {
	name  string
	fresh func(texts []string) Estimator
	model Classifier
}

func (t *texts) Name() string { return t.name }

func (t *texts) FitTexts(texts, labels []string) error {
	e := t.fresh(texts)
	c, ok := e.(Classifier)
	if !ok {
		return fmt.Errorf("classic: %s: %T is no classifier", t.name, e)
	}
	t.model = c
	return c.Fit(texts, labels)
}

func (t *texts) PredictTexts(texts []string) ([]string, error) {
	return namesOf(t.name, t.model, texts)
}

// namesOf returns the names of what a classifier predicts.
func namesOf(name string, c Classifier, X any) ([]string, error) {
	if c == nil {
		return nil, fmt.Errorf("classic: %s is not fitted yet", name)
	}
	got, err := c.Predict(X)
	if err != nil {
		return nil, err
	}
	out := make([]string, len(got))
	for i, l := range got {
		out[i] = c.Name(l)
	}
	return out, nil
}

func (t *texts) Size() int64 { return savedSize(t.model) }

// savedSize is the number of bytes that Save writes, 0 where it cannot.
func savedSize(e Estimator) int64 {
	var n counter
	if Write(&n, e) != nil {
		return 0
	}
	return int64(n)
}

// counter counts the bytes that are written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

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

// Frozen is the TextModel of an encoder that does not learn, with LogisticRegression on its vectors. embed returns a vector
// for each text. See gosft/sftlib/classic/neural for that of a BERT.
func Frozen(name string, embed func(texts []string) ([][]float32, error)) TextModel {
	return &frozen{name: name, embed: embed}
}

type frozen struct {
	name  string
	embed func([]string) ([][]float32, error)
	model *Pipeline
}

func (f *frozen) Name() string { return f.name }

func (f *frozen) Size() int64 {
	if f.model == nil {
		return 0
	}
	return savedSize(f.model)
}

func (f *frozen) vectors(texts []string) ([][]float32, error) {
	X, err := f.embed(texts)
	if err == nil && len(X) != len(texts) {
		err = fmt.Errorf("classic: %s returns %d vectors for %d texts", f.name, len(X), len(texts))
	}
	return X, err
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
	return namesOf(f.name, f.model, X)
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
