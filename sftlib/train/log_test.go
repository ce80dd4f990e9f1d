package train

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"

	"gosft/sftlib/internal/testenv"
)

func TestLogFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "logs")
	want := map[string][][2]float64{}
	for run := range 2 { // the second run adds to the first one's files
		l, err := openLogs(dir)
		if err != nil {
			t.Fatal(err)
		}
		s := stream{subscribers: []Callback{l.handle}}
		for i := range 3 {
			step := run*30 + (i+1)*10
			loss, acc := 1/float64(step), 0.5+float64(step)/1000
			if err := s.send(Event{Kind: Log, State: State{GlobalStep: step, Epoch: float64(step) / 60}, Logs: Figures{"loss": loss, "grad_norm": math.Inf(1)}}); err != nil {
				t.Fatal(err)
			}
			if err := s.send(Event{Kind: Evaluate, State: State{GlobalStep: step}, Logs: Figures{"eval_accuracy": acc}}); err != nil {
				t.Fatal(err)
			}
			want["train/loss"] = append(want["train/loss"], [2]float64{float64(step), loss})
			want["eval/accuracy"] = append(want["eval/accuracy"], [2]float64{float64(step), acc})
		}
		if err := l.close(); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "log.jsonl")
	records, err := ReadLog(path)
	if err != nil || len(records) != 12 {
		t.Fatalf("%d records, error %v", len(records), err)
	}
	if r := records[10]; r.Step != 60 || r.Figures["loss"] != 1.0/60 {
		t.Errorf("record 10 is %+v", r)
	}
	f, err := os.OpenFile(path, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.WriteString(`{"event":"log","st`)
	f.Close()
	if records, err := ReadLog(path); err != nil || len(records) != 12 {
		t.Errorf("a last line that was cut off: %d records, error %v", len(records), err)
	}

	var theirs map[string][][2]float64
	out := testenv.RunPython(t, `
import sys, json, os
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.backend.event_processing.event_file_loader import LegacyEventFileLoader
all = {}
for name in sorted(os.listdir(sys.argv[1])):
    if "tfevents" not in name: continue
    p = os.path.join(sys.argv[1], name)
    a = EventAccumulator(p, size_guidance={"scalars": 0}); a.Reload()
    assert next(iter(LegacyEventFileLoader(p).Load())).file_version == "brain.Event:2"
    for tag in a.Tags()["scalars"]:
        all.setdefault(tag, []).extend([s.step, s.value] for s in a.Scalars(tag))
all = {k: sorted(v) for k, v in all.items()}
all.pop("train/grad_norm")
print(json.dumps(all))`, dir)
	if err := json.Unmarshal(out, &theirs); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	worst := 0.0
	for tag, points := range want {
		if len(theirs[tag]) != len(points) {
			t.Fatalf("TensorBoard reads %d points of %s, %d were written", len(theirs[tag]), tag, len(points))
		}
		for i, p := range points {
			if theirs[tag][i][0] != p[0] {
				t.Errorf("%s: step %v, want %v", tag, theirs[tag][i][0], p[0])
			}
			worst = max(worst, math.Abs(theirs[tag][i][1]-p[1]))
		}
	}
	testenv.Parity(t, "scalars read back by TensorBoard, largest difference (float32)", worst, 1e-7)
}
