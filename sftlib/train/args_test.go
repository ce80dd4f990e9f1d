package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gosft/sftlib/internal/testenv"
)

func TestDefaultsAreTransformers(t *testing.T) {
	out := testenv.RunPython(t, `
import json, dataclasses
from transformers import TrainingArguments as T
d = {f.name: f.default for f in dataclasses.fields(T)}
print(json.dumps({k: (v.value if hasattr(v, "value") else v) for k, v in d.items() if isinstance(v, (int, float, str, bool, type(None)))}, default=str))`)
	var theirs map[string]any
	if err := json.Unmarshal(out, &theirs); err != nil {
		t.Fatal(err)
	}
	a := Args{}.WithDefaults()
	ours := map[string]any{
		"num_train_epochs": a.NumTrainEpochs, "per_device_train_batch_size": a.PerDeviceTrainBatchSize,
		"per_device_eval_batch_size": a.PerDeviceEvalBatchSize, "gradient_accumulation_steps": a.GradientAccumulationSteps,
		"learning_rate": a.LearningRate, "lr_scheduler_type": a.LrSchedulerType, "warmup_steps": a.WarmupSteps,
		"weight_decay": a.WeightDecay, "adam_beta1": a.AdamBeta1, "adam_beta2": a.AdamBeta2, "adam_epsilon": a.AdamEpsilon,
		"max_grad_norm": a.MaxGradNorm, "seed": a.Seed, "label_smoothing_factor": a.LabelSmoothingFactor,
		"logging_strategy": a.LoggingStrategy, "logging_steps": a.LoggingSteps, "logging_first_step": a.LoggingFirstStep,
		"eval_strategy": a.EvalStrategy, "save_strategy": a.SaveStrategy, "save_steps": a.SaveSteps,
		"load_best_model_at_end": a.LoadBestModelAtEnd, "gradient_checkpointing": a.GradientCheckpointing,
	}
	wrong := 0.0
	for name, v := range ours {
		got, _ := json.Marshal(v)
		want, _ := json.Marshal(theirs[name])
		if theirs[name] == nil { // Optional[bool] with default None means off
			want = []byte("false")
		}
		if string(got) != string(want) {
			t.Errorf("%s is %s by default, transformers has %s", name, got, want)
			wrong++
		}
	}
	testenv.Parity(t, fmt.Sprintf("%d defaults of TrainingArguments, differences", len(ours)), wrong, 0)
}

func TestValidateReportsAllAtOnce(t *testing.T) {
	if err := (Args{}).Validate(); err != nil {
		t.Fatalf("the defaults must be valid: %v", err)
	}
	yes := true
	good := Args{OutputDir: "results", NumTrainEpochs: 3, PerDeviceTrainBatchSize: 16, PerDeviceEvalBatchSize: 64, WarmupSteps: 500,
		WeightDecay: 0.01, LoggingDir: "logs", EvalStrategy: Epoch, SaveStrategy: Epoch, LoadBestModelAtEnd: true,
		MetricForBestModel: "f1", GreaterIsBetter: &yes, EarlyStoppingPatience: 2, ClassWeights: map[string]float64{"a": 2}}
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	bad := Args{NumTrainEpochs: -1, LearningRate: math.NaN(), LrSchedulerType: "step", WarmupSteps: 10, WarmupRatio: 0.1, AdamBeta1: 1,
		EvalStrategy: "sometimes", SaveStrategy: Best, LoadBestModelAtEnd: true, EvalSteps: 1.5, LabelSmoothingFactor: 1,
		ClassWeights: map[string]float64{"spam": -2}, PerDeviceTrainBatchSize: -4, Packing: "yes", EarlyStoppingPatience: -1,
		LrSchedulerKwargs: map[string]float64{"gamma": 1}, SaveTotalLimit: -1, MaxLength: 2}
	err := bad.Validate()
	if err == nil {
		t.Fatal("no error")
	}
	for _, field := range []string{"NumTrainEpochs", "LearningRate", "LrSchedulerType", "WarmupSteps", "AdamBeta1", "EvalStrategy", "EvalSteps",
		"LabelSmoothingFactor", "spam", "PerDeviceTrainBatchSize", "Packing", "EarlyStoppingPatience", "gamma", "SaveTotalLimit", "MaxLength"} {
		if !strings.Contains(err.Error(), field) {
			t.Errorf("the error does not name %s:\n%v", field, err)
		}
	}
	for _, a := range []Args{
		{LoadBestModelAtEnd: true},
		{LoadBestModelAtEnd: true, EvalStrategy: Epoch},
		{LoadBestModelAtEnd: true, EvalStrategy: Steps, EvalSteps: 200},
		{SaveStrategy: Best},
		{EarlyStoppingPatience: 1},
		{ClassWeights: 3},
		{ClassWeights: "balance"},
		{LrSchedulerType: Polynomial, LearningRate: 1e-8},
	} {
		if a.Validate() == nil {
			t.Errorf("%+v must be refused", a)
		}
	}
}

