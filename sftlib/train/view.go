package train

import (
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"time"

	"gosft/kernel/display"
	"gosft/sftlib/show"
)

// view shows a training to people: in a notebook a live table and a live plot, in a terminal a bar, elsewhere lines.
type view interface {
	handle(Event, *Control) error
	close()
}

// view chooses by where the program runs.
func (t *Trainer) view() view {
	switch {
	case t.args.DisableTqdm:
		return noView{}
	case show.InNotebook():
		return newNotebookView()
	case isTerminal(os.Stderr):
		return &barView{out: os.Stderr}
	}
	return &lineView{out: os.Stderr}
}

func isTerminal(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0 && info.Name() != "null"
}

type noView struct{}

func (noView) handle(Event, *Control) error { return nil }
func (noView) close()                       {}

// lineView writes a line for each report.
type lineView struct{ out io.Writer }

func (v *lineView) handle(e Event, _ *Control) error {
	switch e.Kind {
	case Note:
		fmt.Fprintln(v.out, e.Message)
	case Log, Evaluate:
		fmt.Fprintf(v.out, "step %d/%d  epoch %.2f  %s\n", e.State.GlobalStep, e.State.MaxSteps, e.State.Epoch, allFigures(e.Logs))
	case Save:
		fmt.Fprintln(v.out, "checkpoint", e.Message)
	}
	return nil
}

func (v *lineView) close() {}

func allFigures(f Figures) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(f)) {
		parts = append(parts, fmt.Sprintf("%s %.4g", name, f[name]))
	}
	return strings.Join(parts, "  ")
}

// barView is a bar on the terminal with lines for what was reported.
type barView struct {
	out  *os.File
	bar  *display.Bar
	rate smoothed
}

func (v *barView) handle(e Event, _ *Control) error {
	switch e.Kind {
	case TrainBegin:
		v.close() // of the fold before
		v.rate = smoothed{}
		v.bar = display.Progress(e.State.MaxSteps, display.Title("training"), display.Unit("step"))
		v.bar.Set(e.State.GlobalStep)
	case StepEnd:
		if v.bar != nil {
			v.rate.add(e.Logs["loss"])
			v.bar.Describe("epoch %.2f  loss %.4f", e.State.Epoch, v.rate.loss())
			v.bar.Set(e.State.GlobalStep)
		}
	case PredictionStep:
		if v.bar != nil {
			v.bar.Describe("evaluating %.0f of %.0f", e.Logs["done"], e.Logs["all"])
		}
	case Log, Evaluate, Note:
		fmt.Fprint(v.out, "\r\033[K")
		(&lineView{v.out}).handle(e, nil)
	}
	return nil
}

func (v *barView) close() {
	if v.bar != nil {
		v.bar.Done()
	}
}

// smoothed smooths the loss of steps for the eye, with the bias of the start corrected (as fastai's).
type smoothed struct{ mean, weight float64 }

func (r *smoothed) add(loss float64) {
	const keep = 0.95
	r.mean, r.weight = keep*r.mean+(1-keep)*loss, keep*r.weight+(1-keep)
}

func (r *smoothed) loss() float64 {
	if r.weight == 0 {
		return math.NaN()
	}
	return r.mean / r.weight
}

// notebookView is one table and one plot, each an output of its own that is replaced in place.
type notebookView struct {
	table, plot *show.Live
	notes       []string
	state       State
	curves
}

// curves are what table and plot show of one training; a cross-validation has one after the other.
type curves struct {
	rows        []viewRow
	metrics     []string  // columns after the losses, in the order in which they appeared
	steps, loss []float64 // smoothed, of every step (thinned out when many)
	rates       []float64
	every       int // steps between two points of the plot
	evals       map[string][][2]float64
	smooth      smoothed
	began       time.Time
	firstStep   int
	evaluating  string
	ended       string
}

func newCurves() curves { return curves{every: 1, evals: map[string][][2]float64{}} }

