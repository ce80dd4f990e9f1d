package train

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/gonum/floats"
	"gosft/sftlib/bert"
	"gosft/sftlib/internal/testenv"
)

// stepsScript trains with transformers' Trainer on given batches and prints losses, norms and the logits of some texts after. Dropout
// makes the masks of bert.Dropout, for padded batches: in the last layer those of the first tokens, which alone reach the classifier.
const stepsScript = `
import sys, json, numpy as np, torch
from transformers import AutoTokenizer, BertForSequenceClassification, DataCollatorWithPadding, Trainer, TrainerCallback, TrainingArguments
spec = json.load(open(sys.argv[1])); dir = spec["Dir"]
torch.set_num_threads(2)
tok = AutoTokenizer.from_pretrained(dir)
m = BertForSequenceClassification.from_pretrained(dir, dtype=torch.float32, attn_implementation="eager")
losses, norms, seeds = [], [], []

def mix(h):
    for shift, factor in (16, 0x7feb352d), (15, 0x846ca68b): h = (h ^ h >> np.uint32(shift)) * np.uint32(factor)
    return h ^ h >> np.uint32(16)

def dropout(x, p=0.5, training=True, inplace=False):
    if not training or p == 0: return x
    start = mix(mix(np.array([seeds.pop(0)], np.uint32)))
    mask = torch.ones_like(x)
    part = mask if len(seeds) not in (1, 2, 3) else mask[:, :, 0] if x.dim() == 4 else mask[:, 0]
    keep = mix(np.arange(part.numel(), dtype=np.uint32) + start) >= np.uint32(p * 2**32)
    part.copy_(torch.from_numpy(keep).reshape(part.shape) / (1 - p))
    return x * mask
torch.nn.functional.dropout = dropout

class Steps(Trainer):
    def _get_train_sampler(self, *args):
        return sum(spec["Batches"], [])
    def compute_loss(self, model, *args, **options):
        if not model.training: return super().compute_loss(model, *args, **options)
        seeds[:] = spec["Seeds"][len(losses)]
        loss = super().compute_loss(model, *args, **options)
        assert not spec["Dropout"] or not seeds
        losses.append(loss.item())
        return loss

class Norms(TrainerCallback):
    def on_log(self, args, state, control, logs=None, **rest):
        if "grad_norm" in logs: norms.append(logs["grad_norm"])

def data(texts, labels=None):
    ids = tok(texts, truncation=True, max_length=spec["MaxLength"])["input_ids"]
    return [{"input_ids": x} | ({"labels": labels[i]} if labels else {}) for i, x in enumerate(ids)]
args = TrainingArguments(spec["Out"], max_steps=len(spec["Batches"]), per_device_train_batch_size=spec["Batch"], learning_rate=spec["LR"], warmup_steps=spec["Warmup"],
    weight_decay=0.01, logging_steps=1, save_strategy="no", report_to=[], use_cpu=True, disable_tqdm=True)
t = Steps(m, args, DataCollatorWithPadding(tok, pad_to_multiple_of=16), data(spec["Texts"], spec["Labels"]), callbacks=[Norms])
t.train()
print("\n" + json.dumps({"Losses": losses, "Norms": norms, "Logits": t.predict(data(spec["After"])).predictions.tolist()}))
`

// training is what the steps of a training gave, and the model's logits of some texts after it.
type training struct {
	Losses, Norms []float64
	Logits        [][]float64
}

