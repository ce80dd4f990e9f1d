package show

import (
	"fmt"
	"math"
)

// Chart is a plot: layers drawn over each other on common axes. Make one with NewChart, or with Line, Points, Bars,
// Histogram, HeatMap or Boundary, whose methods of the same names add further layers.
//
// It is shown as Vega-Lite (which JupyterLab draws without any network), with a PNG twin for exports (SVG where no
// font on this machine has the characters) and a text twin for terminals.
type Chart struct {
	Title  string
	X, Y   Axis
	Width  int // of the plotting area in pixels, 0 means 520
	Height int // 0 means 260, or what the rows of bars and heat maps need

	layers []layer
}

// Axis is one axis of a chart.
type Axis struct {
	Title    string
	Log      bool    // logarithmic; values that are not positive are left out
	From, To float64 // the range; both 0: from the data
	Zero     bool    // the range begins at 0
}

// layerKind says how a layer is drawn.
type layerKind int

const (
	lineLayer layerKind = iota
	pointLayer
	barLayer   // horizontal bars, one row a name
	binLayer   // a histogram: bins between edges
	heatLayer  // a matrix of cells
	areaLayer  // classes of a plane as a grid
	vruleLayer // a vertical line with a label
	hruleLayer
)

// layer is the data of one layer; which fields are used depends on its kind.
type layer struct {
	kind    layerKind
	name    string
	x, y    []float64
	class   []string    // of points
	names   []string    // of bars; rows of a heat map
	columns []string    // of a heat map
	cells   [][]float64 // of a heat map
	area    [][]string  // of a boundary: [row from below][column]
}

// NewChart returns a chart without layers.
func NewChart(title string) *Chart { return &Chart{Title: title} }

// Titled sets the titles of the chart and its axes and returns the chart.
func (c *Chart) Titled(title, x, y string) *Chart {
	c.Title, c.X.Title, c.Y.Title = title, x, y
	return c
}

// Line returns a chart with one line; see Chart.Line.
func Line(name string, x, y []float64) *Chart { return NewChart("").Line(name, x, y) }

// Points returns a scatter plot; see Chart.Points.
func Points(x, y []float64, class []string) *Chart { return NewChart("").Points(x, y, class) }

// Bars returns a chart of horizontal bars; see Chart.Bars.
func Bars(names []string, values []float64) *Chart { return NewChart("").Bars("", names, values) }

// Histogram returns a histogram; see Chart.Histogram.
func Histogram(values []float64, bins int) *Chart { return NewChart("").Histogram("", values, bins) }

// Line adds a line through the points (x[i], y[i]); the name is its entry in the legend. A NaN interrupts it. Where x
// is nil the points are numbered from 1.
func (c *Chart) Line(name string, x, y []float64) *Chart {
	return c.add(layer{kind: lineLayer, name: name, x: number(x, len(y)), y: y})
}

// Points adds points, coloured by class; nil puts all into one class without a legend. Up to 5,000 points are drawn,
// evenly chosen where there are more.
func (c *Chart) Points(x, y []float64, class []string) *Chart {
	const most = 5000
	x = number(x, len(y))
	n := min(len(x), len(y))
	if n > most {
		tx, ty, tc := make([]float64, most), make([]float64, most), make([]string, 0, most)
		for i := range most {
			j := i * n / most
			tx[i], ty[i] = x[j], y[j]
			if class != nil {
				tc = append(tc, at(class, j))
			}
		}
		x, y = tx, ty
		if class != nil {
			class = tc
		}
	}
	return c.add(layer{kind: pointLayer, x: x, y: y, class: class})
}

// Bars adds horizontal bars, one row a name from top to bottom; a name that comes again gets a number. Several layers of bars must have the same names; they
// stand side by side and are told apart by the legend.
func (c *Chart) Bars(name string, names []string, values []float64) *Chart {
	return c.add(layer{kind: barLayer, name: name, names: different(names), x: values})
}

// Histogram adds a histogram with about that many bins (0: by the rule of Freedman and Diaconis, 5 to 60) with round
// edges. Whole numbers get bins of a whole width.
func (c *Chart) Histogram(name string, values []float64, bins int) *Chart {
	edges, counts := Bins(values, bins)
	return c.add(layer{kind: binLayer, name: name, x: edges, y: counts})
}

// HeatMap returns a matrix as coloured cells with their values: cells[row][column], rows from top to bottom. The values
// are written into the cells where there are at most 20 columns.
func HeatMap(rows, columns []string, cells [][]float64) *Chart {
	return NewChart("").add(layer{kind: heatLayer, names: different(rows), columns: different(columns), cells: cells})
}

