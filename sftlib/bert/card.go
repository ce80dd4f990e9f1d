package bert

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

var hubName = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*/[\w.-]+$`)

// SetTraining sets what the model card of [Model.Save] says of how the weights came about: Markdown, and the hub's names of the
// metrics that it has (accuracy, f1, matthews_correlation), which go into the card's front matter. A training sets it by itself.
func (m *Model) SetTraining(markdown string, metrics ...string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.training, m.metrics = markdown, metrics
}

// Training returns what SetTraining has set.
func (m *Model) Training() (markdown string, metrics []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.training, slices.Clone(m.metrics)
}

// fromHub says whether the model was opened by a name of the hub; a folder's path may look like one.
func (m *Model) fromHub() bool { return hubName.MatchString(m.Name) && m.Dir != m.Name }

// card is the README.md of a saved model: front matter as the hub reads it, what the model does and how to use it.
func (m *Model) card() string {
	var b strings.Builder
	b.WriteString("---\nlibrary_name: transformers\npipeline_tag: text-classification\n")
	if m.fromHub() {
		fmt.Fprintf(&b, "base_model: %s\n", m.Name)
	}
	training, metrics := m.Training()
	if len(metrics) > 0 {
		fmt.Fprintf(&b, "metrics:\n")
		for _, name := range metrics {
			fmt.Fprintf(&b, "- %q\n", name)
		}
	}
	b.WriteString("tags:\n- text-classification\n- gosft\n---\n\n")
	title, what := "A text classifier", "gives one of these labels to a text"
	switch m.Config.ProblemType {
	case MultiLabel:
		what = "gives any number of these labels to a text"
	case Regression:
		title, what = "A text regression model", "gives these numbers for a text"
	}
	base := ""
	if m.fromHub() {
		base = ", fine-tuned from " + quoteMarkdown(m.Name)
	} else if m.Name != "" {
		base = ", fine-tuned from " + quoteMarkdown(filepath.Base(m.Name))
	}
	fmt.Fprintf(&b, "# %s\n\nA BERT with %d layers, %d wide%s. It %s:\n\n", title, m.Config.NumHiddenLayers, m.Config.HiddenSize, base, what)
	for i, l := range m.labels {
		fmt.Fprintf(&b, "- %d: %s\n", i, quoteMarkdown(l))
	}
	for _, part := range []string{m.Card, training} {
		if part = strings.TrimSpace(part); part != "" {
			fmt.Fprintf(&b, "\n%s\n", part)
		}
	}
	b.WriteString(`
## Use

In Go:

` + "```go" + `
model, err := bert.Load("path/to/this/folder")
predictions, err := model.Predict("a text", "another text")
` + "```" + `

In Python:

` + "```python" + `
from transformers import pipeline
classify = pipeline("text-classification", model="path/to/this/folder")
print(classify(["a text", "another text"]))
` + "```" + `
`)
	return b.String()
}

// quoteMarkdown writes a name from data so that Markdown shows it as it is.
func quoteMarkdown(s string) string {
	if strings.ContainsAny(s, "\n\r`") {
		q, _ := json.Marshal(s) // a string always marshals
		s = strings.ReplaceAll(string(q), "`", "'")
	}
	return "`" + s + "`"
}
