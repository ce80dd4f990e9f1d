package show

// A scene is a drawing as a few kinds of shapes, in pixels from the upper left corner. The layout of a chart makes one;
// SVG and PNG are written from it.
type scene struct {
	w, h  float64
	items []shape
}

type shapeKind int

const (
	rectShape shapeKind = iota
	lineShape
	circleShape
	textShape
)

// shape is one thing drawn. Colours are "#rrggbb" or "" for the ink of the page.
type shape struct {
	kind    shapeKind
	x, y    float64 // upper left corner, centre, or the base line of a text
	w, h    float64
	r       float64
	pts     [][2]float64
	color   string
	opacity float64 // 0 means opaque
	stroke  float64
	dash    bool
	text    string
	size    float64
	anchor  int  // -1 text begins at x, 0 is centred, 1 ends at x
	turned  bool // a quarter turn to the left
	bold    bool
	title   string // what a browser shows on hover
	edge    bool   // a circle with a light edge, so that points on an area stand out
}

func (s *scene) rect(x, y, w, h float64, color string, opacity float64, title string) {
	if w < 0 {
		x, w = x+w, -w
	}
	if h < 0 {
		y, h = y+h, -h
	}
	s.items = append(s.items, shape{kind: rectShape, x: x, y: y, w: w, h: h, color: color, opacity: opacity, title: title})
}

func (s *scene) line(pts [][2]float64, color string, stroke, opacity float64, dash bool) {
	if len(pts) > 1 {
		s.items = append(s.items, shape{kind: lineShape, pts: pts, color: color, stroke: stroke, opacity: opacity, dash: dash})
	}
}

func (s *scene) circle(x, y, r float64, color string, edge bool, title string) {
	s.items = append(s.items, shape{kind: circleShape, x: x, y: y, r: r, color: color, edge: edge, title: title})
}

func (s *scene) label(x, y float64, text string, size float64, anchor int, color string) *shape {
	s.items = append(s.items, shape{kind: textShape, x: x, y: y, text: text, size: size, anchor: anchor, color: color})
	return &s.items[len(s.items)-1]
}

// place copies the shapes of another scene to a place in this one.
func (s *scene) place(o *scene, dx, dy float64) {
	for _, it := range o.items {
		it.x += dx
		it.y += dy
		if it.pts != nil {
			pts := make([][2]float64, len(it.pts))
			for i, p := range it.pts {
				pts[i] = [2]float64{p[0] + dx, p[1] + dy}
			}
			it.pts = pts
		}
		s.items = append(s.items, it)
	}
}

// textWidth estimates the width of a text in pixels: what the layout needs to leave room.
func textWidth(s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		switch runeWidth(r) {
		case 1:
			w += .58
		case 2:
			w += 1
		}
	}
	return w * size
}
