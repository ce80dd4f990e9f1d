package classic

import (
	"fmt"
	"math"
	"math/rand/v2"
)

// RandomForest is the mean of many decision trees, each grown on its own draw of the rows with a draw of the features at
// each split (Breiman 2001). Trees grow on all cores; a seed gives the same forest whatever their number.
type RandomForest struct {
	NEstimators     int    // trees; 0 means 100
	Criterion       string // "gini" (the default) or "entropy"
	MaxDepth        int    // 0: no limit
	MinSamplesSplit int    // 0 means 2
	MinSamplesLeaf  int    // 0 means 1
	MaxFeatures     int    // features looked at for a split; 0 means the root of their number, -1 all
	NoBootstrap     bool   // every tree sees all rows
	ClassWeight     string // "" or "balanced"
	RandomState     uint64 // seed

	labels
	Trees              []*Tree   // learned
	FeatureImportances []float64 // learned: the mean of those of the trees
	NFeaturesIn        int       // learned: number of features
}

// RandomForestRegressor is the mean of many regression trees.
type RandomForestRegressor struct {
	NEstimators     int    // trees; 0 means 100
	MaxDepth        int    // 0: no limit
	MinSamplesSplit int    // 0 means 2
	MinSamplesLeaf  int    // 0 means 1
	MaxFeatures     int    // features looked at for a split; 0 means all
	NoBootstrap     bool   // every tree sees all rows
	RandomState     uint64 // seed

	Trees              []*Tree   // learned
	FeatureImportances []float64 // learned
	NFeaturesIn        int       // learned: number of features
}

// Fit learns from X and y.
func (f *RandomForest) Fit(X, y any) (err error) {
	defer f.keep(&err)()
	m, err := toMatrix(X)
	if err == nil {
		m, err = m.full("RandomForest")
	}
	if err != nil {
		return err
	}
	codes, err := f.labels.fit(y, m.n)
	if err != nil {
		return err
	}
	features := f.MaxFeatures
	if features == 0 {
		features = max(1, int(math.Sqrt(float64(m.p))))
	}
	set := treeSettings{f.Criterion, f.MaxDepth, f.MinSamplesSplit, f.MinSamplesLeaf, features}
	if err := set.check("RandomForest", classCriteria, m.p); err != nil {
		return err
	}
	w, err := classWeights(f.ClassWeight, codes, len(f.Classes))
	if err != nil {
		return err
	}
	weight := make([]float64, m.n)
	for i, c := range codes {
		weight[i] = w[c]
	}
	trees, importances, err := forest("RandomForest", f.NEstimators, !f.NoBootstrap, f.RandomState, set, m, weight, func(g *growth) {
		g.classes, g.codes = len(f.Classes), codes
	})
	if err != nil {
		return err
	}
	f.Trees, f.FeatureImportances, f.NFeaturesIn = trees, importances, m.p
	return nil
}

// Fit learns from X and y.
func (f *RandomForestRegressor) Fit(X, y any) error {
	m, err := toMatrix(X)
	if err == nil {
		m, err = m.full("RandomForestRegressor")
	}
	if err != nil {
		return err
	}
	values, err := targets(y, m.n)
	if err != nil {
		return err
	}
	set := treeSettings{"", f.MaxDepth, f.MinSamplesSplit, f.MinSamplesLeaf, orAll(f.MaxFeatures)}
	if err := set.check("RandomForestRegressor", valueCriteria, m.p); err != nil {
		return err
	}
	weight := make([]float64, m.n)
	for i := range weight {
		weight[i] = 1
	}
	trees, importances, err := forest("RandomForestRegressor", f.NEstimators, !f.NoBootstrap, f.RandomState, set, m, weight, func(g *growth) {
		g.y = values
	})
	if err != nil {
		return err
	}
	f.Trees, f.FeatureImportances, f.NFeaturesIn = trees, importances, m.p
	return nil
}

func forest(model string, n int, bootstrap bool, seed uint64, set treeSettings, m *matrix, weight []float64, task func(*growth)) ([]*Tree, []float64, error) {
	if n == 0 {
		n = 100
	}
	if n < 0 {
		return nil, nil, fmt.Errorf("classic: %s: NEstimators is %d: it must not be negative", model, n)
	}
	r := newRanks(m)
	trees, importances := make([]*Tree, n), make([][]float64, n)
	parallel(n, 1, func(_, lo, hi int) {
		for t := lo; t < hi; t++ {
			source := rand.NewPCG(seed, uint64(t)+1)
			g := set.growth(r, source)
			g.weight = weight
			if bootstrap {
				g.weight = make([]float64, m.n)
				draw := rand.New(source)
				for range m.n {
					i := draw.IntN(m.n)
					g.weight[i] += weight[i]
				}
			}
			task(g)
			g.grow()
			trees[t], importances[t] = g.tree, g.importances
		}
	})
	mean := make([]float64, m.p)
	for _, v := range importances {
		for j, x := range v {
			mean[j] += x
		}
	}
	if sum := total(mean); sum > 0 {
		for j := range mean {
			mean[j] /= sum
		}
	}
	return trees, mean, nil
}

// PredictProba returns the mean of the probabilities of the trees.
func (f *RandomForest) PredictProba(X any) ([][]float64, error) {
	return leaves("RandomForest", f.NFeaturesIn, f.Trees, X)
}

// Predict returns the most probable label of each row.
func (f *RandomForest) Predict(X any) ([]int, error) {
	p, err := f.PredictProba(X)
	if err != nil {
		return nil, err
	}
	return f.decide(p), nil
}

// Predict returns the mean of the trees.
func (f *RandomForestRegressor) Predict(X any) ([]float64, error) {
	return first(leaves("RandomForestRegressor", f.NFeaturesIn, f.Trees, X))
}

// Score returns the accuracy.
func (f *RandomForest) Score(X, y any) (float64, error) { return scoreClassifier(f, &f.labels, X, y) }

// Score returns R².
func (f *RandomForestRegressor) Score(X, y any) (float64, error) { return scoreRegressor(f, X, y) }

// Clone returns an unfitted copy.
func (f *RandomForest) Clone() Estimator {
	return &RandomForest{NEstimators: f.NEstimators, Criterion: f.Criterion, MaxDepth: f.MaxDepth, MinSamplesSplit: f.MinSamplesSplit,
		MinSamplesLeaf: f.MinSamplesLeaf, MaxFeatures: f.MaxFeatures, NoBootstrap: f.NoBootstrap, ClassWeight: f.ClassWeight, RandomState: f.RandomState}
}

// Clone returns an unfitted copy.
func (f *RandomForestRegressor) Clone() Estimator {
	return &RandomForestRegressor{NEstimators: f.NEstimators, MaxDepth: f.MaxDepth, MinSamplesSplit: f.MinSamplesSplit,
		MinSamplesLeaf: f.MinSamplesLeaf, MaxFeatures: f.MaxFeatures, NoBootstrap: f.NoBootstrap, RandomState: f.RandomState}
}
