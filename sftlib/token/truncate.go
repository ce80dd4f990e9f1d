package token

import (
	"errors"
	"fmt"
)

// part is a run of the pieces of a text.
type part struct{ lo, hi int }

// truncate says how many of n1 tokens and n2 tokens (of a pair) stay within room. Equal to Hugging Face's
// truncate_encodings, unequal to transformers' slow tokenizers, which take tokens away one by one.
func (s *settings) truncate(n1, n2, room int, pair bool) (int, int, error) {
	if n1+n2 <= room {
		return n1, n2, nil
	}
	if room == 0 {
		return 0, 0, nil
	}
	remove := n1 + n2 - room
	switch s.truncation {
	case LongestFirst:
		if !pair {
			return room, 0, nil
		}
		short, long := min(n1, n2), 0
		if short > room {
			long = short
		} else {
			long = max(short, room-short)
		}
		if short+long > room {
			short = room / 2
			long = short + room%2
		}
		if n1 > n2 {
			return long, short, nil
		}
		return short, long, nil
	case OnlyFirst:
		if n1 <= remove {
			return 0, 0, fmt.Errorf("token: only_first cannot cut %d tokens off a first text of %d: use longest_first or a larger MaxLength", remove, n1)
		}
		return n1 - remove, n2, nil
	case OnlySecond:
		if !pair {
			return 0, 0, errors.New("token: only_second needs a second text")
		}
		if n2 <= remove {
			return 0, 0, fmt.Errorf("token: only_second cannot cut %d tokens off a second text of %d: use longest_first or a larger MaxLength", remove, n2)
		}
		return n1, n2 - remove, nil
	}
	return n1, n2, nil
}

// parts appends the parts of at most keep tokens into which n tokens are cut: the one that stays first, then the overflow.
func (s *settings) parts(dst []part, n, keep int) ([]part, error) {
	if keep >= n {
		return append(dst, part{0, n}), nil
	}
	if keep == 0 {
		return append(dst, part{0, 0}, part{0, n}), nil
	}
	if s.stride >= keep {
		return dst, fmt.Errorf("token: Stride %d leaves nothing new in parts of %d tokens: use a smaller Stride or a larger MaxLength", s.stride, keep)
	}
	step := keep - s.stride
	if s.truncateLeft {
		for hi := n; ; hi -= step {
			lo := max(hi-keep, 0)
			dst = append(dst, part{lo, hi})
			if lo == 0 {
				return dst, nil
			}
		}
	}
	for lo := 0; ; lo += step {
		hi := min(lo+keep, n)
		dst = append(dst, part{lo, hi})
		if hi == n {
			return dst, nil
		}
	}
}
