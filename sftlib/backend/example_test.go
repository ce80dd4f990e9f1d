package backend_test

import (
	"fmt"
	"testing"

	"gosft/sftlib/backend"
	"gosft/sftlib/internal/testenv"
)

func TestEveryTypeHasAnExample(t *testing.T) { testenv.Examples(t) }

func ExampleBackend() {
	b, err := backend.Open("go:ops_sequential")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(b.Kind, b.Config, b.Plugin == "")
	err = b.Run("my graph", func() error { panic("a bad shape") })
	fmt.Println(err)
	// Output:
	// go go:ops_sequential true
	// my graph: a bad shape
}

func ExampleKind() {
	b, err := backend.Open("go")
	if err != nil {
		fmt.Println(err)
		return
	}
	switch b.Kind {
	case backend.CUDA:
		fmt.Println("a GPU: large batches")
	case backend.CPU, backend.Go:
		fmt.Println("a CPU: small models")
	}
	// Output: a CPU: small models
}
