package classic

import (
	"fmt"
	"html"
	"strconv"
	"strings"

	"gosft/sftlib/show"
)

// TreeDrawing is a decision tree as a drawing, and as indented text.
type TreeDrawing struct {
	tree     *Tree
	features []string
	classes  []string // nil for a regressor
	depth    int
}

// Plot draws the tree down to a depth (0 means 4), with the names of the features, if given.
func (d *DecisionTree) Plot(depth int, features ...string) (*TreeDrawing, error) {
	if d.Tree == nil {
		return nil, fmt.Errorf("classic: this DecisionTree is not fitted yet: call Fit first")
	}
	return drawTree(d.Tree, d.NFeaturesIn, depth, features, d.Names(d.Classes))
}

// Plot draws the tree down to a depth (0 means 4), with the names of the features, if given.
func (d *DecisionTreeRegressor) Plot(depth int, features ...string) (*TreeDrawing, error) {
	if d.Tree == nil {
		return nil, fmt.Errorf("classic: this DecisionTreeRegressor is not fitted yet: call Fit first")
	}
	return drawTree(d.Tree, d.NFeaturesIn, depth, features, nil)
}

func drawTree(t *Tree, p, depth int, features, classes []string) (*TreeDrawing, error) {
	if len(features) != 0 && len(features) != p {
		return nil, fmt.Errorf("classic: Plot: %d names for %d features", len(features), p)
	}
	if depth <= 0 {
		depth = 4
	}
	return &TreeDrawing{tree: t, features: features, classes: classes, depth: depth}, nil
}

func (d *TreeDrawing) question(at int) string {
	name := "feature " + strconv.Itoa(d.tree.Feature[at])
	if len(d.features) > 0 {
		name = d.features[d.tree.Feature[at]]
	}
	return fmt.Sprintf("%s ≤ %s", name, show.Number(d.tree.Threshold[at]))
}

// answer is what a leaf predicts, and the place of its class.
func (d *TreeDrawing) answer(at int) (string, int) {
	v := d.tree.Value[at]
	if d.classes == nil {
		return show.Number(v[0]), 0
	}
	best := 0
	for c := range v {
		if v[c] > v[best] {
			best = c
		}
	}
	return fmt.Sprintf("%s (%.0f %%)", d.classes[best], 100*v[best]), best
}

// String returns the questions as indented lines.
func (d *TreeDrawing) String() string {
	var b strings.Builder
	var walk func(at, depth int, lead, branch string)
	walk = func(at, depth int, lead, branch string) {
		answer, _ := d.answer(at)
		if d.tree.Feature[at] < 0 || depth == d.depth {
			more := ""
			if d.tree.Feature[at] >= 0 {
				more = " …"
			}
			fmt.Fprintf(&b, "%s%s%s, %d rows%s\n", lead, branch, answer, d.tree.Samples[at], more)
			return
		}
		fmt.Fprintf(&b, "%s%s%s? (%d rows)\n", lead, branch, d.question(at), d.tree.Samples[at])
		if branch != "" {
			lead += map[bool]string{true: "│    ", false: "     "}[strings.HasPrefix(branch, "├")]
		}
		walk(d.tree.Left[at], depth+1, lead, "├yes─ ")
		walk(d.tree.Right[at], depth+1, lead, "└no── ")
	}
	walk(0, 0, "", "")
	return strings.TrimSuffix(b.String(), "\n")
}

// MimeBundle is how a notebook shows the tree.
func (d *TreeDrawing) MimeBundle() map[string]any {
	return map[string]any{"image/svg+xml": d.SVG(), "text/plain": d.String()}
}

const (
	boxWide, boxHigh = 150., 44.
	boxGap, rowGap   = 14., 34.
)

// tints are the grounds of classes, light enough for black text.
var tints = []string{"#9fcbe8", "#f6d28c", "#9bd8c3", "#e9bcd6", "#f2ec9e", "#c9e3f4", "#eeb08d"}

// SVG returns the drawing: boxes with dark text on a light ground, which read on a light and a dark page.
func (d *TreeDrawing) SVG() string {
	var body strings.Builder
	place, rows := 0., 0
	// A leaf takes the next place in the row, a question stands above the middle of its two answers.
	var walk func(at, depth int) float64
	walk = func(at, depth int) float64 {
		rows = max(rows, depth+1)
		y := float64(depth) * (boxHigh + rowGap)
		answer, class := d.answer(at)
		leaf := d.tree.Feature[at] < 0
		var x float64
		lines := []string{answer, fmt.Sprintf("%d rows", d.tree.Samples[at])}
		if leaf || depth == d.depth {
			x = place + boxWide/2
			place += boxWide + boxGap
			if !leaf {
				lines[1] += ", goes on …"
			}
		} else {
			left, right := walk(d.tree.Left[at], depth+1), walk(d.tree.Right[at], depth+1)
			x = (left + right) / 2
			for i, child := range []float64{left, right} {
				fmt.Fprintf(&body, `<path d="M%.1f %.1fL%.1f %.1f" stroke="#888" fill="none"/>`, x, y+boxHigh, child, y+boxHigh+rowGap)
				fmt.Fprintf(&body, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="#888">%s</text>`, (x+child)/2+[]float64{-14, 14}[i], y+boxHigh+rowGap/2, []string{"yes", "no"}[i])
			}
			lines = []string{d.question(at), fmt.Sprintf("%d rows, %s", d.tree.Samples[at], answer)}
			if d.classes == nil {
				lines[1] = fmt.Sprintf("%d rows, mean %s", d.tree.Samples[at], answer)
			}
		}
		ground := "#eeeeee"
		if d.classes != nil {
			ground = tints[class%len(tints)]
		}
		fmt.Fprintf(&body, `<rect x="%.1f" y="%.1f" width="%g" height="%g" rx="5" fill="%s" stroke="#777"/>`, x-boxWide/2, y, boxWide, boxHigh, ground)
		for i, line := range lines {
			fmt.Fprintf(&body, `<text x="%.1f" y="%.1f" text-anchor="middle" fill="#111">%s</text>`, x, y+18+float64(i)*16, html.EscapeString(clip(line, 24)))
		}
		return x
	}
	walk(0, 0)
	w, h := place-boxGap, float64(rows)*(boxHigh+rowGap)-rowGap
	return fmt.Sprintf(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="-2 -2 %.0f %.0f" width="%.0f" font-family="sans-serif" font-size="12">%s</svg>`,
		w+4, h+4, min(w, 1000), body.String())
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return s
}