// Boundary returns a plane coloured by what classify says at each point of a grid: the decision boundary of a model of
// two inputs. Add the points with Points; a class has the same colour in both.
func Boundary(x0, x1, y0, y1 float64, classify func(x, y float64) string) *Chart {
	const nx, ny = 80, 60
	area := make([][]string, ny)
	for r := range area {
		area[r] = make([]string, nx)
		for c := range area[r] {
			area[r][c] = classify(x0+(x1-x0)*(float64(c)+.5)/nx, y0+(y1-y0)*(float64(r)+.5)/ny)
		}
	}
	chart := NewChart("").add(layer{kind: areaLayer, area: area, x: []float64{x0, x1}, y: []float64{y0, y1}})
	chart.X.From, chart.X.To, chart.Y.From, chart.Y.To = x0, x1, y0, y1
	chart.Width, chart.Height = 400, 300
	return chart
}

// VRule adds a vertical line at x with a label, such as a limit or a suggested value.
func (c *Chart) VRule(label string, x float64) *Chart {
	return c.add(layer{kind: vruleLayer, name: label, x: []float64{x}})
}

// HRule adds a horizontal line at y with a label.
func (c *Chart) HRule(label string, y float64) *Chart {
	return c.add(layer{kind: hruleLayer, name: label, y: []float64{y}})
}

func (c *Chart) add(l layer) *Chart {
	c.layers = append(c.layers, l)
	return c
}

// Floats converts numbers of any type to what charts take.
func Floats[T ~int | ~int8 | ~int16 | ~int32 | ~int64 | ~uint8 | ~uint16 | ~uint32 | ~uint64 | ~float32 | ~float64](values []T) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = float64(v)
	}
	return out
}

// Bins counts values in bins of equal width with round edges: len(edges) is len(counts)+1; the last bin holds its upper
// edge too. NaN and infinities are left out. See Chart.Histogram for bins.
func Bins(values []float64, bins int) (edges, counts []float64) {
	clean := make([]float64, 0, len(values))
	whole := true
	for _, v := range values {
		if !finite(v) {
			continue
		}
		clean = append(clean, v)
		whole = whole && v == math.Trunc(v)
	}
	if len(clean) == 0 {
		return []float64{0, 1}, []float64{0}
	}
	sorted := sortedCopy(clean)
	lo, hi := sorted[0], sorted[len(sorted)-1]
	if bins <= 0 {
		iqr := sorted[len(sorted)*3/4] - sorted[len(sorted)/4]
		bins = 20
		if iqr > 0 {
			bins = int((hi - lo) / (2 * iqr / math.Cbrt(float64(len(sorted)))))
		}
		bins = max(5, min(60, bins))
	}
	step := niceStep((hi - lo) / float64(bins))
	if hi == lo {
		step = 1
	}
	if whole {
		step = math.Max(1, math.Round(step))
	}
	start := math.Floor(lo/step) * step
	n := max(1, int(math.Floor((hi-start)/step+1e-9))+1)
	if !whole && start+float64(n-1)*step >= hi && n > 1 {
		n--
	}
	edges, counts = make([]float64, n+1), make([]float64, n)
	for i := range edges {
		edges[i] = start + float64(i)*step
	}
	for _, v := range clean {
		counts[max(0, min(n-1, int(math.Floor((v-start)/step+1e-9))))]++
	}
	return edges, counts
}

// different numbers names that come again, since a scale of names has one place for each.
func different(names []string) []string {
	seen := map[string]int{}
	out := make([]string, len(names))
	for i, n := range names {
		seen[n]++
		if out[i] = n; seen[n] > 1 {
			out[i] = fmt.Sprintf("%s (%d)", n, seen[n])
		}
	}
	return out
}

// number returns x, or 1..n where x is nil.
func number(x []float64, n int) []float64 {
	if x != nil {
		return x
	}
	x = make([]float64, n)
	for i := range x {
		x[i] = float64(i + 1)
	}
	return x
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// series lists the legend of a chart: the names in the order of their colours.
func (c *Chart) series() []string {
	var list []string
	add := func(s string) {
		if s == "" {
			return
		}
		for _, old := range list {
			if old == s {
				return
			}
		}
		list = append(list, s)
	}
	// Classes first where there are any, since an area and its points share them.
	for _, l := range c.layers {
		for _, row := range l.area {
			for _, s := range row {
				add(s)
			}
		}
		for _, s := range l.class {
			add(s)
		}
	}
	if len(list) > 0 {
		sortClasses(list)
	}
	for _, l := range c.layers {
		switch l.kind {
		case lineLayer, barLayer, binLayer:
			add(l.name)
		}
	}
	return list
}

// colorOf returns the colour of a name of the legend; what has no name has the first colour that no name has.
func (c *Chart) colorOf(series []string, name string) string {
	for i, s := range series {
		if s == name {
			return seriesColor(i)
		}
	}
	return seriesColor(len(series))
}
