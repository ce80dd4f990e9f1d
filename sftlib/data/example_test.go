package data_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"gosft/sftlib/data"
	_ "gosft/sftlib/data/duckdb"
)

// file writes a file for an example and returns its path.
func file(name, content string) string {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	p := filepath.Join(dir, name)
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		panic(err)
	}
	return p
}

func Example() {
	path := file("reviews.csv", "text;label\n a fine film ;1\nNA;0\na dull film;0\na fine film;1\nok;1\n很好看的电影;1\n无聊;0\n")
	defer os.RemoveAll(filepath.Dir(path))
	reviews, err := data.ReadCSV(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	reviews = reviews.Trim().DropNA().Distinct("text")
	fmt.Println(reviews)
	fmt.Println(reviews.Report())
	train, val, err := reviews.Split(0.4, data.Stratify("label"), data.Seed(42))
	fmt.Println(train.Len(), val.Len(), err)
	// Output:
	// 5 rows × 2 columns
	// text (text)   label (integer)
	// ────────────  ───────────────
	// a fine film                 1
	// a dull film                 0
	// ok                          1
	// 很好看的电影                1
	// 无聊                        0
	//
	// classes of label
	// class  count   share
	// ─────  ─────  ──────
	// 1          3  60.0 %
	// 0          2  40.0 %
	// step              rows  taken  what was found
	// ────────────────  ────  ─────  ──────────────────────────────────────
	// read reviews.csv     7         semicolons
	// Trim                 7         1 text had space around it
	// DropNA               6      1  1 row without a value in text
	// Distinct("text")     5      1  1 row with the same text as one before
	// 3 2 <nil>
}

func ExampleFrame_Filter() {
	f, err := data.New("text", []string{"good", "bad", "it's fine"}, "stars", []int{5, 1, 4})
	if err != nil {
		fmt.Println(err)
	}
	texts, err := f.Filter("stars >= 4 AND text <> ?", "it's fine").Strings("text")
	fmt.Println(texts, err)
	// Output: [good] <nil>
}

func ExampleFrame_Map() {
	f, _ := data.New("text", []string{"Good", "很好"})
	f = f.Map("text", strings.ToLower).Map("text", func(s string) int { return len([]rune(s)) }, "length")
	lengths, err := f.Ints("length")
	fmt.Println(lengths, err)
	// Output: [4 2] <nil>
}

func ExampleFrame_SQL() {
	f, _ := data.New("text", []string{"good", "bad", "fine"}, "label", []int{1, 0, 1})
	fmt.Println(f.SQL("SELECT label, count(*) AS n FROM frame GROUP BY label ORDER BY label"))
	// Output:
	// 2 rows × 2 columns
	// label (integer)  n (integer)
	// ───────────────  ───────────
	//               0            1
	//               1            2
}

func ExampleFrame_Rows() {
	f, _ := data.New("text", []string{"good", "bad"}, "stars", []float64{4.5, 1})
	for row, err := range f.Rows("text", "stars") {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(row.Number, row.String("text"), row.Float("stars"))
	}
	// Output:
	// 0 good 4.5
	// 1 bad 1
}

func ExampleFrame_KFold() {
	f, _ := data.New("text", []string{"a", "b", "c", "d"}, "label", []int{0, 0, 1, 1})
	folds, err := f.KFold(2, data.Stratify("label"))
	for _, fold := range folds {
		balance, _ := fold.Val.Balance("label")
		fmt.Println(fold.Train.Len(), fold.Val.Len(), balance.Counts, err)
	}
	// Output:
	// 2 2 [1 1] <nil>
	// 2 2 [1 1] <nil>
}

func ExampleBadLines() {
	path := file("bad.csv", "text,label\ngood,1\nthree,fields,here\nbad,0\n")
	defer os.RemoveAll(filepath.Dir(path))
	_, err := data.ReadCSV(path)
	var bad *data.BadLines
	if errors.As(err, &bad) {
		for _, line := range bad.Lines {
			fmt.Println(line)
		}
	}
	rest, err := data.ReadCSV(path, data.SkipBadLines())
	fmt.Println(rest.Len(), err)
	// Output:
	// bad.csv line 3: 3 fields, expected 2: three,fields,here
	// 2 <nil>
}

func ExampleFrame_NameLabels() {
	f, _ := data.New("label", []int{1, 0, 1})
	f = f.NameLabels("label", "0", "negative", "1", "positive")
	ids, err := f.LabelIDs("label", f.Labels("label"))
	fmt.Println(f.Labels("label"), ids, err)
	// Output: [negative positive] [1 0 1] <nil>
}

func ExampleLeaks() {
	train, _ := data.New("text", []string{"A fine film, really.", "dull"})
	val, _ := data.New("text", []string{"a fine film really", "something else"})
	report, err := data.Leaks(train, val, "text")
	fmt.Println(report.Same, report.NearSame, report.Leaks[0].Train, report.Leaks[0].Val, err)
	// Output: 1 0 0 0 <nil>
}

func ExampleFrame_Balance() {
	f, _ := data.New("label", []string{"pos", "neg", "pos", "pos"})
	fmt.Println(f.Balance("label"))
	// Output:
	// classes of label
	// class  rows   share
	// ─────  ────  ──────
	// neg       1  25.0 %
	// pos       3  75.0 %
	// the commonest class has 3.0 times the rows of the rarest; always saying it is right in 75.0 % <nil>
}

func ExampleFrame_ValueCounts() {
	f, _ := data.New("label", []string{"pos", "neg", "pos"})
	counts, err := f.ValueCounts("label")
	fmt.Println(counts.Values[0].Value, counts.Values[0].Count, counts.Count("neg"), err)
	// Output: pos 2 1 <nil>
}

func ExampleFrame_Describe() {
	f, _ := data.New("text", []string{"good", "bad", "very good"}, "stars", []float64{5, 1, 4})
	fmt.Println(f.Describe())
	// Output:
	// 3 rows
	// column  type   missing  distinct  len min  len median  len max  min   mean    std  max
	// ──────  ─────  ───────  ────────  ───────  ──────────  ───────  ───  ─────  ─────  ───
	// text    text         0         3        3           4        9
	// stars   float        0         3                                  1  3.333  2.082    5 <nil>
}
