package token

import (
	"math/rand/v2"
	"testing"
	"time"
)

// TestTrieIsBuiltQuickly: building is linear for small and large alphabets, and every key is found again. Places that no
// key can take once made it quadratic.
func TestTrieIsBuiltQuickly(t *testing.T) {
	for _, letters := range []int{2, 26, 200, 20000} {
		r := rand.New(rand.NewPCG(1, 2))
		ids := map[string]int32{}
		for len(ids) < 60000 {
			key := make([]rune, 1+r.IntN(16))
			for i := range key {
				key[i] = rune('a' + r.IntN(letters))
			}
			ids[string(key)] = int32(len(ids))
		}
		keys := make([]trieKey, 0, len(ids))
		for k, id := range ids {
			keys = append(keys, trieKey{k, id})
		}
		begin := time.Now()
		tr := newTrie(keys)
		if d := time.Since(begin); d > 10*time.Second {
			t.Fatalf("%d letters: %v to build", letters, d)
		}
		if n := len(tr.nodes); n > 16<<20 {
			t.Errorf("%d letters: %d nodes", letters, n)
		}
		for k, id := range ids {
			if s := tr.find(k); s == noNode || tr.nodes[s].id != id {
				t.Fatalf("%d letters: %q is not found", letters, k)
			}
		}
		if tr.find("a key that is none") != noNode {
			t.Error("a key that is none is found")
		}
	}
}
