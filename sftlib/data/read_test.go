package data

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf "golang.org/x/text/encoding/unicode"
)

func TestEncodings(t *testing.T) {
	const chinese = "文本,标签\n很好吃，下次还来,正面\n\"送餐太慢了, 差评\",负面\n一般般吧,正面\n"
	const western = "text,n\ncafé crème brûlée,1\nnaïve œuvre,2\nplain,3\n"
	for _, c := range []struct {
		name, text string
		enc        encoding.Encoding
		opts       []Option
		says       string
	}{
		{"gbk guessed", chinese, simplifiedchinese.GBK, nil, "gb18030 (guessed)"},
		{"gbk said", chinese, simplifiedchinese.GBK, []Option{Encoding("GBK")}, "gbk"},
		{"gb18030 said", chinese, simplifiedchinese.GB18030, []Option{Encoding("gb18030")}, "gb18030"},
		{"utf-16 le with mark", chinese, utf.UTF16(utf.LittleEndian, utf.UseBOM), nil, "utf-16le (guessed)"},
		{"utf-16 be with mark", chinese, utf.UTF16(utf.BigEndian, utf.UseBOM), nil, "utf-16be (guessed)"},
		{"utf-16 le without mark", western, utf.UTF16(utf.LittleEndian, utf.IgnoreBOM), nil, "utf-16le (guessed)"},
		{"utf-16 said", chinese, utf.UTF16(utf.LittleEndian, utf.UseBOM), []Option{Encoding("utf-16")}, "utf-16"},
		{"utf-8 with mark", "\ufeff" + chinese, encoding.Nop, nil, ""},
		{"utf-8 said", chinese, encoding.Nop, []Option{Encoding("UTF-8")}, ""},
		{"big5 said", "文本,n\n你好嗎,1\n", traditionalchinese.Big5, []Option{Encoding("big5")}, "big5"},
		{"western guessed", western, charmap.Windows1252, nil, "windows-1252 (guessed)"},
		{"latin-1 said", western, charmap.Windows1252, []Option{Encoding("latin1")}, "windows-1252"},
	} {
		t.Run(c.name, func(t *testing.T) {
			raw, err := c.enc.NewEncoder().String(c.text)
			if err != nil {
				t.Fatal(err)
			}
			f, err := ReadCSV(write(t, "a.csv", raw), c.opts...)
			must(t, f, err)
			want, err := ReadCSV(write(t, "b.csv", strings.TrimPrefix(c.text, "\ufeff")))
			must(t, want, err)
			first := want.Names()[0]
			if kinds(f) != kinds(want) || !slices.Equal(texts(t, f, first), texts(t, want, first)) {
				t.Errorf("%s %q, want %s %q", kinds(f), texts(t, f, f.Names()[0]), kinds(want), texts(t, want, first))
			}
			if why := f.Report()[0].Why; !strings.HasSuffix(why, c.says) {
				t.Errorf("report %q, want %q in it", why, c.says)
			}
		})
	}
	if _, err := ReadCSV(write(t, "a.csv", chinese), Encoding("klingon")); err == nil || !strings.Contains(err.Error(), "klingon") {
		t.Error(err)
	}
	late, _ := simplifiedchinese.GBK.NewEncoder().String("很好吃，下次还来\n")
	f, err := ReadCSV(write(t, "late.csv", "text\n"+strings.Repeat("only plain letters here\n", 60000)+late))
	if must(t, f, err); texts(t, f, "text")[60000] != "很好吃，下次还来" {
		t.Errorf("an encoding that shows late: %q", texts(t, f, "text")[60000])
	}
	p := write(t, "broken.csv", "text,n\n"+strings.Repeat("很好吃，下次还来,1\n", 50)+"bro\xffken,2\nfine,3\n")
	var bad *BadLines
	if _, err := ReadCSV(p); !errors.As(err, &bad) || bad.Total != 1 || bad.Lines[0].Line != 52 {
		t.Errorf("one broken byte in UTF-8: %v", err)
	}
	f, err = ReadCSV(p, SkipBadLines())
	if must(t, f, err); f.Len() != 51 || texts(t, f, "text")[0] != "很好吃，下次还来" {
		t.Errorf("%d rows", f.Len())
	}
	// The temporary files are gone.
	e, _ := open()
	if list, _ := filepath.Glob(filepath.Join(e.tmp, "utf8-*")); len(list) != 0 {
		t.Errorf("left behind: %v", list)
	}
}

