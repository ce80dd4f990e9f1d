package show

import (
	"encoding/base64"
	"fmt"
	"math"
	"strings"
)

// vegaType is the media type of Vega-Lite specifications, which JupyterLab and VS Code draw themselves.
const vegaType = "application/vnd.vegalite.v5+json"

// Shower is anything that brings its own looks: media type to data, text/plain always among them.
type Shower interface{ MimeBundle() map[string]any }

// MimeBundle returns the chart as Vega-Lite, image/png and text/plain; where no font of this machine has all its
// characters image/svg+xml stands for the PNG. There is no text/html beside them: JupyterLab would prefer it to
// Vega-Lite, and strips drawings out of the HTML of notebooks that it does not trust.
func (c *Chart) MimeBundle() map[string]any {
	return drawingBundle(c.VegaLite(), c.scene(), c.String())
}

// SVG returns the chart as an SVG file.
func (c *Chart) SVG() string { return c.scene().svg(false) }

// PNG returns the chart as a PNG file on a transparent ground. The error names a text of which no font of this machine has
// all characters.
func (c *Chart) PNG() ([]byte, error) { return c.scene().png() }

func (c *Chart) liveBundle() map[string]any {
	return map[string]any{"text/html": "<div>" + c.scene().svg(true) + "</div>", "text/plain": c.String()}
}

func (c *Chart) inlineHTML() string { return imageHTML(c.scene()) }

func drawingBundle(vega map[string]any, s *scene, text string) map[string]any {
	bundle := map[string]any{vegaType: vega, "text/plain": text}
	if png, err := s.png(); err == nil {
		bundle["image/png"] = png
	} else {
		bundle["image/svg+xml"] = s.svg(false)
	}
	return bundle
}

// imageHTML embeds a drawing as an image, which a notebook that is not trusted may show too.
func imageHTML(s *scene) string {
	data := base64.StdEncoding.EncodeToString([]byte(s.svg(false)))
	return fmt.Sprintf(`<img src="data:image/svg+xml;base64,%s" style="width:100%%;max-width:%spx;height:auto" alt="chart">`, data, px(s.w))
}

// Panels is several charts as one drawing, in rows of so many columns.
type Panels struct {
	Columns int // 0 means 1
	Charts  []*Chart
}

// Stack returns charts one below the other.
func Stack(charts ...*Chart) *Panels { return &Panels{Columns: 1, Charts: charts} }

// MimeBundle returns the charts as one drawing; see Chart.MimeBundle.
func (p *Panels) MimeBundle() map[string]any {
	return drawingBundle(p.VegaLite(), p.scene(), p.String())
}

// VegaLite returns the charts as one Vega-Lite v5 specification.
func (p *Panels) VegaLite() map[string]any {
	units := []any{}
	for _, c := range p.Charts {
		units = append(units, c.vegaUnit())
	}
	return object{"concat": units, "columns": max(1, p.Columns), "config": vegaConfig(), "background": "transparent",
		"resolve": object{"scale": object{"color": "independent"}}}
}

// String returns the charts as text, one below the other.
func (p *Panels) String() string {
	parts := make([]string, len(p.Charts))
	for i, c := range p.Charts {
		parts[i] = c.String()
	}
	return strings.Join(parts, "\n\n")
}

func (p *Panels) scene() *scene {
	s := &scene{}
	x, y, low := 0.0, 0.0, 0.0
	for i, c := range p.Charts {
		if i%max(1, p.Columns) == 0 {
			x, y = 0, low
		}
		one := c.scene()
		s.place(one, x, y)
		x += one.w + 12
		low = math.Max(low, y+one.h+12)
		s.w, s.h = math.Max(s.w, x-12), low
	}
	return s
}

func (p *Panels) liveBundle() map[string]any {
	return map[string]any{"text/html": "<div>" + p.scene().svg(true) + "</div>", "text/plain": p.String()}
}

func (p *Panels) inlineHTML() string { return imageHTML(p.scene()) }

// Group is several things shown as one output, one below the other: texts, tables, charts, tokens.
type Group []any

// MimeBundle returns the parts as one piece of HTML and one text.
func (g Group) MimeBundle() map[string]any {
	var h, text strings.Builder
	for i, part := range g {
		if i > 0 {
			text.WriteString("\n\n")
		}
		fmt.Fprintf(&h, `<div style="margin:0 0 10px 0">%s</div>`, htmlOf(part))
		text.WriteString(textOf(part))
	}
	return map[string]any{"text/html": h.String(), "text/plain": text.String()}
}

// htmlOf returns the HTML of a part; a string is a line of text.
func htmlOf(v any) string {
	if d, ok := v.(interface{ inlineHTML() string }); ok {
		return d.inlineHTML()
	}
	if s, ok := v.(Shower); ok {
		b := s.MimeBundle()
		if h, ok := b["text/html"].(string); ok {
			return h
		}
		return "<pre>" + escape(fmt.Sprint(b["text/plain"])) + "</pre>"
	}
	return escape(Format(v))
}

func textOf(v any) string {
	if s, ok := v.(Shower); ok {
		return fmt.Sprint(s.MimeBundle()["text/plain"])
	}
	return Format(v)
}
