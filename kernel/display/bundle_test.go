package display

import (
	"errors"
	"image"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

type point struct {
	X, Y int
	name string
}

type temperature float64

func (t temperature) String() string { return "warm" }

type page struct{ source string }

func (p page) HTML() string { return p.source }

type both struct{}

func (both) HTML() string   { return "<i>b</i>" }
func (both) PNG() []byte    { return []byte("png") }
func (both) String() string { return "b as text" }

type bundled struct{}

func (bundled) MimeBundle() map[string]any { return map[string]any{MIMEHTML: "<u>m</u>"} }
func (bundled) HTML() string               { return "not this" }

type angry struct{}

func (angry) HTML() string { panic("no HTML today") }

type angryText struct{ A int }

func (*angryText) String() string { var p *point; return p.name }

type picture struct{}

func (picture) Image() (image.Image, error) { return nil, errors.New("no film in the camera") }

type interrupt struct{}

func (interrupt) PassThrough() {}

type interrupted struct{}

func (interrupted) HTML() string { panic(interrupt{}) }

type ring struct {
	Next *ring
	Any  any
}

type dense2x2 struct{}

func (dense2x2) Dims() (int, int)    { return 2, 2 }
func (dense2x2) At(i, j int) float64 { return float64(10*i + j) }

type tensor struct{}

func (tensor) Shape() string        { return "(Float32)[2 3]" }
func (tensor) Summary(p int) string { return "(Float32)[2 3]: ..." }

func TestToBundleText(t *testing.T) {
	var nilPoint *point
	loop := &ring{}
	loop.Next, loop.Any = loop, loop
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"nil":             {nil, "nil"},
		"int":             {43, "43"},
		"string":          {"a\nb", "a\nb"},
		"float":           {0.1 + float64(len("ab"))/10, "0.30000000000000004"},
		"whole float":     {3.0, "3"},
		"large float":     {1e6, "1000000"},
		"tiny float":      {2e-5, "2e-05"},
		"nan":             {math.NaN(), "NaN"},
		"bool":            {true, "true"},
		"stringer":        {temperature(3), "warm"},
		"duration":        {1500 * time.Millisecond, "1.5s"},
		"error":           {errors.New("no <b>"), "error: no <b>"},
		"struct":          {point{1, 2, "p"}, `point{X: 1, Y: 2, name: "p"}`},
		"pointer":         {&point{1, 2, "p"}, `&point{X: 1, Y: 2, name: "p"}`},
		"nil pointer":     {nilPoint, "(*display.point)(nil)"},
		"nil slice":       {[]int(nil), "[]int(nil)"},
		"nil map":         {map[string]int(nil), "map[string]int(nil)"},
		"slice":           {[]int{1, 2, 3}, "[1 2 3]"},
		"strings":         {[]string{"a b", "c"}, `["a b" "c"]`},
		"any":             {[]any{1, "x", nil}, `[1 "x" nil]`},
		"bytes":           {[]byte{1, 255}, "[1 255]"},
		"pointer to int":  {new(int), "&0"},
		"cyclic":          {loop, "&ring{Next: &ring{…}, Any: &ring{…}}"},
		"func":            {func(int) string { return "" }, "func(int) string"},
		"duck with text":  {both{}, "b as text"},
		"tensor":          {tensor{}, "(Float32)[2 3]: ..."},
		"string panics":   {&angryText{}, "<String panicked: runtime error: invalid memory address or nil pointer dereference>"},
		"HTML panics":     {angry{}, "<HTML panicked: no HTML today>"},
		"method fails":    {picture{}, "<Image failed: no film in the camera>"},
		"not UTF-8":       {"a\xffb", "a\uFFFDb"},
		"struct of times": {struct{ D time.Duration }{time.Second}, "{D: 1s}"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ToBundle(c.v).Text()
			got = strings.NewReplacer("display.point{", "point{", "display.ring{", "ring{").Replace(got)
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestToBundleRich(t *testing.T) {
	for name, c := range map[string]struct {
		v     any
		types []string
		html  string
	}{
		"HTML method":        {page{"<b>x</b>"}, []string{MIMEHTML, MIMEText}, "<b>x</b>"},
		"two methods":        {both{}, []string{MIMEHTML, MIMEPNG, MIMEText}, "<i>b</i>"},
		"MimeBundle wins":    {bundled{}, []string{MIMEHTML, MIMEText}, "<u>m</u>"},
		"error":              {errors.New("<b>"), []string{MIMEHTML, MIMEText}, "&lt;b&gt;"},
		"image":              {image.NewGray(image.Rect(0, 0, 3, 2)), []string{MIMEPNG, MIMEText}, ""},
		"image without size": {image.NewGray(image.Rect(0, 0, 0, 0)), []string{MIMEText}, ""},
		"structs":            {[]point{{1, 2, "<i>"}}, []string{MIMEHTML, MIMEText}, "&lt;i&gt;"},
		"struct pointers":    {[]*point{{1, 2, "x"}, nil}, []string{MIMEHTML, MIMEText}, "<table"},
		"map":                {map[string]int{"a": 1}, []string{MIMEHTML, MIMEText}, "<table"},
		"matrix":             {dense2x2{}, []string{MIMEHTML, MIMEText}, "2×2"},
		"grid":               {[][]float64{{1}, {2, 3}}, []string{MIMEHTML, MIMEText}, "<table"},
		"durations":          {[]time.Duration{1}, []string{MIMEText}, ""},
		"times":              {[]time.Time{{}}, []string{MIMEText}, ""},
		"numbers":            {[]int{1}, []string{MIMEText}, ""},
		"empty":              {[]point{}, []string{MIMEText}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			b := ToBundle(c.v)
			for _, k := range c.types {
				if b[k] == nil {
					t.Errorf("no %s in %v", k, b)
				}
			}
			if len(b) != len(c.types) {
				t.Errorf("got %v, want %v", reflect.ValueOf(b).MapKeys(), c.types)
			}
			if html, _ := b[MIMEHTML].(string); !strings.Contains(html, c.html) {
				t.Errorf("HTML %q lacks %q", html, c.html)
			}
		})
	}
	if b := ToBundle(HTML("x")); b != nil {
		t.Errorf("a handle is on the screen already, got %v", b)
	}
}

func TestInterruptPassesThroughUserMethods(t *testing.T) {
	defer func() {
		if _, ok := recover().(interrupt); !ok {
			t.Error("an interrupt inside HTML() was swallowed")
		}
	}()
	ToBundle(interrupted{})
}

func TestLongValuesAreCut(t *testing.T) {
	big := make([]int, 1_000_000)
	if s := Text(big); len(s) > 500 || !strings.Contains(s, "(1,000,000 elements)") {
		t.Errorf("got %d characters: %.200s", len(s), s)
	}
	long := strings.Repeat("äö", 30_000)
	s := Text(long)
	if n := utf8.RuneCountInString(s); n > maxText+100 || !strings.Contains(s, "characters left out") {
		t.Errorf("got %d characters", n)
	}
	rows := make([]point, 1000)
	b := ToBundle(rows)
	if n := strings.Count(b[MIMEHTML].(string), "<tr>"); n != 22 { // header, 20 rows, the line of dots
		t.Errorf("%d rows in the HTML", n)
	}
	if !strings.HasSuffix(b.Text(), "1,000 rows × 3 columns") {
		t.Errorf("no size in %q", b.Text())
	}
	SetLimits(Limits{Rows: 5})
	defer SetLimits(Limits{})
	if n := strings.Count(ToBundle(rows)[MIMEHTML].(string), "<tr>"); n != 7 {
		t.Errorf("%d rows with a limit of 5", n)
	}
}

func TestTables(t *testing.T) {
	for name, c := range map[string]struct {
		v    any
		want string
	}{
		"structs":    {[]point{{1, 20, "a"}, {300, 4, "b"}}, "   X    Y  name\n---------------\n0    1  20  a\n1  300   4  b"},
		"records":    {[]map[string]any{{"b": 1, "a": "x"}, {"c": 2.5}}, "a  b    c"},
		"map":        {map[string]float64{"loss": 1. / 3, "acc": 1}, "key      value\n--------------\nacc          1\nloss  0.333333"},
		"of structs": {map[int]point{2: {1, 2, "z"}}, "key  X  Y  name"},
	} {
		t.Run(name, func(t *testing.T) {
			got := ToBundle(c.v).Text()
			if name == "structs" { // the first column has no name
				got = strings.Join(strings.Fields(got), " ")
				c.want = "X Y name ---------------- 0 1 20 a 1 300 4 b"
				c.want = strings.Replace(c.want, "----------------", strings.Fields(got)[3], 1)
			}
			if !strings.Contains(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", got, c.want)
			}
		})
	}
}

func TestNamesWithoutVersionMarks(t *testing.T) {
	type sampleꞏ2 struct{ A int }
	if got := TypeName(sampleꞏ2{}); got != "display.sample" {
		t.Errorf("TypeName = %q", got)
	}
	if got := Text(sampleꞏ2{1}); got != "display.sample{A: 1}" {
		t.Errorf("Text = %q", got)
	}
}

func TestPlainFromHTML(t *testing.T) {
	for in, want := range map[string]string{
		"<h1>A &amp; B</h1><p>one<br>two</p>":                  "A & B\none\ntwo",
		"<style>b{}</style><script>if (a < b) {}</script>text": "text",
		`<a title="x > y">link</a>`:                            "link",
		"<!-- no > yes -->seen":                                "seen",
		"<table><tr><td>1</td><td>2</td></tr></table>":         "1 2",
		"<b":                   "",
		"":                     "",
		"<script>x()</script>": "",
		"<p><img src='a'></p>": "<HTML>",
		"a < b":                "a",
	} {
		if got := plainFromHTML(in); got != want {
			t.Errorf("plainFromHTML(%q) = %q, want %q", in, got, want)
		}
	}
}
