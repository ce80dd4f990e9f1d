package train

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"gosft/sftlib"
	"gosft/sftlib/bert"
)

// card is what the card of a model says of its training: results, hyperparameters and the log, under the headings and names
// of the cards that transformers' Trainer writes.
type card struct {
	args      Args
	maxLength int
	texts     int    // of the training frame
	state     State  // of the training
	weights   int    // step of the weights: not the last one after LoadBestModelAtEnd
	results   result // the latest evaluation of these weights
	said      string // the text in the model
}

// result is the outcome of an evaluation.
type result struct {
	figures Figures // with eval_
	texts   int
	step    int
}

// keepCard returns what puts the card back as it is now, for trainings whose weights are thrown away.
func (t *Trainer) keepCard() func() {
	said, metrics := t.model.Training()
	t.mu.Lock()
	before := t.card
	t.mu.Unlock()
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.card = before
		t.model.SetTraining(said, metrics...)
	}
}

// describe brings the card of the model up to date. A checkpoint has it too.
func (s *session) describe() {
	if s.state.GlobalStep == 0 {
		return
	}
	c := &card{args: s.args, maxLength: s.t.maxLength(), texts: len(s.data.items), state: s.state, weights: s.state.GlobalStep}
	if s.loaded > 0 {
		c.weights = s.loaded
	}
	for _, h := range s.state.LogHistory {
		if h.Step <= c.weights && isEvaluation(h.Figures) && s.eval != nil {
			c.results = result{h.Figures, len(s.eval.data.items), h.Step}
		}
	}
	s.t.mu.Lock()
	defer s.t.mu.Unlock()
	s.t.card = c
	c.write(s.model)
}

// evaluated takes the outcome of an evaluation after the training into the card, where the card is still of that training.
func (t *Trainer) evaluated(figures Figures, texts int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.card == nil {
		return
	}
	if said, _ := t.model.Training(); said == t.card.said {
		t.card.results = result{figures, texts, t.card.weights}
		t.card.write(t.model)
	}
}

func (c *card) write(m *bert.Model) {
	c.said = c.String()
	m.SetTraining(c.said, c.hubMetrics()...)
}

// String is the Markdown.
func (c *card) String() string {
	var b strings.Builder
	if r := c.results; r.figures != nil {
		fmt.Fprintf(&b, "## Results\n\nIt achieves the following results on the evaluation set (%d texts, step %d):\n\n", r.texts, r.step)
		for _, name := range evaluationNames(r.figures) {
			fmt.Fprintf(&b, "- %s: %.4f\n", title(name), r.figures[name])
		}
		b.WriteString("\n")
	}
	s := c.state
	fmt.Fprintf(&b, "## Training procedure\n\nTrained on %d texts for %d of %d steps (epoch %.4g of %.4g) with GoSFT %s and GoMLX %s.",
		c.texts, s.GlobalStep, s.MaxSteps, s.Epoch, s.NumTrainEpochs, sftlib.Version, sftlib.GoMLXVersion)
	if c.weights != s.GlobalStep {
		fmt.Fprintf(&b, " The weights are those of step %d, the best by %s.", c.weights, title(c.args.MetricForBestModel))
	}
	fmt.Fprintf(&b, "\n\n### Training hyperparameters\n\nThe following hyperparameters were used during training:\n\n%s", c.hyperparameters())
	if table := c.table(); table != "" {
		fmt.Fprintf(&b, "\n### Training results\n\n%s", table)
	}
	return b.String()
}

// hyperparameters lists the arguments that shape the outcome; those that are off are left out.
func (c *card) hyperparameters() string {
	var b strings.Builder
	a := c.args
	add := func(when bool, name string, value any) {
		if when {
			fmt.Fprintf(&b, "- %s: %v\n", name, value)
		}
	}
	add(true, "learning_rate", a.LearningRate)
	add(true, "train_batch_size", a.PerDeviceTrainBatchSize)
	add(true, "eval_batch_size", a.PerDeviceEvalBatchSize)
	add(true, "seed", a.Seed)
	add(a.DataSeed != a.Seed, "data_seed", a.DataSeed)
	add(a.GradientAccumulationSteps > 1, "gradient_accumulation_steps", a.GradientAccumulationSteps)
	add(a.GradientAccumulationSteps > 1, "total_train_batch_size", a.PerDeviceTrainBatchSize*a.GradientAccumulationSteps)
	add(true, "optimizer", fmt.Sprintf("AdamW with betas=(%v,%v), epsilon=%v and weight_decay=%v", a.AdamBeta1, a.AdamBeta2, a.AdamEpsilon, a.WeightDecay))
	add(a.MaxGradNorm > 0, "max_grad_norm", a.MaxGradNorm)
	add(true, "lr_scheduler_type", a.LrSchedulerType)
	add(len(a.LrSchedulerKwargs) > 0, "lr_scheduler_kwargs", code(a.LrSchedulerKwargs))
	add(a.WarmupSteps > 0, "lr_scheduler_warmup_steps", a.WarmupSteps)
	add(a.WarmupRatio > 0 && a.WarmupSteps == 0, "lr_scheduler_warmup_ratio", a.WarmupRatio)
	add(a.MaxSteps <= 0, "num_epochs", a.NumTrainEpochs)
	add(a.MaxSteps > 0, "training_steps", a.MaxSteps)
	add(a.LabelSmoothingFactor > 0, "label_smoothing_factor", a.LabelSmoothingFactor)
	add(a.ClassWeights != nil, "class_weights", code(a.ClassWeights))
	add(a.GroupByLength, "group_by_length", true)
	add(true, "max_length", c.maxLength)
	add(a.EarlyStoppingPatience > 0, "early_stopping_patience", a.EarlyStoppingPatience)
	return b.String()
}

