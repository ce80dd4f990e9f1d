package train

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"gosft/sftlib/bert"
)

// Every text is in one batch, whole; few shapes are used, and packed batches are nearly full of real tokens.
func TestEvaluatorBatches(t *testing.T) {
	m := tinyModel(t, "go", []string{"good", "bad"})
	r := rand.New(rand.NewPCG(3, 1))
	for _, c := range []struct {
		texts, size int
		waste       float64 // of packed batches, over the real tokens; 0: not looked at
	}{{1, 8, 0}, {7, 8, 0}, {100, 1, 0}, {65, 64, 0}, {872, 8, 1.12}, {872, 64, 1.05}, {5000, 32, 1.05}} {
		for _, packed := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d texts by %d, packed %v", c.texts, c.size, packed), func(t *testing.T) {
				d := &dataset{}
				real := 0
				for range c.texts {
					n := min(max(4, int(23+11*r.NormFloat64())), 60)
					d.items = append(d.items, bert.Item{IDs: make([]int32, n)})
					real += n
				}
				seen, shapes, laid := make([]int, c.texts), map[bert.Shape]bool{}, 0
				for _, x := range newEvaluator(m, d, objective{}, c.size, packed).batches {
					b := x.lay(d)
					shapes[b.Shape()] = true
					laid += b.Rows * b.Width
					tokens := 0
					for _, row := range x.texts {
						seen[row]++
						tokens += len(d.items[row].IDs)
					}
					if b.Texts != len(x.texts) || b.Tokens != tokens {
						t.Fatalf("a batch holds %d texts, %d tokens; planned were %d and %d", b.Texts, b.Tokens, len(x.texts), tokens)
					}
				}
				for row, n := range seen {
					if n != 1 {
						t.Fatalf("text %d is in %d batches", row, n)
					}
				}
				if limit := map[bool]int{true: 3, false: 4}[packed]; len(shapes) > limit {
					t.Errorf("%d shapes: %v", len(shapes), shapes)
				}
				waste := float64(laid) / float64(real)
				t.Logf("%.3f times the real tokens, shapes %v", waste, shapes)
				if packed && c.waste > 0 && waste > c.waste {
					t.Errorf("%.3f times the real tokens are computed, want %.2f at most", waste, c.waste)
				}
			})
		}
	}
}
