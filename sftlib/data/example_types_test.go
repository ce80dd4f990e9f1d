package data_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"gosft/sftlib/data"
	"gosft/sftlib/internal/testenv"
)

func TestEveryTypeHasAnExample(t *testing.T) { testenv.Examples(t) }

func ExampleOption() {
	path := file("reviews.txt", "# two columns\n'good; really';?\n'bad';1\nshort\n")
	defer os.RemoveAll(filepath.Dir(path))
	f, err := data.ReadCSV(path, data.Separator(";"), data.Quote("'"), data.Comment("#"), data.Header(false), data.ColumnNames("text", "label"),
		data.NA("?"), data.SkipBadLines())
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(f)
	// Output:
	// 2 rows × 2 columns
	// text (text)   label (integer, 1 missing)
	// ────────────  ──────────────────────────
	// good; really                          NA
	// bad                                    1
}

func ExampleBadLine() {
	path := file("bad.csv", "text,label\n\"two\nlines\",1\nshort\n")
	defer os.RemoveAll(filepath.Dir(path))
	var bad *data.BadLines
	if _, err := data.ReadCSV(path); errors.As(err, &bad) {
		line := bad.Lines[0]
		fmt.Println(line.Line, line.Reason, line.Text)
	}
	// Output: 4 1 field, expected 2 short
}

func ExampleColumn() {
	f, _ := data.New("text", []string{"good"}, "stars", []float64{4.5})
	for _, c := range f.Columns() {
		fmt.Println(c.Name, c.Kind, c.SQL)
	}
	// Output:
	// text text VARCHAR
	// stars float DOUBLE
}

func ExampleKind() {
	path := file("codes.csv", "code,n\n12,1\n13,2\n")
	defer os.RemoveAll(filepath.Dir(path))
	f, err := data.ReadCSV(path, data.As("code", data.Text)) // found alone it would be a number
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range f.Columns() {
		fmt.Println(c.Name, c.Kind, c.Kind == data.Text)
	}
	// Output:
	// code text true
	// n integer false
}

func ExampleStep() {
	f, _ := data.New("text", []string{"good", "good", " "})
	for _, s := range f.Trim().DropNA().Distinct("text").Report() {
		fmt.Println(s.What, s.Before-s.After, s.Why)
	}
	// Output:
	// New 0 columns of Go values
	// Trim 0 1 text had space around it, 1 nothing else (now missing)
	// DropNA 1 1 row without a value in text
	// Distinct("text") 1 1 row with the same text as one before
}

func ExampleReport() {
	f, _ := data.New("text", []string{"good", "good", "bad"})
	fmt.Println(f.Distinct("text").Filter("text <> ?", "bad").Report())
	// Output:
	// step              rows  taken  what was found
	// ────────────────  ────  ─────  ──────────────────────────────────────
	// New                  3         columns of Go values
	// Distinct("text")     2      1  1 row with the same text as one before
	// Filter               1      1  rows where not: text <> ?
}

func ExampleDescription() {
	f, _ := data.New("text", []string{"good", "bad", ""}, "stars", []float64{5, 1, 3})
	d, err := f.Describe()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range d {
		fmt.Println(c.Name, c.Kind, c.Rows, c.Distinct)
	}
	// Output:
	// text text 3 3
	// stars float 3 3
}

func ExampleColumnInfo() {
	f, _ := data.New("text", []string{"good", "很好看"}, "stars", []float64{5, 1})
	d, err := f.Describe()
	if err != nil {
		fmt.Println(err)
		return
	}
	text, stars := d[0], d[1]
	fmt.Println(text.MinLen, text.MaxLen, text.MeanLen, text.Missing) // in characters
	fmt.Println(stars.Min, stars.Max, stars.Mean)
	// Output:
	// 3 4 3.5 0
	// 1 5 3
}

func ExampleCounts() {
	f, _ := data.New("label", []string{"pos", "neg", "pos"})
	c, err := f.ValueCounts("label")
	fmt.Println(c, err)
	// Output:
	// label  count   share
	// ─────  ─────  ──────
	// pos        2  66.7 %
	// neg        1  33.3 % <nil>
}

func ExampleValueCount() {
	path := file("labels.csv", "text,label\na,pos\nb,\nc,pos\n")
	defer os.RemoveAll(filepath.Dir(path))
	f, err := data.ReadCSV(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	c, err := f.ValueCounts("label")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, v := range c.Values {
		fmt.Printf("%q %v %d\n", v.Value, v.Missing, v.Count)
	}
	// Output:
	// "pos" false 2
	// "" true 1
}

func ExampleRow() {
	f, _ := data.New("text", []string{"good", "bad"}, "stars", []float64{4.5, 1})
	for row, err := range f.Rows("text", "stars") {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(row.Number, row.String("text"), row.Float("stars"), row.Value("stars"))
	}
	// Output:
	// 0 good 4.5 4.5
	// 1 bad 1 1
}

func ExampleBalance() {
	f, _ := data.New("label", []string{"pos", "neg", "pos", "pos"})
	b, err := f.Balance("label")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Names, b.Counts, b.Ratio, b.Chance)
	// Output: [neg pos] [1 3] 3 0.75
}

func ExampleSplitOption() {
	f, _ := data.New("text", []string{"a", "b", "c", "d", "e", "f"}, "label", []int{0, 1, 0, 1, 0, 1}, "author", []string{"x", "x", "y", "y", "z", "z"})
	_, val, err := f.Split(2, data.Stratify("label"), data.Seed(7))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(val.Labels("label")) // one of each class
	_, val, err = f.Split(2, data.GroupBy("author"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(len(val.Labels("author"))) // both of one author
	_, val, err = f.Split(2, data.InOrder())
	texts, _ := val.Strings("text")
	fmt.Println(texts, err) // the last ones
	// Output:
	// [0 1]
	// 1
	// [e f] <nil>
}

func ExampleFold() {
	f, _ := data.New("text", []string{"a", "b", "c", "d", "e"})
	folds, err := f.KFold(5, data.Seed(1))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, fold := range folds[:2] {
		leaks, err := data.Leaks(fold.Train, fold.Val, "text")
		fmt.Println(fold.Train.Len(), fold.Val.Len(), leaks.Same, err)
	}
	// Output:
	// 4 1 0 <nil>
	// 4 1 0 <nil>
}

func ExampleLeakReport() {
	train, _ := data.New("text", []string{"A fine film, really.", "dull"})
	val, _ := data.New("text", []string{"a fine film really", "something else"})
	r, err := data.Leaks(train, val, "text")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(r.Same, r.NearSame, r.TrainRows, r.ValRows)
	// Output: 1 0 2 2
}

func ExampleLeak() {
	train, _ := data.New("text", []string{"dull", "this is a fine and quiet film about the sea"})
	val, _ := data.New("text", []string{"this is a fine and quiet film about the seas"})
	r, err := data.Leaks(train, val, "text")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, l := range r.Leaks {
		fmt.Printf("%d %d %.2f %s\n", l.Train, l.Val, l.Similarity, l.TrainText)
	}
	// Output: 1 0 0.98 this is a fine and quiet film about the sea
}