// viewRow is a row of the table: one report.
type viewRow struct {
	step    int
	epoch   float64
	loss    float64
	figures Figures
}

func newNotebookView() *notebookView {
	return &notebookView{table: show.NewLive(0), plot: show.NewLive(time.Second), curves: newCurves()}
}

func (v *notebookView) handle(e Event, _ *Control) error {
	v.state = e.State
	switch e.Kind {
	case TrainBegin:
		v.curves = newCurves()
		v.began, v.firstStep = time.Now(), e.State.GlobalStep
		for _, h := range e.State.LogHistory { // of the part before a checkpoint
			v.add(h)
		}
	case Note:
		v.notes = append(v.notes, e.Message)
	case StepEnd:
		v.evaluating = ""
		v.smooth.add(e.Logs["loss"])
		v.point(float64(e.State.GlobalStep), v.smooth.loss(), e.Logs["learning_rate"])
		v.plot.Update(v.charts())
	case PredictionStep:
		v.evaluating = fmt.Sprintf("evaluating %.0f of %.0f", e.Logs["done"], e.Logs["all"])
	case Log, Evaluate:
		v.evaluating = ""
		v.add(Record{e.State.GlobalStep, e.State.Epoch, e.Logs})
		v.plot.Update(v.charts())
	case TrainEnd:
		v.ended = e.Message
	default:
		return nil
	}
	v.table.Update(v.content())
	return nil
}

func (v *notebookView) close() {
	v.table.Close()
	v.plot.Close()
}

// add takes a report into the table: loss and evaluation of one step share a row.
func (v *notebookView) add(h Record) {
	loss, hasLoss := h.Figures["loss"]
	evaluated := false
	for name, value := range h.Figures {
		if strings.HasPrefix(name, "eval_") {
			evaluated = true
			v.evals[name] = append(v.evals[name], [2]float64{float64(h.Step), value})
		}
	}
	if !hasLoss && !evaluated {
		return
	}
	if n := len(v.rows); n == 0 || v.rows[n-1].step != h.Step {
		v.rows = append(v.rows, viewRow{step: h.Step, epoch: h.Epoch, loss: math.NaN(), figures: Figures{}})
	}
	row := &v.rows[len(v.rows)-1]
	if hasLoss {
		row.loss = loss
	}
	for _, name := range slices.Sorted(maps.Keys(h.Figures)) {
		if strings.HasPrefix(name, "eval_") {
			row.figures[name] = h.Figures[name]
			if shownMetric(name) && !slices.Contains(v.metrics, name) {
				v.metrics = append(v.metrics, name)
			}
		}
	}
}

// shownMetric leaves out of the table what repeats another figure or is about the machine; log files have all.
func shownMetric(name string) bool {
	switch strings.TrimPrefix(name, "eval_") {
	case "loss", "runtime", "samples_per_second", "f1_macro", "f1_micro", "f1_weighted", "log_loss", "precision", "recall", "rmse", "roc_auc":
		return false
	}
	return true
}

// point adds a step to the plot and thins out when there are more than enough.
func (v *notebookView) point(step, loss, rate float64) {
	const most = 1200
	if int(step)%v.every != 0 {
		return
	}
	v.steps, v.loss, v.rates = append(v.steps, step), append(v.loss, loss), append(v.rates, rate)
	if len(v.steps) > most {
		v.every *= 2
		n := 0
		for i := 1; i < len(v.steps); i += 2 {
			v.steps[n], v.loss[n], v.rates[n] = v.steps[i], v.loss[i], v.rates[i]
			n++
		}
		v.steps, v.loss, v.rates = v.steps[:n], v.loss[:n], v.rates[:n]
	}
}

