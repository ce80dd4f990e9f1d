package classic

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
)

// kinds are the types that Save writes, by name.
var kinds = func() map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, v := range []any{LinearRegression{}, Ridge{}, LogisticRegression{}, SVC{}, DecisionTree{}, DecisionTreeRegressor{}, RandomForest{},
		RandomForestRegressor{}, KNeighbors{}, KNeighborsRegressor{}, MultinomialNB{}, StandardScaler{}, OneHot{}, TFIDF{}} {
		t := reflect.TypeOf(v)
		out[t.Name()] = t
	}
	return out
}()

// stored is a model in a file.
type stored struct {
	Format int             `json:"format"` // 1
	Type   string          `json:"type"`
	Model  json.RawMessage `json:"model,omitempty"`
	Steps  []stored        `json:"steps,omitempty"` // of a Pipeline, the model last
}

// Save writes a model, fitted or not, as JSON. The file is replaced at once or not at all.
func Save(name string, e Estimator) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".classic-*")
	if err != nil {
		return fmt.Errorf("classic: save: %w", err)
	}
	defer os.Remove(f.Name())
	err = Write(f, e)
	if closeErr := f.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("classic: save: %w", closeErr)
	}
	if err != nil {
		return err
	}
	if err := os.Chmod(f.Name(), 0o644); err != nil {
		return fmt.Errorf("classic: save: %w", err)
	}
	if err := os.Rename(f.Name(), name); err != nil {
		return fmt.Errorf("classic: save: %w", err)
	}
	return nil
}

// Write writes a model as JSON.
func Write(w io.Writer, e Estimator) error {
	s, err := store(e)
	if err != nil {
		return err
	}
	if err := json.NewEncoder(w).Encode(s); err != nil {
		return fmt.Errorf("classic: save: %w", err)
	}
	return nil
}

func store(v any) (stored, error) {
	switch x := v.(type) {
	case *Pipeline:
		s := stored{Format: 1, Type: "Pipeline"}
		for _, step := range x.Steps {
			part, err := store(step)
			if err != nil {
				return s, err
			}
			s.Steps = append(s.Steps, part)
		}
		part, err := store(x.Model)
		s.Steps = append(s.Steps, part)
		return s, err
	case *GridSearch:
		if x.BestEstimator == nil {
			return stored{}, fmt.Errorf("classic: save: this GridSearch is not fitted yet: call Fit first")
		}
		return store(x.BestEstimator)
	}
	t := reflect.TypeOf(v)
	if t == nil || t.Kind() != reflect.Pointer || kinds[t.Elem().Name()] != t.Elem() {
		return stored{}, fmt.Errorf("classic: save: %T is not a model of this package", v)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return stored{}, fmt.Errorf("classic: save: %w", err)
	}
	return stored{Format: 1, Type: t.Elem().Name(), Model: text}, nil
}

// Load reads a model that Save wrote.
func Load(name string) (Estimator, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("classic: load: %w", err)
	}
	defer f.Close()
	e, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return e, nil
}

// Read reads a model that Write wrote.
func Read(r io.Reader) (Estimator, error) {
	var s stored
	if err := json.NewDecoder(r).Decode(&s); err != nil {
		return nil, fmt.Errorf("classic: load: %w", err)
	}
	v, err := s.open()
	if err != nil {
		return nil, fmt.Errorf("classic: load: %w", err)
	}
	e, ok := v.(Estimator)
	if !ok {
		return nil, fmt.Errorf("classic: load: a %s alone is no model", s.Type)
	}
	return e, nil
}

func (s *stored) open() (any, error) {
	if s.Format != 1 {
		return nil, fmt.Errorf("the format is %d, this version reads 1", s.Format)
	}
	if s.Type == "Pipeline" {
		var steps []any
		for _, part := range s.Steps {
			v, err := part.open()
			if err != nil {
				return nil, err
			}
			steps = append(steps, v)
		}
		p := NewPipeline(steps...)
		if p.Model == nil {
			return nil, p.missing()
		}
		for _, step := range p.Steps {
			if m, ok := step.(misfit); ok {
				return nil, m.err()
			}
		}
		return p, nil
	}
	t, ok := kinds[s.Type]
	if !ok {
		return nil, fmt.Errorf("the type %q is not known", s.Type)
	}
	v := reflect.New(t)
	if err := json.Unmarshal(s.Model, v.Interface()); err != nil {
		return nil, fmt.Errorf("%s: %w", s.Type, err)
	}
	if c, ok := v.Interface().(interface{ valid() error }); ok {
		if err := c.valid(); err != nil {
			return nil, fmt.Errorf("%s: %s: the file is damaged", s.Type, strings.TrimSpace(err.Error()))
		}
	}
	return v.Interface(), nil
}

