package classic

// Estimator is a model that learns from examples: X a row of features for each ([][]float64, a gonum matrix or a *Sparse;
// []string before a TFIDF), y the label or value of each.
type Estimator interface {
	// Fit learns. What was learned before is forgotten.
	Fit(X, y any) error
	// Score is the accuracy of a classifier, R² of a regressor.
	Score(X, y any) (float64, error)
	// Clone returns a model with the same settings that has learned nothing.
	Clone() Estimator
}

// Classifier is an Estimator of classes.
type Classifier interface {
	Estimator
	// Predict returns the label of each row; see Names for labels that were strings.
	Predict(X any) ([]int, error)
	// PredictProba returns for each row the probability of each class, in the order of Classes.
	PredictProba(X any) ([][]float64, error)
	// Name returns the name of a label.
	Name(label int) string
}

// Regressor is an Estimator of numbers.
type Regressor interface {
	Estimator
	// Predict returns the value of each row.
	Predict(X any) ([]float64, error)
}

// Transformer changes X before a model sees it.
type Transformer interface {
	// Fit learns from X what Transform needs; y may be nil.
	Fit(X, y any) error
	// Transform returns the changed X: a *Sparse, or a *mat.Dense of gonum.
	Transform(X any) (Matrix, error)
	// CloneTransformer returns a transformer with the same settings that has learned nothing.
	CloneTransformer() Transformer
}

// Matrix is what a Transformer makes: a gonum matrix.
type Matrix interface {
	Dims() (rows, columns int)
	At(i, j int) float64
}

var (
	_ = []Classifier{&LogisticRegression{}, &SVC{}, &DecisionTree{}, &RandomForest{}, &KNeighbors{}, &MultinomialNB{}, &Pipeline{}, &GridSearch{}}
	_ = []Regressor{&LinearRegression{}, &Ridge{}, &DecisionTreeRegressor{}, &RandomForestRegressor{}, &KNeighborsRegressor{}}
	_ = []Transformer{&StandardScaler{}, &OneHot{}, &TFIDF{}}
)
