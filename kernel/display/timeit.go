package display

import (
	"fmt"
	"math"
	"runtime"
	"time"
)

// Measurement is what [Timeit] found, for one turn of the statement.
type Measurement struct {
	Mean, Deviation float64 // nanoseconds, over the runs
	Best            float64
	Loops, Runs     int
	Allocs, Bytes   float64 // heap allocations of one turn
}

// Timeit measures f, which must do its work as many times as it is told. loops is the number of turns in a run; 0 finds one
// that takes at least 0.2 s. runs is how many runs are made. The command %timeit calls it.
func Timeit(loops, runs int, f func(loops int)) Measurement {
	m := Measurement{Loops: loops, Runs: max(runs, 1)}
	if m.Loops <= 0 {
		const enough = 200 * time.Millisecond
		for m.Loops = 1; ; {
			start := time.Now()
			f(m.Loops)
			took := time.Since(start)
			if took >= enough || m.Loops >= 1<<40 {
				break
			}
			more := 10.0
			if took > time.Millisecond {
				more = min(10, 1.2*float64(enough)/float64(took))
			}
			m.Loops = niceNumber(float64(m.Loops) * max(more, 1.1))
		}
	}
	var before, after runtime.MemStats
	var times []float64
	runtime.ReadMemStats(&before)
	for range m.Runs {
		start := time.Now()
		f(m.Loops)
		times = append(times, float64(time.Since(start))/float64(m.Loops))
	}
	runtime.ReadMemStats(&after)
	turns := float64(m.Runs) * float64(m.Loops)
	m.Allocs = float64(after.Mallocs-before.Mallocs) / turns
	m.Bytes = float64(after.TotalAlloc-before.TotalAlloc) / turns
	sum, best := 0.0, math.Inf(1)
	for _, t := range times {
		sum += t
		best = min(best, t)
	}
	mean, square := sum/float64(len(times)), 0.0
	for _, t := range times {
		square += (t - mean) * (t - mean)
	}
	m.Mean, m.Best = mean, best
	m.Deviation = math.Sqrt(square / float64(len(times)))
	return m
}

// niceNumber rounds up to 1, 2 or 5 times a power of ten.
func niceNumber(x float64) int {
	p := math.Pow(10, math.Floor(math.Log10(x)))
	for _, k := range []float64{1, 2, 5, 10} {
		if k*p >= x {
			return int(k * p)
		}
	}
	return int(10 * p)
}

// String is the measurement in one line.
func (m Measurement) String() string {
	s := fmt.Sprintf("%s ± %s per turn (mean ± standard deviation of %s of %s; best %s)",
		perTurn(m.Mean), perTurn(m.Deviation), counted(float64(m.Runs), "run"), counted(float64(m.Loops), "turn"), perTurn(m.Best))
	if m.Allocs >= 0.01 || m.Bytes >= 0.5 {
		s += fmt.Sprintf(", %s, %s B", counted(m.Allocs, "allocation"), count(int(math.Round(m.Bytes))))
	}
	return s
}

// counted writes a number with its noun: 1 run, 0.25 allocations, 1,234 turns. From 10 on it is a whole number.
func counted(n float64, noun string) string {
	number := fmt.Sprintf("%.2g", n)
	if n >= 9.5 {
		number = count(int(math.Round(n)))
	}
	if number == "1" {
		return "1 " + noun
	}
	return number + " " + noun + "s"
}

// perTurn writes nanoseconds with three digits and a unit.
func perTurn(ns float64) string {
	switch {
	case ns < 1e3:
		return fmt.Sprintf("%.3g ns", ns)
	case ns < 1e6:
		return fmt.Sprintf("%.3g µs", ns/1e3)
	case ns < 1e9:
		return fmt.Sprintf("%.3g ms", ns/1e6)
	}
	return fmt.Sprintf("%.4g s", ns/1e9)
}
