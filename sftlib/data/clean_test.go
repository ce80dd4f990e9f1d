package data

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func reviews(t testing.TB) *Frame {
	t.Helper()
	f, err := ReadCSV(write(t, "reviews.csv", "text,label,stars\n  good film ,1,5\nbad film,0,NA\n,1,4\nbad film,0,1\n \u3000 ,0,2\n\"fine, really\",1,4.5\n"))
	return must(t, f, err)
}

func TestCleaningIsReported(t *testing.T) {
	f := reviews(t).Trim().DropNA("text", "label").Distinct("text").Filter("label = ?", 1)
	must(t, f, nil)
	if got := texts(t, f, "text"); !slices.Equal(got, []string{"good film", "fine, really"}) {
		t.Errorf("rows %q", got)
	}
	want := []Step{
		{"read reviews.csv", "commas", 6, 6},
		{"Trim", "2 texts had space around them, 1 nothing else (now missing)", 6, 6},
		{`DropNA("text", "label")`, "2 rows without a value in text", 6, 4},
		{`Distinct("text")`, "1 row with the same text as one before", 4, 3},
		{"Filter", "rows where not: label = ?", 3, 2},
	}
	if got := f.Report(); !slices.Equal(got, Report(want)) {
		t.Errorf("report\n%v\nwant\n%v", got, Report(want))
	}
}

func TestFillNA(t *testing.T) {
	f := must(t, reviews(t).FillNA("stars", 3), nil)
	if v, err := f.Floats("stars"); err != nil || v[1] != 3 {
		t.Errorf("%v %v", v, err)
	}
	if v := texts(t, reviews(t).FillNA("text", "it's empty"), "text"); v[2] != "it's empty" {
		t.Errorf("%q", v)
	}
	for _, bad := range []*Frame{reviews(t).FillNA("stars", "many"), reviews(t).FillNA("stars", true), reviews(t).FillNA("star", 1), reviews(t).FillNA("text", struct{}{})} {
		if bad.Err() == nil {
			t.Error("a value of the wrong kind was taken")
		}
	}
	v, err := reviews(t).Floats("stars")
	if err != nil || !math.IsNaN(v[1]) {
		t.Errorf("a missing number is %v, want NaN (%v)", v, err)
	}
	if _, err := reviews(t).Ints("stars"); err == nil || !strings.Contains(err.Error(), "row 1: a missing value") {
		t.Errorf("Ints of a missing value: %v", err)
	}
}

func TestColumns(t *testing.T) {
	f := reviews(t)
	if got := strings.Join(f.Select("label", "text").Names(), " "); got != "label text" {
		t.Error(got)
	}
	if got := strings.Join(f.Drop("stars").Rename("text", "x").Names(), " "); got != "x label" {
		t.Error(got)
	}
	m := f.Map("text", func(s string) int { return len([]rune(strings.TrimSpace(s))) }, "length")
	if v, err := m.Floats("length"); err != nil || fmt.Sprint(v) != "[9 8 NaN 8 0 12]" {
		t.Errorf("lengths %v %v", v, err)
	}
	half := func(n int) int { return n / 2 }
	for _, c := range []struct {
		values any
		want   string
	}{{[]float64{4, -2}, "[2 -1]"}, {[]string{" 4", "6"}, "[2 3]"}, {[]float64{4, 0.5}, "row 1: 0.5 is not a whole number"}, {[]string{"4", "0.5"}, "row 1: 0.5 is not a whole number"}} {
		x, err := New("x", c.values)
		must(t, x, err)
		v, err := x.Map("x", half).Ints("x")
		if got := fmt.Sprint(v, err); !strings.Contains(got, c.want) {
			t.Errorf("half of %v: %s, want %s", c.values, got, c.want)
		}
	}
	if v := texts(t, f.Map("text", strings.ToUpper), "text"); v[1] != "BAD FILM" || v[2] != "" {
		t.Errorf("%q", v)
	}
	long := strings.Repeat("长", 3_000_000) + "\"\r\n,N"
	if v := texts(t, f.Map("text", func(string) string { return long }), "text"); v[0] != long || v[2] != "" {
		t.Error("a long text with signs does not come back")
	}
	if v := texts(t, f.Map("text", func(string) string { return "N" }), "text"); v[0] != "N" {
		t.Errorf("the text N became %q", v[0])
	}
	err := f.Map("text", func(s string) (string, error) { return "", errors.New("too dull") }).Err()
	if err == nil || err.Error() != `Map: column "text": row 0: too dull` {
		t.Error(err)
	}
	if err := f.Map("text", func(s string) byte { panic("oh") }).Err(); err == nil {
		t.Error("a function of a type that columns lack was taken")
	}
	if err := f.Map("text", func(s string) string { panic("oh") }).Err(); err == nil || !strings.Contains(err.Error(), "row 0: the function panics: oh") {
		t.Error(err)
	}
	if v := texts(t, f.DropNA().Sort("label desc", "text"), "text"); fmt.Sprintf("%q", v) != `["  good film " "fine, really" " \u3000 " "bad film"]` {
		t.Errorf("%q", v)
	}
	for _, bad := range []*Frame{f.Select(), f.Select("nix"), f.Select("text", "text"), f.Drop(), f.Drop("text", "label", "stars"), f.Rename("text", "label"), f.Rename("a"), f.Sort("up"), f.Sort()} {
		if bad.Err() == nil {
			t.Error("a wrong call gives no error")
		}
	}
}

