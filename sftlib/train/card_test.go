package train

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"gosft/sftlib/bert"
	"gosft/sftlib/eval"
	"gosft/sftlib/internal/testenv"
)

// readCard saves the model and returns its card.
func readCard(t *testing.T, m *bert.Model) (dir, text string) {
	t.Helper()
	dir = t.TempDir()
	must(t, m.Save(dir))
	b, err := os.ReadFile(filepath.Join(dir, "README.md"))
	must(t, err)
	return dir, string(b)
}

// A model saved after a training says in its card how it was trained and how well it does, with the figures of the log.
func TestModelCard(t *testing.T) {
	m := tinyModel(t, "go", tinyLabels)
	if _, text := readCard(t, m); strings.Contains(text, "## Training") || strings.Contains(text, "metrics:") {
		t.Errorf("the card of a model without training:\n%s", text)
	}
	m.Card = "## Intended use\n\nReviews."
	val := tinyFrame(60, 2)
	args := Args{OutputDir: t.TempDir(), NumTrainEpochs: 2, PerDeviceTrainBatchSize: 16, LearningRate: 2e-3, WarmupRatio: 0.1, WeightDecay: 0.01,
		GradientAccumulationSteps: 2, EvalStrategy: Epoch, SaveStrategy: Epoch, ClassWeights: map[string]float64{"bad": 2}, MaxLength: 40, DisableTqdm: true}
	trainer := New(m, args, tinyFrame(128, 1), val, ComputeMetrics(func(*eval.Report) map[string]float64 {
		return map[string]float64{"准确|<b>\n`率": 0.5}
	}))
	run, err := trainer.Train(context.Background())
	must(t, err)
	dir, text := readCard(t, m)
	var rows []string
	last := Figures{}
	loss := 0.0
	for _, h := range run.History() {
		if l, ok := h.Figures["loss"]; ok {
			loss = l
		}
		if v, ok := h.Figures["eval_loss"]; ok {
			last = h.Figures
			rows = append(rows, fmt.Sprintf("| %.4f | %g | %d | %.4f | %.4f | %.4f |", loss, h.Epoch, h.Step, v, last["eval_accuracy"], last["eval_f1"]))
		}
	}
	if len(rows) != 2 {
		t.Fatalf("%d evaluations", len(rows))
	}
	for _, want := range []string{
		"metrics:\n- \"accuracy\"\n- \"f1\"\n- \"matthews_correlation\"\n", "Reviews.",
		fmt.Sprintf("evaluation set (60 texts, step 8):\n\n- Loss: %.4f\n- Accuracy: %.4f\n", last["eval_loss"], last["eval_accuracy"]),
		"Trained on 128 texts for 8 of 8 steps (epoch 2 of 2)",
		"- learning_rate: 0.002\n- train_batch_size: 16\n- eval_batch_size: 8\n- seed: 42\n- gradient_accumulation_steps: 2\n- total_train_batch_size: 32\n",
		"AdamW with betas=(0.9,0.999), epsilon=1e-08 and weight_decay=0.01", "- lr_scheduler_type: linear\n- lr_scheduler_warmup_ratio: 0.1\n- num_epochs: 2\n",
		"- class_weights: `{\"bad\":2}`\n- max_length: 40\n",
		"| Training Loss | Epoch | Step | Validation Loss | Accuracy | F1 | MCC | 准确\\|&lt;b> \\`率 |\n|:---:|:---:|:---:|:---:|:---:|:---:|:---:|:---:|\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the card lacks %q", want)
		}
	}
	for _, row := range rows {
		if !strings.Contains(text, strings.TrimSuffix(row, " |")) {
			t.Errorf("the card lacks the row %s", row)
		}
	}
	for _, never := range []string{"runtime", "samples_per_second", "data_seed", "early_stopping", "label_smoothing"} {
		if strings.Contains(text, never) {
			t.Errorf("the card has %s", never)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	if _, err := os.Stat(filepath.Join(args.OutputDir, "checkpoint-4", "README.md")); err != nil {
		t.Error(err)
	}

	// An evaluation after the training takes the place of the one in it, and a cross-validation leaves the card alone.
	report, err := run.Evaluate(tinyFrame(70, 3))
	must(t, err)
	_, text = readCard(t, m)
	if want := fmt.Sprintf("evaluation set (70 texts, step 8):\n\n- Loss: %.4f\n", report.Loss); !strings.Contains(text, want) {
		t.Errorf("the card lacks %q:\n%s", want, text)
	}
	args.OutputDir, args.EvalStrategy, args.SaveStrategy = t.TempDir(), No, No
	_, err = New(m, args, tinyFrame(64, 1), nil).CrossValidate(context.Background(), 2)
	must(t, err)
	if _, after := readCard(t, m); after != text {
		t.Errorf("after a cross-validation:\n%s", after)
	}

	t.Run("as the hub reads it", func(t *testing.T) {
		out := testenv.RunPython(t, `
import sys, json
from huggingface_hub import ModelCard
d = ModelCard.load(sys.argv[1]).data.to_dict()
print(json.dumps({"metrics": d.pop("metrics"), "library": d["library_name"], "keys": sorted(d)}))`, filepath.Join(dir, "README.md"))
		var got struct {
			Metrics, Keys []string
			Library       string
		}
		must(t, json.Unmarshal(out, &got))
		if got.Library != "transformers" || fmt.Sprint(got.Metrics) != "[accuracy f1 matthews_correlation precision recall roc_auc]" ||
			fmt.Sprint(got.Keys) != "[library_name pipeline_tag tags]" {
			t.Errorf("front matter %+v", got)
		}
	})
}

// After LoadBestModelAtEnd the results are those of the step whose weights the model has.
func TestModelCardOfTheBestModel(t *testing.T) {
	m := tinyModel(t, "go", tinyLabels)
	calls := 0.0
	args := Args{OutputDir: t.TempDir(), NumTrainEpochs: 3, PerDeviceTrainBatchSize: 16, LearningRate: 2e-3, EvalStrategy: Epoch, SaveStrategy: Epoch,
		LoadBestModelAtEnd: true, MetricForBestModel: "calls", GreaterIsBetter: new(false), DisableTqdm: true}
	_, err := New(m, args, tinyFrame(64, 1), tinyFrame(30, 2), ComputeMetrics(func(*eval.Report) map[string]float64 {
		calls++
		return map[string]float64{"calls": calls}
	})).Train(context.Background())
	must(t, err)
	_, text := readCard(t, m)
	for _, want := range []string{"(30 texts, step 4)", "- Calls: 1.0000\n", "for 12 of 12 steps", "The weights are those of step 4, the best by Calls."} {
		if !strings.Contains(text, want) {
			t.Errorf("the card lacks %q:\n%s", want, text)
		}
	}
}

// Without evaluations the table has the training loss alone, and of very many reports a part with the last one.
func TestModelCardWithoutEvaluations(t *testing.T) {
	c := &card{args: Args{LrSchedulerKwargs: map[string]float64{"num_cycles": 1}}.WithDefaults()}
	for step := 1; step <= 250; step++ {
		c.state.LogHistory = append(c.state.LogHistory, Record{step, float64(step) / 100, Figures{"loss": 1 / float64(step)}})
	}
	text := c.String()
	if n := len(regexp.MustCompile(`(?m)^\| \d`).FindAllString(text, -1)); n != 84 || !strings.Contains(text, "| 0.0040 | 2.5 | 250 |\n\nOne of 3") ||
		!strings.Contains(text, "| Training Loss | Epoch | Step |\n") || strings.Contains(text, "achieves") ||
		!strings.Contains(text, "- lr_scheduler_kwargs: `{\"num_cycles\":1}`\n") {
		t.Errorf("%d rows:\n%s", n, text)
	}
}
