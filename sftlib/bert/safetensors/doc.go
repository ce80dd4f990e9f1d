// Package safetensors reads and writes the file format in which Hugging Face keeps weights: eight bytes with the length of
// a JSON header, the header (name, type, shape and place of every tensor), the numbers.
//
//	package main
//
//	import (
//		"fmt"
//		"log"
//
//		"gosft/sftlib/bert/safetensors"
//	)
//
//	func main() {
//		f, err := safetensors.OpenFolder("models/all-MiniLM-L6-v2")
//		if err != nil {
//			log.Fatal(err)
//		}
//		defer f.Close()
//		for _, name := range f.Names() {
//			fmt.Println(name, f.Info(name).DType, f.Info(name).Shape)
//		}
//	}
//
// A file is checked as a whole before any tensor is read: the header may not be longer than the file or 100 MB, a tensor
// lies inside the file, has as many bytes as its shape and type say, and overlaps no other. Nothing is allocated because a
// header says so. The format: https://huggingface.co/docs/safetensors.
package safetensors