func TestJoin(t *testing.T) {
	a, err := New("id", []int{3, 1, 2, 1}, "text", []string{"c", "a", "b", "a again"})
	must(t, a, err)
	b, err := New("id", []int{1, 3, 4}, "text", []string{"one", "three", "four"}, "n", []float64{.1, .3, .4})
	must(t, b, err)
	j := must(t, a.Join(b, "id"), nil)
	if got := strings.Join(j.Names(), " "); got != "id text text_right n" {
		t.Error(got)
	}
	if got := texts(t, j, "text_right"); !slices.Equal(got, []string{"three", "one", "one"}) {
		t.Errorf("%q", got)
	}
	if got := texts(t, a.LeftJoin(b, "id"), "text_right"); !slices.Equal(got, []string{"three", "one", "", "one"}) {
		t.Errorf("%q", got)
	}
	if a.Join(b, "n").Err() == nil || a.Join(b).Err() == nil || a.Join(nil, "id").Err() == nil {
		t.Error("a wrong join gives no error")
	}
	c, err := Concat(a, a)
	if must(t, c, err); c.Len() != 8 || texts(t, c, "text")[4] != "c" {
		t.Error("Concat", c)
	}
}

func TestNamesThatNeedCare(t *testing.T) {
	f, err := New("x", []int{1, 2, 3, 3}, "r", []int{9, 8, 7, 7}, "keep", []bool{true, false, true, true}, `a "b"`, []string{"it's", `"`, "评论", "评论"}, "v", []float64{.5, 1, 2, 2},
		"part", []int{1, 1, 1, 1}, "frame", []string{"q", "w", "e", "e"}, "列 名", []int{4, 5, 6, 6})
	must(t, f, err)
	f = f.Distinct().Filter(`"列 名" > ?`, 4).Filter(`"a ""b""" <> ?`, "it's").Map("v", func(v float64) float64 { return -v }).Sort("列 名 desc")
	must(t, f, nil)
	if got := texts(t, f, `a "b"`); !slices.Equal(got, []string{"评论", `"`}) {
		t.Errorf("%q", got)
	}
	if got := texts(t, f.SQL(`SELECT x, "列 名" FROM frame WHERE keep`), "列 名"); !slices.Equal(got, []string{"6"}) {
		t.Errorf("%q", got)
	}
	train, val, err := f.Split(1)
	if must(t, train, err); train.Len()+val.Len() != 2 {
		t.Error("split")
	}
	c, err := Concat(f, f)
	if must(t, c, err); c.Len() != 4 {
		t.Error("concat")
	}
	if v, err := c.Distinct("x").Ints("r"); err != nil || fmt.Sprint(v) != "[7 8]" {
		t.Errorf("%v %v", v, err)
	}
}

