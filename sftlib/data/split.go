package data

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
)

// SplitOption sets how Split, KFold and Sample choose rows.
type SplitOption func(*splitOptions)

type splitOptions struct {
	seed     uint64
	stratify string
	group    string
	ordered  bool
}

// Seed sets what the choice is drawn from; the default is 42. The same seed on the same rows gives the same choice.
func Seed(n uint64) SplitOption { return func(o *splitOptions) { o.seed = n } }

// Stratify keeps the shares of the values of a column the same on both sides.
func Stratify(column string) SplitOption { return func(o *splitOptions) { o.stratify = column } }

// GroupBy keeps rows with the same value of a column on one side, such as the texts of one author.
func GroupBy(column string) SplitOption { return func(o *splitOptions) { o.group = column } }

// InOrder takes the last rows for the second side instead of drawing, for texts that are sorted by time.
func InOrder() SplitOption { return func(o *splitOptions) { o.ordered = true } }

func splitOptionsOf(opts []SplitOption) *splitOptions {
	o := &splitOptions{seed: 42}
	for _, f := range opts {
		f(o)
	}
	return o
}

// Split divides the rows into two frames, each in the old order. test is the second one's share when it is below 1, else the
// number of its rows: Split(0.2) and Split(1000). With GroupBy the number is met as well as whole groups allow.
func (f *Frame) Split(test float64, opts ...SplitOption) (train, val *Frame, err error) {
	wrap := func(err error) (*Frame, *Frame, error) { return nil, nil, fmt.Errorf("Split: %w", err) }
	if err := f.Err(); err != nil {
		return nil, nil, err
	}
	o := splitOptionsOf(opts)
	n := int(math.Round(test))
	if test > 0 && test < 1 {
		n = int(math.Ceil(test*float64(f.rows) - 1e-9)) // as scikit-learn does
	} else if test != math.Trunc(test) || test < 1 {
		return wrap(fmt.Errorf("%v is neither a share between 0 and 1 nor a number of rows", test))
	}
	if n <= 0 || n >= f.rows {
		return wrap(fmt.Errorf("%d of %d rows would leave one side empty", n, f.rows))
	}
	strata, groups, err := f.codes(o)
	if err != nil {
		return wrap(err)
	}
	side := make([]uint8, f.rows)
	rng := rand.New(rand.NewPCG(o.seed, 0x51))
	switch {
	case o.ordered:
		if strata != nil || groups != nil {
			return wrap(fmt.Errorf("InOrder cannot be joined with Stratify or GroupBy"))
		}
		for i := f.rows - n; i < f.rows; i++ {
			side[i] = 1
		}
	case groups != nil:
		side = assignGroups(groups, strata, []float64{float64(f.rows - n), float64(n)}, rng)
		if min(count(side, 0), count(side, 1)) == 0 {
			return wrap(fmt.Errorf("the groups of %q are so few or so large that one side would be empty", o.group))
		}
	case strata != nil:
		if err := chooseStratified(side, strata, n, rng); err != nil {
			return wrap(fmt.Errorf("Stratify(%q): %w", o.stratify, err))
		}
	default:
		for _, r := range rng.Perm(f.rows)[:n] {
			side[r] = 1
		}
	}
	parts, err := f.divide(side, 2)
	if err != nil {
		return wrap(err)
	}
	for i, p := range parts {
		p.did(f.rows, "Split", "%s side, %s", []string{"first", "second"}[i], o)
	}
	return parts[0], parts[1], nil
}

// Fold is one of the parts of KFold: a model is trained on Train and evaluated on Val.
type Fold struct{ Train, Val *Frame }

