package train

import (
	"slices"
	"testing"
)

func TestSampler(t *testing.T) {
	lengths := make([]int, 1003)
	for i := range lengths {
		lengths[i] = 1 + i*7919%97
	}
	for _, grouped := range []bool{false, true} {
		s := sampler{lengths: lengths, batch: 8, sum: 2, seed: 42, grouped: grouped}
		first, again, second := s.order(0), s.order(0), s.order(1)
		if !slices.Equal(first, again) {
			t.Error("the same seed and epoch must give the same order")
		}
		if slices.Equal(first, second) {
			t.Error("epochs must differ")
		}
		other := sampler{lengths: lengths, batch: 8, sum: 2, seed: 43, grouped: grouped}
		if slices.Equal(first, other.order(0)) {
			t.Error("seeds must differ")
		}
		var all []int
		for k := range s.batches() {
			all = append(all, s.rows(first, k)...)
		}
		slices.Sort(all)
		for i, r := range all {
			if i != r {
				t.Fatalf("grouped %v: row %d is missing or there twice", grouped, i)
			}
		}
		waste := 0 // padding of batches padded to their longest
		for k := range s.batches() {
			rows := s.rows(first, k)
			longest, sum := 0, 0
			for _, r := range rows {
				longest = max(longest, lengths[r])
				sum += lengths[r]
			}
			waste += longest*len(rows) - sum
		}
		t.Logf("grouped %v: %d tokens of padding", grouped, waste)
		if grouped && waste > 8000 || !grouped && waste < 20000 {
			t.Errorf("grouped %v: %d tokens of padding", grouped, waste)
		}
		least, most := len(lengths)*97, 0 // tokens of a full batch
		for k := range s.batches() - 2 {  // the last steps' are left over
			sum := 0
			for _, r := range s.rows(first, k) {
				sum += lengths[r]
			}
			least, most = min(least, sum), max(most, sum)
		}
		if !grouped && (least < 350 || most > 440) { // 8 texts of 49 tokens in the mean; drawn without layers 190 to 600
			t.Errorf("batches have %d to %d tokens", least, most)
		}
		if grouped && lengths[first[0]] != slices.Max(lengths) {
			t.Error("the longest text must come first")
		}
	}
}

func TestFoldsAreStratified(t *testing.T) {
	d := &dataset{items: tinyItems(103)}
	for i := range 103 {
		d.class = append(d.class, int32(i%10/7)) // 30 % of class 1
	}
	parts := foldRows(d, 5, 42)
	seen := map[int]bool{}
	for _, p := range parts {
		ones := 0
		for _, r := range p {
			if seen[r] {
				t.Fatalf("row %d is in two folds", r)
			}
			seen[r] = true
			ones += int(d.class[r])
		}
		if len(p) < 20 || len(p) > 21 || ones < 6 || ones > 7 {
			t.Errorf("a fold of %d texts has %d of class 1", len(p), ones)
		}
	}
	if len(seen) != 103 {
		t.Errorf("%d rows are in folds", len(seen))
	}
}
