package data

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "gosft/sftlib/data/duckdb"
	"gosft/sftlib/internal/testenv"
)

// write puts a file into a temporary folder.
func write(t testing.TB, name, content string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

func must(t testing.TB, f *Frame, err error) *Frame {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	if f.Err() != nil {
		t.Fatal(f.Err())
	}
	return f
}

// column returns a column as text.
func texts(t testing.TB, f *Frame, column string) []string {
	t.Helper()
	v, err := f.Strings(column)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func balance(t testing.TB, f *Frame, column string) *Balance {
	t.Helper()
	b, err := f.Balance(column)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func kinds(f *Frame) string {
	var parts []string
	for _, c := range f.Columns() {
		parts = append(parts, c.Name+":"+c.Kind.String())
	}
	return strings.Join(parts, " ")
}

func TestReadCSVDialects(t *testing.T) {
	many := "id,text\n" + strings.Repeat("1,hello\n", 30000)
	for _, c := range []struct {
		name, file, content string
		opts                []Option
		kinds               string
		rows                int
		first               string // of column 0 in row 0
	}{
		{"plain", "a.csv", "text,label\ngood,1\nbad,0\n", nil, "text:text label:integer", 2, "good"},
		{"semicolon", "a.csv", "text;label\na, b;1\nc;0\n", nil, "text:text label:integer", 2, "a, b"},
		{"bars", "a.csv", "text|score\na|1.5\nb|2\n", nil, "text:text score:float", 2, "a"},
		{"tabs", "a.tsv", "text\tlabel\nhe said \"no\"\tx\n\"go\" he said\ty\n", nil, "text:text label:text", 2, `he said "no"`},
		{"tabs in csv", "a.csv", "text\tok\na\ttrue\nb\tFalse\n", nil, "text:text ok:bool", 2, "a"},
		{"quotes", "a.csv", "text,n\n\"a \"\"b\"\", c\",1\n\"two\nlines\",2\n", nil, "text:text n:integer", 2, `a "b", c`},
		{"backslash", "a.csv", "text,n\n\"say \\\"hi\\\", you\",1\nb,2\n\"c\",3\n", nil, "text:text n:integer", 3, `say "hi", you`},
		{"crlf", "a.csv", "text,n\r\na,1\r\nb,2\r\n", nil, "text:text n:integer", 2, "a"},
		{"bom", "a.csv", "\xef\xbb\xbftext,n\na,1\n", nil, "text:text n:integer", 1, "a"},
		{"no header", "a.csv", "good film,1\nbad film,0\n", nil, "column0:text column1:integer", 2, "good film"},
		{"no header, labels come again", "a.csv", "good film,pos\nbad film,neg\nfine,pos\ndull,neg\nok,pos\n", nil, "column0:text column1:text", 5, "good film"},
		{"header of texts only", "a.csv", "review,sentiment\ngood,pos\nbad,neg\n", nil, "review:text sentiment:text", 2, "good"},
		{"header said", "a.csv", "a,1\nb,2\n", []Option{Header(true)}, "a:text 1:integer", 1, "b"},
		{"names", "a.csv", "a,1\nb,2\n", []Option{ColumnNames("text", "label")}, "text:text label:integer", 2, "a"},
		{"one column", "a.csv", "text\nhello, world\nyes\n", nil, "text:text", 2, "hello, world"},
		{"one quoted column", "a.csv", "text\n\"hello, world\"\n\"yes\"\n", nil, "text:text", 2, "hello, world"},
		{"codes keep their zeros", "a.csv", "zip,n\n00123,1\n10115,2\n", nil, "zip:text n:integer", 2, "00123"},
		{"late float", "a.csv", many + "2.5,late\n", nil, "id:float text:text", 30001, "1.0"},
		{"late text", "a.csv", many + "x7,late\n", nil, "id:text text:text", 30001, "1"},
		{"late missing", "a.csv", many + "NA,late\n", nil, "id:integer text:text", 30001, "1"},
		{"dates", "a.csv", "day,at\n2024-02-29,2024-02-29 12:00:00\n2024-03-01,2024-03-01 08:30:00\n", nil, "day:time at:time", 2, "2024-02-29"},
		{"names of columns", "a.csv", " text , text,,\"a \"\"b\"\"\"\na,b,c,d\n", nil, "text:text text_1:text column2:text a \"b\":text", 1, "a"},
		{"separator at the end", "a.csv", "text,n\na,1,\nb,2,\nc,3,\n", nil, "text:text n:integer column2:text", 3, "a"},
		{"notes above", "a.csv", "# made today\n# by hand\ntext,n\na,1\nb,2\n", nil, "text:text n:integer", 2, "a"},
		{"skip lines", "a.csv", "made today\n\ntext,n\na,1\nb,2\n", []Option{SkipLines(2)}, "text:text n:integer", 2, "a"},
		{"comments", "a.csv", "text,n\n%x\na,1\n%y,y,y\nb,2\n", []Option{Comment("%")}, "text:text n:integer", 2, "a"},
		{"long separator", "a.dat", "1::good::5\n2::bad::3\n", []Option{Separator("::"), Header(false)}, "column0:integer column1:text column2:integer", 2, "1"},
		{"chosen columns", "a.csv", "a,b,c\n1,x,2\n3,y,4\n", []Option{OnlyColumns("c", "a")}, "c:integer a:integer", 2, "2"},
		{"first rows", "a.csv", "a,b\n1,x\n3,y\n4,z\n", []Option{FirstRows(2)}, "a:integer b:text", 2, "1"},
		{"as text", "a.csv", "a,b\n1,x\n3,y\n", []Option{As("a", Text)}, "a:text b:text", 2, "1"},
		{"own na", "a.csv", "a,b\nNA,1\n-,2\n", []Option{NA("-")}, "a:text b:integer", 2, "NA"},
		{"empty lines", "a.csv", "a,b\n\n1,x\n\n\n2,y\n\n", nil, "a:integer b:text", 2, "1"},
		{"no end of line", "a.csv", "a,b\n1,x\n2,y", nil, "a:integer b:text", 2, "1"},
		{"chinese", "评论.csv", "评论,标签\n很好，喜欢,正面\n\"差, 差\",负面\n一般,正面\n", nil, "评论:text 标签:text", 3, "很好，喜欢"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := ReadCSV(write(t, c.file, c.content), c.opts...)
			must(t, f, err)
			if got := kinds(f); got != c.kinds {
				t.Errorf("columns %s, want %s", got, c.kinds)
			}
			if f.Len() != c.rows {
				t.Errorf("%d rows, want %d", f.Len(), c.rows)
			}
			if got := texts(t, f, f.Names()[0]); len(got) != c.rows || got[0] != c.first {
				t.Errorf("first column %q, want to begin with %q", got[:min(len(got), 5)], c.first)
			}
		})
	}
}

func TestBadLines(t *testing.T) {
	content := "text,label\n\"two\nlines\",1\nonly one\na,b,c\nfine,0\n\"open\",x\"y\nlast,1\n"
	p := write(t, "bad.csv", content)
	_, err := ReadCSV(p)
	bad, ok := err.(*BadLines)
	if !ok {
		t.Fatalf("got %v (%T), want BadLines", err, err)
	}
	if bad.Total != 2 || bad.Lines[0].Line != 4 || bad.Lines[1].Line != 5 {
		t.Errorf("got %v, want the lines 4 and 5", err)
	}
	if want := "1 field, expected 2"; bad.Lines[0].Reason != want {
		t.Errorf("reason %q, want %q", bad.Lines[0].Reason, want)
	}
	if bad.Lines[1].Text != "a,b,c" {
		t.Errorf("text %q", bad.Lines[1].Text)
	}
	f, err := ReadCSV(p, SkipBadLines())
	must(t, f, err)
	if got := texts(t, f, "text"); !slices.Equal(got, []string{"two\nlines", "fine", "open", "last"}) {
		t.Errorf("rows %q", got)
	}
	if r := f.Report(); r[0].Before-r[0].After != 2 || !strings.Contains(r[0].Why, "line 4: 1 field, expected 2") {
		t.Errorf("report %+v", r)
	}
	_, err = ReadCSV(write(t, "as.csv", "a,b\n1,x\nzwei,y\n"), As("a", Integer))
	if bad, ok := err.(*BadLines); !ok || bad.Lines[0].Line != 3 || !strings.Contains(bad.Lines[0].Reason, `column "a": "zwei" is no integer`) {
		t.Errorf("a value that is not of the kind that was set: %v", err)
	}
}

func TestSplitOfRealData(t *testing.T) {
	f, err := ReadCSV(testenv.Shared(t, "data/sst2/train.csv"))
	must(t, f, err)
	if kinds(f) != "text:text label:integer" || f.Len() != 6920 {
		t.Fatalf("%s, %d rows", kinds(f), f.Len())
	}
	train, val, err := f.Split(0.2, Stratify("label"), Seed(42))
	must(t, train, err)
	if train.Len() != 5536 || val.Len() != 1384 || len(texts(t, train, "text")) != 5536 || len(texts(t, val, "text")) != 1384 {
		t.Errorf("%d and %d rows", train.Len(), val.Len())
	}
	all, part := balance(t, f, "label"), balance(t, val, "label")
	for i := range all.Names {
		want := float64(all.Counts[i]) / 5
		if got := float64(part.Counts[i]); got < want-1 || got > want+1 {
			t.Errorf("class %s: %v rows of %v", all.Names[i], got, want)
		}
	}
	if !strings.Contains(f.String(), "classes of label") {
		t.Errorf("shown without class balance:\n%s", f)
	}
}