// content is the table with a line of progress above and notes below.
func (v *notebookView) content() *show.Table {
	t := show.NewTable("step", "epoch", "training loss", "validation loss")
	t.Limit = 40
	t.Aligns = []show.Align{show.Right, show.Right, show.Right, show.Right}
	for _, m := range v.metrics {
		t.Columns = append(t.Columns, strings.TrimPrefix(m, "eval_"))
		t.Aligns = append(t.Aligns, show.Right)
	}
	number := func(x float64, ok bool) string {
		if !ok || math.IsNaN(x) {
			return ""
		}
		return fmt.Sprintf("%.4f", x)
	}
	for _, r := range v.rows {
		loss, ok := r.figures["eval_loss"]
		cells := []any{r.step, fmt.Sprintf("%.2f", r.epoch), number(r.loss, true), number(loss, ok)}
		for _, m := range v.metrics {
			x, ok := r.figures[m]
			cells = append(cells, number(x, ok))
		}
		t.Add(cells...)
	}
	t.Caption = v.progress()
	if n := len(v.notes); n > 0 {
		t.Note = strings.Join(v.notes[max(0, n-3):], "\n")
	}
	return t
}

// progress is how far the training is, in a line.
func (v *notebookView) progress() string {
	s := v.state
	line := fmt.Sprintf("step %d of %d · epoch %.2f of %g", s.GlobalStep, s.MaxSteps, s.Epoch, s.NumTrainEpochs)
	if l := v.smooth.loss(); !math.IsNaN(l) {
		line += fmt.Sprintf(" · loss %.4f", l)
	}
	took := time.Since(v.began)
	if s.GlobalStep < s.MaxSteps || v.ended == "" {
		line = progressBar(s.GlobalStep, s.MaxSteps) + " " + line
	}
	if v.ended != "" {
		return line + " · " + clockTime(took) + " · " + v.ended
	}
	if done := s.GlobalStep - v.firstStep; done > 0 && s.MaxSteps > s.GlobalStep {
		left := time.Duration(float64(took) / float64(done) * float64(s.MaxSteps-s.GlobalStep))
		line += fmt.Sprintf(" · %.2f steps/s · %s, %s left", float64(done)/took.Seconds(), clockTime(took), clockTime(left))
	}
	if v.evaluating != "" {
		line += " · " + v.evaluating
	}
	return line
}

// progressBar draws done of all with characters, which every theme, an exported file and the text twin show alike.
func progressBar(done, all int) string {
	const cells = 20
	n := 0
	if all > 0 {
		n = max(0, min(cells, cells*done/all))
	}
	return strings.Repeat("█", n) + strings.Repeat("░", cells-n)
}

// charts are loss and learning rate, and the metric where there are evaluations.
func (v *notebookView) charts() *show.Panels {
	const width, height = 300, 190
	loss := show.NewChart("").Titled("loss", "step", "").Line("training", slices.Clone(v.steps), slices.Clone(v.loss))
	if x, y := v.series("eval_loss"); len(x) > 0 {
		loss.Line("validation", x, y)
	}
	rate := show.NewChart("").Titled("learning rate", "step", "").Line("learning rate", slices.Clone(v.steps), slices.Clone(v.rates))
	p := &show.Panels{Columns: 3, Charts: []*show.Chart{loss, rate}}
	metric := show.NewChart("").Titled("metrics", "step", "")
	n := 0
	for _, m := range v.metrics {
		if x, y := v.series(m); len(x) > 0 && n < 4 {
			metric.Line(strings.TrimPrefix(m, "eval_"), x, y)
			n++
		}
	}
	if n > 0 {
		p.Charts = append(p.Charts, metric)
	}
	for _, c := range p.Charts {
		c.Width, c.Height = width, height
	}
	return p
}

func (v *notebookView) series(name string) (x, y []float64) {
	for _, p := range v.evals[name] {
		x, y = append(x, p[0]), append(y, p[1])
	}
	return x, y
}

// clockTime writes 75 s as 1:15.
func clockTime(d time.Duration) string {
	s := int(d.Round(time.Second).Seconds())
	if s >= 3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d:%02d", s/60, s%60)
}
