// Package show makes tables, plots and coloured tokens that read everywhere: in JupyterLab's light and dark theme, in an
// exported HTML file without any network, on a narrow screen, and as text where there is no browser.
//
// Each value has a method MimeBundle, by which a notebook shows it, and a method String, by which a terminal does. Text
// is escaped, colours are those that colour-blind people can tell apart, and no plot loads anything from anywhere.
//
//	package main
//
//	import (
//		"fmt"
//		"math"
//
//		"gosft/sftlib/show"
//	)
//
//	func main() {
//		var x, loss []float64
//		for step := 1; step <= 100; step++ {
//			x, loss = append(x, float64(step)), append(loss, 1/math.Sqrt(float64(step)))
//		}
//		chart := show.Line("training loss", x, loss).Titled("Fine-tuning", "step", "loss")
//		fmt.Println(chart) // a plot of characters; the value itself at the end of a cell is a real one
//
//		table := show.NewTable("word", "count")
//		table.Add("电影", 12).Add("film", 7)
//		fmt.Println(table)
//	}
//
// Progress bars are those of gosft/kernel/display. Live shows a value that changes while something runs.
package show