// KFold divides the rows into k parts of the same size; each fold has one part as Val and the others as Train. It takes the
// options of Split.
func (f *Frame) KFold(k int, opts ...SplitOption) ([]Fold, error) {
	wrap := func(err error) ([]Fold, error) { return nil, fmt.Errorf("KFold: %w", err) }
	if err := f.Err(); err != nil {
		return nil, err
	}
	if k < 2 || k > f.rows || k > 255 {
		return wrap(fmt.Errorf("%d folds of %d rows: want 2 to %d", k, f.rows, min(255, f.rows)))
	}
	o := splitOptionsOf(opts)
	strata, groups, err := f.codes(o)
	if err != nil {
		return wrap(err)
	}
	part := make([]uint8, f.rows)
	rng := rand.New(rand.NewPCG(o.seed, 0x4b))
	switch {
	case o.ordered:
		if strata != nil || groups != nil {
			return wrap(fmt.Errorf("InOrder cannot be joined with Stratify or GroupBy"))
		}
		for i := range part {
			part[i] = uint8(i * k / f.rows)
		}
	case groups != nil:
		want := make([]float64, k)
		for i := range want {
			want[i] = float64(f.rows) / float64(k)
		}
		part = assignGroups(groups, strata, want, rng)
		for i := range k {
			if count(part, uint8(i)) == 0 {
				return wrap(fmt.Errorf("%q has fewer groups than there are folds", o.group))
			}
		}
	default:
		order := rng.Perm(f.rows)
		if strata != nil {
			for _, c := range countCodes(strata) {
				if c < k {
					return wrap(fmt.Errorf("Stratify(%q): a class has %s for %d folds: use fewer folds or drop the class", o.stratify, plural(c, "row"), k))
				}
			}
			// Class by class, dealt out one after the other: the parts of a class differ by at most one row.
			slices.SortStableFunc(order, func(a, b int) int { return strata[a] - strata[b] })
		}
		for i, r := range order {
			part[r] = uint8(i % k)
		}
	}
	folds := make([]Fold, k)
	vals, err := f.divide(part, k)
	if err != nil {
		return wrap(err)
	}
	for i := range folds {
		rest := f.masked(vals[i].mask, fmt.Sprintf("NOT IN (-1, %d)", i), f.rows-vals[i].rows)
		what := fmt.Sprintf("fold %d of %d", i+1, k)
		folds[i] = Fold{Train: rest.did(f.rows, "KFold", "%s, training, %s", what, o), Val: vals[i].did(f.rows, "KFold", "%s, validation, %s", what, o)}
	}
	return folds, nil
}

func (o *splitOptions) String() string {
	if o.ordered {
		return "in order"
	}
	parts := []string{fmt.Sprintf("seed %d", o.seed)}
	if o.stratify != "" {
		parts = append(parts, fmt.Sprintf("stratified by %q", o.stratify))
	}
	if o.group != "" {
		parts = append(parts, fmt.Sprintf("grouped by %q", o.group))
	}
	return strings.Join(parts, ", ")
}

// divide returns k frames by the number of each row.
func (f *Frame) divide(part []uint8, k int) ([]*Frame, error) {
	e, err := open()
	if err != nil {
		return nil, err
	}
	mask, err := f.spread(context.Background(), e, part)
	if err != nil {
		return nil, err
	}
	out := make([]*Frame, k)
	for i := range out {
		out[i] = f.masked(mask, fmt.Sprintf("= %d", i), count(part, uint8(i)))
	}
	return out, nil
}

// codes reads the columns of Stratify and GroupBy as numbers, nil for one that was not asked for.
func (f *Frame) codes(o *splitOptions) (strata, groups []int, err error) {
	if o.stratify != "" {
		if strata, err = f.code(o.stratify, false); err != nil {
			return nil, nil, fmt.Errorf("Stratify: %w", err)
		}
	}
	if o.group != "" {
		if groups, err = f.code(o.group, true); err != nil {
			return nil, nil, fmt.Errorf("GroupBy: %w", err)
		}
	}
	return strata, groups, nil
}

// code numbers the values of a column in the order in which they first come. A missing value is a value like the others, or
// where alone is set one that no other row shares.
func (f *Frame) code(column string, alone bool) ([]int, error) {
	c, err := f.column(column)
	if err != nil {
		return nil, err
	}
	codes := make([]int, 0, f.rows)
	seen := map[string]int{}
	next, missing := 0, -1
	err = f.scan(context.Background(), "CAST(x."+ident(c.Name)+" AS VARCHAR)", func(rows *sql.Rows) error {
		var v sql.NullString
		if err := rows.Scan(&v); err != nil {
			return err
		}
		id, ok := seen[v.String]
		if !v.Valid {
			id, ok = missing, missing >= 0 && !alone
		}
		if !ok {
			id = next
			next++
			if v.Valid {
				seen[v.String] = id
			} else {
				missing = id
			}
		}
		codes = append(codes, id)
		return nil
	})
	return codes, err
}

