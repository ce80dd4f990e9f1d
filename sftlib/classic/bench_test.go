package classic

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/mat"

	"gosft/sftlib/internal/testenv"
)

// TestBesideScikitLearn times fits (and predictions) of both libraries in turn on the same data and cores and prints the
// ratio of the medians; GOSFT_BENCH=SVC does so for the tasks with that in their name. GOSFT_BENCH=1 go test -v -run TestBesideScikitLearn ./sftlib/classic
func TestBesideScikitLearn(t *testing.T) {
	if os.Getenv("GOSFT_BENCH") == "" {
		t.Skip("GOSFT_BENCH=1 measures beside scikit-learn")
	}
	c := sentences(t)
	in, err := json.Marshal(map[string]any{"sst2": c["sst2"].train, "y": c["sst2"].y, "waimai": c["waimai"].train})
	must(t, err)
	file := t.TempDir() + "/texts.json"
	must(t, os.WriteFile(file, in, 0o600))
	cmd := exec.Command(testenv.Python(t), "testdata/bench.py", file)
	stdin, err := cmd.StdinPipe()
	must(t, err)
	stdout, err := cmd.StdoutPipe()
	must(t, err)
	cmd.Stderr = os.Stderr
	must(t, cmd.Start())
	t.Cleanup(func() { stdin.Close(); cmd.Wait() })
	answers := bufio.NewReaderSize(stdout, 1<<20)
	ask := func(what string) string {
		_, err := stdin.Write([]byte(what + "\n"))
		must(t, err)
		line, err := answers.ReadString('\n')
		must(t, err)
		return strings.TrimSpace(line)
	}
	var d struct {
		S, Digits, B, Db, W [][]float64
		Dy, By              []int
		Dby, Wy             []float64
	}
	must(t, json.Unmarshal([]byte(ask("data")), &d))
	dense := func(x [][]float64) *mat.Dense { return mat.NewDense(len(x), len(x[0]), flat(x)) }
	S, digits, B, db, W := dense(d.S), dense(d.Digits), dense(d.B), dense(d.Db), dense(d.W)
	sparse, err := (&TFIDF{NgramRange: [2]int{1, 2}}).FitTransform(c["sst2"].train, nil)
	must(t, err)
	ty := c["sst2"].y
	fit := func(e Estimator, X, y any) func() error { return func() error { return e.Fit(X, y) } }
	both := func(e Classifier, X, y any) func() error {
		return func() error {
			if err := e.Fit(X, y); err != nil {
				return err
			}
			_, err := e.Predict(X)
			return err
		}
	}
	for _, task := range []struct {
		name  string
		bound float64
		run   func() error
	}{
		{"LinearRegression", 1.5, fit(&LinearRegression{}, W, d.Wy)},
		{"Ridge", 1.5, fit(&Ridge{}, W, d.Wy)},
		{"LogisticRegression, two classes", 1.5, fit(&LogisticRegression{}, B, d.By)},
		{"LogisticRegression, ten classes", 1.5, fit(&LogisticRegression{}, S, d.Dy)},
		{"LogisticRegression, sparse", 1.5, fit(&LogisticRegression{}, sparse, ty)},
		{"SVC, RBF", 1.5, both(&SVC{}, S, d.Dy)},
		{"SVC, linear", 1.5, both(&SVC{Kernel: "linear"}, S, d.Dy)},
		{"DecisionTree", 1.5, fit(&DecisionTree{}, digits, d.Dy)},
		{"DecisionTreeRegressor", 1.5, fit(&DecisionTreeRegressor{}, db, d.Dby)},
		{"RandomForest", 1.5, both(&RandomForest{}, digits, d.Dy)},
		{"RandomForestRegressor", 1.5, func() error {
			m := &RandomForestRegressor{}
			if err := m.Fit(db, d.Dby); err != nil {
				return err
			}
			_, err := m.Predict(db)
			return err
		}},
		{"KNeighbors", 1.5, both(&KNeighbors{}, S, d.Dy)},
		{"MultinomialNB", 1.5, both(&MultinomialNB{}, sparse, ty)},
		{"TFIDF of words", 1, func() error {
			_, err := (&TFIDF{NgramRange: [2]int{1, 2}}).FitTransform(c["sst2"].train, nil)
			return err
		}},
		{"TFIDF of characters", 1, func() error {
			_, err := (&TFIDF{Analyzer: "char", NgramRange: [2]int{1, 2}}).FitTransform(c["waimai"].train, nil)
			return err
		}},
	} {
		if only := os.Getenv("GOSFT_BENCH"); only != "1" && !strings.Contains(task.name, only) {
			continue
		}
		var ours, theirs []float64
		for i := range 6 {
			time.Sleep(100 * time.Millisecond) // OpenBLAS's threads spin for a while after their work
			begin := time.Now()
			must(t, task.run())
			seconds := time.Since(begin).Seconds()
			time.Sleep(100 * time.Millisecond) // as Go's collector may work on
			other, err := strconv.ParseFloat(ask(task.name), 64)
			must(t, err)
			if i > 0 {
				ours, theirs = append(ours, seconds), append(theirs, other)
			}
		}
		slices.Sort(ours)
		slices.Sort(theirs)
		a, b := ours[len(ours)/2], theirs[len(theirs)/2]
		fmt.Printf("bench: %s: %.4f s, scikit-learn %.4f s\n", task.name, a, b)
		testenv.Parity(t, "time of "+task.name+" over that of scikit-learn", a/b, task.bound)
	}
}
