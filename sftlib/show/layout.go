package show

import (
	"fmt"
	"math"
)

const (
	fontSize  = 11.0
	titleSize = 13.0
)

// bands says whether the axes are of names, and which.
func (c *Chart) bands() (xNames, yNames []string) {
	for _, l := range c.layers {
		switch l.kind {
		case barLayer:
			return nil, l.names
		case heatLayer:
			return l.columns, l.names
		}
	}
	return nil, nil
}

// size returns the size of the plotting area.
func (c *Chart) size() (w, h float64) {
	xNames, yNames := c.bands()
	w, h = float64(c.Width), float64(c.Height)
	if w <= 0 {
		w = 520
		if xNames != nil {
			w = math.Min(520, math.Max(120, 56*float64(len(xNames))))
			if n := float64(len(xNames)); n > 40 {
				w = math.Min(900, 12*n)
			}
		}
	}
	if h <= 0 {
		h = 260
		if yNames != nil {
			row := 20.0
			if xNames != nil {
				row = math.Min(40, math.Max(12, w/float64(max(1, len(xNames)))*.7))
			} else if n := c.barLayers(); n > 1 {
				row = 8 + 10*float64(n)
			}
			h = math.Max(40, row*float64(len(yNames)))
		}
	}
	return w, h
}

func (c *Chart) barLayers() (n int) {
	for _, l := range c.layers {
		if l.kind == barLayer {
			n++
		}
	}
	return n
}

// ranges collects the values that an axis has to hold.
func (c *Chart) ranges() (x0, x1, y0, y1 float64) {
	var xs, ys []float64
	xa, ya := c.X, c.Y
	xRoom := false
	for _, l := range c.layers {
		switch l.kind {
		case lineLayer, areaLayer:
			xs, ys = append(xs, l.x...), append(ys, l.y...)
		case pointLayer:
			xs, ys, xRoom = append(xs, l.x...), append(ys, l.y...), true
		case barLayer:
			xs, xa.Zero = append(xs, l.x...), !xa.Log
			xRoom = true
		case binLayer:
			xs, ys, ya.Zero = append(xs, l.x...), append(ys, l.y...), !ya.Log
		case vruleLayer:
			xs = append(xs, l.x...)
		case hruleLayer:
			ys = append(ys, l.y...)
		}
	}
	x0, x1 = xa.fit(xs, xRoom)
	y0, y1 = ya.fit(ys, true)
	return
}

// scene lays the chart out.
func (c *Chart) scene() *scene {
	w, h := c.size()
	xNames, yNames := c.bands()
	series := c.series()
	x0, x1, y0, y1 := c.ranges()
	x := scale{names: xNames, from: x0, to: x1, log: c.X.Log, p0: 0, p1: w}
	y := scale{names: yNames, from: y0, to: y1, log: c.Y.Log, p0: h, p1: 0}
	if yNames != nil {
		y.p0, y.p1 = 0, h
	}
	plot := &scene{}
	left, below := c.axes(plot, x, y, w, h)
	for i := range c.layers {
		c.draw(plot, &c.layers[i], i, x, y, series)
	}
	top := 10.0
	s := &scene{w: left + w + 16}
	if c.Title != "" {
		s.label(4, 16, c.Title, titleSize, -1, "").bold = true
		s.w = math.Max(s.w, textWidth(c.Title, titleSize)*1.06+8)
		top = 26
	}
	top = s.legend(series, left, top, c)
	s.place(plot, left, top)
	s.h = top + h + below
	return s
}

// legend writes the names of the series in rows above the plot and returns the y below them.
func (s *scene) legend(series []string, left, top float64, c *Chart) float64 {
	if len(series) == 0 {
		return top
	}
	px, py := left, top+12
	for i, name := range series {
		name = clip(oneLine(name), 40)
		need := 16 + textWidth(name, fontSize) + 12
		if px > left && px+need > s.w {
			px, py = left, py+16
		}
		s.rect(px, py-9, 10, 10, seriesColor(i), 0, "")
		s.label(px+14, py, name, fontSize, -1, "")
		px += need
	}
	return py + 10
}