// table has a row for each evaluation with the training loss that was reported last, or, where there was none, for each loss.
func (c *card) table() string {
	const most = 100
	var names []string
	var evaluations, losses []Record
	loss := "No log"
	before := map[int]string{} // training loss of an evaluation, by its place
	for _, h := range c.state.LogHistory {
		if l, ok := h.Figures["loss"]; ok {
			loss = fmt.Sprintf("%.4f", l)
			losses = append(losses, h)
		}
		if isEvaluation(h.Figures) {
			before[len(evaluations)] = loss
			evaluations = append(evaluations, h)
			for _, name := range evaluationNames(h.Figures) {
				if name != "eval_loss" && shownMetric(name) && !slices.Contains(names, name) {
					names = append(names, name)
				}
			}
		}
	}
	head := []string{"Training Loss", "Epoch", "Step"}
	var rows [][]string
	row := func(loss string, h Record) []string {
		return []string{loss, fmt.Sprintf("%.4g", h.Epoch), fmt.Sprint(h.Step)}
	}
	for i, h := range evaluations {
		cells := row(before[i], h)
		for _, name := range append([]string{"eval_loss"}, names...) {
			cell := ""
			if v, ok := h.Figures[name]; ok {
				cell = fmt.Sprintf("%.4f", v)
			}
			cells = append(cells, cell)
		}
		rows = append(rows, cells)
	}
	if rows == nil {
		for _, h := range losses {
			rows = append(rows, row(fmt.Sprintf("%.4f", h.Figures["loss"]), h))
		}
	} else {
		head = append(head, "Validation Loss")
		for _, name := range names {
			head = append(head, title(name))
		}
	}
	if rows == nil {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "| %s |\n|%s\n", strings.Join(head, " | "), strings.Repeat(":---:|", len(head)))
	every := (len(rows) + most - 1) / most
	for i, cells := range rows {
		if (len(rows)-1-i)%every == 0 { // the last one always
			fmt.Fprintf(&b, "| %s |\n", strings.Join(cells, " | "))
		}
	}
	if every > 1 {
		fmt.Fprintf(&b, "\nOne of %d reports in a row is shown.\n", every)
	}
	return b.String()
}

// hubMetrics are the hub's names of the metrics among the results.
func (c *card) hubMetrics() []string {
	names := map[string]string{"accuracy": "accuracy", "precision": "precision", "recall": "recall", "f1": "f1", "mcc": "matthews_correlation",
		"roc_auc": "roc_auc", "mse": "mse", "mae": "mae", "pearson": "pearsonr", "spearman": "spearmanr"}
	var list []string
	for _, name := range evaluationNames(c.results.figures) {
		if hub, ok := names[strings.TrimPrefix(name, "eval_")]; ok {
			list = append(list, hub)
		}
	}
	return list
}

func isEvaluation(f Figures) bool { return len(evaluationNames(f)) > 0 }

// evaluationNames are the figures of an evaluation that are about the model, not the machine: the loss, then by name.
func evaluationNames(f Figures) []string {
	var list []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		switch {
		case name == "eval_loss":
			list = slices.Insert(list, 0, name)
		case strings.HasPrefix(name, "eval_") && name != "eval_runtime" && name != "eval_samples_per_second":
			list = append(list, name)
		}
	}
	return list
}

// title writes eval_f1_macro as F1 Macro, safe in a table.
func title(name string) string {
	words := strings.Fields(strings.ReplaceAll(strings.TrimPrefix(name, "eval_"), "_", " "))
	for i, w := range words {
		switch w {
		case "mcc", "roc", "auc", "mse", "rmse", "mae":
			words[i] = strings.ToUpper(w)
			continue
		}
		_, n := utf8.DecodeRuneInString(w)
		words[i] = strings.ToUpper(w[:n]) + w[n:]
	}
	return markdown.Replace(strings.Join(words, " "))
}

var markdown = strings.NewReplacer(`\`, `\\`, "|", `\|`, "<", "&lt;", "&", "&amp;", "`", "\\`", "*", `\*`, "[", `\[`)

// code writes a value as JSON in a span of code.
func code(v any) string {
	text, err := json.Marshal(v) // escapes line ends, and keys are in order
	if err != nil {
		text = []byte(fmt.Sprint(v))
	}
	return "`" + strings.ReplaceAll(string(text), "`", "'") + "`"
}
