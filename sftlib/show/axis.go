package show

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// scale maps values to pixels: a numeric axis, linear or logarithmic, or one of names in equal bands.
type scale struct {
	names    []string
	from, to float64
	log      bool
	p0, p1   float64 // pixels of from and to
}

func (s scale) band() float64 { return (s.p1 - s.p0) / float64(max(1, len(s.names))) }

// at returns the pixel of a value, NaN where it has none.
func (s scale) at(v float64) float64 {
	from, to := s.from, s.to
	if s.log {
		if v <= 0 {
			return math.NaN()
		}
		v, from, to = math.Log10(v), math.Log10(from), math.Log10(to)
	}
	return s.p0 + (v-from)/(to-from)*(s.p1-s.p0)
}

// ticks returns about n round values inside the scale.
func (s scale) ticks(n int) []float64 {
	var out []float64
	if s.log {
		lo, hi := math.Floor(math.Log10(s.from)+1e-9), math.Ceil(math.Log10(s.to)-1e-9)
		every := math.Max(1, math.Ceil((hi-lo)/float64(n)))
		for e := lo; e <= hi; e += every {
			for _, m := range []float64{1, 2, 5} {
				v := m * math.Pow(10, e)
				if m > 1 && hi-lo > 2 || v < s.from*(1-1e-9) || v > s.to*(1+1e-9) {
					continue
				}
				out = append(out, v)
			}
		}
		if len(out) > 1 {
			return out
		}
		out = nil // less than a decade: round steps as on a linear axis
	}
	step := niceStep((s.to - s.from) / float64(n))
	for v := math.Ceil(s.from/step-1e-9) * step; v <= s.to+step*1e-9; v += step {
		out = append(out, math.Round(v/step)*step+0) // + 0: no -0
	}
	return out
}

// tickLabel writes a tick; step tells how many decimals are needed.
func (s scale) tickLabel(v float64, n int) string {
	if s.log {
		return shortNumber(v)
	}
	step := niceStep((s.to - s.from) / float64(n))
	if big := math.Max(math.Abs(s.from), math.Abs(s.to)); big >= 1e5 || big < 1e-3 {
		return shortNumber(v)
	}
	decimals := 0
	if step < 1 {
		decimals = int(math.Ceil(-math.Log10(step) - 1e-9))
	}
	return strconv.FormatFloat(v, 'f', decimals, 64)
}

// shortNumber writes 50000 as 50k, 3000000 as 3M, 0.00002 as 2e-5.
func shortNumber(v float64) string {
	a := math.Abs(v)
	trim := func(v float64) string { return strconv.FormatFloat(v, 'g', 3, 64) }
	switch {
	case a == 0:
		return "0"
	case a >= 1e15:
	case a >= 1e9:
		return trim(v/1e9) + "G"
	case a >= 1e6:
		return trim(v/1e6) + "M"
	case a >= 1e4:
		return trim(v/1e3) + "k"
	case a >= 1e-3:
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	s := strconv.FormatFloat(v, 'e', -1, 64)
	if len(s) > 9 {
		s = strconv.FormatFloat(v, 'e', 2, 64)
	}
	return strings.Replace(strings.Replace(s, "e-0", "e-", 1), "e+0", "e+", 1)
}

// niceStep rounds a step up to 1, 2 or 5 times a power of ten.
func niceStep(raw float64) float64 {
	if !(raw > 0) || math.IsInf(raw, 0) {
		return 1
	}
	p := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5, 10} {
		if raw <= m*p*(1+1e-9) {
			return m * p
		}
	}
	return 10 * p
}

// fit sets the range of an axis to that of the values, with a little room, unless the axis says otherwise.
func (a Axis) fit(values []float64, room bool) (from, to float64) {
	from, to = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !finite(v) || a.Log && v <= 0 {
			continue
		}
		from, to = math.Min(from, v), math.Max(to, v)
	}
	switch {
	case from > to && a.Log:
		from, to = 1, 10
	case from > to:
		from, to = 0, 1
	}
	if a.From != a.To {
		return a.From, a.To
	}
	if a.Zero && !a.Log {
		from, to = math.Min(from, 0), math.Max(to, 0)
	}
	switch {
	case a.Log && from == to:
		return from / 2, to * 2
	case a.Log:
		return from, to
	case from == to:
		d := math.Max(math.Abs(from)*.1, .5)
		return from - d, to + d
	case room:
		d := (to - from) * .05
		if from != 0 || !a.Zero {
			from -= d
		}
		to += d
	}
	return from, to
}

func sortedCopy(v []float64) []float64 {
	c := slices.Clone(v)
	slices.Sort(c)
	return c
}

// sortClasses sorts names as numbers where all are, else as text.
func sortClasses(list []string) {
	numeric := true
	for _, s := range list {
		if _, err := strconv.ParseFloat(s, 64); err != nil {
			numeric = false
		}
	}
	slices.SortStableFunc(list, func(a, b string) int {
		if numeric {
			x, _ := strconv.ParseFloat(a, 64)
			y, _ := strconv.ParseFloat(b, 64)
			if x < y {
				return -1
			} else if x > y {
				return 1
			}
		}
		return strings.Compare(a, b)
	})
}
