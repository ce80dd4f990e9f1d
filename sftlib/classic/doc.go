// Package classic has the classical algorithms of supervised learning with scikit-learn's names and defaults in Go
// spelling: linear and logistic regression, support vectors, trees and forests, neighbours, naive Bayes, TF-IDF of texts,
// pipelines, cross-validation and grid search. It is where a course begins, and the yardstick for a fine-tuned BERT.
//
//	package main
//
//	import (
//		"fmt"
//		"log"
//
//		"gosft/sftlib/classic"
//	)
//
//	func main() {
//		X := [][]float64{{1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 6}}
//		y := []int{0, 0, 0, 1, 1}
//		model := &classic.LogisticRegression{}
//		if err := model.Fit(X, y); err != nil {
//			log.Fatal(err)
//		}
//		labels, err := model.Predict([][]float64{{1.5, 2}, {6, 7}})
//		if err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println(labels, model.Coef, model.Intercept) // [0 1] ...
//
//		texts := classic.NewPipeline(&classic.TFIDF{}, &classic.LogisticRegression{})
//		if err := texts.Fit([]string{"good film", "bad film", "very good", "so bad"}, []string{"pos", "neg", "pos", "neg"}); err != nil {
//			log.Fatal(err)
//		}
//		labels, err = texts.Predict([]string{"a good one"})
//		if err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println(texts.Name(labels[0])) // pos
//	}
//
// A model is a struct: its settings are fields, whose zero values are scikit-learn's defaults, and so is what it learned
// (Coef, Intercept, FeatureImportances). X is a [][]float64, a gonum matrix, a *Sparse or, before a TFIDF, a []string; y is
// a []int or []string of classes, or a []float64 of values. The tests compare with scikit-learn 1.9 on iris, wine, breast
// cancer, digits, diabetes, and on sentences of SST-2 and waimai.
package classic
