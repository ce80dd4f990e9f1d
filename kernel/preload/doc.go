// Package preload imports all that the worker's shared library holds: whatever is listed here costs a cell nothing to
// import. A program that imports it has everything ready:
//
//	import _ "gosft/kernel/preload"
//
// std.go has the standard library, ml.go what machine learning needs, sft.go this module's own packages. A package that
// registers something when imported belongs here only when every session wants that.
package preload
