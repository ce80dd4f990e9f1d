package classic

import (
	"errors"
	"fmt"
)

// Pipeline is transformers and a model, one after the other, as one model.
type Pipeline struct {
	Steps []Transformer
	Model Estimator
}

// NewPipeline returns a pipeline of transformers and, last, a model: NewPipeline(&TFIDF{}, &LogisticRegression{}). What
// does not fit is told by Fit.
func NewPipeline(steps ...any) *Pipeline {
	p := &Pipeline{}
	for i, s := range steps {
		if e, ok := s.(Estimator); ok && i == len(steps)-1 {
			p.Model = e
			continue
		}
		t, ok := s.(Transformer)
		if !ok {
			t = misfit{i, s}
		}
		p.Steps = append(p.Steps, t)
	}
	return p
}

// misfit is a step that is no transformer: each of its methods says so.
type misfit struct {
	place int
	value any
}

func (m misfit) err() error {
	return fmt.Errorf("classic: Pipeline: step %d is %T: transformers come first, one model at the end", m.place, m.value)
}
func (m misfit) Fit(_, _ any) error            { return m.err() }
func (m misfit) Transform(any) (Matrix, error) { return nil, m.err() }
func (m misfit) CloneTransformer() Transformer { return m }
func (p *Pipeline) missing() error {
	return errors.New("classic: Pipeline: there is no model at its end: add one, such as &LogisticRegression{}")
}

// Fit fits each step on what the steps before it make of X.
func (p *Pipeline) Fit(X, y any) error {
	if p.Model == nil {
		for _, s := range p.Steps {
			if m, ok := s.(misfit); ok {
				return m.err()
			}
		}
		return p.missing()
	}
	for _, s := range p.Steps {
		if f, ok := s.(interface {
			FitTransform(X, y any) (Matrix, error)
		}); ok {
			m, err := f.FitTransform(X, y)
			if err != nil {
				return err
			}
			X = m
			continue
		}
		if err := s.Fit(X, y); err != nil {
			return err
		}
		m, err := s.Transform(X)
		if err != nil {
			return err
		}
		X = m
	}
	return p.Model.Fit(X, y)
}

// Transform returns what the steps before the model make of X.
func (p *Pipeline) Transform(X any) (any, error) {
	for _, s := range p.Steps {
		m, err := s.Transform(X)
		if err != nil {
			return nil, err
		}
		X = m
	}
	if p.Model == nil {
		return nil, p.missing()
	}
	return X, nil
}

func (p *Pipeline) classifier() (Classifier, error) {
	if c, ok := p.Model.(Classifier); ok {
		return c, nil
	}
	if p.Model == nil {
		return nil, p.missing()
	}
	return nil, fmt.Errorf("classic: Pipeline: %T is no classifier: use PredictValues", p.Model)
}

// Predict returns the label of each row, where the model is a classifier.
func (p *Pipeline) Predict(X any) ([]int, error) {
	c, err := p.classifier()
	if err != nil {
		return nil, err
	}
	if X, err = p.Transform(X); err != nil {
		return nil, err
	}
	return c.Predict(X)
}

// PredictProba returns the probability of each class, where the model is a classifier.
func (p *Pipeline) PredictProba(X any) ([][]float64, error) {
	c, err := p.classifier()
	if err != nil {
		return nil, err
	}
	if X, err = p.Transform(X); err != nil {
		return nil, err
	}
	return c.PredictProba(X)
}

// PredictValues returns the value of each row, where the model is a regressor.
func (p *Pipeline) PredictValues(X any) ([]float64, error) {
	r, ok := p.Model.(Regressor)
	if !ok {
		if p.Model == nil {
			return nil, p.missing()
		}
		return nil, fmt.Errorf("classic: Pipeline: %T is no regressor: use Predict", p.Model)
	}
	X, err := p.Transform(X)
	if err != nil {
		return nil, err
	}
	return r.Predict(X)
}

// Name returns the name of a label.
func (p *Pipeline) Name(label int) string {
	if c, err := p.classifier(); err == nil {
		return c.Name(label)
	}
	return fmt.Sprint(label)
}

// Score returns what the model's Score does.
func (p *Pipeline) Score(X, y any) (float64, error) {
	X, err := p.Transform(X)
	if err != nil {
		return 0, err
	}
	return p.Model.Score(X, y)
}

// Clone returns a pipeline of unfitted copies.
func (p *Pipeline) Clone() Estimator {
	c := &Pipeline{}
	for _, s := range p.Steps {
		c.Steps = append(c.Steps, s.CloneTransformer())
	}
	if p.Model != nil {
		c.Model = p.Model.Clone()
	}
	return c
}
