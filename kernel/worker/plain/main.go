// Command plain is the worker of the plain way: one program that holds everything preloaded.
package main

import (
	"gosft/kernel/live"
	_ "gosft/kernel/preload"
)

func main() { live.Main() }
