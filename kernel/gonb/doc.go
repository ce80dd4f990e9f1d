// Package gonb is what cells written for GoNB (github.com/janpfeifer/gonb) need at run time: a main function that is run
// as a program of its own, with arguments and flags, and tests. The commands %%, %main, %exec, %args and %test write calls
// of it. It imports the standard library only.
//
//	package main
//
//	import (
//		"flag"
//		"fmt"
//		"log"
//
//		"gosft/kernel/gonb"
//	)
//
//	var name = flag.String("name", "world", "whom to greet")
//
//	func main() {
//		err := gonb.Main([]string{"-name", "Ada"}, true, func() { fmt.Println("hello", *name) })
//		if err != nil {
//			log.Fatal(err)
//		}
//	}
//
// Unlike GoNB's, the program's variables live on after it. Package gonb/bridge, in the kernel's process, is the other half:
// it carries gonbui's widgets over Jupyter's comms.
package gonb
