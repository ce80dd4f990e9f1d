// Package display shows values in a notebook: tables, images, HTML, plots, progress bars, and forms that ask for a line.
//
// A cell's last expression is shown by itself, through [ToBundle]; the functions here show something in the middle of a cell.
// Every display carries a text/plain twin, so it stays readable where there is no HTML. Text that comes from values is escaped.
//
//	package main
//
//	import (
//		"time"
//
//		"gosft/kernel/display"
//	)
//
//	type sample struct {
//		Text  string
//		Label int
//	}
//
//	func main() {
//		display.Show([]sample{{"a fine film", 1}, {"a dull film", 0}}) // a table
//		status := display.Markdown("*starting*")
//		bar := display.Progress(50, display.Title("epoch 1"))
//		for range bar.Range() {
//			time.Sleep(10 * time.Millisecond)
//		}
//		status.Update("**done**")
//	}
//
// A value with a method CellError() error that gives an error ends the cell that makes or shows it, as an error that is returned does:
// so speaks a data.Frame whose last step failed. A type decides how it is shown by a method MimeBundle() map[string]any (MIME type to data), or by one of the methods
// HTML, Markdown, PNG, JPEG, SVG, LaTeX, JSON, JavaScript and Image, as in gophernotes. Methods that panic do not end the
// program: the display says what happened.
//
// Where the displays go is decided by [SetSink]. Without a sink (a plain Go program) text/plain goes to stdout.
// The package uses the standard library only, so that anything may import it.
package display