func TestScheduleIsTransformers(t *testing.T) {
	type c struct {
		Type          string
		Warmup, Total int
		Kwargs        map[string]float64
	}
	cases := []c{
		{Linear, 0, 10, nil}, {Linear, 3, 10, nil}, {Linear, 10, 10, nil}, {Linear, 20, 10, nil},
		{Cosine, 0, 10, nil}, {Cosine, 4, 25, nil}, {Cosine, 4, 25, map[string]float64{"num_cycles": 1.5}},
		{Constant, 0, 10, nil}, {ConstantWithWarmup, 5, 10, nil},
		{Polynomial, 0, 10, nil}, {Polynomial, 3, 17, map[string]float64{"lr_end": 1e-6, "power": 2}},
	}
	path := filepath.Join(t.TempDir(), "cases.json")
	b, _ := json.Marshal(cases)
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
	var theirs [][]float64
	err := json.Unmarshal(testenv.RunPython(t, `
import sys, json, torch, warnings
warnings.simplefilter("ignore")
from transformers import get_scheduler
out = []
for c in json.load(open(sys.argv[1])):
    o = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=3e-5)
    s = get_scheduler(c["Type"], o, num_warmup_steps=c["Warmup"], num_training_steps=c["Total"], scheduler_specific_kwargs=c["Kwargs"] or {})
    lrs = []
    for _ in range(c["Total"] + 5):
        lrs.append(o.param_groups[0]["lr"]); s.step()
    out.append(lrs)
print(json.dumps(out))`, path), &theirs)
	if err != nil {
		t.Fatal(err)
	}
	worst := 0.0
	for i, c := range cases {
		s := NewSchedule(Args{LearningRate: 3e-5, LrSchedulerType: c.Type, WarmupSteps: float64(c.Warmup), LrSchedulerKwargs: c.Kwargs}, c.Total)
		for step, want := range theirs[i] {
			d := math.Abs(s.At(step)-want) / 3e-5
			worst = max(worst, d)
			if d > 1e-12 {
				t.Errorf("%+v, step %d: %v, transformers has %v", c, step, s.At(step), want)
			}
		}
	}
	testenv.Parity(t, "learning rate schedules against transformers, largest relative difference", worst, 1e-12)
}

func TestWarmupIsRoundedUpFromAShare(t *testing.T) {
	for _, c := range []struct {
		args Args
		want int
	}{
		{Args{WarmupSteps: 7}, 7}, {Args{WarmupSteps: 0.1}, 11}, {Args{WarmupRatio: 0.1}, 11}, {Args{WarmupRatio: 1}, 101}, {Args{}, 0},
	} {
		if got := NewSchedule(c.args, 101).Warmup; got != c.want {
			t.Errorf("%+v: %d, want %d", c.args, got, c.want)
		}
	}
}

func TestCallbacksThatFail(t *testing.T) {
	calls := 0
	s := stream{subscribers: []Callback{
		func(Event, *Control) error { panic("broken") },
		func(e Event, c *Control) error { calls++; c.ShouldSave = true; return errors.New("no") },
		On(Save, func(Event, *Control) error { calls += 100; return nil }),
	}}
	err := s.send(Event{Kind: StepEnd})
	if err == nil || !strings.Contains(err.Error(), "broken") || !strings.Contains(err.Error(), "no") || calls != 1 {
		t.Errorf("err %v, calls %d", err, calls)
	}
	if c := s.take(); !c.ShouldSave || s.take().ShouldSave {
		t.Error("what a callback asks for must be done once")
	}
}
