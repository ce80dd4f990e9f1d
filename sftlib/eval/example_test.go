package eval_test

import (
	"fmt"
	"testing"

	"gosft/sftlib/eval"
	"gosft/sftlib/internal/testenv"
)

func TestEveryTypeHasAnExample(t *testing.T) { testenv.Examples(t) }

func ExampleMatrix() {
	m, err := eval.Confusion([]int{0, 0, 1, 1}, []int{0, 1, 1, 1}, []string{"negative", "positive"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Print(m)
	fmt.Printf("accuracy %.2f, F1 %.2f, MCC %.2f\n", m.Accuracy(), m.F1(eval.Binary), m.MCC())
	// Output:
	//           negative  positive
	// negative  1         1
	// positive  0         2
	// accuracy 0.75, F1 0.80, MCC 0.58
}

func ExampleMatrix_Class() {
	m, _ := eval.Confusion([]int{0, 0, 1, 1}, []int{0, 1, 1, 1}, []string{"negative", "positive"})
	var c eval.Class = m.Class(1)
	fmt.Printf("%s: precision %.2f, recall %.2f of %d\n", c.Label, c.Precision, c.Recall, c.Support)
	// Output: positive: precision 0.67, recall 1.00 of 2
}

func ExampleClass() {
	c := eval.NewCollector([]string{"ham", "spam"})
	for i, label := range []int{0, 0, 0, 1} { // spam is rare, and never found: accuracy alone does not tell
		c.Add(eval.Item{Label: label, Scores: []float64{0.9, 0.1}, Length: i + 1})
	}
	report, err := c.Report()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("accuracy", report.Accuracy)
	for _, x := range report.Classes {
		var class eval.Class = x
		fmt.Printf("%s: recall %.2f, F1 %.2f, %d texts, %d taken for it\n", class.Label, class.Recall, class.F1, class.Support, class.Predicted)
	}
	// Output:
	// accuracy 0.75
	// ham: recall 1.00, F1 0.86, 3 texts, 4 taken for it
	// spam: recall 0.00, F1 0.00, 1 texts, 0 taken for it
}

func ExampleAverage() {
	m, _ := eval.Confusion([]int{0, 1, 2, 2}, []int{0, 1, 2, 0}, []string{"a", "b", "c"})
	for _, a := range []eval.Average{eval.Macro, eval.Micro, eval.Weighted} {
		fmt.Printf("%s %.3f\n", a, m.F1(a))
	}
	// Output:
	// macro 0.778
	// micro 0.750
	// weighted 0.750
}

func ExampleCollector() {
	c := eval.NewCollector([]string{"negative", "positive"})
	c.Add(eval.Item{Text: "I love it", Length: 5, Label: 1, Scores: []float64{0.1, 0.9}, Loss: 0.11})
	c.Add(eval.Item{Text: "not good", Length: 4, Label: 0, Scores: []float64{0.4, 0.6}, Loss: 0.92})
	report, err := c.Report()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(report.Accuracy, report.Worst[0].Text)
	// Output: 0.5 not good
}

func ExampleReport() {
	c := eval.NewCollector([]string{"a", "b", "c"})
	for i, scores := range [][]float64{{.8, .1, .1}, {.2, .7, .1}, {.5, .2, .3}} {
		c.Add(eval.Item{Label: i, Scores: scores})
	}
	report, err := c.Report()
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("accuracy %.2f of %d, macro F1 %.2f\n", report.Accuracy, report.N, report.F1(eval.Macro))
	// Output: accuracy 0.67 of 3, macro F1 0.56
}

func ExamplePair() {
	c := eval.NewCollector([]string{"card lost", "card stolen", "top up"})
	for _, truth := range []int{0, 0, 1, 2} {
		c.Add(eval.Item{Label: truth, Scores: [][]float64{{.4, .6, 0}, {.3, .7, 0}, {0, 0, 1}}[truth]})
	}
	report, _ := c.Report()
	for _, p := range report.Confused { // the most frequent first
		var pair eval.Pair = p
		fmt.Printf("%s taken for %s: %d, %.0f %% of its texts\n", pair.Truth, pair.Prediction, pair.Count, 100*pair.Share)
	}
	// Output: card lost taken for card stolen: 2, 100 % of its texts
}

func ExampleBand() {
	c := eval.NewCollector([]string{"bad", "good"})
	for _, n := range []int{4, 6, 20, 30} { // tokens; the long texts are wrong
		c.Add(eval.Item{Label: 1, Scores: [][]float64{{.1, .9}, {.8, .2}}[n/20], Length: n})
	}
	report, _ := c.Report()
	for _, b := range report.ByLength {
		var band eval.Band = b
		fmt.Printf("%d to %d tokens: accuracy %.2f of %d\n", band.From, band.To, band.Accuracy, band.N)
	}
	// Output:
	// 1 to 8 tokens: accuracy 1.00 of 2
	// 17 to 32 tokens: accuracy 0.00 of 2
}

func ExampleItem() {
	c := eval.NewRegressionCollector()
	for i, predicted := range []float64{1.1, 1.9, 3.2} {
		c.Add(eval.Item{Value: float64(i + 1), Scores: []float64{predicted}})
	}
	report, _ := c.Report()
	fmt.Printf("MAE %.3f, Spearman %.0f\n", report.Regression.MAE, report.Regression.Spearman)
	// Output: MAE 0.133, Spearman 1
}

func ExampleMistake() {
	c := eval.NewCollector([]string{"no", "yes"})
	c.Add(eval.Item{Text: "hardly", Label: 0, Scores: []float64{0.2, 0.8}, Loss: 1.6})
	report, _ := c.Report()
	var m eval.Mistake = report.Worst[0]
	fmt.Printf("%q is %s, taken for %s with %.1f\n", m.Text, m.Truth, m.Prediction, m.Score)
	// Output: "hardly" is no, taken for yes with 0.8
}

func ExampleRegression() {
	r, err := eval.NewRegression([]float64{1, 2, 3}, []float64{1.1, 1.9, 3.2})
	fmt.Printf("%.3f %.3f %v\n", r.MSE, r.R2, err)
	// Output: 0.020 0.970 <nil>
}

func ExampleMultiLabel() {
	m, err := eval.NewMultiLabel([][]bool{{true, true}, {false, true}}, [][]bool{{true, false}, {false, true}}, []string{"sport", "money"})
	fmt.Printf("%.2f %.2f %v\n", m.Accuracy, m.F1(eval.Micro), err)
	// Output: 0.50 0.80 <nil>
}
