package bert

import (
	"os"
	"path/filepath"
	"slices"
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
			!strings.Contains(text, "\nmetrics:\n- \"f1\"\n- \"a\\\": [b\"\n") || !strings.Contains(text, "- 1: `\"a'b\\nc\"`\n\n"+trainingBegin+"\n## Training procedure\n\n"+trainingEnd+"\n## Use") {
			t.Errorf("%q:\n%s", c.name, text)
		}
	}
}

// A model that was saved, loaded and saved again has the same card: base, training and metrics.
func TestCardIsReadAgain(t *testing.T) {
	said := "## Training procedure\n\n| step | loss |\n|---|---|\n| 10 | 0.5 |"
	m := &Model{Name: "BAAI/bge-small-zh-v1.5", Dir: "/models/x", labels: []string{"a", "b"}}
	m.SetTraining(said, "accuracy", "f1")
	first := m.card()
	dir := t.TempDir()
	write := func(text string) {
		if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(first)
	again := &Model{Name: dir, Dir: dir, labels: m.labels}
	again.readCard()
	if training, metrics := again.Training(); strings.TrimSpace(training) != said || !slices.Equal(metrics, []string{"accuracy", "f1"}) {
		t.Errorf("read again: %q %q", training, metrics)
	}
	if second := again.card(); second != first {
		t.Errorf("the first card\n%s\nthe second\n%s", first, second)
	}
	for _, other := range []string{"", "# Made by transformers\n\n## Training procedure\n", trainingBegin + "torn"} {
		write(other)
		plain := &Model{Name: dir, Dir: dir, labels: m.labels}
		plain.readCard()
		if training, metrics := plain.Training(); training != "" || metrics != nil {
			t.Errorf("of %q was read: %q %q", other, training, metrics)
		}
	}
}
