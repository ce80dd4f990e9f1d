package token

// wordPiece splits words into the longest pieces that the vocabulary has, from the left; a word with a rest that no piece
// begins is [UNK] as a whole (Wu et al. 2016, as BERT uses it).
type wordPiece struct {
	trie     *trie
	next     int32 // the node below which continuing pieces are ("##"), or noNode
	unk      int32
	maxRunes int // a longer word is [UNK]
}

func newWordPiece(vocab map[string]int32, prefix string, unk int32, maxRunes int) *wordPiece {
	keys := make([]trieKey, 0, len(vocab))
	for text, id := range vocab {
		keys = append(keys, trieKey{text, id})
	}
	w := &wordPiece{trie: newTrie(keys), unk: unk, maxRunes: maxRunes}
	w.next = w.trie.find(prefix)
	return w
}

// piece is a token before it has its place in an encoding: an id, the half-open range of its original characters, and the
// number of its word.
type piece struct {
	id         int32
	start, end int32 // original characters of the sequence
	word       int32
}

// split appends the pieces of the word n.bytes[lo:hi], whose characters begin at character shift of the sequence.
func (w *wordPiece) split(dst []piece, n *normalized, lo, hi int, shift, number int32) []piece {
	mark := len(dst)
	if hi-lo > w.maxRunes { // bytes are no fewer than characters
		runes := 0
		for _, c := range n.cls[lo:hi] {
			if c != inRune {
				runes++
			}
		}
		if runes > w.maxRunes {
			return append(dst, w.token(w.unk, n, lo, hi, shift, number))
		}
	}
	nodes, text := w.trie.nodes, n.bytes[:hi]
	root := int32(0)
	for at := lo; at < hi; root = w.next {
		id, end := int32(-1), at
		if root != noNode {
			s := root
			for i := at; i < len(text); i++ {
				c := nodes[s].base + int32(text[i])
				if nodes[c].check != s || c == 0 {
					break
				}
				s = c
				if v := nodes[s].id; v >= 0 {
					id, end = v, i+1
				}
			}
		}
		if id < 0 {
			return append(dst[:mark], w.token(w.unk, n, lo, hi, shift, number))
		}
		dst = append(dst, w.token(id, n, at, end, shift, number))
		at = end
	}
	return dst
}

func (w *wordPiece) token(id int32, n *normalized, lo, hi int, shift, number int32) piece {
	if n.plain {
		return piece{id, shift + int32(lo), shift + int32(hi), number}
	}
	return piece{id, shift + n.from[lo], shift + n.from[hi-1] + 1, number}
}
