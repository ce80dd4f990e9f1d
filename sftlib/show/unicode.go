package show

import (
	"fmt"
	"math"
	"strings"
)

// markers tell the series apart in a text chart.
var markers = []rune("•×+o#*%@")

// String returns the chart as text of about 72 columns.
func (c *Chart) String() string {
	var b strings.Builder
	if c.Title != "" {
		b.WriteString(oneLine(c.Title) + "\n")
	}
	switch {
	case c.has(heatLayer):
		for i := range c.layers {
			if c.layers[i].kind == heatLayer {
				b.WriteString(heatText(&c.layers[i]))
			}
		}
	case c.has(barLayer):
		b.WriteString(c.barText())
	default:
		if c.has(binLayer) {
			b.WriteString(c.binText())
		}
		if c.has(lineLayer) || c.has(pointLayer) || c.has(areaLayer) {
			b.WriteString(c.plotText(60, 14))
		}
	}
	for _, l := range c.layers {
		switch l.kind {
		case vruleLayer:
			fmt.Fprintf(&b, "┆ %s at %s\n", oneLine(l.name), shortNumber(l.x[0]))
		case hruleLayer:
			fmt.Fprintf(&b, "┄ %s at %s\n", oneLine(l.name), shortNumber(l.y[0]))
		}
	}
	return strings.TrimRight(b.String(), "\n")
}

// block returns a bar of a length in columns, in eighths.
func block(length float64) string {
	if !(length > 0) {
		return ""
	}
	eighths := int(math.Round(length * 8))
	if eighths == 0 {
		eighths = 1
	}
	s := strings.Repeat("█", eighths/8)
	if r := eighths % 8; r > 0 {
		s += string([]rune("▏▎▍▌▋▊▉")[r-1])
	}
	return s
}

func (c *Chart) barText() string {
	const room = 40
	most, label := 0.0, 0
	for _, l := range c.layers {
		if l.kind != barLayer {
			continue
		}
		for _, v := range l.x {
			if finite(v) {
				most = math.Max(most, math.Abs(v))
			}
		}
		for _, n := range l.names {
			label = max(label, Width(clip(oneLine(n), 28)))
		}
	}
	var b strings.Builder
	for _, l := range c.layers {
		if l.kind != barLayer {
			continue
		}
		if l.name != "" {
			b.WriteString(oneLine(l.name) + "\n")
		}
		for i := range min(len(l.names), len(l.x)) {
			sign := ""
			if l.x[i] < 0 {
				sign = "-"
			}
			fmt.Fprintf(&b, "%s │%s%s %s\n", pad(clip(oneLine(l.names[i]), 28), label, Right), sign, block(math.Abs(l.x[i])/most*room), Number(l.x[i]))
		}
	}
	return b.String()
}

func (c *Chart) binText() string {
	const room = 40
	var b strings.Builder
	for _, l := range c.layers {
		if l.kind != binLayer {
			continue
		}
		if l.name != "" {
			b.WriteString(oneLine(l.name) + "\n")
		}
		// Neighbours are joined so that a text chart has at most 20 lines.
		every := (len(l.y) + 19) / 20
		var from []string
		var sums []float64
		most, label := 0.0, 0
		for i := 0; i < len(l.y); i += every {
			sum := 0.0
			for j := i; j < min(i+every, len(l.y)); j++ {
				sum += l.y[j]
			}
			from, sums = append(from, shortNumber(l.x[i])), append(sums, sum)
			most, label = math.Max(most, sum), max(label, Width(shortNumber(l.x[i])))
		}
		for i, sum := range sums {
			fmt.Fprintf(&b, "%s │%s %s\n", pad(from[i], label, Right), block(sum/most*room), Number(sum))
		}
	}
	return b.String()
}

