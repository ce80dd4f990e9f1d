package bert

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
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

// Marks in a card around what SetTraining has set, which Markdown does not show: by them a card is read again.
const (
	trainingBegin = "<!-- gosft: training -->\n"
	trainingEnd   = "<!-- gosft: end of training -->\n"
)

// readCard takes from the card of a folder that [Model.Save] has written what the next card shall say again: the model that was
// fine-tuned, the training and its metrics. A card of another tool says nothing to it.
func (m *Model) readCard() {
	text, err := os.ReadFile(filepath.Join(m.Dir, "README.md"))
	if err != nil {
		return
	}
	front, body, _ := strings.Cut(string(text), "\n---\n")
	_, training, found := strings.Cut(body, trainingBegin)
	training, _, closed := strings.Cut(training, trainingEnd)
	if !found || !closed {
		return
	}
	var metrics []string
	for line := range strings.Lines(front) {
		line = strings.TrimSpace(line)
		if base, ok := strings.CutPrefix(line, "base_model: "); ok && hubName.MatchString(base) {
			m.base = base
		}
		if name, err := strconv.Unquote(strings.TrimPrefix(line, "- ")); err == nil {
			metrics = append(metrics, name)
		}
	}
	m.SetTraining(training, metrics...)
}

// card is the README.md of a saved model: front matter as the hub reads it, what the model does and how to use it.
func (m *Model) card() string {
	var b strings.Builder
	b.WriteString("---\nlibrary_name: transformers\npipeline_tag: text-classification\n")
	hub := m.base
	if hub == "" && m.fromHub() {
		hub = m.Name
	}
	if hub != "" {
		fmt.Fprintf(&b, "base_model: %s\n", hub)
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
	if hub != "" {
		base = ", fine-tuned from " + quoteMarkdown(hub)
	} else if m.Name != "" {
		base = ", fine-tuned from " + quoteMarkdown(filepath.Base(m.Name))
	}
	fmt.Fprintf(&b, "# %s\n\nA BERT with %d layers, %d wide%s. It %s:\n\n", title, m.Config.NumHiddenLayers, m.Config.HiddenSize, base, what)
	for i, l := range m.labels {
		fmt.Fprintf(&b, "- %d: %s\n", i, quoteMarkdown(l))
	}
	if part := strings.TrimSpace(m.Card); part != "" {
		fmt.Fprintf(&b, "\n%s\n", part)
	}
	if training = strings.TrimSpace(training); training != "" {
		fmt.Fprintf(&b, "\n%s\n%s\n\n%s", trainingBegin, training, trainingEnd)
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
