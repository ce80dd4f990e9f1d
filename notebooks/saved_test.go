// Package notebooks holds the course; its test reads the notebooks as they are saved, without running them.
package notebooks

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

type lines []string

func (l lines) String() string { return strings.Join(l, "") }

func (l *lines) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '"' {
		*l = make(lines, 1)
		return json.Unmarshal(b, &(*l)[0])
	}
	return json.Unmarshal(b, (*[]string)(l))
}

type cell struct {
	Type     string `json:"cell_type"`
	Source   lines  `json:"source"`
	Count    *int   `json:"execution_count"`
	Metadata struct {
		Tags []string `json:"tags"`
	} `json:"metadata"`
	Outputs []struct {
		Type string                     `json:"output_type"`
		Text lines                      `json:"text"`
		Data map[string]json.RawMessage `json:"data"`
	} `json:"outputs"`
}

// figure is a number that only a run can give: a percentage, a decimal number (also of millions) or one with a comma for the
// thousands.
var figure = regexp.MustCompile(`\d{1,3}(?:,\d{3})+|\d+\.\d+(?: million)?|\d+(?:\.\d+)? ?%`)

// installed is a path into one machine's set-up, as the reason shows why a model was not found there.
var installed = regexp.MustCompile(`/[\w./-]*/\.venv/[\w./-]*`)

// code is what stands in backquotes or between fences: no figures of the text.
var code = regexp.MustCompile("(?s)```.*?```|`[^`]*`")

func TestSavedNotebooks(t *testing.T) {
	english, err := filepath.Glob("en/*.ipynb")
	if err != nil || len(english) != 7 {
		t.Fatalf("%d English notebooks, %v", len(english), err)
	}
	for _, path := range english {
		for _, p := range []string{path, filepath.Join("zh", filepath.Base(path))} {
			t.Run(strings.ReplaceAll(p, "/", "_"), func(t *testing.T) { saved(t, p) })
		}
	}
}

// saved checks one notebook: every cell was run in order and without an error, the first says what it ran on, what is shown has a
// text twin, and the figures of
// the text before the exercises stand in the outputs.
func saved(t *testing.T, path string) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if at := installed.Find(data); at != nil {
		t.Errorf("it shows a path of the machine that it ran on: %s (was it run without the Chinese model?)", at)
	}
	var nb struct {
		Cells []cell `json:"cells"`
	}
	if err := json.Unmarshal(data, &nb); err != nil {
		t.Fatal(err)
	}
	var prose, shown strings.Builder
	ran := 0
	for i, c := range nb.Cells {
		text := c.Source.String()
		if c.Type != "code" {
			prose.WriteString(code.ReplaceAllString(text, "") + "\n")
			continue
		}
		shown.WriteString(text + "\n") // a literal of a cell may be spoken of too
		ran++
		if c.Count == nil || *c.Count != ran {
			t.Errorf("cell %d was not run, or not in order", i)
		}
		first := ""
		for _, o := range c.Outputs {
			plain := o.Text
			if o.Data != nil {
				twin, ok := o.Data["text/plain"]
				if !ok {
					t.Errorf("cell %d: an output without a text twin", i)
				} else if err := json.Unmarshal(twin, &plain); err != nil {
					t.Fatal(err)
				}
			}
			if o.Type == "error" {
				t.Errorf("cell %d ended with an error", i)
			}
			first += plain.String()
			shown.WriteString(plain.String() + "\n")
		}
		if ran == 1 && (!strings.Contains(first, "GoMLX") || !strings.Contains(first, "XLA") && !strings.Contains(first, "Go backend")) {
			t.Errorf("the first cell does not say versions and backend: %q", first)
		}
	}
	if !strings.Contains(prose.String(), "<details>") {
		t.Error("no exercise with a hidden solution")
	}
	text, _, _ := strings.Cut(strings.Replace(prose.String(), "## 练习", "## Exercises", 1), "## Exercises")
	outputs := strings.ReplaceAll(shown.String(), ",", "")
	for _, f := range figure.FindAllString(text, -1) {
		if millions, ok := strings.CutSuffix(f, " million"); ok { // 22.7 million is 22,7...
			f = strings.ReplaceAll(millions, ".", "")
		}
		if n := strings.ReplaceAll(strings.TrimRight(f, " %"), ",", ""); !strings.Contains(outputs, n) {
			t.Errorf("the text speaks of %s, which no output shows", f)
		}
	}
}
