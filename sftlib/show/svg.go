package show

import (
	"fmt"
	"strconv"
	"strings"
)

// svg writes the scene. Inside a page (inline) text takes the page's colour; else it is a grey that reads on any ground.
// The drawing shrinks with a narrow screen.
func (s *scene) svg(inline bool) string {
	paint := ink
	if inline {
		paint = "currentColor"
	}
	fill := func(c string) string {
		if c == "" {
			return paint
		}
		return c
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %s %s" width="%s" height="%s" style="width:100%%;max-width:%spx;height:auto" font-family="system-ui,-apple-system,'Segoe UI','Noto Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif" role="img">`,
		px(s.w), px(s.h), px(s.w), px(s.h), px(s.w))
	for _, it := range s.items {
		opacity := ""
		if it.opacity > 0 {
			opacity = fmt.Sprintf(` opacity="%s"`, px(it.opacity))
		}
		title := ""
		if it.title != "" {
			title = "<title>" + escape(it.title) + "</title>"
		}
		switch it.kind {
		case rectShape:
			fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%s" fill="%s"%s>%s</rect>`, px(it.x), px(it.y), px(it.w), px(it.h), fill(it.color), opacity, title)
		case circleShape:
			edge := ""
			if it.edge {
				edge = ` stroke="#ffffff" stroke-width="0.8"`
			}
			fmt.Fprintf(&b, `<circle cx="%s" cy="%s" r="%s" fill="%s"%s%s>%s</circle>`, px(it.x), px(it.y), px(it.r), fill(it.color), edge, opacity, title)
		case lineShape:
			dash := ""
			if it.dash {
				dash = ` stroke-dasharray="4 3"`
			}
			b.WriteString(`<polyline fill="none" points="`)
			for i, p := range it.pts {
				if i > 0 {
					b.WriteByte(' ')
				}
				b.WriteString(px(p[0]) + "," + px(p[1]))
			}
			fmt.Fprintf(&b, `" stroke="%s" stroke-width="%s" stroke-linejoin="round"%s%s/>`, fill(it.color), px(it.stroke), dash, opacity)
		case textShape:
			anchor := [...]string{"start", "middle", "end"}[it.anchor+1]
			turn, bold := "", ""
			if it.turned {
				turn = fmt.Sprintf(` transform="rotate(-90 %s %s)"`, px(it.x), px(it.y))
			}
			if it.bold {
				bold = ` font-weight="600"`
			}
			fmt.Fprintf(&b, `<text x="%s" y="%s" font-size="%s" text-anchor="%s" fill="%s"%s%s>%s</text>`, px(it.x), px(it.y), px(it.size), anchor, fill(it.color), turn, bold, escape(xmlText(it.text)))
		}
	}
	b.WriteString("</svg>")
	return b.String()
}

// px writes a number with at most two decimals.
func px(v float64) string {
	s := strconv.FormatFloat(v, 'f', 2, 64)
	return strings.TrimRight(strings.TrimRight(s, "0"), ".")
}

// xmlText drops what XML does not allow even as a reference.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' || r == 0xFFFE || r == 0xFFFF || r == 0x7f {
			return -1
		}
		return r
	}, s)
}
