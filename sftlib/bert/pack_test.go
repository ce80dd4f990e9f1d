package bert

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/gomlx/compute/dtypes"
	"github.com/gomlx/compute/shapes"
	"github.com/gomlx/gomlx/core/graph"
	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/backend"
)

// checkBatch verifies that every text is in the batch once, whole, in one row, alone in its segment, and marked at its start.
func checkBatch(t *testing.T, b *Batch, items []Item, index []int) {
	t.Helper()
	tokens := 0
	for i := range b.Texts {
		k := i
		if index != nil {
			k = index[i]
		}
		it, at := items[k], int(b.CLS[i])
		n := min(len(it.IDs), b.Width)
		tokens += n
		if at/b.Width != (at+max(n, 1)-1)/b.Width {
			t.Fatalf("text %d crosses the end of a row", k)
		}
		for j := range n {
			if b.IDs[at+j] != it.IDs[j] || b.Positions[at+j] != int32(j) || b.Segments[at+j] != int32(i+1) || (it.Types != nil && b.Types[at+j] != it.Types[j]) {
				t.Fatalf("text %d, token %d is wrong", k, j)
			}
		}
		if b.Weights[i] != 1 {
			t.Fatalf("text %d has weight %g", k, b.Weights[i])
		}
	}
	used := 0
	for _, s := range b.Segments {
		if s != 0 {
			used++
		}
	}
	if used != tokens || b.Tokens != tokens {
		t.Fatalf("%d tokens lie in the batch, it says %d, the texts have %d", used, b.Tokens, tokens)
	}
	for _, w := range b.Weights[b.Texts:] {
		if w != 0 {
			t.Fatal("a place without a text has a weight")
		}
	}
}

func randomItems(r *rand.Rand, n, longest int) []Item {
	items := make([]Item, n)
	for i := range items {
		// squared: many short, few long, as texts are
		f := r.Float64()
		for range 2 + int(f*f*float64(longest-2)) {
			items[i].IDs = append(items[i].IDs, 1+r.Int32N(30))
			items[i].Types = append(items[i].Types, r.Int32N(2))
		}
	}
	return items
}

func TestPackAndLayOut(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 1))
		items := randomItems(r, 1+r.IntN(200), 3+r.IntN(500))
		lengths := make([]int, len(items))
		for i := range items {
			lengths[i] = len(items[i].IDs)
		}
		size := 1 + r.IntN(48)
		p := NewPacker(lengths, size, 3, DefaultConfig())
		if one := NewPacker(lengths, size, 1, DefaultConfig()); len(one.Shapes()) != 1 {
			t.Fatalf("one shape was asked for, these are planned: %v", one.Shapes())
		}
		if len(p.Shapes()) > 4 {
			t.Errorf("%d shapes planned: %v", len(p.Shapes()), p.Shapes())
		}
		for part := range slices.Chunk(items, size) {
			b := p.Batch(part)
			checkBatch(t, b, part, nil)
			if len(b.CLS) != size || b.Texts != len(part) {
				t.Fatalf("batch of %d places for %d texts, size %d", len(b.CLS), len(part), size)
			}
			checkBatch(t, Pad(part, size, 8), part, nil)
		}
		seen := make([]int, len(items))
		shapes := map[Shape]bool{}
		layOut(items, func(q part) bool {
			checkBatch(t, q.Batch, items, q.index)
			for _, i := range q.index {
				seen[i]++
			}
			shapes[q.Shape()] = true
			if q.Rows*q.Width > max(batchTokens, q.Width) {
				t.Fatalf("batch of %d tokens", q.Rows*q.Width)
			}
			return true
		})
		if i := slices.IndexFunc(seen, func(n int) bool { return n != 1 }); i >= 0 {
			t.Fatalf("text %d was laid %d times", i, seen[i])
		}
		if len(shapes) > 4 {
			t.Errorf("%d shapes for one call: %v", len(shapes), shapes)
		}
	}
}

