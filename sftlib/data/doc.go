// Package data reads tables of texts and labels, looks at them, cleans them and splits them.
//
// A [Frame] is a table that lives in DuckDB, beyond the memory of the machine where it must. Frames do not change: each method
// returns a new one, and Report tells what was taken from the rows and why. Rows keep their order, and what is drawn is
// drawn by a seed, so that the same program gives the same frames.
//
//	package main
//
//	import (
//		"fmt"
//		"log"
//
//		"gosft/sftlib/data"
//		_ "gosft/sftlib/data/duckdb"
//	)
//
//	func main() {
//		reviews, err := data.ReadCSV("reviews.csv")
//		if err != nil {
//			log.Fatal(err)
//		}
//		reviews = reviews.Trim().DropNA("text", "label").Distinct("text").Filter("length(text) > 3")
//		fmt.Println(reviews) // head, types, missing values, classes
//		fmt.Println(reviews.Report())
//		train, val, err := reviews.Split(0.2, data.Stratify("label"), data.Seed(42))
//		if err != nil {
//			log.Fatal(err)
//		}
//		texts, err := train.Strings("text")
//		if err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println(len(texts), val.Len(), train.Labels("label"))
//	}
//
// The package speaks database/sql only. The driver is a library of 65 MB, so a program imports it where it wants it:
// gosft/sftlib/data/duckdb. Notebooks have it already.
package data
