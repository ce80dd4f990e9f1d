package classic

import (
	"bytes"
	"strings"
	"testing"
)

// FuzzRead: whatever a model file says, there is an error or a model that predicts without a panic.
func FuzzRead(f *testing.F) {
	X, y := spots()
	for name, e := range all() {
		if strings.HasPrefix(name, "GridSearch") {
			continue
		}
		if err := e.Fit(X[:12], y[:12]); err != nil {
			f.Fatal(err)
		}
		var buf bytes.Buffer
		if err := Write(&buf, e); err != nil {
			f.Fatal(err)
		}
		f.Add(buf.Bytes())
	}
	f.Add([]byte(`{"format":1,"type":"KNeighbors","model":{"NNeighbors":-5,"Classes":[0,1],"X":[[1]],"Codes":[1]}}`))
	f.Add([]byte(`{"format":1,"type":"SVC","model":{"NFeaturesIn":1,"Classes":[0]}}`))
	f.Add([]byte(`{"format":1,"type":"RandomForest","model":{"NFeaturesIn":1,"Trees":[{"Feature":[-1],"Threshold":[1],"Left":[0],"Right":[0],"Value":[[]]}]}}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := Read(bytes.NewReader(text))
		if err != nil {
			return
		}
		for _, X := range []any{[][]float64{{1}}, [][]float64{{1, 2}, {3, 4}}, []string{"a good film"}} {
			switch m := e.(type) {
			case *Pipeline:
				m.Predict(X)
				m.PredictValues(X)
			case Classifier:
				if p, err := m.Predict(X); err == nil {
					m.Name(p[0])
				}
				m.PredictProba(X)
			case Regressor:
				m.Predict(X)
			}
		}
	})
}
