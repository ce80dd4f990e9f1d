package eval

import (
	"fmt"
	"math"
	"strings"
	"text/tabwriter"
	"unicode/utf8"
)

// mostCells is the number of classes up to which a confusion matrix is written with its numbers.
const mostCells = 12

// String writes the report for a terminal.
func (r *Report) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d texts  %s\n", r.N, r.line())
	if r.Regression == nil {
		b.WriteString("\n" + table(r.classRows()))
		if r.Matrix != nil && len(r.Labels) <= mostCells {
			b.WriteString("\nconfusion matrix (row: truth, column: prediction)\n" + r.Matrix.String())
		}
		if len(r.Labels) > 2 && len(r.Confused) > 0 {
			b.WriteString("\nmost confused\n" + table(r.pairRows()))
		}
		if len(r.ByLength) > 0 {
			b.WriteString("\naccuracy by length in tokens\n" + table(r.bandRows()))
		}
	}
	if len(r.Worst) > 0 {
		b.WriteString("\nworst errors\n" + table(r.worstRows(60)))
	}
	return b.String()
}

// String writes the matrix as a table, truth in rows.
func (m *Matrix) String() string {
	rows := [][]string{append([]string{""}, shortened(m.Labels, 16)...)}
	for i, row := range m.Counts {
		cells := []string{cut(m.Labels[i], 16)}
		for _, n := range row {
			cells = append(cells, fmt.Sprint(n))
		}
		rows = append(rows, cells)
	}
	return table(rows)
}

// line names the main figures.
func (r *Report) line() string {
	var parts []string
	add := func(name string, v float64) {
		if !math.IsNaN(v) {
			parts = append(parts, fmt.Sprintf("%s %.4f", name, v))
		}
	}
	add("loss", r.Loss)
	switch {
	case r.Regression != nil:
		g := r.Regression
		add("MSE", g.MSE)
		add("MAE", g.MAE)
		add("R2", g.R2)
		add("Pearson", g.Pearson)
		add("Spearman", g.Spearman)
	case r.MultiLabel != nil:
		add("exact match", r.Accuracy)
		add("Hamming loss", r.MultiLabel.Hamming)
		add("F1 micro", r.F1(Micro))
		add("F1 macro", r.F1(Macro))
	default:
		add("accuracy", r.Accuracy)
		add("F1 "+string(r.mainAverage()), r.F1(r.mainAverage()))
		if r.mainAverage() == Binary {
			add("F1 macro", r.F1(Macro))
		}
		add("MCC", r.MCC)
		add("ROC AUC", r.AUC)
		add("log loss", r.LogLoss)
	}
	return strings.Join(parts, "  ")
}

func (r *Report) classRows() [][]string {
	rows := [][]string{{"class", "precision", "recall", "F1", "texts"}}
	f := func(x float64) string { return fmt.Sprintf("%.4f", x) }
	for _, c := range r.Classes {
		rows = append(rows, []string{cut(c.Label, 40), f(c.Precision), f(c.Recall), f(c.F1), fmt.Sprint(c.Support)})
	}
	if r.Matrix != nil {
		for _, a := range []Average{Macro, Weighted} {
			rows = append(rows, []string{string(a) + " average", f(r.Precision(a)), f(r.Recall(a)), f(r.F1(a)), fmt.Sprint(r.N)})
		}
	}
	return rows
}

func (r *Report) pairRows() [][]string {
	rows := [][]string{{"truth", "taken for", "texts", "share"}}
	for _, p := range r.Confused {
		rows = append(rows, []string{cut(p.Truth, 40), cut(p.Prediction, 40), fmt.Sprint(p.Count), percent(p.Share)})
	}
	return rows
}

func (r *Report) bandRows() [][]string {
	rows := [][]string{{"tokens", "texts", "accuracy"}}
	for _, b := range r.ByLength {
		rows = append(rows, []string{fmt.Sprintf("%d-%d", b.From, b.To), fmt.Sprint(b.N), percent(b.Accuracy)})
	}
	return rows
}

func (r *Report) worstRows(width int) [][]string {
	rows := [][]string{{"loss", "truth", "prediction", "score", "text"}}
	for _, m := range r.Worst {
		text, score := m.Text, ""
		if m.Pair != "" {
			text += " | " + m.Pair
		}
		if !math.IsNaN(m.Score) {
			score = fmt.Sprintf("%.3f", m.Score)
		}
		text = strings.Join(strings.Fields(text), " ")
		rows = append(rows, []string{fmt.Sprintf("%.3f", m.Loss), cut(m.Truth, 24), cut(m.Prediction, 24), score, cut(text, width)})
	}
	return rows
}

// table aligns rows of cells.
func table(rows [][]string) string {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t"))
	}
	w.Flush()
	return b.String()
}

func percent(x float64) string { return fmt.Sprintf("%.1f %%", 100*x) }

// cut shortens a text to n characters.
func cut(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

func shortened(labels []string, n int) []string {
	out := make([]string, len(labels))
	for i, l := range labels {
		out[i] = cut(l, n)
	}
	return out
}
