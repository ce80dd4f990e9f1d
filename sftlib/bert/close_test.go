package bert

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/backend"
	"gosft/sftlib/internal/testenv"
)

// trainingLogits are the outputs of the graph that training uses, without dropout.
func trainingLogits(m *Model, b *Batch) (out [][]float32, err error) {
	err = m.Do("logits", func() error {
		e, err := model.NewExec(m.Backend().Backend, m.Store(), func(s *model.Scope, in []*graph.Node) *graph.Node {
			return m.Logits(s, NewGraphBatch(in), NewDropout())
		})
		if err != nil {
			return err
		}
		defer e.Finalize()
		out, err = call(e, b)
		return err
	})
	return out, err
}

// resident is the memory of this process in bytes.
func resident(t *testing.T) int {
	debug.FreeOSMemory()
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Skip("no /proc")
	}
	for line := range strings.Lines(string(text)) {
		if f := strings.Fields(line); f[0] == "VmRSS:" {
			kb, err := strconv.Atoi(f[1])
			if err != nil {
				t.Fatal(err)
			}
			return kb << 10
		}
	}
	t.Skip("no VmRSS")
	return 0
}

// Opening, using and closing a model of 90 MB again and again does not add up: on XLA the heap's holes grow to some 140 MB in the
// first ten rounds and no more.
func TestCloseFreesMemory(t *testing.T) {
	backends(t, func(t *testing.T, b *backend.Backend) {
		var after []int
		for range 8 {
			m, err := ForSequenceClassification(testenv.MiniLM(t), []string{"a", "b"}, On(b), LogTo(nil))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.Predict("a film", "another film"); err != nil {
				t.Fatal(err)
			}
			if err := m.Close(); err != nil {
				t.Fatal(err)
			}
			after = append(after, resident(t)>>20)
		}
		t.Logf("MB after each close: %v", after)
		if grown := after[7] - after[1]; grown > 200 {
			t.Errorf("six more models left %d MB behind", grown)
		}
	})
}

func TestClose(t *testing.T) {
	m, err := ForSequenceClassification(toy(t, nil), []string{"a", "b"}, On(openBackend(t, "go")), LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Predict("hello"); err != nil {
		t.Fatal(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
	if _, err := m.Predict("hello"); !errors.Is(err, ErrClosed) {
		t.Errorf("predict after close: %v", err)
	}
	if err := m.Save(filepath.Join(t.TempDir(), "x")); !errors.Is(err, ErrClosed) {
		t.Errorf("save after close: %v", err)
	}
}

// A model whose weights are no numbers says so, instead of giving the first label to every text.
func TestDamagedWeights(t *testing.T) {
	backends(t, func(t *testing.T, b *backend.Backend) {
		m, err := ForSequenceClassification(toy(t, nil), []string{"a", "b"}, On(b), LogTo(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		for _, damage := range []float64{math.NaN(), math.Inf(1)} {
			if err := m.Do("damage", func() error {
				p := m.Params()[len(m.Params())-1] // the classifier's bias
				values := make([]float32, p.Shape[0])
				values[0] = float32(damage)
				return p.Variable.SetValue(tensors.FromFlatDataAndDimensions(values, p.Shape...))
			}); err != nil {
				t.Fatal(err)
			}
			if got, err := m.Predict("hello"); err == nil || !strings.Contains(err.Error(), "output is "+fmt.Sprint(damage)) {
				t.Errorf("%v: %v, %v", damage, got, err)
			}
		}
	})
}

// A mistake inside the model's lock is an error, and the model is usable afterwards.
func TestDo(t *testing.T) {
	backends(t, func(t *testing.T, b *backend.Backend) {
		m, err := ForSequenceClassification(toy(t, nil), []string{"a", "b"}, On(b), LogTo(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		err = m.Do("a wrong product", func() error {
			_, err := graph.CallOnce(b, func(x *graph.Node) *graph.Node { return graph.Dot(x, x).MatMul() }, tensors.FromValue([][]float32{{1, 2, 3}}))
			return err
		})
		if err == nil || !strings.HasPrefix(err.Error(), "a wrong product: ") || len(err.Error()) > 1500 {
			t.Errorf("%v", err)
		}
		if _, err := m.Predict("hello"); err != nil {
			t.Errorf("after a mistake: %v", err)
		}
	})
}

// Predictions, saving and freezing from several goroutines. With the race detector:
//
//	go test -race -gcflags=all=-d=checkptr=0 -run AtOnce ./sftlib/bert
//
// (checkptr refuses how the Go backend's matrix product walks through a slice.)
func TestAtOnce(t *testing.T) {
	m, err := ForSequenceClassification(toy(t, nil), []string{"a", "b"}, On(openBackend(t, "go")), LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	want, err := m.Predict("hello world a b")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for range 10 {
				got, err := m.Predict("hello world a b", strings.Repeat("c ", 3*i))
				if err != nil || maxDiff(probsOf(got[:1]), probsOf(want)) > 1e-5 {
					t.Errorf("%v %v", got, err)
				}
			}
		})
		wg.Go(func() {
			if err := m.Save(filepath.Join(dir, strconv.Itoa(i%2))); err != nil {
				t.Error(err)
			}
			if err := m.FreezeAllBut(i % 2); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	for i := range 2 {
		again, err := Load(filepath.Join(dir, strconv.Itoa(i)), On(openBackend(t, "go")))
		if err != nil {
			t.Fatal(err)
		}
		again.Close()
	}
}