// With lengths as in SST-2 packed batches need little more than the real tokens.
func TestPackerIsWorthIt(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	lengths := make([]int, 6400)
	for i := range lengths {
		lengths[i] = min(max(4, int(23+11*r.NormFloat64())), 66)
	}
	p := NewPacker(lengths, 32, 3, Config{HiddenSize: 384, NumAttentionHeads: 12, IntermediateSize: 1536, MaxPositionEmbeddings: 512})
	laid, padded, real := 0, 0, 0
	shapes := map[Shape]int{}
	for part := range slices.Chunk(lengths, 32) {
		items := make([]Item, len(part))
		longest := 0
		for i, n := range part {
			items[i].IDs = make([]int32, n)
			longest, real = max(longest, n), real+n
		}
		b := p.Batch(items)
		laid, padded = laid+b.Rows*b.Width, padded+32*longest
		shapes[b.Shape()]++
	}
	t.Logf("packed %.2f, padded %.2f times the real tokens; shapes %v", float64(laid)/float64(real), float64(padded)/float64(real), shapes)
	if float64(laid) > 1.25*float64(real) || len(shapes) > 4 {
		t.Errorf("packed batches hold %.2f times the real tokens in %d shapes", float64(laid)/float64(real), len(shapes))
	}
}

// Packed and padded batches give the same loss and gradients, and the places without a text change nothing.
func TestPackedEqualsPadded(t *testing.T) {
	backends(t, func(t *testing.T, b *backend.Backend) {
		m, err := ForSequenceClassification(toy(t, nil), []string{"a", "b", "c"}, On(b), LogTo(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		items := randomItems(rand.New(rand.NewPCG(9, 9)), 13, 30)
		labels := make([]int32, 100)
		for i := range labels {
			labels[i] = int32(i % 3)
		}
		wantLoss, want := lossAndGradients(t, m, Pad(items, 13, 1), labels)
		lengths := []int{}
		for _, it := range items {
			lengths = append(lengths, len(it.IDs))
		}
		wide := Fit(lengths, m.Config.MaxPositionEmbeddings)
		for _, x := range []struct {
			name   string
			batch  *Batch
			onlyGo bool // compiling takes seconds
		}{
			{"packed", m.NewPacker(lengths, 13).Batch(items), true},
			{"packed, with places without a text", m.NewPacker(lengths, 20).Batch(items), false},
			{"many texts in a row", Lay(items, wide, len(wide), m.Config.MaxPositionEmbeddings, 4*len(wide)+20), false}, // the last layer is not cut down
		} {
			if x.onlyGo && b.Kind != backend.Go {
				continue
			}
			gotLoss, got := lossAndGradients(t, m, x.batch, labels)
			if d := wantLoss - gotLoss; d > 1e-5 || d < -1e-5 {
				t.Errorf("%s: loss %g, padded %g", x.name, gotLoss, wantLoss)
			}
			for name := range want {
				if d := maxDiff([][]float32{want[name]}, [][]float32{got[name]}); d > 1e-4 {
					t.Errorf("%s: gradient of %s differs by %g", x.name, name, d)
				}
			}
		}
	})
}

func TestFreeze(t *testing.T) {
	m, err := ForSequenceClassification(toy(t, nil), []string{"a", "b"}, On(openBackend(t, "go")), LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	items := randomItems(rand.New(rand.NewPCG(2, 9)), 5, 12)
	labels := []int32{0, 1, 0, 1, 1}
	_, all := lossAndGradients(t, m, Pad(items, 5, 1), labels)
	count := func() (n int) {
		for _, p := range m.Params() {
			if p.Trainable() {
				n++
			}
		}
		return n
	}
	for _, c := range []struct {
		do     func() error
		n, low int
		err    string
	}{
		{func() error { return m.Freeze("bert.embeddings") }, 36, 0, ""},
		{func() error { return m.Freeze("bert.embeddings", "bert.encoder.layer.0") }, 20, 1, ""},
		{func() error { return m.Freeze("bert.encoder.layer.*.output") }, 33, -1, ""},
		{func() error { return m.Freeze("classifier.bias") }, 40, -1, ""},
		{func() error { return m.Freeze("classifier", "no.such") }, 41, -1, "no.such"},
		{func() error { return m.Freeze("bert.[") }, 41, -1, "bert.["},
		{func() error { return m.FreezeAllBut(1) }, 20, 1, ""},
		{func() error { return m.FreezeAllBut(0) }, 4, 2, ""},
		{func() error { return m.FreezeAllBut(2) }, 36, 0, ""},
		{func() error { return m.FreezeAllBut(3) }, 41, -1, "2 encoder layers"},
	} {
		if err := m.Unfreeze("bert", "classifier"); err != nil {
			t.Fatal(err)
		}
		err := c.do()
		if (err == nil) != (c.err == "") || (err != nil && !strings.Contains(err.Error(), c.err)) {
			t.Errorf("error %v, want %q", err, c.err)
		}
		if count() != c.n || m.frozenBelow() != c.low {
			t.Errorf("%d trainable from layer %d, want %d from %d", count(), m.frozenBelow(), c.n, c.low)
		}
		_, got := lossAndGradients(t, m, Pad(items, 5, 1), labels)
		if len(got) != c.n {
			t.Errorf("%d gradients for %d trainable parameters", len(got), c.n)
		}
		for name, g := range got {
			if d := maxDiff([][]float32{g}, [][]float32{all[name]}); d > 1e-6 {
				t.Errorf("freezing others changed the gradient of %s by %g", name, d)
			}
		}
	}
	if err := m.FreezeAllBut(0); err != nil {
		t.Fatal(err)
	}
	s := m.Summary()
	if head := 16*16 + 16 + 2*16 + 2; s.Trainable != head || s.Total <= head || !strings.Contains(s.String(), "frozen") {
		t.Errorf("summary: %d of %d trainable\n%s", s.Trainable, s.Total, s)
	}
}

// What is frozen from below costs no backward pass: the training graph has none of its products of matrices. (BenchmarkFreeze
// measures the time.)
func TestFreezePrunesTheBackwardPass(t *testing.T) {
	m, err := ForSequenceClassification(toy(t, nil), []string{"a", "b"}, On(openBackend(t, "go")), LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	batch := Pad(randomItems(rand.New(rand.NewPCG(2, 9)), 3, 12), 3, 1)
	products := func(backward bool) (n int) {
		err := m.Do("counting", func() error {
			args := []any{}
			for _, x := range batch.Tensors() {
				args = append(args, x)
			}
			_, err := model.CallOnce(m.Backend().Backend, m.Store(), func(s *model.Scope, in []*graph.Node) *graph.Node {
				out := graph.ReduceAllSum(m.Logits(s, NewGraphBatch(in), NewDropout()))
				g := out.Graph()
				if backward {
					var nodes []*graph.Node
					for _, p := range m.Params() {
						if p.Trainable() {
							nodes = append(nodes, p.Variable.NodeValue(g))
						}
					}
					for _, grad := range graph.Gradient(out, nodes...) {
						out = graph.Add(out, graph.ReduceAllSum(grad))
					}
				}
				for _, node := range g.Nodes() {
					if node.Type() == graph.NodeTypeDotGeneral {
						n++
					}
				}
				return out
			}, args...)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	forward := products(false)
	var backward []int // of the head alone, of the last layer too, of both layers, of everything
	for n := range 3 {
		if err := m.FreezeAllBut(n); err != nil {
			t.Fatal(err)
		}
		backward = append(backward, products(true)-forward)
	}
	if err := m.Unfreeze("bert"); err != nil {
		t.Fatal(err)
	}
	backward = append(backward, products(true)-forward)
	t.Logf("products: %d forward; backward %v", forward, backward)
	// A product has two in the backward pass, one for each of its factors: the head has 2, a layer 8, the embeddings 1.
	if want := []int{4, 4 + 16, 4 + 2*16, 4 + 2*16 + 2}; forward != 19 || !slices.Equal(backward, want) {
		t.Errorf("backward %v, want %v", backward, want)
	}
}

func TestGradientCheckpointing(t *testing.T) {
	backends(t, func(t *testing.T, b *backend.Backend) {
		m, err := ForSequenceClassification(toy(t, nil), []string{"a", "b"}, On(b), LogTo(nil))
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		items := randomItems(rand.New(rand.NewPCG(2, 9)), 5, 12)
		labels := []int32{0, 1, 0, 1, 1}
		loss, want := lossAndGradients(t, m, Pad(items, 5, 1), labels)
		m.SetGradientCheckpointing(true)
		loss2, got := lossAndGradients(t, m, Pad(items, 5, 1), labels)
		if loss != loss2 && max(loss-loss2, loss2-loss) > 1e-6 {
			t.Errorf("loss %g, with checkpointing %g", loss, loss2)
		}
		for name := range want {
			if d := maxDiff([][]float32{want[name]}, [][]float32{got[name]}); d > 1e-5 {
				t.Errorf("gradient of %s differs by %g", name, d)
			}
		}
	})
}

func TestMemoryIsAnError(t *testing.T) {
	if _, ok := availableMemory(); !ok {
		t.Skip("this system does not say how much memory is left")
	}
	m, err := ForSequenceClassification(toy(t, nil), []string{"a", "b"}, On(openBackend(t, "go")), LogTo(nil))
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if err := m.CheckMemory(Shape{1 << 20, 4096, 1}, false); !errors.Is(err, backend.ErrMemory) {
		t.Errorf("terabytes for evaluation: %v", err)
	}
	if err := m.CheckMemory(Shape{1 << 20, 4096, 1}, true); !errors.Is(err, backend.ErrMemory) {
		t.Errorf("terabytes for training: %v", err)
	}
	if err := m.CheckMemory(Shape{8, 64, 8}, true); err != nil {
		t.Error(err)
	}
}

func ExamplePacker() {
	items := []Item{{IDs: make([]int32, 20)}, {IDs: make([]int32, 9)}, {IDs: make([]int32, 11)}, {IDs: make([]int32, 30)}}
	p := Packer{Size: 4, Widths: []Width{{Tokens: 32, Levels: []int{3}}}}
	b := p.Batch(items)
	fmt.Println(b.Rows, b.Width, b.Tokens, b.CLS)
	// Output: 3 32 70 [32 64 52 0]
}

// Masks drop the share they should, differ between sites and steps, and are the same for the same step on both backends.
func TestDropout(t *testing.T) {
	masks := map[backend.Kind][]float32{}
	backends(t, func(t *testing.T, b *backend.Backend) {
		var out [][]float32
		err := b.Run("dropout", func() error {
			e, err := graph.NewExec(b, func(seed *graph.Node) []*graph.Node {
				x := graph.Ones(seed.Graph(), shapes.Make(dtypes.Float32, 100, 1000))
				d := NewDropout(seed)
				return []*graph.Node{d.apply(x, 0.1), d.apply(x, 0.1), d.apply(x, 0.5)}
			})
			if err != nil {
				return err
			}
			for _, seed := range []uint32{1, 2} {
				for _, y := range e.MustCall(seed) {
					out = append(out, tensors.MustCopyFlatData[float32](y))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		for i, p := range []float64{0.1, 0.1, 0.5, 0.1, 0.1, 0.5} {
			dropped, run, longest := 0, 0, 0
			for _, x := range out[i] {
				if x == 0 {
					dropped, run = dropped+1, run+1
					longest = max(longest, run)
				} else if run = 0; math.Abs(float64(x)-1/(1-p)) > 1e-6 {
					t.Fatalf("kept value %g", x)
				}
			}
			// four standard deviations
			if d := float64(dropped)/1e5 - p; math.Abs(d) > 4*math.Sqrt(p*(1-p)/1e5) || longest > 40 {
				t.Errorf("mask %d dropped %d of 100000 with p %g, %d in a row", i, dropped, p, longest)
			}
		}
		both := func(a, b []float32) (n int) {
			for i := range a {
				if a[i] == 0 && b[i] == 0 {
					n++
				}
			}
			return n
		}
		for _, pair := range [][2]int{{0, 1}, {0, 3}, {1, 4}} { // independent masks share 1 %
			if n := both(out[pair[0]], out[pair[1]]); n < 850 || n > 1150 {
				t.Errorf("masks %v share %d zeros, independent ones would share about 1000", pair, n)
			}
		}
		masks[b.Kind] = out[0]
	})
	if a, b := masks[backend.Go], masks[backend.CPU]; a != nil && b != nil && !slices.Equal(a, b) {
		t.Error("the two backends drop differently")
	}
}