// MarshalJSON writes C, which may be infinite, in a way that JSON knows.
func (l LogisticRegression) MarshalJSON() ([]byte, error) {
	type plain LogisticRegression
	out := struct {
		plain
		C any
	}{plain(l), l.C}
	if math.IsInf(l.C, 1) {
		out.C = "infinite"
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads what MarshalJSON wrote.
func (l *LogisticRegression) UnmarshalJSON(text []byte) error {
	type plain LogisticRegression
	in := struct {
		*plain
		C json.RawMessage
	}{plain: (*plain)(l)}
	if err := json.Unmarshal(text, &in); err != nil {
		return err
	}
	if string(in.C) == `"infinite"` {
		l.C = math.Inf(1)
		return nil
	}
	if in.C == nil {
		return nil
	}
	return json.Unmarshal(in.C, &l.C)
}

func sameWidths(name string, rows [][]float64, want int) error {
	for i, r := range rows {
		if len(r) != want {
			return fmt.Errorf("row %d of %s has %d values, want %d", i, name, len(r), want)
		}
	}
	return nil
}

// valid checks the classes of a model that has learned from so many features.
func (l *labels) valid(features int) error {
	if features > 0 && len(l.Classes) < 2 || l.ClassNames != nil && len(l.ClassNames) != len(l.Classes) {
		return fmt.Errorf("%d features, %d classes, %d names of classes", features, len(l.Classes), len(l.ClassNames))
	}
	return nil
}

func (l *LogisticRegression) valid() error {
	if err := l.labels.valid(len(l.Coef)); err != nil {
		return err
	}
	want := rowsOf(len(l.Classes))
	if len(l.Coef) != want || len(l.Intercept) != want {
		if len(l.Coef) == 0 && len(l.Classes) == 0 {
			return nil
		}
		return fmt.Errorf("%d classes, %d rows of Coef, %d of Intercept", len(l.Classes), len(l.Coef), len(l.Intercept))
	}
	if want == 0 {
		return nil
	}
	return sameWidths("Coef", l.Coef, len(l.Coef[0]))
}

func (b *MultinomialNB) valid() error {
	if err := b.labels.valid(len(b.FeatureLogProb)); err != nil {
		return err
	}
	if len(b.FeatureLogProb) != len(b.Classes) || len(b.ClassLogPrior) != len(b.Classes) {
		return fmt.Errorf("%d classes, %d rows of FeatureLogProb, %d of ClassLogPrior", len(b.Classes), len(b.FeatureLogProb), len(b.ClassLogPrior))
	}
	if len(b.Classes) == 0 {
		return nil
	}
	return sameWidths("FeatureLogProb", b.FeatureLogProb, len(b.FeatureLogProb[0]))
}

func (k *KNeighbors) valid() error {
	if err := k.labels.valid(len(k.X)); err != nil {
		return err
	}
	if len(k.X) != len(k.Codes) {
		return fmt.Errorf("%d rows of X, %d Codes", len(k.X), len(k.Codes))
	}
	for _, c := range k.Codes {
		if c < 0 || c >= len(k.Classes) {
			return fmt.Errorf("code %d of %d classes", c, len(k.Classes))
		}
	}
	if len(k.X) == 0 {
		return nil
	}
	return sameWidths("X", k.X, len(k.X[0]))
}

func (k *KNeighborsRegressor) valid() error {
	if len(k.X) != len(k.Y) {
		return fmt.Errorf("%d rows of X, %d of Y", len(k.X), len(k.Y))
	}
	if len(k.X) == 0 {
		return nil
	}
	return sameWidths("X", k.X, len(k.X[0]))
}

func (s *SVC) valid() error {
	if err := s.labels.valid(s.NFeaturesIn); err != nil {
		return err
	}
	if k := len(s.Classes); s.NFeaturesIn > 0 && (len(s.Pairs) != k*(k-1)/2 || s.Coef == nil && len(s.SupportVectors) == 0) {
		return fmt.Errorf("%d classes, %d pairs, %d support vectors", k, len(s.Pairs), len(s.SupportVectors))
	}
	if len(s.Intercept) != len(s.Pairs) || s.Coef != nil && len(s.Coef) != len(s.Pairs) {
		return fmt.Errorf("%d pairs, %d of Intercept, %d rows of Coef", len(s.Pairs), len(s.Intercept), len(s.Coef))
	}
	for _, p := range s.Pairs {
		if p.First < 0 || p.Second < 0 || p.First >= len(s.Classes) || p.Second >= len(s.Classes) || len(p.Support) != len(p.DualCoef) {
			return fmt.Errorf("a pair of classes %d and %d with %d and %d values", p.First, p.Second, len(p.Support), len(p.DualCoef))
		}
		for _, at := range p.Support {
			if at < 0 || at >= len(s.Support) || s.Coef == nil && at >= len(s.SupportVectors) {
				return fmt.Errorf("support vector %d of %d", at, len(s.SupportVectors))
			}
		}
	}
	if len(s.ProbA) != len(s.ProbB) || s.ProbA != nil && len(s.ProbA) != rowsOf(len(s.Classes)) {
		return fmt.Errorf("%d classes, %d of ProbA, %d of ProbB", len(s.Classes), len(s.ProbA), len(s.ProbB))
	}
	if err := sameWidths("Coef", s.Coef, s.NFeaturesIn); err != nil {
		return err
	}
	return sameWidths("SupportVectors", s.SupportVectors, s.NFeaturesIn)
}

func (s *StandardScaler) valid() error {
	if len(s.Mean) != len(s.Scale) {
		return fmt.Errorf("%d means, %d scales", len(s.Mean), len(s.Scale))
	}
	return nil
}

func (v *TFIDF) valid() error {
	if len(v.Vocabulary) != len(v.IDF) {
		return fmt.Errorf("%d terms, %d weights", len(v.Vocabulary), len(v.IDF))
	}
	return nil
}

// valid checks that every way from the root ends in a leaf: children come after their parent.
func (t *Tree) valid(features, values int) error {
	n := len(t.Feature)
	if n == 0 || len(t.Threshold) != n || len(t.Left) != n || len(t.Right) != n || len(t.Value) != n {
		return fmt.Errorf("a tree of %d nodes with %d thresholds, %d and %d children, %d values", n, len(t.Threshold), len(t.Left), len(t.Right), len(t.Value))
	}
	for i, f := range t.Feature {
		if f >= features || f >= 0 && (t.Left[i] <= i || t.Right[i] <= i || t.Left[i] >= n || t.Right[i] >= n) {
			return fmt.Errorf("node %d asks for feature %d of %d and leads to %d and %d of %d", i, f, features, t.Left[i], t.Right[i], n)
		}
	}
	return sameWidths("Value", t.Value, values)
}

func validTrees(trees []*Tree, features, values int) error {
	if len(trees) == 0 && features > 0 {
		return fmt.Errorf("no tree")
	}
	for _, t := range trees {
		if t == nil {
			if features == 0 {
				continue
			}
			return fmt.Errorf("no tree")
		}
		if err := t.valid(features, values); err != nil {
			return err
		}
	}
	return nil
}

func (d *DecisionTree) valid() error {
	if err := d.labels.valid(d.NFeaturesIn); err != nil {
		return err
	}
	return validTrees([]*Tree{d.Tree}, d.NFeaturesIn, len(d.Classes))
}
func (d *DecisionTreeRegressor) valid() error { return validTrees([]*Tree{d.Tree}, d.NFeaturesIn, 1) }
func (f *RandomForest) valid() error {
	if err := f.labels.valid(f.NFeaturesIn); err != nil {
		return err
	}
	return validTrees(f.Trees, f.NFeaturesIn, len(f.Classes))
}
func (f *RandomForestRegressor) valid() error { return validTrees(f.Trees, f.NFeaturesIn, 1) }
