package display

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	_ "image/gif" // for the sizes of images
	_ "image/jpeg"
	"net/http"
	"os"
	"strings"
	"sync"
)

// Handle is a display on the screen that can be changed. It may be used from any goroutine and in later cells.
type Handle struct {
	id     string
	mu     sync.Mutex
	render func(any) Bundle
}

// Show displays v as the last expression of a cell is displayed (see [ToBundle]).
func Show(v any) *Handle {
	if h, ok := v.(*Handle); ok && h != nil {
		return h
	}
	return show(v, ToBundle)
}

// HTML displays a piece of HTML as it is. Text from data must be escaped (html.EscapeString).
func HTML(source string) *Handle { return show(source, render(htmlBundle)) }

// Markdown displays Markdown; formulas stand between $ signs.
func Markdown(source string) *Handle {
	return show(source, render(func(s string) Bundle { return Bundle{MIMEMarkdown: s, MIMEText: s} }))
}

// LaTeX displays a formula; the $$ around it may be left out.
func LaTeX(source string) *Handle {
	return show(source, render(func(s string) Bundle { return Bundle{MIMELaTeX: mathMode(s), MIMEText: s} }))
}

// SVG displays an SVG document (the whole <svg> element).
func SVG(source string) *Handle {
	return show(source, render(func(s string) Bundle { return Bundle{MIMESVG: s, MIMEText: "<SVG image>"} }))
}

// PNG displays an encoded PNG file.
func PNG(data []byte) *Handle { return show(data, anyImage) }

// Image displays an image.Image, the bytes of a PNG, JPEG, GIF or SVG file, or the file of that name.
// What cannot be read is shown as an error in its place.
func Image(v any) *Handle { return show(v, anyImage) }

// JSON displays v as a tree that can be unfolded. v is anything that encoding/json takes, or the text itself as json.RawMessage or []byte.
func JSON(v any) *Handle { return show(v, jsonBundle) }

// VegaLite displays a Vega-Lite plot: the specification as JSON text, or as anything that encoding/json turns into it.
// JupyterLab draws version 5 by itself, without a network. Elsewhere the text twin names the plot.
func VegaLite(spec any) *Handle { return show(spec, vegaBundle) }

// ID names the display for the front end (its display_id).
func (h *Handle) ID() string { return h.id }

// Update replaces what the handle shows. A handle of HTML, Markdown, SVG... takes the same kind of source again;
// any other value is shown as Show does.
func (h *Handle) Update(v any) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if b := h.render(v); b != nil {
		sink().Display(Message{Kind: "update", ID: h.id, Data: b})
	}
}

// Clear empties the display; a later Update fills it again.
func (h *Handle) Clear() {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	sink().Display(Message{Kind: "clear", ID: h.id})
}

func show(v any, r func(any) Bundle) *Handle {
	h := &Handle{id: newID(), render: r}
	if b := r(v); b != nil {
		sink().Display(Message{Kind: "display", ID: h.id, Data: b})
	}
	return h
}

// render makes a rule for values that are source text, with ToBundle for all others.
func render(f func(string) Bundle) func(any) Bundle {
	return func(v any) Bundle {
		switch s := v.(type) {
		case string:
			return f(s)
		case []byte:
			return f(string(s))
		}
		return ToBundle(v)
	}
}

func htmlBundle(s string) Bundle {
	return Bundle{MIMEHTML: s, MIMEText: plainFromHTML(s)}
}

func anyImage(v any) Bundle {
	switch x := v.(type) {
	case image.Image:
		return ToBundle(x)
	case string:
		data, err := os.ReadFile(x)
		if err != nil {
			b, _ := errorBundle(fmt.Errorf("display.Image: %w", err))
			return b
		}
		return encodedImage(data)
	case []byte:
		return encodedImage(x)
	}
	return ToBundle(v)
}

func encodedImage(data []byte) Bundle {
	kind := http.DetectContentType(data)
	text := "<" + kind + ">"
	switch kind {
	case MIMEPNG, MIMEJPEG, MIMEGIF:
		if c, name, err := image.DecodeConfig(bytes.NewReader(data)); err == nil {
			text = fmt.Sprintf("<%s image %d×%d>", strings.ToUpper(name), c.Width, c.Height)
		}
		return Bundle{kind: data, MIMEText: text}
	case "image/webp":
		return Bundle{kind: data, MIMEText: text}
	}
	if head := string(data[:min(len(data), 1000)]); strings.Contains(head, "<svg") {
		return Bundle{MIMESVG: string(data), MIMEText: "<SVG image>"}
	}
	b, _ := errorBundle(fmt.Errorf("display.Image: these %s bytes are %s, not a PNG, JPEG, GIF, WebP or SVG image", count(len(data)), kind))
	return b
}

// toJSON gives v as a decoded JSON value, so that a value with broken fields fails here and not on the wire.
func toJSON(v any) (any, []byte, error) {
	var raw []byte
	switch x := v.(type) {
	case json.RawMessage:
		raw = x
	case []byte:
		raw = x
	default:
		var err error
		if failure := guard("MarshalJSON", func() { raw, err = json.Marshal(v) }); failure != "" {
			return nil, nil, fmt.Errorf("%s", failure)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, nil, err
	}
	return value, raw, nil
}

func jsonBundle(v any) Bundle {
	value, raw, err := toJSON(v)
	if err != nil {
		b, _ := errorBundle(fmt.Errorf("display.JSON: %w", err))
		return b
	}
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, raw, "", "  "); err != nil {
		pretty.Reset()
		pretty.Write(raw)
	}
	text := cut(pretty.String(), maxText)
	switch value.(type) {
	case map[string]any, []any:
		return Bundle{MIMEJSON: value, MIMEText: text}
	}
	return Bundle{MIMEText: text} // front ends take objects and lists only
}

func vegaBundle(v any) Bundle {
	if s, ok := v.(string); ok {
		v = json.RawMessage(s)
	}
	value, _, err := toJSON(v)
	spec, ok := value.(map[string]any)
	if err != nil || !ok {
		if err == nil {
			err = fmt.Errorf("the specification is %T, not an object", value)
		}
		b, _ := errorBundle(fmt.Errorf("display.VegaLite: %w", err))
		return b
	}
	text := "<Vega-Lite plot>"
	switch title := spec["title"].(type) {
	case string:
		text = "<Vega-Lite plot: " + title + ">"
	case map[string]any:
		if s, ok := title["text"].(string); ok {
			text = "<Vega-Lite plot: " + s + ">"
		}
	}
	return Bundle{MIMEVegaLite: spec, MIMEText: text}
}

func newID() string {
	var raw [12]byte
	rand.Read(raw[:]) // never fails (crypto/rand)
	return "gosft-" + hex.EncodeToString(raw[:])
}
