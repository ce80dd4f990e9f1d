package show

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"image/png"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"gosft/kernel/display"
)

// gallery is one chart of each kind, with names that need escaping and Chinese.
func gallery() map[string]*Chart {
	x := []float64{1, 2, 3, 4, 5}
	y := []float64{1, .7, math.NaN(), .4, .35}
	return map[string]*Chart{
		"line":      Line("训练 loss", x, y).Line("validation <b>", x, []float64{1.1, .9, .8, .75, .7}).Titled("损失 & more", "step", "loss").VRule("best", 4),
		"log":       Line("loss", []float64{1e-6, 1e-5, 1e-4, 1e-3}, []float64{3, 2.5, 1, 4}).VRule("suggested 3e-5", 3e-5),
		"points":    Points(x, y, []string{"a", "b", "a", "b", "a"}),
		"bars":      Bars([]string{"正面", "negative", `"quoted"`}, []float64{120, 80, 3}).Titled("Classes", "texts", ""),
		"grouped":   NewChart("F1").Bars("train", []string{"a", "b"}, []float64{.9, .8}).Bars("val", []string{"a", "b"}, []float64{.85, .6}),
		"histogram": Histogram([]float64{1, 2, 2, 3, 3, 3, 4, 4, 9, 30}, 0).VRule("128", 20),
		"heat":      HeatMap([]string{"真 0", "true 1"}, []string{"pred 0", "pred 1"}, [][]float64{{50, 3}, {7, 40}}),
		"boundary":  Boundary(-1, 1, -1, 1, func(x, y float64) string { return map[bool]string{true: "in", false: "out"}[x*x+y*y < .5] }).Points([]float64{0, .9}, []float64{0, .9}, []string{"in", "out"}),
		"empty":     NewChart("nothing yet"),
	}
}

func TestChartTwins(t *testing.T) {
	g := gallery()
	g["log"].X.Log = true
	for name, c := range g {
		t.Run(name, func(t *testing.T) {
			b := c.MimeBundle()
			raw, err := json.Marshal(b[vegaType])
			if err != nil {
				t.Fatalf("Vega-Lite is not JSON: %v", err)
			}
			if bytes.Contains(raw, []byte("http")) {
				t.Errorf("the specification names an address: %s", raw)
			}
			picture, ok := b["image/png"].([]byte)
			if !ok {
				if _, ok := b["image/svg+xml"].(string); !ok {
					t.Fatal("neither PNG nor SVG in the bundle")
				}
			} else if img, err := png.Decode(bytes.NewReader(picture)); err != nil || img.Bounds().Dx() < 200 {
				t.Errorf("PNG: %v", err)
			} else if name != "empty" {
				seen := map[uint32]bool{}
				for y := range img.Bounds().Dy() {
					for x := range img.Bounds().Dx() {
						r, g, b, a := img.At(x, y).RGBA()
						if a > 0xf000 {
							seen[r>>12<<16|g>>12<<8|b>>12] = true
						}
					}
				}
				if len(seen) < 2 {
					t.Errorf("the PNG has %d colours: nothing is drawn", len(seen))
				}
			}
			dec := xml.NewDecoder(strings.NewReader(c.SVG()))
			for {
				if _, err := dec.Token(); err == io.EOF {
					break
				} else if err != nil {
					t.Fatalf("SVG is not XML: %v", err)
				}
			}
			if text, _ := b["text/plain"].(string); strings.TrimSpace(text) == "" {
				t.Error("no text twin")
			}
		})
	}
}

func TestCharacterThatNoFontHas(t *testing.T) {
	b := Bars([]string{"a\U0010FFFD"}, []float64{1}).MimeBundle()
	if _, ok := b["image/png"]; ok {
		t.Error("the PNG shows a box instead of a character")
	}
	if s, _ := b["image/svg+xml"].(string); !strings.Contains(s, "a\U0010FFFD") {
		t.Error("no SVG stands for the PNG")
	}
}

func TestNamesThatComeAgain(t *testing.T) {
	c := Bars([]string{"a", "b", "a"}, []float64{1, 2, 3})
	rows := c.VegaLite()["layer"].([]any)[0].(object)["data"].(object)["values"].([]any)
	if got := rows[2].(object)["name"]; got != "a (2)" {
		t.Errorf("the third bar is called %v", got)
	}
}

func TestChartText(t *testing.T) {
	got := Bars([]string{"正面", "neg"}, []float64{4, 2}).String()
	want := "正面 │████████████████████████████████████████ 4\n neg │████████████████████ 2"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	line := Line("loss", nil, []float64{3, 2, 1}).String()
	if !strings.Contains(line, "• loss") || strings.Count(line, "•") < 20 {
		t.Errorf("the line is not drawn:\n%s", line)
	}
}

