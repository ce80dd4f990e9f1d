package data

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// population makes a frame of n rows with a number, a label of uneven classes and a group.
func population(t testing.TB, n, classes, groups int, seed uint64) *Frame {
	t.Helper()
	rng := rand.New(rand.NewPCG(seed, 1))
	id, label, group := make([]int, n), make([]string, n), make([]string, n)
	for i := range id {
		id[i] = i
		label[i] = "c" + strconv.Itoa(int(float64(classes)*rng.Float64()*rng.Float64()))
		group[i] = "g" + strconv.Itoa(rng.IntN(groups))
	}
	for c := range classes { // two rows of each class at least
		label[2*c%n], label[(2*c+1)%n] = "c"+strconv.Itoa(c), "c"+strconv.Itoa(c)
	}
	f, err := New("id", id, "label", label, "group", group)
	return must(t, f, err)
}

func ints(t testing.TB, f *Frame, column string) []int {
	t.Helper()
	v, err := f.Ints(column)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// checkParts fails unless the frames have every row of f once, each in the old order.
func checkParts(t *testing.T, n int, parts ...*Frame) {
	t.Helper()
	var all []int
	for _, p := range parts {
		v := ints(t, p, "id")
		if len(v) != p.Len() || !slices.IsSorted(v) {
			t.Errorf("a part of %d rows gives %d, in order %v", p.Len(), len(v), slices.IsSorted(v))
		}
		all = append(all, v...)
	}
	slices.Sort(all)
	if len(all) != n || len(slices.Compact(all)) != n {
		t.Errorf("%d rows of %d, some twice or not at all", len(all), n)
	}
}

func TestSplitProperties(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for trial := range 12 {
		n := 200 + rng.IntN(800)
		classes := 2 + rng.IntN(8)
		f := population(t, n, classes, 20+rng.IntN(30), uint64(trial))
		share := .1 + .5*rng.Float64()
		want := int(math.Ceil(share * float64(n)))
		seed := Seed(uint64(trial))
		t.Run(fmt.Sprintf("%d rows %d classes %.2f", n, classes, share), func(t *testing.T) {
			a, b, err := f.Split(share, seed)
			must(t, a, err)
			checkParts(t, n, a, b)
			if b.Len() != want {
				t.Errorf("%d rows, want %d", b.Len(), want)
			}
			_, again, err := f.Split(share, seed)
			if must(t, again, err); !slices.Equal(ints(t, b, "id"), ints(t, again, "id")) {
				t.Error("the same seed draws other rows")
			}
			_, other, err := f.Split(share, Seed(999))
			if must(t, other, err); slices.Equal(ints(t, b, "id"), ints(t, other, "id")) {
				t.Error("another seed draws the same rows")
			}

			a, b, err = f.Split(share, seed, Stratify("label"))
			must(t, a, err)
			checkParts(t, n, a, b)
			if b.Len() != want {
				t.Errorf("stratified: %d rows, want %d", b.Len(), want)
			}
			all, part := balance(t, f, "label"), balance(t, b, "label")
			for i, name := range all.Names {
				exact := float64(all.Counts[i]) * float64(want) / float64(n)
				got := 0
				if j := slices.Index(part.Names, name); j >= 0 {
					got = part.Counts[j]
				}
				if math.Abs(float64(got)-exact) >= 1 {
					t.Errorf("class %s has %d rows, its share is %.2f", name, got, exact)
				}
			}

			a, b, err = f.Split(share, seed, GroupBy("group"), Stratify("label"))
			must(t, a, err)
			checkParts(t, n, a, b)
			apart(t, a, b)
			if off := math.Abs(float64(b.Len())/float64(n) - share); off > .05 {
				t.Errorf("grouped: a share of %.3f, want %.3f", float64(b.Len())/float64(n), share)
			}
		})
	}
}

// apart fails where a group stands in both frames.
func apart(t *testing.T, a, b *Frame) {
	t.Helper()
	seen := map[string]bool{}
	for _, g := range texts(t, a, "group") {
		seen[g] = true
	}
	for _, g := range texts(t, b, "group") {
		if seen[g] {
			t.Fatalf("group %s stands on both sides", g)
		}
	}
}

func TestKFoldProperties(t *testing.T) {
	const n, k = 503, 5
	f := population(t, n, 3, 40, 1)
	for name, opts := range map[string][]SplitOption{"plain": nil, "stratified": {Stratify("label")}, "grouped": {GroupBy("group")}, "both": {GroupBy("group"), Stratify("label")}, "in order": {InOrder()}} {
		t.Run(name, func(t *testing.T) {
			folds, err := f.KFold(k, opts...)
			if err != nil {
				t.Fatal(err)
			}
			var vals []*Frame
			for _, fold := range folds {
				checkParts(t, n, fold.Train, fold.Val)
				vals = append(vals, fold.Val)
				if strings.Contains(name, "group") || name == "both" {
					apart(t, fold.Train, fold.Val)
					if fold.Val.Len() < 70 || fold.Val.Len() > 130 {
						t.Errorf("a fold of %d rows of %d", fold.Val.Len(), n)
					}
				} else if l := fold.Val.Len(); l != 100 && l != 101 {
					t.Errorf("a fold of %d rows", l)
				}
				if name == "stratified" {
					for i, c := range balance(t, fold.Val, "label").Counts {
						if exact := float64(balance(t, f, "label").Counts[i]) / k; math.Abs(float64(c)-exact) >= 1 {
							t.Errorf("class %d has %d rows, its share is %.2f", i, c, exact)
						}
					}
				}
			}
			checkParts(t, n, vals...)
		})
	}
}

func TestSplitRefuses(t *testing.T) {
	f := population(t, 50, 3, 1, 1)
	for name, err := range map[string]error{
		"0":          split(f, 0),
		"negative":   split(f, -3),
		"a fraction": split(f, 1.5),
		"all":        split(f, 50),
		"no column":  split(f, .2, Stratify("nix")),
		"one group":  split(f, .2, GroupBy("group")),
		"too small":  split(f, 2, Stratify("label")),
		"each alone": split(f, .5, Stratify("id")),
		"and order":  split(f, .5, Stratify("label"), InOrder()),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	for _, k := range []int{0, 1, 51, 300} {
		if _, err := f.KFold(k); err == nil {
			t.Errorf("%d folds: no error", k)
		}
	}
	a, b, err := f.Split(7, InOrder())
	if must(t, a, err); ints(t, b, "id")[0] != 43 || b.Len() != 7 {
		t.Error("InOrder does not take the last rows")
	}
}

func split(f *Frame, test float64, opts ...SplitOption) error {
	_, _, err := f.Split(test, opts...)
	return err
}

func TestSample(t *testing.T) {
	f := population(t, 300, 2, 3, 1)
	a, b := f.Sample(20), f.Sample(20)
	if !slices.Equal(ints(t, a, "id"), ints(t, b, "id")) || a.Len() != 20 || !slices.IsSorted(ints(t, a, "id")) {
		t.Error("a sample is not the same twice, in order")
	}
	if slices.Equal(ints(t, a, "id"), ints(t, f.Sample(20, Seed(7)), "id")) {
		t.Error("the seed changes nothing")
	}
	if f.Sample(1000).Len() != 300 || f.Sample(0).Len() != 0 || f.Sample(-1).Err() == nil {
		t.Error("limits")
	}
	labels := make([]int, 100)
	for i := range labels {
		labels[i] = min(i/80, 1)
	}
	g, err := New("label", labels)
	must(t, g, err)
	counts, err := g.Sample(10, Stratify("label")).ValueCounts("label")
	if err != nil || counts.Count("0") != 8 || counts.Count("1") != 2 {
		t.Errorf("stratified: %v, %v", counts, err)
	}
	for _, o := range []SplitOption{GroupBy("label"), InOrder(), Stratify("no such")} {
		if g.Sample(10, o).Err() == nil {
			t.Error("an option that Sample does not know was accepted")
		}
	}
	var zero Frame
	for _, made := range []*Frame{zero.Head(1), zero.Sample(1), zero.Filter("true"), zero.Distinct(), zero.Trim(), zero.SQL("SELECT 1")} {
		if made.Err() == nil {
			t.Error("a frame that nothing made has no error")
		}
	}
}

func TestLeaks(t *testing.T) {
	train, err := New("text", []string{"The food was really good, and the service too.", "差评，再也不会来了，味道很差", "unlike anything else", "", "the quick brown fox jumps over the lazy dog again and again while everybody in the village looks on"})
	must(t, train, err)
	val, err := New("text", []string{"the food was REALLY good and the service too!", "再也不会来了，味道很差，差评", "something new", "", "the quick brown fox jumps over the lazy cat again and again while everybody in the village looks on", "unlike anyone"})
	must(t, val, err)
	r, err := Leaks(train, val, "text")
	if err != nil {
		t.Fatal(err)
	}
	if r.Same != 1 || r.NearSame != 1 || len(r.Leaks) != 2 {
		t.Fatalf("%+v", r)
	}
	if l := r.Leaks[0]; l.Train != 0 || l.Val != 0 || l.Similarity != 1 {
		t.Errorf("%+v", l)
	}
	if l := r.Leaks[1]; l.Similarity >= 1 || l.Similarity < .8 {
		t.Errorf("%+v", l)
	}
	if s := r.String(); !strings.Contains(s, "2 of 6 rows") {
		t.Error(s)
	}
	clean, err := Leaks(train.Filter("text LIKE 'unlike%'"), val.Filter("text LIKE 'something%'"), "text")
	if err != nil || clean.Same+clean.NearSame != 0 || !strings.Contains(clean.String(), "no text") {
		t.Errorf("%v %v", clean, err)
	}
}

// TestLeaksFindsWhatComparingAllFinds compares the search with the comparison of every pair.
func TestLeaksFindsWhatComparingAllFinds(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 5))
	words := strings.Fields("the a film was good bad acting plot very not really story scene music end of it and but with without charm")
	sentence := func() []string {
		w := make([]string, 6+rng.IntN(14))
		for i := range w {
			w[i] = words[rng.IntN(len(words))]
		}
		return w
	}
	var train, val []string
	for range 300 {
		s := sentence()
		train = append(train, strings.Join(s, " "))
		for range rng.IntN(4) {
			s[rng.IntN(len(s))] = words[rng.IntN(len(words))]
		}
		val = append(val, strings.Join(s, " "))
	}
	a, err := New("text", train)
	must(t, a, err)
	b, err := New("text", val)
	must(t, b, err)
	r, err := Leaks(a, b, "text")
	if err != nil {
		t.Fatal(err)
	}
	m := newMinHash()
	want := 0
	for _, v := range val {
		for _, u := range train {
			if jaccard(m.pieces(fold(u)), m.pieces(fold(v))) >= nearEnough {
				want++
				break
			}
		}
	}
	if r.Same+r.NearSame != want || want < 50 || want > 290 {
		t.Errorf("%d texts found, comparing all finds %d", r.Same+r.NearSame, want)
	}
}
