package classic

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/mat"
)

// labels are the classes that a classifier was fitted with. y may be []int, []string, []bool or whole numbers in a
// []float64; Predict returns the numbers, or, where y were names, their places in ClassNames.
type labels struct {
	Classes    []int    // the label of each class, ascending
	ClassNames []string // the name of each class where y were strings, in their order; else nil
}

// Name returns the name of a label: that of its class, or the number itself.
func (l *labels) Name(label int) string {
	if l.ClassNames != nil && label >= 0 && label < len(l.ClassNames) {
		return l.ClassNames[label]
	}
	return strconv.Itoa(label)
}

// Names returns the names of labels, as Predict gives them.
func (l *labels) Names(predicted []int) []string {
	out := make([]string, len(predicted))
	for i, p := range predicted {
		out[i] = l.Name(p)
	}
	return out
}

// keep puts the classes back that there were before a Fit that fails: defer l.keep(&err)().
func (l *labels) keep(err *error) func() {
	before := *l
	return func() {
		if *err != nil {
			*l = before
		}
	}
}

// fit takes the classes from y and returns the place in Classes of each of the n labels.
func (l *labels) fit(y any, n int) ([]int, error) {
	l.Classes, l.ClassNames = nil, nil
	if names, ok := asTexts(y); ok {
		l.ClassNames = slices.Compact(slices.Sorted(slices.Values(names)))
		for i := range l.ClassNames {
			l.Classes = append(l.Classes, i)
		}
	} else {
		numbers, err := wholeNumbers(y)
		if err != nil {
			return nil, err
		}
		l.Classes = slices.Compact(slices.Sorted(slices.Values(numbers)))
	}
	codes, err := l.encode(y, n)
	if err != nil {
		return nil, err
	}
	if len(l.Classes) < 2 {
		return nil, fmt.Errorf("classic: all %d labels are %q: a classifier needs examples of at least two classes", n, l.Name(l.Classes[0]))
	}
	return codes, nil
}

// encode returns the place in Classes of each label, -1 for one that was not there when the classes were taken.
func (l *labels) encode(y any, n int) ([]int, error) {
	names, ok := asTexts(y)
	if ok {
		return codesOf(l.ClassNames, names), sameLength(n, len(names))
	}
	numbers, err := wholeNumbers(y)
	if err != nil {
		return nil, err
	}
	return codesOf(l.Classes, numbers), sameLength(n, len(numbers))
}

func codesOf[T cmp.Ordered](classes, values []T) []int {
	codes := make([]int, len(values))
	for i, v := range values {
		at, ok := slices.BinarySearch(classes, v)
		if !ok {
			at = -1
		}
		codes[i] = at
	}
	return codes
}

func sameLength(x, y int) error {
	if x != y {
		return fmt.Errorf("classic: X has %d rows, y has %d values: one for each row is expected", x, y)
	}
	return nil
}

// asTexts takes a list of strings of any string type.
func asTexts(y any) ([]string, bool) {
	if names, ok := y.([]string); ok {
		return names, true
	}
	v, err := slice(y)
	if err != nil || v.Type().Elem().Kind() != reflect.String {
		return nil, false
	}
	out := make([]string, v.Len())
	for i := range out {
		out[i] = v.Index(i).String()
	}
	return out, true
}

// asNumbers takes a list of numbers of any type, of truth values as 0 and 1, or a gonum vector.
func asNumbers(y any) ([]float64, bool) {
	switch v := y.(type) {
	case []float64:
		return v, true
	case mat.Vector:
		return mat.Col(nil, 0, v), true
	}
	v, err := slice(y)
	if err != nil {
		return nil, false
	}
	out := make([]float64, v.Len())
	for i := range out {
		switch e := v.Index(i); {
		case e.CanInt():
			out[i] = float64(e.Int())
		case e.CanUint():
			out[i] = float64(e.Uint())
		case e.CanFloat():
			out[i] = e.Float()
		case e.Kind() == reflect.Bool:
			if e.Bool() {
				out[i] = 1
			}
		default:
			return nil, false
		}
	}
	return out, true
}

func wholeNumbers(y any) ([]int, error) {
	if v, ok := y.([]int); ok {
		return v, nil
	}
	values, ok := asNumbers(y)
	if !ok {
		return nil, fmt.Errorf("classic: y is %T: a []int or []string with the class of each row is expected", y)
	}
	out := make([]int, len(values))
	for i, f := range values {
		if f != math.Trunc(f) || math.Abs(f) > 1<<52 {
			return nil, fmt.Errorf("classic: y[%d] is %v, not a class: a classifier takes []int or []string; for measurements use a regressor", i, f)
		}
		out[i] = int(f)
	}
	return out, nil
}

// targets takes y of a regressor: a list of numbers or a gonum vector.
func targets(y any, n int) ([]float64, error) {
	out, ok := asNumbers(y)
	if !ok {
		return nil, fmt.Errorf("classic: y is %T: a []float64 with the value of each row is expected", y)
	}
	for i, f := range out {
		if math.IsNaN(f) || math.IsInf(f, 0) {
			return nil, fmt.Errorf("classic: y[%d] is %v: drop rows without a value first", i, f)
		}
	}
	return out, sameLength(n, len(out))
}

// accuracy is the share of labels that are equal.
func (l *labels) accuracy(predicted []int, y any) (float64, error) {
	codes, err := l.encode(y, len(predicted))
	if err != nil {
		return 0, err
	}
	right := 0
	for i, c := range codes {
		if c >= 0 && l.Classes[c] == predicted[i] {
			right++
		}
	}
	return float64(right) / float64(len(codes)), nil
}

// decide returns the label of the largest value of each row.
func (l *labels) decide(scores [][]float64) []int {
	out := make([]int, len(scores))
	for i, s := range scores {
		best := 0
		for k, v := range s {
			if v > s[best] {
				best = k
			}
		}
		out[i] = l.Classes[best]
	}
	return out
}

// r2 is the share of the variance of y that a prediction explains (scikit-learn's r2_score).
func r2(predicted []float64, y any) (float64, error) {
	want, err := targets(y, len(predicted))
	if err != nil {
		return 0, err
	}
	mean, rest, all := 0., 0., 0.
	for _, v := range want {
		mean += v / float64(len(want))
	}
	for i, v := range want {
		rest += (v - predicted[i]) * (v - predicted[i])
		all += (v - mean) * (v - mean)
	}
	if all == 0 {
		if rest == 0 {
			return 1, nil
		}
		return 0, nil
	}
	return 1 - rest/all, nil
}
