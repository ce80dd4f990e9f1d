package backend

import (
	"testing"

	"github.com/gomlx/gomlx/core/graph"
)

// The libraries have no way to donate an argument; should their types change, this fails and trainings need twice the memory.
func TestDonate(t *testing.T) {
	realPlugin(t)
	for name, want := range map[string]bool{"xla": true, "go": false} {
		b, err := Open(name)
		if err != nil {
			t.Fatal(err)
		}
		var did bool
		err = b.Run("double", func() error {
			out, err := graph.CallOnce(b, func(x *graph.Node) *graph.Node {
				did = Donate(x)
				return graph.MulScalar(x, 2)
			}, []float32{1, 2})
			if err == nil && out.Value().([]float32)[1] != 4 {
				t.Errorf("%s: %v", name, out)
			}
			return err
		})
		if err != nil || did != want {
			t.Errorf("%s: donated %t, want %t; %v", name, did, want, err)
		}
	}
}