// axes draws grid, ticks and titles, and returns the room they need on the left and below.
func (c *Chart) axes(s *scene, x, y scale, w, h float64) (left, below float64) {
	const n = 5
	left, below = 12, 22
	if y.names != nil {
		step := labelStep(len(y.names), math.Abs(y.band()), 12)
		for i := 0; i < len(y.names); i += step {
			name := clip(oneLine(y.names[i]), 32)
			s.label(-6, y.p0+(float64(i)+.5)*y.band()+4, name, fontSize, 1, "")
			left = math.Max(left, textWidth(name, fontSize)+14)
		}
	} else {
		ticks := max(2, min(n, int(h/36)))
		for _, v := range y.ticks(ticks) {
			p := y.at(v)
			s.line([][2]float64{{0, p}, {w, p}}, "", 1, .18, false)
			text := y.tickLabel(v, ticks)
			s.label(-6, p+4, text, fontSize, 1, "")
			left = math.Max(left, textWidth(text, fontSize)+14)
		}
	}
	if x.names != nil {
		longest := longestName(x.names)
		turn := !fits(x.names, x.band())
		step := 1
		if turn {
			step = labelStep(len(x.names), x.band(), 12)
		}
		for i := 0; i < len(x.names); i += step {
			name := clip(oneLine(x.names[i]), 24)
			p := (float64(i) + .5) * x.band()
			if turn {
				s.label(p+4, h+8, name, fontSize, 1, "").turned = true
			} else {
				s.label(p, h+15, name, fontSize, 0, "")
			}
		}
		if turn {
			below = longest + 14
		}
	} else {
		ticks := max(2, min(8, int(w/60)))
		for _, v := range x.ticks(ticks) {
			p := x.at(v)
			s.line([][2]float64{{p, 0}, {p, h}}, "", 1, .12, false)
			s.label(p, h+15, x.tickLabel(v, ticks), fontSize, 0, "")
		}
	}
	if c.X.Title != "" {
		s.label(w/2, h+below+8, c.X.Title, fontSize, 0, "")
		below += 16
	}
	if c.Y.Title != "" {
		left += 16
		s.label(-left+12, h/2, c.Y.Title, fontSize, 0, "").turned = true
	}
	return left, below
}

// longestName returns the width of the longest label, which is cut to 24 columns.
func longestName(names []string) float64 {
	longest := 0.0
	for _, name := range names {
		longest = math.Max(longest, textWidth(clip(oneLine(name), 24), fontSize))
	}
	return longest
}

// fits says whether the labels of bands of that width can stand upright beside each other.
func fits(names []string, band float64) bool { return longestName(names) <= band-2 }

// labelStep says that every n-th label is written, so that they do not overlap.
func labelStep(n int, band, need float64) int {
	if n == 0 || band >= need {
		return 1
	}
	return int(math.Ceil(need / math.Max(band, .1)))
}

