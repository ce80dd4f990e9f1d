package display

import (
	"strings"
	"testing"
	"time"
)

func TestTimeit(t *testing.T) {
	turns := 0
	m := Timeit(3, 2, func(n int) {
		for range n {
			turns++
			time.Sleep(2 * time.Millisecond)
		}
	})
	if turns != 6 || m.Loops != 3 || m.Runs != 2 || m.Mean < 2e6 || m.Best > m.Mean {
		t.Errorf("%d turns, %+v", turns, m)
	}
	var keep []byte
	m = Timeit(0, 1, func(n int) {
		for range n {
			keep = make([]byte, 1000)
		}
	})
	_ = keep
	if m.Loops < 1000 || m.Allocs < 0.9 || m.Bytes < 1000 {
		t.Errorf("found %+v", m)
	}
	if s := m.String(); !strings.Contains(s, "1 allocations of 1024 B") || !strings.Contains(s, "1 runs") {
		t.Error(s)
	}
}

func TestNiceNumber(t *testing.T) {
	for in, want := range map[float64]int{1: 1, 1.1: 2, 3: 5, 6: 10, 10: 10, 11: 20, 490: 500, 99999: 100000} {
		if got := niceNumber(in); got != want {
			t.Errorf("niceNumber(%v) = %d, want %d", in, got, want)
		}
	}
}