func TestPointsStandOverTheLineInText(t *testing.T) {
	x := []float64{1, 2, 3, 4}
	got := Points(x, []float64{1, 3, 2, 4}, []string{"seen", "seen", "seen", "seen"}).Line("fitted", x, []float64{1, 2, 3, 4}).String()
	if n := strings.Count(got, "•"); n != 5 { // four points and the legend
		t.Errorf("%d marks of the points, want 5:\n%s", n, got)
	}
}

func TestFigureOfANegativeBarStandsBesideIt(t *testing.T) {
	s := Bars([]string{"up", "down"}, []float64{2, -1}).scene()
	var bar, figure *shape
	for i := range s.items {
		m := &s.items[i]
		switch {
		case m.kind == rectShape && strings.HasPrefix(m.title, "down"):
			bar = m
		case m.kind == textShape && m.text == Number(-1):
			figure = m
		}
	}
	if bar == nil || figure == nil {
		t.Fatal("no bar, or no figure")
	}
	if right := math.Max(bar.x, bar.x+bar.w); figure.x < right {
		t.Errorf("the figure begins at %.0f, inside the bar that ends at %.0f", figure.x, right)
	}
}

func TestSeriesKeepTheirColours(t *testing.T) {
	c := Points([]float64{1, 2, 3}, []float64{1, 2, 3}, []string{"10", "2", "1"}).Line("fit", nil, []float64{1, 2, 3})
	if got := strings.Join(c.series(), " "); got != "1 2 10 fit" {
		t.Errorf("legend %q: classes come in the order of numbers, then the lines", got)
	}
}

func TestBins(t *testing.T) {
	values := []float64{math.NaN(), math.Inf(1)}
	for i := range 1000 {
		values = append(values, float64(i%37)*.25)
	}
	edges, counts := Bins(values, 12)
	sum := 0.0
	for _, c := range counts {
		sum += c
	}
	if sum != 1000 || len(edges) != len(counts)+1 || len(counts) < 6 || len(counts) > 24 {
		t.Errorf("%d bins hold %v of 1000 values", len(counts), sum)
	}
	for i, c := range counts {
		n := 0.0
		for _, v := range values {
			last := i == len(counts)-1
			if v >= edges[i] && (v < edges[i+1] || last && v == edges[i+1]) {
				n++
			}
		}
		if n != c {
			t.Errorf("bin %v to %v: %v, counted %v", edges[i], edges[i+1], c, n)
		}
	}
	if e, c := Bins([]float64{5, 5, 5}, 0); len(c) != 1 || c[0] != 3 || e[0] > 5 {
		t.Errorf("one value three times: edges %v counts %v", e, c)
	}
	if e, _ := Bins([]float64{1, 2, 3, 4, 100}, 50); e[1]-e[0] != math.Trunc(e[1]-e[0]) {
		t.Errorf("whole numbers want whole bins, got a width of %v", e[1]-e[0])
	}
}

func TestTicksAreRoundAndInside(t *testing.T) {
	for _, s := range []scale{{from: 0, to: 1}, {from: -3.2, to: 17}, {from: 1e-6, to: 3e-2, log: true}, {from: 99990, to: 100010}, {from: 2, to: 3, log: true}} {
		s.p1 = 100
		ticks := s.ticks(5)
		if len(ticks) < 2 || len(ticks) > 11 {
			t.Errorf("%v..%v: %d ticks %v", s.from, s.to, len(ticks), ticks)
		}
		for _, v := range ticks {
			if p := s.at(v); p < -.01 || p > 100.01 {
				t.Errorf("%v..%v: tick %v lies outside", s.from, s.to, v)
			}
		}
	}
}

func TestTable(t *testing.T) {
	table := NewTable("text", "n").Add("好电影", 12).Add("<script>alert(1)</script>", 7).Add("two\nlines", nil)
	want := "text                        n\n" +
		"─────────────────────────  ──\n" +
		"好电影                     12\n" +
		"<script>alert(1)</script>   7\n" +
		"two⏎lines"
	if got := table.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	h := table.HTML()
	if strings.Contains(h, "<script") {
		t.Error("text is not escaped")
	}
	if !strings.Contains(h, "overflow-x:auto") {
		t.Error("a narrow screen cannot scroll the table")
	}
	if strings.Contains(h, "color:#") {
		t.Error("a fixed colour of text or ground does not read in both themes")
	}
}

