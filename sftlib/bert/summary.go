package bert

import (
	"fmt"
	"strings"

	"gosft/sftlib/show"
)

// Summary describes a model part by part; a notebook shows it as a table.
type Summary struct {
	Name      string
	Problem   ProblemType
	Labels    []string
	Backend   string
	Parts     []Part
	Total     int // parameters
	Trainable int
}

// Part is one layer of a model.
type Part struct {
	Name      string // "bert.encoder.layer.0"
	Shapes    string // of its weights, [out, in]
	Params    int
	Trainable int
	New       bool // some of it was initialised at random
}

// Summary lists the layers with their shapes and how many of their parameters are trainable and frozen.
func (m *Model) Summary() Summary {
	s := Summary{Name: m.Name, Problem: m.Config.ProblemType, Labels: m.Labels(), Backend: m.backend.String()}
	for _, p := range m.params {
		name := partOf(p.Name)
		if len(s.Parts) == 0 || s.Parts[len(s.Parts)-1].Name != name {
			s.Parts = append(s.Parts, Part{Name: name})
		}
		part := &s.Parts[len(s.Parts)-1]
		n := 1
		for _, d := range p.Shape {
			n *= d
		}
		part.Params += n
		s.Total += n
		if p.Trainable() {
			part.Trainable += n
			s.Trainable += n
		}
		part.New = part.New || p.New
		if len(p.Shape) == 2 {
			shape := fmt.Sprintf("%s %d×%d", leaf(p.Name), p.Shape[0], p.Shape[1])
			if part.Shapes != "" {
				part.Shapes += ", "
			}
			part.Shapes += shape
		}
	}
	return s
}

// partOf is the layer that a parameter belongs to.
func partOf(name string) string {
	parts := strings.Split(name, ".")
	switch {
	case len(parts) > 3 && parts[1] == "encoder":
		return strings.Join(parts[:4], ".")
	case len(parts) > 2:
		return strings.Join(parts[:2], ".")
	}
	return parts[0]
}

// leaf is the short name of a weight within its layer.
func leaf(name string) string {
	parts := strings.Split(strings.TrimSuffix(name, ".weight"), ".")
	last := parts[len(parts)-1]
	if last == "dense" && len(parts) > 1 {
		last = parts[len(parts)-2]
		if last == "output" && len(parts) > 2 && parts[len(parts)-3] == "attention" {
			last = "attention.output"
		}
	}
	return last
}

func (s Summary) table() *show.Table {
	t := show.NewTable("layer", "weights", "parameters", "trainable", "frozen", "")
	for _, p := range s.Parts {
		note := ""
		if p.New {
			note = "new"
		}
		t.Add(p.Name, p.Shapes, show.Count(p.Params), show.Count(p.Trainable), show.Count(p.Params-p.Trainable), note)
	}
	t.Add("total", "", show.Count(s.Total), show.Count(s.Trainable), show.Count(s.Total-s.Trainable), "")
	for i := range t.Columns {
		if i >= 2 && i <= 4 {
			t.Aligns = append(t.Aligns, show.Right)
		} else {
			t.Aligns = append(t.Aligns, show.Left)
		}
	}
	return t
}

func (s Summary) head() string {
	if len(s.Labels) == 0 {
		return fmt.Sprintf("%s, without a head. %s", s.Name, s.Backend)
	}
	return fmt.Sprintf("%s, %s: %s. %s", s.Name, s.Problem, some(s.Labels), s.Backend)
}

// MimeBundle shows the summary in a notebook.
func (s Summary) MimeBundle() map[string]any { return show.Group{s.head(), s.table()}.MimeBundle() }

// String shows the summary as text.
func (s Summary) String() string { return s.head() + "\n" + s.table().String() }

// MimeBundle shows the model's [Summary] in a notebook.
func (m *Model) MimeBundle() map[string]any { return m.Summary().MimeBundle() }

// String says in a line what the model is.
func (m *Model) String() string {
	s := m.Summary()
	return fmt.Sprintf("BERT %s, %d layers, %s parameters, %s: %s", s.Name, m.Config.NumHiddenLayers, show.Count(s.Total), s.Problem, some(s.Labels))
}
