// Command main is the worker of the fast way: all its code is in the shared library.
package main

import "gosft/kernel/live"

func main() { live.Main() }
