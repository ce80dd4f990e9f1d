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
	if s := m.String(); !strings.Contains(s, "; best ") || !strings.Contains(s, "of 1 run of ") || !strings.HasSuffix(s, ", 1 allocation, 1,024 B") {
		t.Error(s)
	}
}

func TestMeasurementWords(t *testing.T) {
	for want, m := range map[string]Measurement{
		"of 7 runs of 10,000,000 turns; best 20 ns), 1 allocation, 16 B":   {Best: 20, Runs: 7, Loops: 1e7, Allocs: 1.0003, Bytes: 16.01},
		"of 1 run of 1 turn; best 2 s), 12,346 allocations, 1,234,568 B":   {Best: 2e9, Runs: 1, Loops: 1, Allocs: 12345.6, Bytes: 1234567.8},
		"of 2 runs of 5 turns; best 20 ns), 0.25 allocations, 4 B":         {Best: 20, Runs: 2, Loops: 5, Allocs: 0.25, Bytes: 4},
		"of 7 runs of 1,000 turns; best 20 ns), 9.5 allocations, 10,000 B": {Best: 20, Runs: 7, Loops: 1000, Allocs: 9.49, Bytes: 9999.9},
	} {
		if s := m.String(); !strings.HasSuffix(s, want) {
			t.Errorf("%s, want …%s", s, want)
		}
	}
	if s := (Measurement{Runs: 7, Loops: 1000, Bytes: 0.2}).String(); strings.Contains(s, "B") {
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
