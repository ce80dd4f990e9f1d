// Package backend chooses what computes: an NVIDIA GPU through XLA's CUDA plugin, the CPU through XLA's CPU plugin, or
// GoMLX's backend written in Go, which runs everywhere and needs no file at all.
//
//	package main
//
//	import (
//		"fmt"
//		"log"
//
//		"gosft/sftlib/backend"
//	)
//
//	func main() {
//		b, err := backend.Open("") // or "go", "xla", "cuda", "xla:/path/libpjrt_cpu.so"
//		if err != nil {
//			log.Fatal(err)
//		}
//		fmt.Println(b) // XLA on the CPU (libpjrt_cpu.so): no NVIDIA GPU on this machine
//	}
//
// The order is: the argument, then the environment variable GOMLX_BACKEND, then the best of what this machine has. A
// choice made by argument or variable is never replaced by another in silence: when it cannot be opened, that is an error.
//
// Plugins are found by their file, in the folder pjrt of home.Dir, in the folders of PJRT_PLUGIN_LIBRARY_PATH and where
// go-xla's installer puts them. Nothing is downloaded.
//
// GoMLX and XLA report some mistakes by panicking. [Try] turns these into errors; every exported function of sftlib that
// builds or runs a graph goes through it.
package backend
