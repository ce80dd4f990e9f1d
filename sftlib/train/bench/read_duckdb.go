//go:build !noduckdb

package main

import (
	"gosft/sftlib/data"
	_ "gosft/sftlib/data/duckdb"
	"gosft/sftlib/train"
)

const reader = "data.ReadCSV"

// readFrame reads a CSV file as a user does.
func readFrame(path string) (train.Frame, error) { return data.ReadCSV(path) }
