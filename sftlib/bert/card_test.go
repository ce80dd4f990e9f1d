package bert

import (
	"strings"
	"testing"
)

// base_model names a model of the hub, never a folder whose path looks like one.
func TestCardNamesTheBaseModel(t *testing.T) {
	for _, c := range []struct{ name, dir, want, never string }{
		{"BAAI/bge-small-zh-v1.5", "/models/bge-small-zh-v1.5", "\nbase_model: BAAI/bge-small-zh-v1.5\n", ""},
		{"results/best", "results/best", "fine-tuned from `best`", "base_model"},
		{"a: b\n---/`x", "models/x", "fine-tuned from `\"'x\"`", "base_model"},
	} {
		m := &Model{Name: c.name, Dir: c.dir, labels: []string{"good", "a`b\nc"}}
		m.SetTraining("## Training procedure\n", "f1", "a\": [b")
		text := m.card()
		if !strings.Contains(text, c.want) || c.never != "" && strings.Contains(text, c.never) ||
			!strings.Contains(text, "\nmetrics:\n- \"f1\"\n- \"a\\\": [b\"\n") || !strings.Contains(text, "- 1: `\"a'b\\nc\"`\n\n## Training procedure\n\n## Use") {
			t.Errorf("%q:\n%s", c.name, text)
		}
	}
}
