// Package live is what a cell's code calls while it runs, and the worker process around it.
//
// The planner (kernel/cell) writes calls of this package into the code it generates: [Poll] at the heads of loops and
// functions, [Sleep], [Recv], [To], [Range] and [Wait] for what blocks, [Go] and [GoExit] around goroutines. [Cell] is the
// running cell: it registers variables, shows the last expression, ends the cell for an error that nobody looked at. [Main]
// is the whole worker program: it reads requests from one pipe, opens plugins and runs them, and writes events to another.
//
// What a cell such as
//
//	x := 42
//	x + 1
//
// becomes:
//
//	package cell
//
//	import live "gosft/kernel/live"
//
//	var x int
//
//	func Run1(c *live.Cell) {
//		live.Poll()
//		c.Var("x", "x", &x)
//		x = 42
//		c.Show(x + 1)
//	}
package live