func TestTableLimit(t *testing.T) {
	table := NewTable("i")
	for i := range 1000 {
		table.Add(i)
	}
	table.Limit, table.Total = 8, 5000
	text := table.String()
	for _, want := range []string{"\n  5\n", "… 992 more rows …", "\n998\n", "\n999\n", "1,000 of 5,000 rows"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if n := strings.Count(table.HTML(), "<tr>"); n != 1+8+1 {
		t.Errorf("%d rows of HTML", n)
	}
}

func TestFormat(t *testing.T) {
	for want, v := range map[string]any{
		"0.8612": .86123, "1234567": 1234567.0, "2e-05": 2e-5, "NaN": math.NaN(), "": nil, "12345.7": 12345.678,
		"2024-05-01": time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC), "true": true, "no": errors.New("no"),
	} {
		if got := Format(v); got != want {
			t.Errorf("Format(%v) = %q, want %q", v, got, want)
		}
	}
	if Count(-1234567) != "-1,234,567" || Count(999) != "999" {
		t.Error(Count(-1234567), Count(999))
	}
}

func TestWidth(t *testing.T) {
	for s, want := range map[string]int{"abc": 3, "中文": 4, "é": 1, "e\u0301": 1, "ｆｕｌｌ": 8, "😀": 2, "a\u200bb": 2} {
		if got := Width(s); got != want {
			t.Errorf("Width(%q) = %d, want %d", s, got, want)
		}
	}
	if got := clip("中文字符", 5); got != "中文…" {
		t.Errorf("clip gives %q", got)
	}
}

func TestTokens(t *testing.T) {
	tok := &Tokens{Rows: [][]Token{{{Text: "[CLS]", Special: true}, {Text: "<b>", Hint: `id "7"`}, {Text: "🜁", Unknown: true}}}, Notes: []string{"3 tokens"}}
	if got, want := tok.String(), "[CLS]│<b>│‹🜁›   3 tokens"; got != want {
		t.Errorf("got %q want %q", got, want)
	}
	h := tok.HTML()
	if strings.Contains(h, "<b>") || !strings.Contains(h, `title="id &#34;7&#34;"`) {
		t.Error("text or hint is not escaped: " + h)
	}
}

// recorder is a notebook that remembers.
type recorder struct{ messages []display.Message }

func (r *recorder) Display(m display.Message)          { r.messages = append(r.messages, m) }
func (r *recorder) Input(string, bool) (string, error) { return "", errors.New("no input") }

func TestLive(t *testing.T) {
	r := &recorder{}
	display.SetSink(r)
	defer display.SetSink(nil)
	l := NewLive(time.Hour)
	for i := range 100 {
		l.Update(Line("loss", nil, make([]float64, i+2)))
	}
	l.Close()
	l.Close()
	if len(r.messages) != 2 {
		t.Fatalf("%d messages, want the first picture and the last", len(r.messages))
	}
	if r.messages[0].ID == "" || r.messages[0].ID != r.messages[1].ID || r.messages[1].Kind != "update" {
		t.Errorf("the second is not an update of the first: %+v", r.messages)
	}
	if _, ok := r.messages[0].Data["text/html"]; !ok {
		t.Error("the running chart is not a plain picture")
	}
	rows := r.messages[1].Data[vegaType].(map[string]any)["layer"].([]any)[0].(object)["data"].(object)["values"].([]any)
	if len(rows) != 101 {
		t.Errorf("the last state has %d points, want 101", len(rows))
	}
}

func TestGroupAndPanels(t *testing.T) {
	g := Group{"a <line>", NewTable("x").Add(1), Line("loss", nil, []float64{1, 2})}
	b := g.MimeBundle()
	h := b["text/html"].(string)
	for _, want := range []string{"a &lt;line&gt;", "<table", "data:image/svg+xml;base64,"} {
		if !strings.Contains(h, want) {
			t.Errorf("%q is missing", want)
		}
	}
	p := Stack(Line("a", nil, []float64{1, 2}), Line("b", nil, []float64{3, 4}))
	pb := p.MimeBundle()
	if n := len(pb[vegaType].(map[string]any)["concat"].([]any)); n != 2 {
		t.Errorf("%d panels", n)
	}
	one, _ := p.Charts[0].PNG()
	cfg1, _ := png.DecodeConfig(bytes.NewReader(one))
	cfg2, err := png.DecodeConfig(bytes.NewReader(pb["image/png"].([]byte)))
	if err != nil || cfg2.Height < 2*cfg1.Height {
		t.Errorf("two panels are %d high, one is %d (%v)", cfg2.Height, cfg1.Height, err)
	}
}

func TestRampIsMonotonous(t *testing.T) {
	last := 1e9
	for i := range 21 {
		hex, light := rampColor(float64(i) / 20)
		r, g, b := rgb(hex)
		lum := .299*float64(r) + .587*float64(g) + .114*float64(b)
		if lum >= last {
			t.Errorf("share %v is not darker than the one before", float64(i)/20)
		}
		if light && lum > 150 || !light && lum < 105 {
			t.Errorf("text on %s does not read (light text %v)", hex, light)
		}
		last = lum
	}
}