// besideTrainer trains m, and from the same weights on the same batches transformers' Trainer. With dropout it needs padded batches, whose
// masks PyTorch can be given.
func besideTrainer(t *testing.T, m *bert.Model, a Args, frame Texts, after []string) (ours, theirs training) {
	t.Helper()
	dir := t.TempDir()
	must(t, m.Save(dir))
	a.OutputDir, a.WeightDecay, a.SaveStrategy, a.DisableTqdm = t.TempDir(), 0.01, No, true
	tr := New(m, a, frame, nil, losses(&ours.Losses), WithCallback(On(StepEnd, func(e Event, _ *Control) error {
		ours.Norms = append(ours.Norms, e.Logs["grad_norm"])
		return nil
	})))
	_, err := tr.Train(context.Background())
	must(t, err)
	ours.Logits = logitsOf(t, m, after, a.MaxLength)

	items, err := m.Encode(frame["text"], nil, a.MaxLength)
	must(t, err)
	s := sampler{lengths: (&dataset{items: items}).lengths(), batch: a.PerDeviceTrainBatchSize, sum: 1, seed: 42}
	var batches [][]int
	var seeds [][]uint32
	for k := range ours.Losses {
		batches = append(batches, s.rows(s.order(0), k))
		seeds = append(seeds, m.DropoutSeeds(dropoutSeed(42, uint32(k))))
	}
	spec := map[string]any{"Dir": dir, "LR": a.LearningRate, "Warmup": a.WarmupSteps, "MaxLength": a.MaxLength, "Batches": batches, "Seeds": seeds,
		"Dropout": m.Config.HiddenDropoutProb > 0, "Batch": a.PerDeviceTrainBatchSize, "Out": t.TempDir(), "Texts": frame["text"], "Labels": labelNumbers(t, m, frame["label"]), "After": after}
	lines := strings.Split(strings.TrimSpace(string(testenv.RunPython(t, stepsScript, writeJSON(t, spec)))), "\n") // the Trainer's log, too
	must(t, json.Unmarshal([]byte(lines[len(lines)-1]), &theirs))
	if n := len(ours.Losses); n == 0 || len(theirs.Losses) != n || len(theirs.Norms) != n || len(theirs.Logits) != len(after) {
		t.Fatalf("%d steps here; the Trainer gave %d losses, %d norms and logits of %d texts", n, len(theirs.Losses), len(theirs.Norms), len(theirs.Logits))
	}
	return ours, theirs
}

func logitsOf(t *testing.T, m *bert.Model, texts []string, maxLength int) [][]float64 {
	t.Helper()
	d, err := loadTexts(Texts{"text": texts}, columns{}, m, maxLength)
	must(t, err)
	logits := make([][]float64, len(texts))
	must(t, newEvaluator(m, d, objective{}, 64, true).each(context.Background(), func(row int, x []float32) {
		for _, v := range x {
			logits[row] = append(logits[row], float64(v))
		}
	}, func(int, int) error { return nil }))
	return logits
}

// farthest is the largest difference of two lists of logits.
func farthest(a, b [][]float64) float64 {
	worst := 0.0
	for i := range b {
		worst = max(worst, floats.Distance(a[i], b[i], math.Inf(1)))
	}
	return worst
}

func TestTwentyStepsFollowTrainer(t *testing.T) {
	for _, c := range []struct {
		backend, model, packing string
		rate                    float64
	}{{"go", "a tiny BERT", "rows", 2e-3}, {"go", "a tiny BERT", No, 2e-3}, {"xla", "a tiny BERT", "rows", 2e-3}, {"xla", "MiniLM", "rows", 1e-4}, {"xla", "MiniLM", No, 1e-4},
		{gpu, "a tiny BERT", "rows", 2e-3}, {gpu, "MiniLM", "rows", 1e-4}, {gpu, "MiniLM", No, 1e-4}} {
		how, dropout := "packed, without dropout", 0.0
		if c.packing == No {
			how, dropout = "padded, the same dropout masks", 0.1
		}
		name := c.model + " on " + c.backend + ", " + how
		t.Run(name, func(t *testing.T) {
			frame := tinyFrame(160, 1)
			var m *bert.Model
			if c.backend != "go" && testing.Short() {
				t.Skip("compiling takes seconds")
			}
			if c.model == "MiniLM" {
				frame = sharedCSV(t, "data/sst2/train.csv", 160)
				m = miniLM(t, c.backend, []string{"0", "1"}, bert.WithDropout(dropout))
			} else {
				m = tinyModel(t, c.backend, tinyLabels, bert.WithDropout(dropout))
			}
			after := frame["text"][:32]
			before := logitsOf(t, m, after, 48)
			ours, theirs := besideTrainer(t, m, Args{MaxSteps: 20, PerDeviceTrainBatchSize: 8, LearningRate: c.rate, WarmupSteps: 4, MaxLength: 48, Packing: c.packing}, frame, after)
			if moved := farthest(ours.Logits, before); moved < 1e-2 { // ten times the bound
				t.Errorf("the twenty steps hardly changed the model (no logit by more than %g): nothing was compared", moved)
			}
			worst, worstNorm := 0.0, 0.0
			for i := range theirs.Losses {
				worst = max(worst, math.Abs(ours.Losses[i]-theirs.Losses[i]))
				worstNorm = max(worstNorm, math.Abs(ours.Norms[i]-theirs.Norms[i])/theirs.Norms[i])
			}
			testenv.Parity(t, "losses of 20 training steps against the HF Trainer (AdamW, clip, warm-up, decay), "+name, worst, 1e-3)
			testenv.Parity(t, "gradient norms of 20 training steps against the HF Trainer, relative, "+name, worstNorm, 1e-3)
			testenv.Parity(t, "logits after 20 training steps against the HF Trainer, "+name, farthest(ours.Logits, theirs.Logits), 1e-3)
		})
	}
}

