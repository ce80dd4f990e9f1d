// Package eval says how good a model's answers are. Figures have scikit-learn's names and values; a [Report] is what a
// notebook shows: the figures, the confusion matrix as a heat map, the classes, the worst errors with their text, the
// pairs of classes that are most confused, and accuracy by length.
//
//	package main
//
//	import (
//		"fmt"
//		"log"
//
//		"gosft/sftlib/eval"
//	)
//
//	func main() {
//		c := eval.NewCollector([]string{"negative", "positive"})
//		c.Add(eval.Item{Text: "I love it", Label: 1, Scores: []float64{0.1, 0.9}})
//		c.Add(eval.Item{Text: "not good", Label: 0, Scores: []float64{0.4, 0.6}})
//		report, err := c.Report()
//		if err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println(report.Accuracy, report.F1(eval.Macro)) // 0.5 0.333...
//		fmt.Println(report)
//	}
//
// A collector is fed while an evaluation runs: it keeps a few numbers for each text, and the text itself only of the worst
// errors, so that a set larger than memory can be evaluated.
package eval
