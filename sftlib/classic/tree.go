package classic

import "math/rand/v2"

// DecisionTree classifies by questions about one feature at a time, chosen so that each makes the classes on its two sides
// purer (CART).
type DecisionTree struct {
	Criterion       string // "gini" (the default) or "entropy"
	MaxDepth        int    // 0: no limit
	MinSamplesSplit int    // a node of fewer rows stays a leaf; 0 means 2
	MinSamplesLeaf  int    // no leaf has fewer rows; 0 means 1
	MaxFeatures     int    // features looked at for a split, drawn anew each time; 0 means all
	ClassWeight     string // "" or "balanced"
	RandomState     uint64 // seed of MaxFeatures

	labels
	Tree               *Tree     // learned
	FeatureImportances []float64 // learned: by how much each feature made nodes purer; their sum is 1
	NFeaturesIn        int       // learned: number of features
}

// DecisionTreeRegressor predicts the mean of the rows in a leaf; its questions make the variance small.
type DecisionTreeRegressor struct {
	MaxDepth        int    // 0: no limit
	MinSamplesSplit int    // 0 means 2
	MinSamplesLeaf  int    // 0 means 1
	MaxFeatures     int    // 0 means all
	RandomState     uint64 // seed of MaxFeatures

	Tree               *Tree     // learned
	FeatureImportances []float64 // learned; their sum is 1
	NFeaturesIn        int       // learned: number of features
}

var (
	classCriteria = []string{"gini", "entropy"}
	valueCriteria = []string{"squared_error"}
)

// Fit learns from X and y.
func (d *DecisionTree) Fit(X, y any) (err error) {
	defer d.keep(&err)()
	m, err := toMatrix(X)
	if err == nil {
		m, err = m.full("DecisionTree")
	}
	if err != nil {
		return err
	}
	codes, err := d.labels.fit(y, m.n)
	if err != nil {
		return err
	}
	set := treeSettings{d.Criterion, d.MaxDepth, d.MinSamplesSplit, d.MinSamplesLeaf, orAll(d.MaxFeatures)}
	if err := set.check("DecisionTree", classCriteria, m.p); err != nil {
		return err
	}
	w, err := classWeights(d.ClassWeight, codes, len(d.Classes))
	if err != nil {
		return err
	}
	weight := make([]float64, m.n)
	for i, c := range codes {
		weight[i] = w[c]
	}
	g := set.growth(newRanks(m), rand.NewPCG(d.RandomState, 0))
	g.classes, g.codes, g.weight = len(d.Classes), codes, weight
	g.grow()
	d.Tree, d.FeatureImportances, d.NFeaturesIn = g.tree, g.importances, m.p
	return nil
}

func orAll(features int) int {
	if features == 0 {
		return -1
	}
	return features
}

func (s treeSettings) growth(r *ranks, source rand.Source) *growth {
	return &growth{criterion: s.criterion, classes: 1, depth: s.depth, split: s.split, leaf: s.leaf, features: s.features,
		ranks: r, random: rand.New(source)}
}

// Fit learns from X and y.
func (d *DecisionTreeRegressor) Fit(X, y any) error {
	m, err := toMatrix(X)
	if err == nil {
		m, err = m.full("DecisionTreeRegressor")
	}
	if err != nil {
		return err
	}
	values, err := targets(y, m.n)
	if err != nil {
		return err
	}
	set := treeSettings{"", d.MaxDepth, d.MinSamplesSplit, d.MinSamplesLeaf, orAll(d.MaxFeatures)}
	if err := set.check("DecisionTreeRegressor", valueCriteria, m.p); err != nil {
		return err
	}
	g := set.growth(newRanks(m), rand.NewPCG(d.RandomState, 0))
	g.y, g.weight = values, make([]float64, m.n)
	for i := range g.weight {
		g.weight[i] = 1
	}
	g.grow()
	d.Tree, d.FeatureImportances, d.NFeaturesIn = g.tree, g.importances, m.p
	return nil
}

// leaves returns the mean of the values of the leaves that each row of X falls into.
func leaves(model string, features int, trees []*Tree, X any) ([][]float64, error) {
	m, err := fitted(model, features, X)
	if err == nil {
		m, err = m.full(model)
	}
	if err != nil {
		return nil, err
	}
	k := len(trees[0].Value[0])
	out := make([][]float64, m.n)
	parallel(m.n, 64, func(_, lo, hi int) {
		flat := make([]float64, (hi-lo)*k)
		for i := lo; i < hi; i++ {
			out[i], flat = flat[:k], flat[k:]
		}
		for _, t := range trees {
			for i := lo; i < hi; i++ {
				for c, v := range t.leaf(m.row(i)) {
					out[i][c] += v
				}
			}
		}
		for i := lo; i < hi; i++ {
			for c := range out[i] {
				out[i][c] /= float64(len(trees))
			}
		}
	})
	return out, nil
}

func first(rows [][]float64, err error) ([]float64, error) {
	if err != nil {
		return nil, err
	}
	out := make([]float64, len(rows))
	for i, r := range rows {
		out[i] = r[0]
	}
	return out, nil
}

// PredictProba returns the share of each class in the leaf of each row.
func (d *DecisionTree) PredictProba(X any) ([][]float64, error) {
	return leaves("DecisionTree", d.NFeaturesIn, []*Tree{d.Tree}, X)
}

// Predict returns the commonest label of the leaf of each row.
func (d *DecisionTree) Predict(X any) ([]int, error) {
	p, err := d.PredictProba(X)
	if err != nil {
		return nil, err
	}
	return d.decide(p), nil
}

// Predict returns the mean of the leaf of each row.
func (d *DecisionTreeRegressor) Predict(X any) ([]float64, error) {
	return first(leaves("DecisionTreeRegressor", d.NFeaturesIn, []*Tree{d.Tree}, X))
}

// Score returns the accuracy.
func (d *DecisionTree) Score(X, y any) (float64, error) { return scoreClassifier(d, &d.labels, X, y) }

// Score returns R².
func (d *DecisionTreeRegressor) Score(X, y any) (float64, error) { return scoreRegressor(d, X, y) }

// Clone returns an unfitted copy.
func (d *DecisionTree) Clone() Estimator {
	return &DecisionTree{Criterion: d.Criterion, MaxDepth: d.MaxDepth, MinSamplesSplit: d.MinSamplesSplit, MinSamplesLeaf: d.MinSamplesLeaf,
		MaxFeatures: d.MaxFeatures, ClassWeight: d.ClassWeight, RandomState: d.RandomState}
}

// Clone returns an unfitted copy.
func (d *DecisionTreeRegressor) Clone() Estimator {
	return &DecisionTreeRegressor{MaxDepth: d.MaxDepth, MinSamplesSplit: d.MinSamplesSplit, MinSamplesLeaf: d.MinSamplesLeaf,
		MaxFeatures: d.MaxFeatures, RandomState: d.RandomState}
}
