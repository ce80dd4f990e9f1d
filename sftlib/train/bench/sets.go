package main

import (
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// describe names the files and columns of a data set and reads its labels.
func describe(set, shared, scratch string) (spec, error) {
	s := map[string]spec{
		"sst2":      {Train: "sst2/train.csv", Val: "sst2/dev.csv", Text: "text", Label: "label"},
		"banking77": {Train: "banking77/train.csv", Val: "banking77/test.csv", Text: "text", Label: "category"},
	}[set]
	if set == "waimai" {
		return splitWaimai(shared, scratch)
	}
	if s.Train == "" {
		return s, fmt.Errorf("-data: %q is none of sst2, banking77, waimai", set)
	}
	s.Train, s.Val = filepath.Join(shared, "data", s.Train), filepath.Join(shared, "data", s.Val)
	rows, err := readCSV(s.Train)
	if err != nil {
		return s, err
	}
	s.Labels = labelsOf(rows, s.Label)
	return s, nil
}

// splitWaimai makes files of four fifths and one fifth of the Chinese reviews in scratch, every fifth row for evaluation.
func splitWaimai(shared, scratch string) (spec, error) {
	s := spec{Text: "review", Label: "label"}
	files, err := filepath.Glob(filepath.Join(shared, "data", "waimai", "*.csv"))
	if err != nil || len(files) != 1 {
		return s, fmt.Errorf("waimai: want one CSV file in %s, found %v (%v)", shared, files, err)
	}
	rows, err := readCSV(files[0])
	if err != nil {
		return s, err
	}
	parts := [2][][]string{{rows[0]}, {rows[0]}}
	for i, r := range rows[1:] {
		k := 0
		if i%5 == 4 {
			k = 1
		}
		parts[k] = append(parts[k], r)
	}
	for k, path := range []*string{&s.Train, &s.Val} {
		f, err := os.CreateTemp(scratch, "waimai-*.csv")
		if err != nil {
			return s, err
		}
		*path = f.Name()
		if err := errors.Join(csv.NewWriter(f).WriteAll(parts[k]), f.Close()); err != nil {
			return s, err
		}
	}
	s.Labels = labelsOf(rows, s.Label)
	return s, nil
}

func readCSV(path string) ([][]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return csv.NewReader(f).ReadAll()
}

// labelsOf lists the different values of a column, sorted.
func labelsOf(rows [][]string, column string) []string {
	k := slices.Index(rows[0], column)
	var labels []string
	for _, r := range rows[1:] {
		labels = append(labels, r[k])
	}
	slices.Sort(labels)
	return slices.Compact(labels)
}
