package display

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

type recorder struct {
	mu   sync.Mutex
	list []Message
}

func (r *recorder) Display(m Message) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.list = append(r.list, m)
}

func (r *recorder) Input(prompt string, password bool) (string, error) {
	if password {
		return "secret", nil
	}
	return "you said " + prompt, nil
}

func (r *recorder) messages() []Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]Message(nil), r.list...)
}

func record(t *testing.T) *recorder {
	r := &recorder{}
	SetSink(r)
	t.Cleanup(func() { SetSink(nil) })
	return r
}

func TestHandlesUpdateTheirOwnDisplay(t *testing.T) {
	r := record(t)
	h := Markdown("*a*")
	other := HTML("<b>x</b>")
	h.Update("*b*")
	h.Update(42)
	h.Clear()
	m := r.messages()
	if len(m) != 5 {
		t.Fatalf("%d messages", len(m))
	}
	if m[0].Kind != "display" || m[0].ID != h.ID() || m[0].Data[MIMEMarkdown] != "*a*" || h.ID() == other.ID() {
		t.Errorf("first: %+v", m[0])
	}
	if m[2].Kind != "update" || m[2].ID != h.ID() || m[2].Data[MIMEMarkdown] != "*b*" {
		t.Errorf("source again: %+v", m[2])
	}
	if m[3].Data.Text() != "42" || m[3].Data[MIMEMarkdown] != nil {
		t.Errorf("another value: %+v", m[3])
	}
	if m[4].Kind != "clear" || m[4].ID != h.ID() {
		t.Errorf("clear: %+v", m[4])
	}
	if Show(h) != h || len(r.messages()) != 5 {
		t.Error("a handle was shown a second time")
	}
	var none *Handle
	none.Update(1)
	none.Clear()
}

func TestKindsOfDisplay(t *testing.T) {
	r := record(t)
	img := image.NewRGBA(image.Rect(0, 0, 4, 3))
	img.Set(1, 1, color.White)
	var p, j bytes.Buffer
	png.Encode(&p, img)
	jpeg.Encode(&j, img, nil)
	file := filepath.Join(t.TempDir(), "a.png")
	os.WriteFile(file, p.Bytes(), 0o600)
	for name, c := range map[string]struct {
		show func() *Handle
		mime string
		text string
	}{
		"HTML":           {func() *Handle { return HTML("<p>a</p><p>b</p>") }, MIMEHTML, "a\nb"},
		"LaTeX":          {func() *Handle { return LaTeX("x^2") }, MIMELaTeX, "x^2"},
		"SVG":            {func() *Handle { return SVG("<svg/>") }, MIMESVG, "<SVG image>"},
		"PNG":            {func() *Handle { return PNG(p.Bytes()) }, MIMEPNG, "<PNG image 4×3>"},
		"image":          {func() *Handle { return Image(img) }, MIMEPNG, "<image 4×3>"},
		"JPEG":           {func() *Handle { return Image(j.Bytes()) }, MIMEJPEG, "<JPEG image 4×3>"},
		"file":           {func() *Handle { return Image(file) }, MIMEPNG, "<PNG image 4×3>"},
		"no file":        {func() *Handle { return Image(file + ".no") }, MIMEHTML, "no such file"},
		"no image":       {func() *Handle { return PNG([]byte("hello")) }, MIMEHTML, "not a PNG"},
		"JSON":           {func() *Handle { return JSON(map[string]int{"a": 1}) }, MIMEJSON, "{\n  \"a\": 1\n}"},
		"JSON number":    {func() *Handle { return JSON(3) }, MIMEText, "3"},
		"JSON fails":     {func() *Handle { return JSON(make(chan int)) }, MIMEHTML, "unsupported type"},
		"Vega":           {func() *Handle { return VegaLite(`{"title":"loss","mark":"line"}`) }, MIMEVegaLite, "<Vega-Lite plot: loss>"},
		"Vega no object": {func() *Handle { return VegaLite(`[1]`) }, MIMEHTML, "not an object"},
		"Vega broken":    {func() *Handle { return VegaLite(`{"mark":`) }, MIMEHTML, "display.VegaLite"},
	} {
		t.Run(name, func(t *testing.T) {
			h := c.show()
			list := r.messages()
			m := list[len(list)-1]
			if m.ID != h.ID() || m.Data[c.mime] == nil || !strings.Contains(m.Data.Text(), c.text) {
				t.Errorf("got %v", m.Data)
			}
		})
	}
}

