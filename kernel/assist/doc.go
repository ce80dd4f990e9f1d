// Package assist helps while a cell is typed: completion, documentation, and whether the text is complete. It asks gopls
// (v0.20), which is started once and keeps the cell as a document in memory: no file is written and nothing is fetched.
// It never waits for a running cell. Without gopls it knows the names in the cell and in the session.
//
// The cell is given to gopls as a Go file of the session's package: imports, declarations and statements are put in the
// order that Go wants, and a call whose trailing error is checked for the user (frame := data.ReadCSV(path)) gets a place
// for the error, so that what follows has types.
//
//	package main
//
//	import (
//		"context"
//		"fmt"
//
//		"gosft/kernel/assist"
//	)
//
//	func main() {
//		a := assist.New(assist.Config{Gopls: assist.FindGopls(".venv/share/gosft"), Dir: "."})
//		defer a.Close()
//		c, err := a.Complete(context.Background(), "strings.ToUp", 12)
//		if err != nil {
//			panic(err)
//		}
//		fmt.Println(c.Matches) // [ToUpper ToUpperSpecial]
//	}
package assist
