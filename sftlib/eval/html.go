package eval

import (
	"fmt"
	"html"
	"strconv"
	"strings"
)

// Colours that hold in light and dark pages: text takes the page's colour, counts a share of blue (right) or orange (wrong),
// the pair of the Okabe-Ito palette that all kinds of colour vision tell apart.
const (
	rightColour = "0,114,178"
	wrongColour = "230,159,0"
	cellStyle   = "padding:2px 8px;border:0;border-bottom:1px solid rgba(128,128,128,.3);background:transparent;color:inherit"
)

// MimeBundle shows the report: text/plain and text/html.
func (r *Report) MimeBundle() map[string]any {
	var b strings.Builder
	fmt.Fprintf(&b, `<div style="font-size:13px"><p style="margin:4px 0"><b>%d texts</b> &nbsp; %s</p>`, r.N, html.EscapeString(r.line()))
	section := func(title string, rows [][]string) {
		fmt.Fprintf(&b, `<div><div style="margin-top:8px;opacity:.75">%s</div>%s</div>`, title, htmlTable(rows))
	}
	if r.Regression == nil {
		b.WriteString(`<div style="display:flex;flex-wrap:wrap;gap:8px 32px;align-items:flex-start">`)
		if r.Matrix != nil {
			fmt.Fprintf(&b, `<div><div style="margin-top:8px;opacity:.75">confusion matrix</div>%s</div>`, r.Matrix.html())
		}
		if len(r.Classes) <= 2*mostCells {
			section("classes", r.classRows())
		} else {
			b.WriteString(`<details><summary style="margin-top:8px;opacity:.75">the ` + fmt.Sprint(len(r.Classes)) + ` classes</summary>` +
				htmlTable(r.classRows()) + `</details>`)
		}
		if len(r.Labels) > 2 && len(r.Confused) > 0 {
			section("most confused", r.pairRows())
		}
		if len(r.ByLength) > 0 {
			section("accuracy by length in tokens", r.bandRows())
		}
		b.WriteString(`</div>`)
	}
	if len(r.Worst) > 0 {
		section("worst errors", r.worstRows(300))
	}
	b.WriteString(`</div>`)
	return map[string]any{"text/plain": r.String(), "text/html": b.String()}
}

// MimeBundle shows the matrix as a heat map, with text/plain beside it.
func (m *Matrix) MimeBundle() map[string]any {
	return map[string]any{"text/plain": m.String(), "text/html": m.html()}
}

// html draws the matrix: shares of a row as depth of colour, with numbers up to mostCells classes, as small squares above.
func (m *Matrix) html() string {
	var b strings.Builder
	if len(m.Labels) > mostCells {
		return m.squares()
	}
	b.WriteString(`<table style="border-collapse:collapse;font-size:13px"><tr><td style="` + cellStyle + `;opacity:.75">truth \ prediction</td>`)
	for _, l := range m.Labels {
		fmt.Fprintf(&b, `<th style="%s;text-align:center">%s</th>`, cellStyle, html.EscapeString(cut(l, 20)))
	}
	b.WriteString(`</tr>`)
	for i, row := range m.Counts {
		fmt.Fprintf(&b, `<tr><th style="%s;text-align:left">%s</th>`, cellStyle, html.EscapeString(cut(m.Labels[i], 20)))
		for j, n := range row {
			colour, share := m.cell(i, j)
			fmt.Fprintf(&b, `<td style="padding:6px 12px;border:1px solid rgba(128,128,128,.3);text-align:center;color:inherit;background:rgba(%s,%.2f)" title="%s">%d</td>`,
				colour, 0.55*share, html.EscapeString(m.describe(i, j)), n)
		}
		b.WriteString(`</tr>`)
	}
	b.WriteString(`</table>`)
	return b.String()
}

// squares draws a matrix of many classes as an SVG; a title names each cell.
func (m *Matrix) squares() string {
	const side = 7
	var b strings.Builder
	n := len(m.Labels) * side
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="confusion matrix" width="%d" height="%d" viewBox="0 0 %d %d">`, n+2, n+2, n+2, n+2)
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%d" height="%d" fill="none" stroke="rgba(128,128,128,.5)"/>`, n+1, n+1)
	for i, row := range m.Counts {
		for j, c := range row {
			if c == 0 {
				continue
			}
			colour, share := m.cell(i, j)
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="rgb(%s)" fill-opacity="%.2f"><title>%s</title></rect>`,
				1+j*side, 1+i*side, side-1, side-1, colour, 0.25+0.75*share, html.EscapeString(m.describe(i, j)))
		}
	}
	b.WriteString(`</svg>`)
	return b.String()
}

func (m *Matrix) cell(i, j int) (colour string, share float64) {
	colour = wrongColour
	if i == j {
		colour = rightColour
	}
	return colour, ratio(m.Counts[i][j], m.Class(i).Support)
}

func (m *Matrix) describe(i, j int) string {
	_, share := m.cell(i, j)
	return fmt.Sprintf("%s taken for %s: %d (%s)", m.Labels[i], m.Labels[j], m.Counts[i][j], percent(share))
}

// htmlTable writes rows of cells, the first as heads; a column of numbers is set to the right.
func htmlTable(rows [][]string) string {
	var b strings.Builder
	b.WriteString(`<table style="border-collapse:collapse;font-size:13px">`)
	for i, row := range rows {
		b.WriteString(`<tr>`)
		for j, cell := range row {
			tag, align := "td", "left"
			if i == 0 {
				tag = "th"
			}
			if numeric(rows, j) {
				align = "right"
			}
			fmt.Fprintf(&b, `<%s style="%s;text-align:%s">%s</%s>`, tag, cellStyle, align, html.EscapeString(cell), tag)
		}
		b.WriteString(`</tr>`)
	}
	b.WriteString(`</table>`)
	return b.String()
}

// numeric says whether all cells of a column under its head are numbers, percentages or empty.
func numeric(rows [][]string, column int) bool {
	for _, row := range rows[1:] {
		if c := strings.TrimSuffix(row[column], " %"); c != "" {
			if _, err := strconv.ParseFloat(c, 64); err != nil {
				return false
			}
		}
	}
	return len(rows) > 1
}
