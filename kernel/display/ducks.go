package display

import (
	"fmt"
	"image"
	"strings"
)

// ducks collects what v's own methods give, under the names that gophernotes made known. A method may also return an error.
func ducks(v any) (Bundle, string) {
	b := Bundle{}
	add := func(method, mime string, get func() (any, error)) string {
		var data any
		var err error
		if failure := guard(method, func() { data, err = get() }); failure != "" {
			return failure
		}
		if err != nil {
			return fmt.Sprintf("<%s failed: %v>", method, err)
		}
		switch d := data.(type) {
		case []byte:
			if len(d) == 0 {
				return ""
			}
		case string:
			if d == "" {
				return ""
			}
		case nil:
			return ""
		}
		b[mime] = data
		return ""
	}
	for _, d := range duckMethods(v) {
		if failure := add(d.method, d.mime, d.get); failure != "" {
			return nil, failure
		}
	}
	if len(b) == 0 {
		return nil, ""
	}
	if s, ok := v.(fmt.Stringer); ok {
		if failure := guard("String", func() { b[MIMEText] = cut(s.String(), maxText) }); failure != "" {
			return nil, failure
		}
	} else {
		b[MIMEText] = twin(v, b)
	}
	return b, ""
}

type duck struct {
	method, mime string
	get          func() (any, error)
}

func duckMethods(v any) []duck {
	var list []duck
	text := func(method, mime string, get func() string) {
		list = append(list, duck{method, mime, func() (any, error) { return get(), nil }})
	}
	textErr := func(method, mime string, get func() (string, error)) {
		list = append(list, duck{method, mime, func() (any, error) { return get() }})
	}
	data := func(method, mime string, get func() []byte) {
		list = append(list, duck{method, mime, func() (any, error) { return get(), nil }})
	}
	dataErr := func(method, mime string, get func() ([]byte, error)) {
		list = append(list, duck{method, mime, func() (any, error) { return get() }})
	}
	switch x := v.(type) {
	case interface{ HTML() string }:
		text("HTML", MIMEHTML, x.HTML)
	case interface{ HTML() (string, error) }:
		textErr("HTML", MIMEHTML, x.HTML)
	}
	switch x := v.(type) {
	case interface{ Markdown() string }:
		text("Markdown", MIMEMarkdown, x.Markdown)
	case interface{ Markdown() (string, error) }:
		textErr("Markdown", MIMEMarkdown, x.Markdown)
	}
	switch x := v.(type) {
	case interface{ LaTeX() string }:
		text("LaTeX", MIMELaTeX, func() string { return mathMode(x.LaTeX()) })
	case interface{ Latex() string }:
		text("Latex", MIMELaTeX, func() string { return mathMode(x.Latex()) })
	}
	switch x := v.(type) {
	case interface{ SVG() string }:
		text("SVG", MIMESVG, x.SVG)
	case interface{ SVG() (string, error) }:
		textErr("SVG", MIMESVG, x.SVG)
	case interface{ SVG() []byte }:
		text("SVG", MIMESVG, func() string { return string(x.SVG()) })
	}
	switch x := v.(type) {
	case interface{ PNG() []byte }:
		data("PNG", MIMEPNG, x.PNG)
	case interface{ PNG() ([]byte, error) }:
		dataErr("PNG", MIMEPNG, x.PNG)
	}
	switch x := v.(type) {
	case interface{ JPEG() []byte }:
		data("JPEG", MIMEJPEG, x.JPEG)
	case interface{ JPEG() ([]byte, error) }:
		dataErr("JPEG", MIMEJPEG, x.JPEG)
	}
	switch x := v.(type) {
	case interface{ JavaScript() string }:
		text("JavaScript", MIMEScript, x.JavaScript)
	}
	switch x := v.(type) {
	case interface{ JSON() map[string]any }:
		list = append(list, duck{"JSON", MIMEJSON, func() (any, error) {
			if m := x.JSON(); m != nil {
				return m, nil
			}
			return nil, nil
		}})
	case interface{ JSON() any }:
		list = append(list, duck{"JSON", MIMEJSON, func() (any, error) { return x.JSON(), nil }})
	}
	switch x := v.(type) {
	case interface{ Image() image.Image }:
		list = append(list, duck{"Image", MIMEPNG, func() (any, error) { return encodePNG(x.Image()) }})
	case interface{ Image() (image.Image, error) }:
		list = append(list, duck{"Image", MIMEPNG, func() (any, error) {
			img, err := x.Image()
			if err != nil {
				return nil, err
			}
			return encodePNG(img)
		}})
	}
	return list
}

func encodePNG(img image.Image) (any, error) {
	if img == nil {
		return nil, nil
	}
	return imageBundle(img)[MIMEPNG], nil
}

// mathMode puts a formula between $$ when its author left that out: the front end draws only what stands between them.
func mathMode(s string) string {
	if s == "" || strings.Contains(s, "$") || strings.Contains(s, `\begin`) || strings.Contains(s, `\[`) {
		return s
	}
	return "$$" + s + "$$"
}
