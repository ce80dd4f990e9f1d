package backend

import (
	"reflect"

	"github.com/gomlx/go-xla/stablehlo"
	"github.com/gomlx/gomlx/core/graph"
)

// Donate lets XLA compute a result of a graph in the memory of a parameter that is used up by it, as the weights and the
// optimizer's moments are in a training step: the step then needs no second copy of them, nor the time to get fresh memory for
// it. GoMLX frees such a parameter's old memory after the step but has no way to say so before a graph is compiled; what jax
// says for donate_argnums is the attribute jax.buffer_donor of the program's argument, and Donate finds the argument behind the
// node. It reports whether it did: false on another backend, or where the libraries' types are no longer as they were, and
// nothing is lost but memory.
func Donate(param *graph.Node) bool {
	ops := reflect.ValueOf(param).Elem().FieldByName("outputOps")
	if ops.Kind() != reflect.Slice || ops.Len() != 1 {
		return false
	}
	op := reflect.Indirect(ops.Index(0).Elem())
	if op.Kind() != reflect.Struct {
		return false
	}
	field := op.FieldByName("value")
	if !field.IsValid() || field.Type() != reflect.TypeFor[*stablehlo.Value]() || field.IsNil() {
		return false
	}
	argument := (*stablehlo.Value)(field.UnsafePointer())
	if argument.Attributes == nil {
		argument.Attributes = map[string]any{}
	}
	argument.Attributes["jax.buffer_donor"] = true
	return true
}
