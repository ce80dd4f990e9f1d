package display

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"maps"
	"reflect"
)

// Bundle is one display: MIME type to data. It always has "text/plain".
// Images are []byte (base64 on the wire), JSON types are any value that encoding/json takes, the rest are strings.
type Bundle map[string]any

// MIME types that the front ends know.
const (
	MIMEText     = "text/plain"
	MIMEHTML     = "text/html"
	MIMEMarkdown = "text/markdown"
	MIMELaTeX    = "text/latex"
	MIMEScript   = "application/javascript"
	MIMEJSON     = "application/json"
	MIMESVG      = "image/svg+xml"
	MIMEPNG      = "image/png"
	MIMEJPEG     = "image/jpeg"
	MIMEGIF      = "image/gif"
	MIMEVegaLite = "application/vnd.vegalite.v5+json" // the newest that JupyterLab 4 draws by itself
)

// Text gives the text/plain twin, "" when the bundle has none.
func (b Bundle) Text() string {
	s, _ := b[MIMEText].(string)
	return s
}

// MimeBundle lets a Bundle be shown as what it is.
func (b Bundle) MimeBundle() map[string]any { return b }

// ToBundle gives what is shown for v. The first rule that fits wins:
//
//  1. a *Handle or *Bar is on the screen already: nil
//  2. MimeBundle() map[string]any
//  3. HTML, Markdown, PNG, JPEG, SVG, LaTeX (also Latex), JSON, JavaScript, Image: all that v has
//  4. image.Image as PNG
//  5. error: its message, marked as one
//  6. slices and arrays of structs, maps or slices, and maps: a table
//  7. matrices (Dims and At, as in gonum) and tensors (Shape and Summary, as in GoMLX) with their shape
//  8. fmt.Stringer
//  9. anything else as Go would write it, cut where it is long
//
// A method that panics is shown as such; ToBundle itself never panics.
func ToBundle(v any) Bundle {
	switch v.(type) {
	case *Handle, *Bar:
		return nil
	case nil:
		return Bundle{MIMEText: "nil"}
	}
	if r := reflect.ValueOf(v); isNilPointer(r) {
		return Bundle{MIMEText: Text(v)}
	}
	b, failure := rich(v)
	if failure != "" {
		b = Bundle{MIMEText: failure}
	}
	if _, ok := b[MIMEText].(string); !ok {
		if b == nil {
			b = Bundle{}
		}
		b[MIMEText] = Text(v)
	}
	return b
}

// rich gives the parts of v's display other than plain text, and what went wrong when one of v's methods panicked.
func rich(v any) (b Bundle, failure string) {
	if m, ok := v.(interface{ MimeBundle() map[string]any }); ok {
		failure = guard("MimeBundle", func() { b = maps.Clone(Bundle(m.MimeBundle())) })
		if failure == "" && b[MIMEText] == nil && len(b) > 0 {
			if s, ok := v.(fmt.Stringer); ok {
				failure = guard("String", func() { b[MIMEText] = cut(s.String(), maxText) })
			} else {
				b[MIMEText] = twin(v, b)
			}
		}
		return b, failure
	}
	if b, failure = ducks(v); len(b) > 0 || failure != "" {
		return b, failure
	}
	switch x := v.(type) {
	case image.Image:
		failure = guard("image", func() { b = imageBundle(x) })
		return b, failure
	case error:
		return errorBundle(x)
	}
	if b, failure = matrix(v); b != nil || failure != "" {
		return b, failure
	}
	if _, ok := v.(fmt.Stringer); ok {
		return nil, "" // the text is what its author wants to be seen
	}
	failure = guard("the value", func() {
		if t, ok := tableOf(reflect.ValueOf(v)); ok {
			b = t.Bundle()
		}
	})
	return b, failure
}

// twin is the text for a value that gave rich data only.
func twin(v any, b Bundle) string {
	if s, ok := b[MIMEMarkdown].(string); ok {
		return s
	}
	if s, ok := b[MIMELaTeX].(string); ok {
		return s
	}
	if s, ok := b[MIMEHTML].(string); ok {
		return plainFromHTML(s)
	}
	return "<" + TypeName(v) + ">"
}

// WithText gives b with a text/plain, made from its other parts where there is none. b itself is not changed.
func (b Bundle) WithText() Bundle {
	if _, ok := b[MIMEText].(string); ok {
		return b
	}
	full := maps.Clone(b)
	if full == nil {
		full = Bundle{}
	}
	switch {
	case b[MIMEMarkdown] != nil || b[MIMELaTeX] != nil || b[MIMEHTML] != nil:
		full[MIMEText] = twin(nil, b)
	case b[MIMEPNG] != nil || b[MIMEJPEG] != nil || b[MIMEGIF] != nil || b[MIMESVG] != nil:
		full[MIMEText] = "<image>"
	default:
		full[MIMEText] = ""
	}
	return full
}

func errorBundle(err error) (b Bundle, failure string) {
	failure = guard("Error", func() {
		text := cut(err.Error(), maxText)
		b = Bundle{
			MIMEText: "error: " + text,
			MIMEHTML: `<pre style="border-left:3px solid #D55E00;padding-left:.6em;white-space:pre-wrap"><b>error</b>: ` + escape(text) + `</pre>`,
		}
	})
	return b, failure
}

// imageBundle is img as PNG with its size as text. It panics when img has no pixels, which guard reports.
func imageBundle(img image.Image) Bundle {
	var buf bytes.Buffer
	if err := png.Encode(&buf, img); err != nil {
		return Bundle{MIMEText: fmt.Sprintf("<image that cannot be encoded as PNG: %v>", err)}
	}
	size := img.Bounds().Size()
	return Bundle{MIMEPNG: buf.Bytes(), MIMEText: fmt.Sprintf("<image %d×%d>", size.X, size.Y)}
}

// A panic value that must reach whoever started the cell (an interrupt) has this method; guard lets it through.
type passThrough interface{ PassThrough() }

// guard runs f, which calls methods of the user's types; a panic becomes a line that says what panicked.
func guard(what string, f func()) (failure string) {
	defer func() {
		if p := recover(); p != nil {
			if _, ok := p.(passThrough); ok {
				panic(p)
			}
			failure = fmt.Sprintf("<%s panicked: %v>", what, p)
		}
	}()
	f()
	return ""
}

func isNilPointer(v reflect.Value) bool {
	switch v.Kind() {
	case reflect.Pointer, reflect.Func, reflect.Chan, reflect.UnsafePointer:
		return v.IsNil()
	}
	return false
}
