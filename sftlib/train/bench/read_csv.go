//go:build noduckdb

package main

import "gosft/sftlib/train"

const reader = "encoding/csv"

// readFrame reads a CSV file without DuckDB.
func readFrame(path string) (train.Frame, error) {
	rows, err := readCSV(path)
	if err != nil {
		return nil, err
	}
	f := train.Texts{}
	for k, name := range rows[0] {
		for _, r := range rows[1:] {
			f[name] = append(f[name], r[k])
		}
	}
	return f, nil
}