func TestErrorsStick(t *testing.T) {
	f := reviews(t).Filter("lenth(text) > 3").DropNA().Distinct("text").Head(3)
	if f.Err() == nil || !strings.Contains(f.Err().Error(), "Filter: lenth(text) > 3") || strings.Contains(f.Err().Error(), "Distinct") {
		t.Errorf("error %v", f.Err())
	}
	if err := reviews(t).Filter("txt = 'a'").Err(); err == nil || !strings.Contains(err.Error(), `Filter: txt = 'a': no column "txt": there are "text", `) {
		t.Errorf("error %v", err)
	}
	if err := reviews(t).Filter("text + 1 > 2").Err(); err == nil || strings.Contains(err.Error(), "Candidate") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
	if _, err := f.Strings("text"); err != f.Err() {
		t.Errorf("Strings gives %v", err)
	}
	if _, _, err := f.Split(.5); err != f.Err() {
		t.Errorf("Split gives %v", err)
	}
	if h := f.MimeBundle()["text/html"].(string); !strings.Contains(h, "lenth") || strings.Contains(h, "> 3") {
		t.Errorf("shown as %s", h)
	}
	var none *Frame
	if none.Err() == nil || none.Head(1).Err() == nil || len(none.Labels("x")) > 0 || none.DropNA().Err() == nil || none.Map("x", strings.ToUpper).Err() == nil {
		t.Error("a nil frame gives no error")
	}
}

func TestFilterIsDecidedOnce(t *testing.T) {
	n := make([]int, 1000)
	for i := range n {
		n[i] = i
	}
	f, err := New("n", n)
	must(t, f, err)
	f = f.Filter("random() < 0.5")
	a, err := f.Ints("n")
	if err != nil {
		t.Fatal(err)
	}
	b, _ := f.Ints("n")
	if len(a) != f.Len() || !slices.Equal(a, b) || !slices.IsSorted(a) {
		t.Error("the rows of a filter change")
	}
	for _, bad := range []string{"n > 3; DROP TABLE t1", "n > 'x", "n >", "n > ? AND n < ?", "1) OR (1=1"} {
		if f.Filter(bad, 1).Err() == nil {
			t.Errorf("Filter(%q) gives no error", bad)
		}
	}
	if got := f.Filter("n < 10 -- few").Len(); got > 10 {
		t.Errorf("%d rows", got)
	}
}

func TestDescribeAndCounts(t *testing.T) {
	d, err := reviews(t).Describe()
	if err != nil {
		t.Fatal(err)
	}
	if d[0].Missing != 1 || d[0].Distinct != 4 || d[0].MinLen != 3 || d[0].MaxLen != 12 || d[2].Missing != 1 || d[2].Mean != 3.3 || d[1].Max != int64(1) {
		t.Errorf("%+v", d)
	}
	c, err := reviews(t).ValueCounts("text")
	if err != nil {
		t.Fatal(err)
	}
	if c.Values[0].Value != "bad film" || c.Count("bad film") != 2 || !c.Values[len(c.Values)-1].Missing {
		t.Errorf("%+v", c.Values)
	}
	b, err := reviews(t).Balance("label")
	if err != nil || b.Ratio != 1 || b.Chance != .5 {
		t.Errorf("%+v %v", b, err)
	}
}

