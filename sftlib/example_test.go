package sftlib_test

import (
	"fmt"
	"strings"
	"testing"

	"gosft/sftlib"
	"gosft/sftlib/internal/testenv"
)

func TestEveryTypeHasAnExample(t *testing.T) { testenv.Examples(t) }

func ExampleLine() {
	line := sftlib.Line("accuracy > 0.9") // the last value of a cell, say
	bundle := line.MimeBundle()
	fmt.Println(bundle["text/plain"])
	fmt.Println(strings.Contains(bundle["text/html"].(string), "accuracy &gt; 0.9"))
	// Output:
	// accuracy > 0.9
	// true
}
