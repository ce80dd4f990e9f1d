package data

import (
	"bytes"
	"compress/gzip"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

func gzipped(s string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

func zstandard(s string) string {
	var b bytes.Buffer
	z, _ := zstd.NewWriter(&b)
	z.Write([]byte(s))
	z.Close()
	return b.String()
}

// Rows must not get lost because of how their lines end: files of Windows and Unix together, line ends of the other kind in
// quoted texts, a file that was put together from both.
func TestLineEnds(t *testing.T) {
	const unix = "text,n\none,1\n\"two\nlines\",2\nthree,3\n"
	windows := strings.ReplaceAll(unix, "\n", "\r\n")
	long := strings.Repeat("a line of a large file,4\n", 1<<16) // past the sample
	for _, c := range []struct {
		name  string
		files []string
		rows  int
		note  bool
	}{
		{"unix", []string{unix}, 3, false},
		{"windows", []string{windows}, 3, false},
		{"old mac", []string{strings.ReplaceAll(unix, "\n", "\r")}, 3, false},
		{"both kinds of file", []string{unix, windows}, 6, false},
		{"both kinds of file, turned round", []string{windows, unix}, 6, false},
		{"an old mac's last", []string{windows, strings.ReplaceAll(unix, "\n", "\r")}, 6, false},
		{"windows' in quotes", []string{"text,n\none,1\n\"two\r\nlines\",2\nthree,3\n"}, 3, false},
		{"mixed", []string{"text,n\r\none,1\n\"two\nlines\",2\r\nthree,3\n"}, 3, true},
		{"mixed, unix first", []string{"text,n\none,1\r\n\"two\nlines\",2\nthree,3\r\n"}, 3, true},
		{"windows after the sample", []string{unix + long + strings.TrimPrefix(windows, "text,n\r\n")}, 6 + 1<<16, true},
		{"unix after the sample", []string{windows + strings.ReplaceAll(long, "\n", "\r\n") + strings.TrimPrefix(unix, "text,n\n")}, 6 + 1<<16, true},
	} {
		for _, opts := range [][]Option{nil, {SkipBadLines()}} {
			dir := t.TempDir()
			for i, text := range c.files {
				if err := os.WriteFile(filepath.Join(dir, string(rune('a'+i))+".csv"), []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			f, err := ReadCSV(filepath.Join(dir, "*.csv"), opts...)
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if f.Len() != c.rows || kinds(f) != "text:text n:integer" {
				t.Errorf("%s, %d options: %d rows, want %d, %s\n%s", c.name, len(opts), f.Len(), c.rows, kinds(f), f.Report())
			}
			if got := texts(t, f, "text"); len(got) < 3 || got[0] != "one" || strings.ReplaceAll(got[1], "\r", "") != "two\nlines" || got[len(got)-1] != "three" {
				t.Errorf("%s: %.60q", c.name, got)
			}
			if why := f.Report()[0].Why; strings.Contains(why, "mixed") != c.note {
				t.Errorf("%s: the report says %q", c.name, why)
			}
		}
	}
}

func TestBadLinesOfMixedLineEnds(t *testing.T) {
	p := write(t, "a.csv", "text,n\r\none,1\n\"two\nlines\",2\r\nbad\nthree,3\n")
	var bad *BadLines
	if _, err := ReadCSV(p); !errors.As(err, &bad) || bad.Total != 1 || bad.Lines[0].Line != 5 || bad.Lines[0].File != p {
		t.Errorf("%v", err)
	}
	f, err := ReadCSV(p, SkipBadLines())
	if must(t, f, err); f.Len() != 3 {
		t.Errorf("%d rows\n%s", f.Len(), f.Report())
	}
}

// A file is what its bytes say, not what it is called.
func TestPackedOtherwiseThanNamed(t *testing.T) {
	const csv, lines = "text,n\ngood,1\nbad,2\n", `{"text": "good", "n": 1}` + "\n" + `{"text": "bad", "n": 2}` + "\n"
	for name, text := range map[string]string{"a.csv": gzipped(csv), "b.csv": zstandard(csv), "c.csv.gz": csv, "d.csv.zst": gzipped(csv), "e.csv.zst": zstandard(csv),
		"two.csv.gz": gzipped(csv[:7]) + gzipped(csv[7:]), "f.jsonl": gzipped(lines), "g.jsonl.gz": lines, "h.jsonl.zst": zstandard(lines)} {
		f, err := Read(write(t, name, text))
		if must(t, f, err); f.Len() != 2 || kinds(f) != "text:text n:integer" {
			t.Errorf("%s: %d rows, %s", name, f.Len(), kinds(f))
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(gzipped(csv))) }))
	defer server.Close()
	f, err := ReadCSV(server.URL + "/download?id=3")
	if must(t, f, err); f.Len() != 2 {
		t.Errorf("a download: %d rows", f.Len())
	}
	for name, c := range map[string]struct{ text, says string }{"a.csv": {"PAR1\x15\x04", "ReadParquet"}, "b.csv": {"PK\x03\x04\x14\x00", "Excel"},
		"c.jsonl": {"PK\x03\x04\x14\x00", "Excel"}, "d.jsonl": {" \n", "empty"}, "e.csv": {"", "empty"},
		"f.csv": {"\x7fELF\x02\x01\x01\x00\x00\x00, \n", "no file of text: its byte 8 is zero"}, "g.jsonl": {"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "no file of text"}} {
		if _, err := Read(write(t, name, c.text)); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

// An option does what it says, or is refused.
func TestOptionsByFormat(t *testing.T) {
	lines := write(t, "a.jsonl", `{"text": "good", "label": 1, "who": "?"}`+"\n"+`{"text": "bad", "label": 0, "who": "me"}`+"\n")
	f, err := ReadJSONL(lines, As("label", Text), OnlyColumns("label", "who"), FirstRows(1), NA("?"))
	if must(t, f, err); kinds(f) != "label:text who:text" || f.Len() != 1 {
		t.Errorf("%s, %d rows", kinds(f), f.Len())
	}
	if n := f.DropNA().Len(); n != 0 {
		t.Errorf("? is no missing value: %d rows", n)
	}
	parquet := filepath.Join(t.TempDir(), "a.parquet")
	f, err = ReadJSONL(lines)
	must(t, f, err)
	if err := f.WriteParquet(parquet); err != nil {
		t.Fatal(err)
	}
	f, err = ReadParquet(parquet, As("label", Float), OnlyColumns("label"))
	if must(t, f, err); kinds(f) != "label:float" {
		t.Error(kinds(f))
	}
	csv := write(t, "a.csv", "a,b\n1,x\n")
	for _, c := range []struct {
		path string
		opt  Option
		says string
	}{
		{lines, Separator(";"), "Separator means nothing for JSON lines"},
		{lines, Header(false), "Header means nothing"},
		{lines, OnlyColumns("nope"), `no column "nope": there are "text", "label", "who"`},
		{lines, As("nope", Text), `no column "nope"`},
		{lines, As("text", Integer), "good"},
		{parquet, SkipBadLines(), "SkipBadLines means nothing for Parquet"},
		{parquet, OnlyColumns("nope"), `no column "nope"`},
		{csv, FirstRows(-1), "negative"},
		{csv, As("a", List), "Text, Integer, Float, Bool or Time"},
		{csv, OnlyColumns("a", "a"), "twice"},
		{csv, As("b", Integer), `"x" is no integer`},
	} {
		if _, err := Read(c.path, c.opt); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%v, want %q", err, c.says)
		}
	}
	if got := f.Names(); !slices.Equal(got, []string{"label"}) {
		t.Error(got)
	}
}
