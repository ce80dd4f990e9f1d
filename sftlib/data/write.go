package data

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// WriteCSV writes the frame as a CSV file with a header; a path that ends in .tsv gets tabs, and .gz or .zst after the ending
// packs it. A missing value is written as an empty field. The file appears when it is complete.
func (f *Frame) WriteCSV(path string) error {
	format := "FORMAT csv, HEADER true"
	if ending(path) == ".tsv" {
		format += `, DELIM '\t'`
	}
	return f.write("WriteCSV", path, format+compression(path))
}

// WriteJSONL writes the frame with one JSON object a line; .gz or .zst at the end of the path packs it.
func (f *Frame) WriteJSONL(path string) error {
	return f.write("WriteJSONL", path, "FORMAT json"+compression(path))
}

// WriteParquet writes the frame as a Parquet file, packed with zstd.
func (f *Frame) WriteParquet(path string) error {
	return f.write("WriteParquet", path, "FORMAT parquet, COMPRESSION zstd")
}

func compression(path string) string {
	switch {
	case strings.HasSuffix(strings.ToLower(path), ".gz"):
		return ", COMPRESSION gzip"
	case strings.HasSuffix(strings.ToLower(path), ".zst"):
		return ", COMPRESSION zstd"
	}
	return ""
}

func (f *Frame) write(op, path, format string) error {
	if err := f.Err(); err != nil {
		return err
	}
	e, err := open()
	if err != nil {
		return err
	}
	defer runtime.KeepAlive(f)
	part, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return fmt.Errorf("%s %s: %w", op, path, err)
	}
	part.Close()
	defer os.Remove(part.Name()) // when the rename did not happen
	if _, err := e.db.Exec("COPY (" + f.query + ") TO " + literal(part.Name()) + " (" + format + ")"); err != nil {
		return fmt.Errorf("%s %s: %w", op, path, clean(err))
	}
	if err := os.Chmod(part.Name(), 0o644); err != nil {
		return fmt.Errorf("%s %s: %w", op, path, err)
	}
	if err := os.Rename(part.Name(), path); err != nil {
		return fmt.Errorf("%s %s: %w", op, path, err)
	}
	return nil
}
