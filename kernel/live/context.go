package live

import "context"

// Context is what ctx means in a function of a cell: the context of the cell that this goroutine belongs to. It ends when
// that cell is interrupted.
func Context() context.Context { return cellContext() }
