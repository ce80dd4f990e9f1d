package bert

import (
	"math/rand/v2"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/internal/testenv"
)

// step compiles a training step (gradients and a plain descent) of MiniLM on 32 short texts packed into 10 rows of 96, and
// returns a function that runs it.
func step(b *testing.B, backendName string, prepare func(m *Model) error, drop func(s *model.Scope, seed *graph.Node) *Dropout) func() {
	m, err := ForSequenceClassification(testenv.MiniLM(b), []string{"a", "b"}, On(openBackend(b, backendName)), LogTo(nil))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { m.Close() })
	if prepare != nil {
		if err := prepare(m); err != nil {
			b.Fatal(err)
		}
	}
	items := make([]Item, 32)
	r := rand.New(rand.NewPCG(1, 1))
	for i := range items {
		for range 8 + (i*7)%32 {
			items[i].IDs = append(items[i].IDs, 1000+r.Int32N(20000))
		}
	}
	batch := (&Packer{Size: 32, Widths: []Width{{Tokens: 96, Levels: []int{10}}}}).Batch(items)
	var e *model.Exec
	run := func() {
		err := m.Do("step", func() (err error) {
			if e == nil {
				e, err = model.NewExec(m.Backend().Backend, m.Store(), func(s *model.Scope, in []*graph.Node) *graph.Node {
					logits := m.Logits(s, NewGraphBatch(in), drop(s, in[NumInputs]))
					loss := graph.ReduceAllMean(graph.Square(logits))
					var nodes []*graph.Node
					var vars []*model.Variable
					for _, p := range m.Params() {
						if p.Trainable() {
							vars, nodes = append(vars, p.Variable), append(nodes, p.Variable.NodeValue(loss.Graph()))
						}
					}
					for i, g := range graph.Gradient(loss, nodes...) {
						vars[i].SetNodeValue(graph.Sub(nodes[i], graph.MulScalar(g, 1e-6)))
					}
					return loss
				})
				if err != nil {
					return err
				}
			}
			args := []any{}
			for _, x := range batch.Tensors() {
				args = append(args, x)
			}
			out, err := e.Call(append(args, uint32(7))...)
			if err != nil {
				return err
			}
			return out[0].FinalizeAll()
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	run()
	return run
}

func hashed(_ *model.Scope, seed *graph.Node) *Dropout { return NewDropout(seed) }

// BenchmarkDropout: a training step without dropout, with the hash and with GoMLX's generator.
//
//	go test -run '^$' -bench Dropout -benchtime 8x ./sftlib/bert
func BenchmarkDropout(b *testing.B) {
	for _, name := range []string{"xla", "go"} {
		b.Run(name+"/none", func(b *testing.B) {
			run := step(b, name, nil, func(*model.Scope, *graph.Node) *Dropout { return NewDropout() })
			for b.Loop() {
				run()
			}
		})
		b.Run(name+"/hash", func(b *testing.B) {
			run := step(b, name, nil, hashed)
			for b.Loop() {
				run()
			}
		})
		b.Run(name+"/RandomUniform", func(b *testing.B) {
			run := step(b, name, nil, func(s *model.Scope, seed *graph.Node) *Dropout {
				d := NewDropout(seed)
				d.bits = func(shape shapes.Shape) *graph.Node {
					u := s.RandomUniform(seed.Graph(), shapes.Make(dtypes.Float32, shape.Dimensions...))
					return graph.ConvertDType(graph.MulScalar(u, 4294967040.0), dtypes.Uint32)
				}
				return d
			})
			for b.Loop() {
				run()
			}
		})
	}
}

// BenchmarkFreeze: a training step of all layers, of the last layer and the head, of the head alone.
//
//	go test -run '^$' -bench Freeze -benchtime 8x ./sftlib/bert
func BenchmarkFreeze(b *testing.B) {
	for _, name := range []string{"xla", "go"} {
		for _, c := range []struct {
			what string
			last int
		}{{"all", 6}, {"last1", 1}, {"head", 0}} {
			b.Run(name+"/"+c.what, func(b *testing.B) {
				run := step(b, name, func(m *Model) error {
					if c.what == "all" {
						return nil
					}
					return m.FreezeAllBut(c.last)
				}, hashed)
				for b.Loop() {
					run()
				}
			})
		}
	}
}