func TestInput(t *testing.T) {
	record(t)
	if s, err := Input("name"); err != nil || s != "you said name" {
		t.Error(s, err)
	}
	if s, err := Password("pw"); err != nil || s != "secret" {
		t.Error(s, err)
	}
}

// fakeClock moves only when told, so that bars can be tested to the character.
type fakeClock struct{ t time.Time }

func (c *fakeClock) now() time.Time { return c.t }
func (c *fakeClock) use(b *Bar)     { b.now = c.now }

func TestProgress(t *testing.T) {
	r := record(t)
	c := &fakeClock{time.Unix(1000, 0)}
	b := Progress(100, Title("epoch <1>"), Unit("batch"), c.use)
	for range 50 {
		c.t = c.t.Add(200 * time.Millisecond)
		b.Add(1)
	}
	if got, want := b.String(), "epoch <1>  50% |██████████          | 50/100 [0:10<0:10, 5.0 batch/s]"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	b.Describe("loss %.2f", 0.5)
	for range 50 {
		c.t = c.t.Add(200 * time.Millisecond)
		b.Add(1)
	}
	list := r.messages()
	last := list[len(list)-1]
	if got, want := last.Data.Text(), "epoch <1> 100/100 in 0:20, 5.0 batch/s loss 0.50"; got != want {
		t.Errorf("done: got %q, want %q", got, want)
	}
	html := last.Data[MIMEHTML].(string)
	if strings.Contains(html, "<progress") || strings.Contains(html, "<1>") || !strings.Contains(html, "&lt;1&gt;") {
		t.Errorf("done: %s", html)
	}
	if !strings.Contains(list[10].Data[MIMEHTML].(string), `<progress value="10" max="100"`) {
		t.Errorf("running: %s", list[10].Data[MIMEHTML])
	}
	for _, m := range list[1:] {
		if m.Kind != "update" || m.ID != list[0].ID {
			t.Fatalf("message %+v", m)
		}
	}
}

func TestProgressIsThrottledButLastStateIsSeen(t *testing.T) {
	r := record(t)
	b := Progress(0, Every(30*time.Millisecond))
	start := time.Now()
	for range 100_000 {
		b.Add(1)
	}
	budget := int(time.Since(start)/(30*time.Millisecond)) + 3
	if n := len(r.messages()); n > budget {
		t.Errorf("%d messages in %v", n, time.Since(start))
	}
	for range 100 {
		list := r.messages()
		if strings.HasPrefix(list[len(list)-1].Data.Text(), "100,000 [") {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("the last state was never drawn")
}

func TestProgressRange(t *testing.T) {
	r := record(t)
	sum := 0
	for i := range Progress(5).Range() {
		sum += i
		if i == 3 {
			break
		}
	}
	list := r.messages()
	if got := list[len(list)-1].Data.Text(); sum != 6 || !strings.HasPrefix(got, "3/5 in ") {
		t.Errorf("sum %d, last %q", sum, got)
	}
}

func TestBarFromManyGoroutines(t *testing.T) {
	r := record(t)
	b := Progress(1000)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			for range 100 {
				b.Add(1)
			}
		})
	}
	wg.Wait()
	list := r.messages()
	if got := list[len(list)-1].Data.Text(); !strings.HasPrefix(got, "1,000/1,000 in ") {
		t.Errorf("last %q", got)
	}
}
