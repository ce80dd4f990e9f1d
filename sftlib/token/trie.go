package token

import "slices"

// trie finds the longest entry of a vocabulary that a text begins with. It is a double array: the child of node s by byte c
// is base[s]+c if that node's check is s. Building is linear in the total length of the keys but for the search of free
// places; a walk reads one node for a byte.
type trie struct{ nodes []node }

type node struct {
	base, check int32
	id          int32 // of the entry that ends here, or -1
}

const noNode = -1

type trieKey struct {
	text string
	id   int32
}

// newTrie builds a trie; of equal keys the last one given counts.
func newTrie(keys []trieKey) *trie {
	slices.SortStableFunc(keys, func(a, b trieKey) int {
		switch {
		case a.text < b.text:
			return -1
		case a.text > b.text:
			return 1
		}
		return 0
	})
	b := &trieBuilder{}
	b.grow(1024)
	b.nodes[0].check = 0
	// A stack instead of recursion: a hostile vocabulary may hold a very long key.
	type job struct {
		node, lo, hi int32
		depth        int32
	}
	stack := []job{{0, 0, int32(len(keys)), 0}}
	var bytes []byte
	var starts []int32
	for len(stack) > 0 {
		j := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		lo := j.lo
		for lo < j.hi && len(keys[lo].text) == int(j.depth) {
			b.nodes[j.node].id = keys[lo].id
			lo++
		}
		if lo == j.hi {
			continue
		}
		bytes, starts = bytes[:0], starts[:0]
		for i := lo; i < j.hi; i++ {
			if c := keys[i].text[j.depth]; len(bytes) == 0 || bytes[len(bytes)-1] != c {
				bytes = append(bytes, c)
				starts = append(starts, i)
			}
		}
		base := b.place(bytes)
		b.nodes[j.node].base = base
		for i, c := range bytes {
			child := base + int32(c)
			b.nodes[child].check = j.node
			end := j.hi
			if i+1 < len(starts) {
				end = starts[i+1]
			}
			stack = append(stack, job{child, starts[i], end, j.depth + 1})
		}
	}
	// Every base must have 256 places behind it, so that a walk needs no bounds of its own.
	last := len(b.nodes)
	for last > 1 && b.nodes[last-1].check == noNode {
		last--
	}
	b.grow(last + 256)
	return &trie{nodes: slices.Clip(b.nodes)}
}

type trieBuilder struct {
	nodes []node
	first int32 // no free place is before it
}

func (b *trieBuilder) grow(size int) {
	for len(b.nodes) < size {
		b.nodes = append(b.nodes, node{base: 0, check: noNode, id: -1})
	}
}

// place finds a base under which all the bytes have a free place.
func (b *trieBuilder) place(bytes []byte) int32 {
	for int(b.first) < len(b.nodes) && b.nodes[b.first].check != noNode {
		b.first++
	}
	for at, steps := b.first, 1; ; at, steps = at+1, steps+1 {
		// A crowded stretch is given up, so that building stays linear.
		if steps%256 == 0 {
			b.first = at - 32
		}
		base := at - int32(bytes[0])
		b.grow(int(at) + 512)
		if base < 1 || b.nodes[at].check != noNode {
			continue
		}
		free := true
		for _, c := range bytes[1:] {
			if b.nodes[base+int32(c)].check != noNode {
				free = false
				break
			}
		}
		if free {
			return base
		}
	}
}

// child returns the node below s by c, or noNode.
func (t *trie) child(s int32, c byte) int32 {
	n := t.nodes[s].base + int32(c)
	if n == 0 || t.nodes[n].check != s {
		return noNode
	}
	return n
}

// find returns the node that key leads to from the root, or noNode.
func (t *trie) find(key string) int32 {
	s := int32(0)
	for i := 0; i < len(key) && s != noNode; i++ {
		s = t.child(s, key[i])
	}
	return s
}