func TestPacked(t *testing.T) {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte("text,n\ngood,1\n\"a\nb\",2\nshort\n"))
	z.Close()
	p := write(t, "a.csv.gz", b.String())
	f, err := Read(p, SkipBadLines())
	if must(t, f, err); f.Len() != 2 {
		t.Errorf("%d rows", f.Len())
	}
	var bad *BadLines
	if _, err := Read(p); !errors.As(err, &bad) || bad.Lines[0].Line != 5 {
		t.Errorf("a bad line in a packed file: %v", err)
	}
}

func TestJSONL(t *testing.T) {
	const lines = `{"text": "good", "label": 1, "meta": {"a": [1, 2]}}` + "\n" + `{"text": "说\n\"好\"", "label": 0, "extra": 2.5}` + "\n\n"
	f, err := ReadJSONL(write(t, "a.jsonl", lines))
	must(t, f, err)
	if kinds(f) != "text:text label:integer meta:list extra:float" {
		t.Error(kinds(f))
	}
	if got := texts(t, f, "text"); !slices.Equal(got, []string{"good", "说\n\"好\""}) {
		t.Errorf("%q", got)
	}
	for row, err := range f.Rows("meta") {
		if err != nil {
			t.Fatal(err)
		}
		if row.Number == 0 && fmt.Sprint(row.Value("meta")) != "map[a:[1 2]]" {
			t.Error(row.Value("meta"))
		}
	}
	p := write(t, "b.jsonl", lines+"{\"text\": \"cut\n[1]\n"+`{"text": "last", "label": 1}`+"\n")
	_, err = ReadJSONL(p)
	var bad *BadLines
	if !errors.As(err, &bad) || bad.Total != 2 || bad.Lines[0].Line != 4 || bad.Lines[1].Line != 5 || bad.Lines[1].Reason != "not an object" {
		t.Errorf("bad lines: %v", err)
	}
	f, err = ReadJSONL(p, SkipBadLines())
	if must(t, f, err); f.Len() != 3 || f.Report()[0].Before != 5 {
		t.Errorf("%d rows, %v", f.Len(), f.Report())
	}
	f, err = ReadJSONL(write(t, "c.json", `[{"a": 1}, {"a": 2}]`))
	if must(t, f, err); f.Len() != 2 {
		t.Error("a list of objects")
	}
}

func TestSeveralFiles(t *testing.T) {
	dir := t.TempDir()
	for i, s := range []string{"text,n\na,1\n", "text,n\nb,2\n", "text,n\nc,3\n"} {
		os.WriteFile(filepath.Join(dir, fmt.Sprintf("part-%d.csv", i)), []byte(s), 0o600)
	}
	f, err := Read(filepath.Join(dir, "part-*.csv"))
	if must(t, f, err); strings.Join(texts(t, f, "text"), "") != "abc" {
		t.Error(texts(t, f, "text"))
	}
	os.WriteFile(filepath.Join(dir, "part-3.csv"), []byte("n,text\n1,d\n"), 0o600)
	if _, err := Read(filepath.Join(dir, "part-*.csv")); err == nil || !strings.Contains(err.Error(), "part-3.csv has the columns") {
		t.Errorf("columns in another order: %v", err)
	}
	for _, p := range []string{filepath.Join(dir, "none-*.csv"), filepath.Join(dir, "none.csv"), dir, filepath.Join(dir, "a.docx"), write(t, "empty.csv", ""), write(t, "blank.csv", "\n\n")} {
		if _, err := Read(p); err == nil {
			t.Errorf("Read(%q) gives no error", p)
		} else if strings.Contains(err.Error(), "read_csv") {
			t.Errorf("Read(%q) talks of the database: %v", p, err)
		}
	}
	if _, err := Read(filepath.Join(dir, "part.csv")); err == nil || !strings.Contains(err.Error(), `"part-0.csv"`) {
		t.Errorf("a mistyped name: %v", err)
	}
}

func TestReadingIsInterrupted(t *testing.T) {
	p := filepath.Join(t.TempDir(), "a.csv")
	if err := benchFile(p, 40); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer stop()
	began := time.Now()
	if _, err := ReadCSV(p, Context(ctx)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	stopped := time.Since(began)
	began = time.Now()
	f, err := ReadCSV(p)
	must(t, f, err)
	if whole := time.Since(began); stopped > whole {
		t.Errorf("the interrupted reading took %v, a whole one %v", stopped, whole)
	}
}

func TestURL(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/data/a.csv":
			w.Write([]byte("text,n\na,1\n"))
		case "/short.csv":
			w.Header().Set("Content-Length", "100")
			w.Write([]byte("text"))
		default:
			http.NotFound(w, r)
		}
	}))
	defer srv.Close()
	f, err := Read(srv.URL + "/data/a.csv?version=2")
	if must(t, f, err); f.Len() != 1 {
		t.Error(f)
	}
	for _, p := range []string{"/nothing.csv", "/short.csv"} {
		if _, err := Read(srv.URL + p); err == nil || !strings.Contains(err.Error(), "download") {
			t.Errorf("%s: %v", p, err)
		}
	}
}

func TestLargerThanMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("writes 80 MB")
	}
	p := filepath.Join(t.TempDir(), "large.csv")
	file, err := os.Create(p)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("long text ", 20)
	const rows = 400_000
	fmt.Fprintln(file, "id,text,label")
	var b bytes.Buffer
	for i := range rows {
		fmt.Fprintf(&b, "%d,%s%d,%d\n", i, line, i/2, i%2)
	}
	file.Write(b.Bytes())
	file.Close()
	if err := MemoryLimit("120MB"); err != nil {
		t.Fatal(err)
	}
	defer MemoryLimit("8GB")
	f, err := ReadCSV(p)
	must(t, f, err)
	g, err := ReadCSV(p)
	must(t, g, err) // two of 90 MB do not fit
	d := must(t, f.Distinct("text"), nil)
	if d.Len() != rows/2 || f.Len() != rows {
		t.Errorf("%d different of %d", d.Len(), f.Len())
	}
	train, val, err := d.Split(.25)
	if must(t, train, err); val.Len() != rows/8 {
		t.Error(val.Len())
	}
	sum := 0
	for row, err := range g.Rows("id", "text") {
		if err != nil {
			t.Fatal(err)
		}
		sum += len(row.String("text"))
	}
	if sum < rows*len(line) {
		t.Error(sum)
	}
	e, _ := open()
	spilled := 0
	if err := e.db.QueryRow("SELECT sum(temporary_storage_bytes) FROM duckdb_memory()").Scan(&spilled); err != nil || spilled == 0 {
		t.Errorf("nothing lies outside memory (%v): the test proves nothing", err)
	}
	t.Logf("%d MB lie in the temporary folder", spilled>>20)
}

// FuzzCSVOptions reads any bytes with any options: there must be no panic, and where reading succeeds the frame must hold
// together and be the same when it is written and read again.
func FuzzCSVOptions(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "a;b\n\"x\ny\";2\n", "\xff\xfea\x00,\x00", "a\tb\n\"\"\"\",'\n", "\xb2\xe2\xca\xd4,1\n\xb2\xe2,2\n", "a,b\r\n1\r\n2,3,4\r\n", "\ufeffx\n", "a,a,,\"\"\n,,,\n"} {
		for mode := range 6 {
			f.Add([]byte(s), uint8(mode), ",", `"`, "", "")
		}
	}
	f.Add([]byte("a::b\n1::2\n"), uint8(3), "::", "", "", "utf-8")
	f.Add([]byte("'a','b'\n'\\'',2\n#c\n"), uint8(0), "", "'", `\`, "gbk")
	f.Fuzz(func(t *testing.T, content []byte, mode uint8, sep, quote, escape, enc string) {
		if len(content) > 1<<16 || len(enc) > 20 {
			return
		}
		var opts []Option
		if mode&1 != 0 {
			opts = append(opts, SkipBadLines())
		}
		if mode&2 != 0 {
			opts = append(opts, Separator(sep), Quote(quote))
		}
		if mode&4 != 0 {
			opts = append(opts, Header(mode&8 != 0))
		}
		if mode&16 != 0 {
			opts = append(opts, Escape(escape), Comment("#"))
		}
		if mode&32 != 0 {
			opts = append(opts, Encoding(enc))
		}
		if mode&64 != 0 {
			opts = append(opts, FirstRows(3), SkipLines(1))
		}
		p := filepath.Join(t.TempDir(), "f.csv")
		if err := os.WriteFile(p, content, 0o600); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		frame, err := ReadCSV(p, opts...)
		if took := time.Since(began); took > 20*time.Second {
			t.Fatalf("%d bytes took %v", len(content), took)
		}
		if err != nil {
			if strings.Contains(err.Error(), "INTERNAL") {
				t.Fatalf("%q: %v", content, err)
			}
			return
		}
		for _, c := range frame.Columns() {
			v, err := frame.Strings(c.Name)
			if err != nil || len(v) != frame.Len() {
				t.Fatalf("column %q: %d values for %d rows, %v", c.Name, len(v), frame.Len(), err)
			}
			if c.Name == "" {
				t.Fatal("a column without a name")
			}
		}
		_ = frame.String()
		again := filepath.Join(t.TempDir(), "g.parquet")
		if err := frame.WriteParquet(again); err != nil {
			t.Fatal(err)
		}
		back, err := ReadParquet(again)
		if err != nil || back.Len() != frame.Len() || kinds(back) != kinds(frame) {
			t.Fatalf("written and read again: %v", err)
		}
	})
}