// A whole epoch with the arguments of train/bench, but one order of the texts and one sequence of dropout masks for both: no luck is left,
// and both have to learn the same. GOSFT_BENCH=1 runs it: a quarter of an hour.
func TestEpochBesideTrainer(t *testing.T) {
	if os.Getenv("GOSFT_BENCH") == "" {
		t.Skip("GOSFT_BENCH=1 trains an epoch of SST-2 and one of waimai here and with the Trainer")
	}
	for _, set := range []string{"SST-2", "waimai"} {
		t.Run(set, func(t *testing.T) {
			where, frame, held := testenv.MiniLM(t), Texts{}, Texts{}
			if set == "SST-2" {
				frame, held = sharedCSV(t, "data/sst2/train.csv", 0), sharedCSV(t, "data/sst2/dev.csv", 0)
			} else {
				where = testenv.BGE(t)
				all := sharedCSV(t, "data/waimai/waimai_10k.csv", 0)
				for i, text := range all["review"] {
					part := frame
					if i%5 == 4 { // for evaluation, as in train/bench
						part = held
					}
					part["text"], part["label"] = append(part["text"], text), append(part["label"], all["label"][i])
				}
			}
			m, err := bert.ForSequenceClassification(where, []string{"0", "1"}, bert.On(openBackend(t, "xla")), bert.LogTo(nil), bert.Seed(42))
			must(t, err)
			defer m.Close()
			steps := (len(frame["text"]) + 31) / 32
			a := Args{NumTrainEpochs: 1, PerDeviceTrainBatchSize: 32, LearningRate: 5e-5, WarmupSteps: 0.1, MaxLength: 128, Packing: No}
			ours, theirs := besideTrainer(t, m, a, frame, held["text"])
			if len(ours.Losses) != steps {
				t.Fatalf("%d steps, want %d", len(ours.Losses), steps)
			}
			truth := labelNumbers(t, m, held["label"])
			right, loss := judged(ours.Logits, truth)
			wantRight, wantLoss := judged(theirs.Logits, truth)
			t.Logf("%s: accuracy %.4f, the Trainer's %.4f; loss %.6f, the Trainer's %.6f", set, float64(right)/float64(len(truth)), float64(wantRight)/float64(len(truth)), loss, wantLoss)
			if 2*right < len(truth)+len(truth)/2 {
				t.Errorf("%d of %d texts judged rightly: nothing was learnt", right, len(truth))
			}
			name := set + ", an epoch of " + strconv.Itoa(steps) + " steps, the same order and dropout masks: "
			testenv.Parity(t, name+"loss of the evaluation against the HF Trainer", math.Abs(loss-wantLoss), 1e-3)
			testenv.Parity(t, name+"share of texts judged rightly against the HF Trainer", math.Abs(float64(right-wantRight))/float64(len(truth)), 1e-3)
		})
	}
}

// judged counts the logits that are highest at the truth, and their mean cross-entropy.
func judged(logits [][]float64, truth []int) (right int, loss float64) {
	for i, x := range logits {
		if slices.Index(x, slices.Max(x)) == truth[i] {
			right++
		}
		loss += (floats.LogSumExp(x) - x[truth[i]]) / float64(len(truth))
	}
	return right, loss
}
