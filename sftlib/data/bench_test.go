package data

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"gosft/sftlib/internal/testenv"
)

// others does with pandas or polars what oursDoes does: read, take rows without a text and double texts out, count classes, split.
const others = `
import json, sys, time
lib, path = sys.argv[1:]
t = [time.perf_counter()]
def done(): t.append(time.perf_counter())
if lib == "pandas":
    import pandas as pd
    t = [time.perf_counter()]
    f = pd.read_csv(path); done()
    g = f.dropna(subset=["text"]).drop_duplicates(subset=["text"]); n = len(g); done()
    c = g["label"].value_counts().to_dict(); done()
    k = int((g["text"].str.len() > 100).sum()); done()
else:
    import polars as pl
    t = [time.perf_counter()]
    f = pl.read_csv(path, null_values=["NA", "n/a"]); done()
    g = f.drop_nulls(["text"]).unique(subset=["text"], keep="first", maintain_order=True); n = len(g); done()
    c = {r[0]: r[1] for r in g["label"].value_counts().iter_rows()}; done()
    k = int((g["text"].str.len_chars() > 100).sum()); done()
print(json.dumps(dict(rows=len(f), distinct=n, classes={str(a): b for a, b in c.items()}, long=k, seconds=[b - a for a, b in zip(t, t[1:])])))
`

type benchResult struct {
	Rows, Distinct, Long int
	Classes              map[string]int
	Seconds              []float64 // read, clean, count, filter
}

func oursDoes(path string) (r benchResult, err error) {
	began := time.Now()
	done := func() {
		r.Seconds = append(r.Seconds, time.Since(began).Seconds())
		began = time.Now()
	}
	f, err := ReadCSV(path)
	if err != nil {
		return r, err
	}
	done()
	g := f.DropNA("text").Distinct("text")
	if err := g.Err(); err != nil {
		return r, err
	}
	done()
	c, err := g.ValueCounts("label")
	if err != nil {
		return r, err
	}
	done()
	k := g.Filter("length(text) > 100")
	if err := k.Err(); err != nil {
		return r, err
	}
	done()
	r.Rows, r.Distinct, r.Long, r.Classes = f.Len(), g.Len(), k.Len(), map[string]int{}
	for _, v := range c.Values {
		r.Classes[v.Value] = v.Count
	}
	return r, nil
}

// TestBenchCSV measures a CSV of 500 MB with quoted line ends, missing and double texts against pandas and polars, interleaved.
// GOSFT_BENCH=1 runs it (GOSFT_BENCH_MB another size): it takes a minute and 4 GB. It fails where they do not find the same.
func TestBenchCSV(t *testing.T) {
	if os.Getenv("GOSFT_BENCH") == "" {
		t.Skip("GOSFT_BENCH=1 runs the comparison with pandas and polars on a CSV of 500 MB")
	}
	size := 500
	fmt.Sscan(os.Getenv("GOSFT_BENCH_MB"), &size)
	path := filepath.Join(t.TempDir(), "bench.csv")
	if err := benchFile(path, size); err != nil {
		t.Fatal(err)
	}
	const rounds = 3
	seconds := map[string][][]float64{}
	var first benchResult
	python := testenv.Python(t)
	for round := range rounds {
		for _, who := range []string{"sftlib", "pandas", "polars"} {
			var r benchResult
			var err error
			if who == "sftlib" {
				r, err = oursDoes(path)
				runtime.GC() // the frames' tables go
			} else {
				var out []byte
				cmd := exec.Command(python, "-c", others, who, path)
				cmd.Stderr = os.Stderr
				if out, err = cmd.Output(); err == nil {
					err = json.Unmarshal(out, &r)
				}
			}
			if err != nil {
				t.Fatalf("%s: %v", who, err)
			}
			seconds[who] = append(seconds[who], r.Seconds)
			if round == 0 && who == "sftlib" {
				first = r
			} else if r.Rows != first.Rows || r.Distinct != first.Distinct || r.Long != first.Long || fmt.Sprint(r.Classes) != fmt.Sprint(first.Classes) {
				t.Errorf("%s finds %d rows, %d different, %d long, %v; sftlib %d, %d, %d, %v", who, r.Rows, r.Distinct, r.Long, r.Classes, first.Rows, first.Distinct, first.Long, first.Classes)
			}
		}
	}
	median := func(who string, part int) float64 {
		var v []float64
		for _, s := range seconds[who] {
			total := 0.0
			for i, x := range s {
				if part < 0 || i == part {
					total += x
				}
			}
			v = append(v, total)
		}
		slices.Sort(v)
		return v[len(v)/2]
	}
	for part, what := range []string{"read", "drop missing and double texts", "count classes", "filter by length", "all of it"} {
		if part == 4 {
			part = -1
		}
		ours, pandas, polars := median("sftlib", part), median("pandas", part), median("polars", part)
		fmt.Printf("bench: CSV of %d MB, %s: sftlib %.2f s, pandas %.2f s (%.2fx), polars %.2f s (%.2fx)\n", size, what, ours, pandas, ours/pandas, polars, ours/polars)
	}
}

// benchFile writes a CSV of so many MB.
func benchFile(path string, mb int) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer file.Close()
	w := bufio.NewWriterSize(file, 1<<20)
	words := strings.Fields("the a film movie is was great terrible boring brilliant acting plot scene ending music wonderful awful quite rather very not really 好 电影 没意思")
	rng := rand.New(rand.NewPCG(1, 1))
	w.WriteString("id,text,label,score\n")
	for i, n := 0, 0; n < mb*1_000_000; i++ {
		var text string
		switch {
		case i%500 == 7:
			text = "NA"
		default:
			b := make([]string, 3+rng.IntN(28))
			for j := range b {
				b[j] = words[rng.IntN(len(words))]
			}
			text = strings.Join(b, " ")
			if i%10 == 0 {
				text = `"` + text + `, said ""he""` + "\n" + `next line"`
			}
		}
		k, err := fmt.Fprintf(w, "%d,%s,%d,%.4f\n", i, text, i%2, rng.Float64())
		if err != nil {
			return err
		}
		n += k
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return file.Close()
}