func heatText(l *layer) string {
	t := NewTable(append([]string{""}, l.columns...)...)
	t.Limit = -1
	for r, row := range l.cells {
		cells := []any{at(l.names, r)}
		for _, v := range row {
			cells = append(cells, v)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t.String() + "\n"
}

// plotText draws lines and points into a grid of characters with axes.
func (c *Chart) plotText(w, h int) string {
	series := c.series()
	x0, x1, y0, y1 := c.ranges()
	x := scale{from: x0, to: x1, log: c.X.Log, p0: 0, p1: float64(w - 1)}
	y := scale{from: y0, to: y1, log: c.Y.Log, p0: float64(h - 1), p1: 0}
	grid := make([][]rune, h)
	for r := range grid {
		grid[r] = []rune(strings.Repeat(" ", w))
	}
	set := func(px, py float64, m rune) {
		if !finite(px) || !finite(py) {
			return
		}
		i, j := int(math.Round(px)), int(math.Round(py))
		if i >= 0 && i < w && j >= 0 && j < h {
			grid[j][i] = m
		}
	}
	marker := func(name string) rune {
		for i, s := range series {
			if s == name {
				return markers[i%len(markers)]
			}
		}
		return markers[0]
	}
	for _, l := range c.layers {
		switch l.kind {
		case areaLayer:
			shades := []rune("·:░▒")
			for j := range h {
				for i := range w {
					class := l.area[min(len(l.area)-1, (h-1-j)*len(l.area)/h)]
					name := class[i*len(class)/w]
					for k, s := range series {
						if s == name {
							grid[j][i] = shades[k%len(shades)]
						}
					}
				}
			}
		case lineLayer:
			lastX, lastY := math.NaN(), math.NaN()
			for i := range min(len(l.x), len(l.y)) {
				px, py := x.at(l.x[i]), y.at(l.y[i])
				if finite(px) && finite(py) && finite(lastX) && finite(lastY) {
					steps := int(math.Min(math.Max(math.Abs(px-lastX), math.Abs(py-lastY)), float64(w+h))) + 1
					for s := range steps {
						f := float64(s) / float64(steps)
						set(lastX+(px-lastX)*f, lastY+(py-lastY)*f, marker(l.name))
					}
				}
				set(px, py, marker(l.name))
				lastX, lastY = px, py
			}
		}
	}
	// Points last: a line through them would hide them.
	for _, l := range c.layers {
		if l.kind == pointLayer {
			for i := range min(len(l.x), len(l.y)) {
				set(x.at(l.x[i]), y.at(l.y[i]), marker(at(l.class, i)))
			}
		}
	}
	ticks := map[int]string{}
	label := 0
	for _, v := range y.ticks(4) {
		s := y.tickLabel(v, 4)
		ticks[int(math.Round(y.at(v)))] = s
		label = max(label, len(s))
	}
	var b strings.Builder
	if c.Y.Title != "" {
		b.WriteString(oneLine(c.Y.Title) + "\n")
	}
	for r, row := range grid {
		edge := "│"
		if ticks[r] != "" {
			edge = "┤"
		}
		b.WriteString(pad(ticks[r], label, Right) + edge + strings.TrimRight(string(row), " ") + "\n")
	}
	axis := []rune(strings.Repeat("─", w))
	under := []rune(strings.Repeat(" ", w+8))
	next := 0
	for _, v := range x.ticks(5) {
		p := int(math.Round(x.at(v)))
		if p < 0 || p >= w {
			continue
		}
		axis[p] = '┬'
		s := x.tickLabel(v, 5)
		from := max(0, p-len(s)/2)
		if from >= next {
			copy(under[from:], []rune(s))
			next = from + len(s) + 1
		}
	}
	b.WriteString(strings.Repeat(" ", label) + "└" + string(axis) + "\n")
	b.WriteString(strings.Repeat(" ", label+1) + strings.TrimRight(string(under), " ") + "\n")
	if c.X.Title != "" {
		b.WriteString(strings.Repeat(" ", label+1) + pad(oneLine(c.X.Title), w, Center) + "\n")
	}
	if len(series) > 0 {
		var names []string
		for i, s := range series {
			names = append(names, string(markers[i%len(markers)])+" "+oneLine(s))
		}
		b.WriteString(strings.Repeat(" ", label+1) + strings.Join(names, "   ") + "\n")
	}
	return b.String()
}
