package data

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"gosft/sftlib/internal/testenv"
)

// pandasReads prints a CSV's columns as pandas has them, missing values as null.
const pandasReads = `
import json, sys
import pandas as pd
f = pd.read_csv(sys.argv[1])
print(json.dumps({c: [None if pd.isna(v) else str(v) for v in f[c]] for c in f.columns}))
`

func TestParityPandas(t *testing.T) {
	dirty := write(t, "dirty.csv", "id,text,label,score,day\n1,\"a \"\"b\"\", c\",pos,1.5,2024-01-01\n2,NA,neg,,\n3,\"two\nlines\",null,2,x\n4, spaced ,n/a,-0.25,\n\n5,nan,neg,1e-3,2024-02-30\n6,中文，评论,pos,7,N/A\n")
	files := map[string]string{"a dirty file": dirty}
	for _, name := range []string{"sst2/train.csv", "sst2/dev.csv", "sst2/test.csv", "banking77/train.csv", "banking77/test.csv", "waimai/waimai_10k.csv"} {
		files[name] = testenv.Shared(t, "data/"+name)
	}
	for name, path := range files {
		f, err := ReadCSV(path)
		must(t, f, err)
		var want map[string][]*string
		if err := json.Unmarshal(testenv.RunPython(t, pandasReads, path), &want); err != nil {
			t.Fatal(err)
		}
		if len(want) != len(f.Columns()) {
			t.Fatalf("%s: the columns are %s, pandas has %d", name, kinds(f), len(want))
		}
		unlike := 0
		for row, err := range f.Rows() {
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range f.Names() {
				got, other := row.Value(c), want[c][row.Number]
				if (got == nil) != (other == nil) || got != nil && !sameCell(fmt.Sprint(got), *other) {
					unlike++
					t.Logf("%s row %d %s: %v", name, row.Number, c, got)
				}
			}
		}
		if n := len(want[f.Names()[0]]); n != f.Len() {
			t.Errorf("%s: %d rows, pandas has %d", name, f.Len(), n)
		}
		testenv.Parity(t, "CSV of "+name+": cells unlike pandas'", float64(unlike), 0)
	}
}

// sameCell compares two written values, numbers as numbers (pandas writes 2.0 where a column has missing integers).
func sameCell(a, b string) bool {
	var x, y float64
	if _, err := fmt.Sscanf(a+" ", "%g ", &x); err == nil && number.MatchString(a) && number.MatchString(b) {
		fmt.Sscanf(b, "%g", &y)
		return x == y
	}
	return a == b
}

// sklearnSplits prints how many rows of each class train_test_split puts on its second side.
const sklearnSplits = `
import json, sys
from collections import Counter
import pandas as pd
from sklearn.model_selection import train_test_split
f = pd.read_csv(sys.argv[1])
label, out = sys.argv[2], {}
for share in map(float, sys.argv[3:]):
    _, val = train_test_split(f, test_size=share, stratify=f[label], random_state=1)
    out[str(share)] = Counter(str(v) for v in val[label])
print(json.dumps(out))
`

// TestParityScikitLearn compares the class counts of stratified splits. Where remainders are equal either class may get the
// row, so a class may differ by one and the total by none.
func TestParityScikitLearn(t *testing.T) {
	path := testenv.Shared(t, "data/banking77/train.csv")
	shares := []string{"0.1", "0.2", "0.33", "0.5"}
	var want map[string]map[string]int
	if err := json.Unmarshal(testenv.RunPython(t, sklearnSplits, append([]string{path, "category"}, shares...)...), &want); err != nil {
		t.Fatal(err)
	}
	f, err := ReadCSV(path)
	must(t, f, err)
	for _, share := range shares {
		var s float64
		fmt.Sscan(share, &s)
		_, val, err := f.Split(s, Stratify("category"))
		must(t, val, err)
		total, worst := 0, 0
		b := balance(t, val, "category")
		for i, name := range b.Names {
			total += want[share][name]
			worst = max(worst, b.Counts[i]-want[share][name], want[share][name]-b.Counts[i])
		}
		if total != val.Len() || len(b.Names) != len(want[share]) {
			t.Errorf("share %s: %d rows of %d classes, scikit-learn has %d of %d", share, val.Len(), len(b.Names), total, len(want[share]))
		}
		testenv.Parity(t, "stratified split of banking77, share "+strings.TrimSpace(share)+": rows of a class unlike scikit-learn's", float64(worst), 1)
	}
}
