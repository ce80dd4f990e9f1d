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
// On a GPU products of matrices are computed in TF32, whose 10 bits of mantissa are enough for training; what is to agree
// with a CPU to the fourth decimal is computed with "cuda:cuda,tf32=false". Memory is taken as it is needed, and of several GPUs
// the first is used: CUDA_VISIBLE_DEVICES or "cuda:cuda,visible_devices=1" choose another. NVIDIA's libraries are those beside
// the plugin (a folder nvidia, as the wheels of jax have it), else those of the system.
//
// GoMLX and XLA report some mistakes by panicking. [Try] turns these into errors; every exported function of sftlib that
// builds or runs a graph goes through it.
package backend