func (c *Chart) draw(s *scene, l *layer, index int, x, y scale, series []string) {
	w, h := x.p1, math.Max(y.p0, y.p1)
	switch l.kind {
	case lineLayer:
		var pts [][2]float64
		flush := func() {
			if len(pts) == 1 {
				s.circle(pts[0][0], pts[0][1], 2.5, c.colorOf(series, l.name), false, "")
			}
			s.line(pts, c.colorOf(series, l.name), 2, 0, false)
			pts = nil
		}
		for i := range min(len(l.x), len(l.y)) {
			px, py := x.at(l.x[i]), y.at(l.y[i])
			if !finite(px) || !finite(py) {
				flush()
				continue
			}
			pts = append(pts, [2]float64{clamp(px, -w, 2*w), clamp(py, 0, h)})
		}
		flush()
	case pointLayer:
		edge := c.has(areaLayer)
		for i := range min(len(l.x), len(l.y)) {
			px, py := x.at(l.x[i]), y.at(l.y[i])
			if finite(px) && finite(py) && px >= -1 && px <= w+1 && py >= -1 && py <= h+1 {
				s.circle(px, py, 3.2, c.colorOf(series, at(l.class, i)), edge, "")
			}
		}
	case barLayer:
		n, nth := c.barLayers(), 0
		for i := range index {
			if c.layers[i].kind == barLayer {
				nth++
			}
		}
		band := y.band()
		thick := band * .8 / float64(n)
		zero := x.p0
		if !x.log {
			zero = x.at(clamp(0, x.from, x.to))
		}
		for i := range min(len(l.names), len(l.x)) {
			p := x.at(l.x[i])
			if !finite(p) {
				continue
			}
			top := (float64(i)+.1)*band + float64(nth)*thick
			s.rect(zero, top, p-zero, thick, c.colorOf(series, l.name), 0, l.names[i]+": "+Number(l.x[i]))
			if thick >= 9 && n == 1 {
				// Beside the bar: a negative one has its place right of the zero, where no bar is.
				s.label(math.Max(p, zero)+4, top+thick/2+4, Number(l.x[i]), fontSize-1, -1, "")
			}
		}
	case binLayer:
		opacity := 0.0
		if c.count(binLayer) > 1 {
			opacity = .6
		}
		for i := range l.y {
			if l.y[i] == 0 {
				continue
			}
			a, b := x.at(l.x[i]), x.at(l.x[i+1])
			base := h
			title := fmt.Sprintf("%s to %s: %s", Number(l.x[i]), Number(l.x[i+1]), Number(l.y[i]))
			s.rect(a+.5, y.at(l.y[i]), math.Max(b-a-1, 1), base-y.at(l.y[i]), c.colorOf(series, l.name), opacity, title)
		}
	case heatLayer:
		c.drawHeat(s, l, x, y)
	case areaLayer:
		rows := len(l.area)
		for r, row := range l.area {
			for i := 0; i < len(row); {
				j := i
				for j < len(row) && row[j] == row[i] {
					j++
				}
				cw, ch := w/float64(len(row)), h/float64(rows)
				s.rect(float64(i)*cw, h-float64(r+1)*ch, float64(j-i)*cw, ch, c.colorOf(series, row[i]), .3, "")
				i = j
			}
		}
	case vruleLayer:
		p := x.at(l.x[0])
		s.line([][2]float64{{p, 0}, {p, h}}, "", 1.5, 0, true)
		anchor, dx := -1, 4.0
		if p > w*.7 {
			anchor, dx = 1, -4
		}
		s.label(p+dx, 11+13*float64(index%3), l.name, fontSize, anchor, "")
	case hruleLayer:
		p := y.at(l.y[0])
		s.line([][2]float64{{0, p}, {w, p}}, "", 1.5, 0, true)
		s.label(w-4, p-4, l.name, fontSize, 1, "")
	}
}

func (c *Chart) drawHeat(s *scene, l *layer, x, y scale) {
	lo, hi := heatRange(l.cells)
	for r, row := range l.cells {
		for i, v := range row {
			if r >= len(l.names) || i >= len(l.columns) {
				continue
			}
			px, py := float64(i)*x.band(), float64(r)*y.band()
			if !finite(v) {
				continue
			}
			fill, light := rampColor((v - lo) / (hi - lo))
			s.rect(px+.5, py+.5, x.band()-1, y.band()-1, fill, 0, fmt.Sprintf("%s, %s: %s", l.names[r], l.columns[i], Number(v)))
			if len(l.columns) <= 20 && x.band() >= textWidth(Number(v), fontSize-1) && y.band() >= 11 {
				ground := "#111111"
				if light {
					ground = "#ffffff"
				}
				s.label(px+x.band()/2, py+y.band()/2+4, Number(v), fontSize-1, 0, ground)
			}
		}
	}
}

func heatRange(cells [][]float64) (lo, hi float64) {
	lo, hi = math.Inf(1), math.Inf(-1)
	for _, row := range cells {
		for _, v := range row {
			if finite(v) {
				lo, hi = math.Min(lo, v), math.Max(hi, v)
			}
		}
	}
	if lo > 0 {
		lo = 0
	}
	if !(hi > lo) {
		lo, hi = 0, 1
	}
	return lo, hi
}

func (c *Chart) count(k layerKind) (n int) {
	for _, l := range c.layers {
		if l.kind == k {
			n++
		}
	}
	return n
}

func (c *Chart) has(k layerKind) bool { return c.count(k) > 0 }

func clamp(v, lo, hi float64) float64 { return math.Max(lo, math.Min(hi, v)) }
