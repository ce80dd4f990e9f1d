package serve

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"gosft/sftlib/bert"
	"gosft/sftlib/internal/testenv"
)

// TestLoad runs the real server with a real model, and clients that send single texts, lists, long texts and rubbish at once
// for a few seconds. Every answer must be the right one; the rates are printed.
func TestLoad(t *testing.T) {
	src := testenv.MiniLM(t)
	m, err := bert.ForSequenceClassification(src, []string{"negative", "positive"}, bert.LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "model")
	if err := m.Save(dir); err != nil {
		t.Fatal(err)
	}
	texts := []string{"a lovely film", "what a bore", "好吃", "it never quite comes together , but it is never dull either", strings.Repeat("long and longer ", 300)}
	want, err := m.Predict(texts...)
	if err != nil {
		t.Fatal(err)
	}
	m.Close()

	ctx, stop := context.WithCancel(t.Context())
	ended, address := make(chan error, 1), make(chan string, 1)
	go func() {
		ended <- Run(ctx, Options{Dir: dir, Addr: "127.0.0.1:0", Log: quiet()}, func(a string) { address <- a })
	}()
	var url string
	select {
	case a := <-address:
		url = "http://" + a + "/"
	case err := <-ended:
		t.Fatal(err)
	}
	length := 4 * time.Second
	if testing.Short() {
		length = time.Second
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	send := func(body string) (int, []byte, error) {
		r, err := client.Post(url, "application/json", strings.NewReader(body))
		if err != nil {
			return 0, nil, err
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		return r.StatusCode, b, err
	}
	check := func(n int, which []int) error {
		inputs := make([]string, len(which))
		for i, k := range which {
			inputs[i] = texts[k]
		}
		body, err := json.Marshal(map[string]any{"inputs": inputs})
		if err != nil {
			return err
		}
		status, answer, err := send(string(body))
		if err != nil {
			return err
		}
		if status != 200 {
			return fmt.Errorf("status %d: %s", status, answer)
		}
		var got [][]bert.Score
		if err := json.Unmarshal(answer, &got); err != nil || len(got) != len(which) {
			return fmt.Errorf("answer %s: %v", answer, err)
		}
		for i, k := range which {
			for _, s := range got[i] {
				j := slices.IndexFunc(want[k].Scores, func(w bert.Score) bool { return w.Label == s.Label })
				if d := s.Score - want[k].Scores[j].Score; d > 1e-4 || d < -1e-4 {
					return fmt.Errorf("%.20q: %s is %g, alone it was %g", texts[k], s.Label, s.Score, want[k].Scores[j].Score)
				}
			}
		}
		return nil
	}
	if err := check(0, []int{0, 1, 2, 3, 4}); err != nil { // compiles what is needed before the clock runs
		t.Fatal(err)
	}
	var mu sync.Mutex
	var took []time.Duration
	var wg sync.WaitGroup
	until := time.Now().Add(length)
	for c := range 24 {
		wg.Go(func() {
			for i := c; time.Now().Before(until); i++ {
				start := time.Now()
				var err error
				switch {
				case i%17 == 0:
					var status int
					if status, _, err = send(`{"inputs": [1, 2`); err == nil && status != 400 {
						err = fmt.Errorf("rubbish answers %d", status)
					}
				case i%41 == 0:
					err = check(i, []int{4})
				case i%5 == 0:
					err = check(i, []int{0, 1, 2, 3})
				default:
					err = check(i, []int{i % 4})
				}
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(start))
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	if len(took) < 24 {
		t.Fatalf("only %d requests were answered", len(took))
	}
	t.Logf("%.0f requests/s by 24 clients; half within %s, 99 %% within %s", float64(len(took))/length.Seconds(),
		took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond))
	r, err := client.Get(url + "metrics")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := io.ReadAll(r.Body)
	r.Body.Close()
	if err != nil || !strings.Contains(string(metrics), "gosft_batch_texts_count") {
		t.Errorf("metrics: %v", err)
	}
	stop()
	if err := <-ended; err != nil {
		t.Errorf("stop: %v", err)
	}
}

func TestRunRefuses(t *testing.T) {
	empty := t.TempDir()
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{}, "no model"},
		{Options{Dir: empty, Addr: "127.0.0.1:0", Backend: "go"}, "config.json"},
		{Options{Dir: empty, Addr: "nonsense"}, "nonsense"},
		{Options{Dir: empty, Addr: "127.0.0.1:0", Backend: "abacus"}, "abacus"},
	} {
		c.o.Log = quiet()
		if err := Run(t.Context(), c.o, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
	if _, err := os.Stat(filepath.Join(empty, "config.json")); err == nil {
		t.Error("something was written")
	}
}