func count(part []uint8, v uint8) (n int) {
	for _, p := range part {
		if p == v {
			n++
		}
	}
	return n
}

func countCodes(codes []int) []int {
	n := make([]int, slices.Max(codes)+1)
	for _, c := range codes {
		n[c]++
	}
	return n
}

// chooseStratified marks n rows so that each class gives its share: the whole part of it, and the rows that are left over to
// the classes with the largest remainders.
func chooseStratified(side []uint8, strata []int, n int, rng *rand.Rand) error {
	sizes := countCodes(strata)
	if len(sizes) > n || len(sizes) > len(side)-n {
		return fmt.Errorf("%d classes do not fit into a side of %s", len(sizes), plural(min(n, len(side)-n), "row"))
	}
	type rest struct {
		class int
		part  float64
	}
	take := make([]int, len(sizes))
	rests := make([]rest, len(sizes))
	left := n
	for c, size := range sizes {
		if size < 2 {
			return fmt.Errorf("a class has only one row, which cannot stand on both sides: drop it with Filter, or split without")
		}
		share := float64(n) * float64(size) / float64(len(side))
		take[c] = int(share)
		rests[c] = rest{c, share - float64(take[c])}
		left -= take[c]
	}
	slices.SortStableFunc(rests, func(a, b rest) int {
		switch {
		case a.part > b.part:
			return -1
		case a.part < b.part:
			return 1
		}
		return a.class - b.class
	})
	for i := 0; left > 0; i++ {
		if c := rests[i%len(rests)].class; take[c] < sizes[c] {
			take[c]++
			left--
		}
	}
	for _, r := range rng.Perm(len(side)) {
		if c := strata[r]; take[c] > 0 {
			side[r] = 1
			take[c]--
		}
	}
	return nil
}

// assignGroups gives whole groups to parts of wanted sizes. Groups are shuffled and taken from the largest to the smallest;
// each goes to the part that then is nearest to what it wants of rows and, with strata, of each class (as scikit-learn's
// StratifiedGroupKFold does).
func assignGroups(groups, strata []int, want []float64, rng *rand.Rand) []uint8 {
	classes := 1
	if strata != nil {
		classes = slices.Max(strata) + 1
	}
	sizes := countCodes(groups)
	byClass := make([]map[int]int, len(sizes))
	total := make([]float64, classes)
	for i, g := range groups {
		c := 0
		if strata != nil {
			c = strata[i]
		}
		if byClass[g] == nil {
			byClass[g] = map[int]int{}
		}
		byClass[g][c]++
		total[c]++
	}
	order := rng.Perm(len(sizes))
	slices.SortStableFunc(order, func(a, b int) int { return sizes[b] - sizes[a] })
	have := make([][]float64, len(want))
	for p := range have {
		have[p] = make([]float64, classes)
	}
	all := 0.0
	for _, w := range want {
		all += w
	}
	where := make([]uint8, len(sizes))
	for _, g := range order {
		best, bestGain := 0, math.Inf(-1)
		for p := range want {
			// How much of what the part still wants the group brings, as the fall of the squared distance to its wishes.
			gain := 0.0
			for c, n := range byClass[g] {
				need := total[c]*want[p]/all - have[p][c]
				add := float64(n)
				gain += (need*need - (need-add)*(need-add)) / math.Max(1, total[c])
			}
			if gain > bestGain+1e-12 {
				best, bestGain = p, gain
			}
		}
		where[g] = uint8(best)
		for c, n := range byClass[g] {
			have[best][c] += float64(n)
		}
	}
	part := make([]uint8, len(groups))
	for i, g := range groups {
		part[i] = where[g]
	}
	return part
}