func TestLabels(t *testing.T) {
	f, err := New("label", []string{"10", "2", "1", "10", ""}, "score", []float64{0.5, 2, 3, 4, 5})
	must(t, f, err)
	f = f.Trim() // "" is missing then
	if got := strings.Join(f.Labels("label"), " "); got != "1 2 10" {
		t.Error(got)
	}
	if b, err := f.Balance("label"); err != nil || fmt.Sprint(b.Counts) != "[1 1 2]" || b.Rows != 4 {
		t.Errorf("%+v %v", b, err)
	}
	if l := f.Labels("score"); l == nil || len(l) != 0 {
		t.Errorf("a column of fractions has the classes %q", l)
	}
	if _, err := f.Balance("score"); err == nil || !strings.Contains(err.Error(), "regression") {
		t.Error(err)
	}
	pandas, err := ReadCSV(write(t, "pandas.csv", "text,y\na,1.0\nb,0.0\nc,\nd,1.0\n"))
	must(t, pandas, err)
	if l := pandas.Labels("y"); !slices.Equal(l, []string{"0", "1"}) {
		t.Errorf("0.0 and 1.0 are the classes %q", l)
	}
	if ids, err := pandas.DropNA("y").LabelIDs("y", []string{"0", "1"}); err != nil || fmt.Sprint(ids) != "[1 0 1]" {
		t.Errorf("%v %v", ids, err)
	}
	if got := texts(t, pandas.NameLabels("y", "0", "no", "1", "yes"), "y"); !slices.Equal(got, []string{"yes", "no", "", "yes"}) {
		t.Errorf("%q", got)
	}
	n := must(t, f.NameLabels("label", "10", "best", "1", "worst"), nil)
	if got := texts(t, n, "label"); !slices.Equal(got, []string{"best", "2", "worst", "best", ""}) {
		t.Errorf("%q", got)
	}
	later := n.DropNA().Filter("score > 1").Rename("label", "stars").Sort("score desc")
	if got := strings.Join(later.Labels("stars"), " "); got != "worst 2 best" {
		t.Errorf("%s: the order is lost on the way (%v)", got, later.Err())
	}
	ids, err := later.LabelIDs("stars", []string{"worst", "2", "best"})
	if err != nil || fmt.Sprint(ids) != "[2 0 1]" {
		t.Errorf("%v %v", ids, err)
	}
	if _, err := later.LabelIDs("stars", []string{"worst", "best"}); err == nil || !strings.Contains(err.Error(), `row 2: label "2" is none of "worst", "best"`) {
		t.Error(err)
	}
	if _, err := n.LabelIDs("label", n.Labels("label")); err == nil || !strings.Contains(err.Error(), "row 4: no label") {
		t.Error(err)
	}
	for _, bad := range []*Frame{f.NameLabels("label", "7", "x"), f.NameLabels("label", "1"), f.NameLabels("label", "1", "2"), f.NameLabels("nix", "1", "2")} {
		if bad.Err() == nil {
			t.Error("wrong names were taken")
		}
	}
}

func TestRoundTrip(t *testing.T) {
	f, err := New("text", []string{"plain", "a,b", "say \"x\"", "two\nlines", "中文", " space "}, "n", []int{1, 2, 3, 4, 5, 6}, "v", []float64{.1, math.NaN(), 1e-300, 4, 5, math.Inf(1)}, "ok", []bool{true, false, true, true, false, true})
	must(t, f, err)
	for _, name := range []string{"a.csv", "a.tsv", "a.csv.gz", "a.csv.zst", "a.jsonl", "a.jsonl.gz", "a.parquet", "with [brackets] 和 空格.csv"} {
		t.Run(name, func(t *testing.T) {
			p := filepath.Join(t.TempDir(), name)
			switch {
			case strings.Contains(name, "jsonl"):
				err = f.Filter("n < 6").WriteJSONL(p)
			case strings.Contains(name, "parquet"):
				err = f.WriteParquet(p)
			default:
				err = f.WriteCSV(p)
			}
			if err != nil {
				t.Fatal(err)
			}
			if list, _ := os.ReadDir(filepath.Dir(p)); len(list) != 1 {
				t.Errorf("%d files were left", len(list))
			}
			g, err := Read(p)
			must(t, g, err)
			want := texts(t, f, "text")
			if got := texts(t, g, "text"); !slices.Equal(got, want[:g.Len()]) || g.Len() < 5 {
				t.Errorf("%q, want %q", got, want)
			}
			if v, err := g.Floats("v"); err != nil || v[0] != .1 || !math.IsNaN(v[1]) || v[2] != 1e-300 {
				t.Errorf("%v %v", v, err)
			}
			if kinds(g) != kinds(f) {
				t.Errorf("%s, want %s", kinds(g), kinds(f))
			}
		})
	}
}

func TestRows(t *testing.T) {
	n := 0
	for row, err := range reviews(t).Rows("stars", "text") {
		if err != nil {
			t.Fatal(err)
		}
		if row.Number != n {
			t.Errorf("row %d has the number %d", n, row.Number)
		}
		if n == 1 && (row.String("text") != "bad film" || row.Value("stars") != nil || row.Value("label") != nil) {
			t.Errorf("row 1: %v", row)
		}
		n++
	}
	if n != 6 {
		t.Errorf("%d rows", n)
	}
	for _, err := range reviews(t).Rows("nix") {
		if err == nil {
			t.Error("an unknown column gives no error")
		}
	}
}
