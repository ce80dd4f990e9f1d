package train

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"

	"gosft/kernel/display"
)

// recorder keeps what a notebook would show.
type recorder struct {
	mu       sync.Mutex
	messages []display.Message
}

func (r *recorder) Display(m display.Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.messages = append(r.messages, m)
}

func (r *recorder) Input(string, bool) (string, error) { return "", nil }

// record makes the test a notebook's cell and returns what it shows.
func record(t *testing.T) *recorder {
	t.Setenv("GONB_PIPE", "/dev/null")
	r := &recorder{}
	display.SetSink(r)
	t.Cleanup(func() { display.SetSink(nil) })
	return r
}

func TestNotebookShowsOneTableAndOnePlot(t *testing.T) {
	r := record(t)
	args := tinyArgs(t)
	args.DisableTqdm, args.LoggingSteps, args.EvalStrategy = false, 10, Epoch
	_, err := New(tinyModel(t, "go", tinyLabels), args, tinyFrame(200, 1), tinyFrame(60, 2)).Train(context.Background())
	must(t, err)
	last, shown := map[string]display.Message{}, 0
	for _, m := range r.messages {
		if m.Kind == "display" {
			shown++
		}
		last[m.ID] = m
	}
	if shown != 2 || len(last) != 2 || len(r.messages) < 4 {
		t.Fatalf("%d outputs, %d of them updated, %d messages; want one table and one plot updated in place", shown, len(last), len(r.messages))
	}
	if first := r.messages[0].Data.Text(); !strings.Contains(first, "░░░░ step 0 of 39") {
		t.Errorf("the table begins without a bar:\n%s", first)
	}
	tables, plots := 0, 0
	for _, m := range last {
		html, _ := m.Data["text/html"].(string)
		text := m.Data.Text()
		switch {
		case strings.Contains(html, "validation loss"):
			tables++
			for _, want := range []string{"training loss", "accuracy", "step 39 of 39", "epoch 3.00", "finished"} {
				if !strings.Contains(html, want) || !strings.Contains(text, want) {
					t.Errorf("the table lacks %q:\n%s", want, text)
				}
			}
			if n := strings.Count(html, "<tr"); n != 1+6 { // head; reports at 10, 13, 20, 26, 30, 39
				t.Errorf("%d rows:\n%s", n, text)
			}
		default:
			plots++
			if m.Data["image/png"] == nil && !strings.Contains(html, "<svg") && !strings.Contains(html, "<img") {
				t.Errorf("the plot has no picture: %d forms", len(m.Data))
			}
			if !strings.Contains(text, "loss") {
				t.Errorf("the plot has no text twin: %q", text)
			}
		}
	}
	if tables != 1 || plots != 1 {
		t.Errorf("%d tables, %d plots", tables, plots)
	}
}

// Each fold has the table and the plot for itself: its first row is step 10 again, and no curve goes back.
func TestNotebookShowsFoldsOneAfterTheOther(t *testing.T) {
	r := record(t)
	args := tinyArgs(t)
	args.DisableTqdm, args.LoggingSteps, args.NumTrainEpochs = false, 10, 2
	_, err := New(tinyModel(t, "go", tinyLabels), args, tinyFrame(120, 1), nil).CrossValidate(context.Background(), 3)
	must(t, err)
	last := ""
	for _, m := range r.messages {
		if text := m.Data.Text(); strings.Contains(text, "training loss") && strings.Contains(text, "step ") {
			last = text
		}
	}
	if !strings.Contains(last, "fold 3 of 3") || strings.Count(last, "\n10 ") > 1 || strings.Count(last, "\n   10 ") > 1 {
		t.Errorf("the table of the last fold is\n%s", last)
	}
	v := newNotebookView()
	defer v.close()
	for range 2 {
		v.handle(Event{Kind: TrainBegin, State: State{MaxSteps: 5}}, nil)
		for step := range 5 {
			v.handle(Event{Kind: StepEnd, State: State{GlobalStep: step + 1, MaxSteps: 5}, Logs: Figures{"loss": 1}}, nil)
		}
	}
	if len(v.steps) != 5 || !slices.IsSorted(v.steps) {
		t.Errorf("the second training's curve is at the steps %v", v.steps)
	}
}

func TestLinesWhereThereIsNoScreen(t *testing.T) {
	var b strings.Builder
	v := &lineView{&b}
	for _, e := range []Event{
		{Kind: Note, Message: "compiling"},
		{Kind: StepEnd, Logs: Figures{"loss": 1}},
		{Kind: Log, State: State{GlobalStep: 10, MaxSteps: 20, Epoch: 0.5}, Logs: Figures{"loss": 0.25, "learning_rate": 5e-5}},
	} {
		must(t, v.handle(e, nil))
	}
	want := "compiling\nstep 10/20  epoch 0.50  learning_rate 5e-05  loss 0.25\n"
	if b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

func TestPlotIsThinnedOut(t *testing.T) {
	v := newNotebookView()
	for step := 1; step <= 10_000; step++ {
		v.point(float64(step), float64(step), 1)
	}
	if len(v.steps) > 1201 || len(v.steps) < 500 {
		t.Fatalf("%d points", len(v.steps))
	}
	for i := 1; i < len(v.steps); i++ {
		if v.steps[i]-v.steps[i-1] != v.steps[1]-v.steps[0] || v.steps[i] != v.loss[i] {
			t.Fatalf("points %v and %v are not evenly apart", v.steps[i-1], v.steps[i])
		}
	}
	if v.steps[len(v.steps)-1] < 9_900 {
		t.Errorf("the plot ends at step %v", v.steps[len(v.steps)-1])
	}
}

func TestBarOfTheRateSearch(t *testing.T) {
	r := record(t)
	args := tinyArgs(t)
	args.DisableTqdm = false
	_, err := New(tinyModel(t, "go", tinyLabels), args, tinyFrame(200, 1), nil).FindLearningRate(context.Background(), LRRange{Steps: 40})
	must(t, err)
	if len(r.messages) < 2 {
		t.Fatalf("%d messages, want a bar that moves", len(r.messages))
	}
	if first := r.messages[0].Data.Text(); !strings.Contains(first, "trying learning rates") {
		t.Errorf("the first output is no bar: %q", first)
	}
	for _, m := range r.messages {
		if m.ID != r.messages[0].ID {
			t.Errorf("a second output: %q", m.Data.Text())
		}
	}
}

func TestProgressBar(t *testing.T) {
	for want, got := range map[string]string{
		"░░░░░░░░░░░░░░░░░░░░": progressBar(0, 0),
		"██████████░░░░░░░░░░": progressBar(5, 10),
		"████████████████████": progressBar(12, 10),
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
