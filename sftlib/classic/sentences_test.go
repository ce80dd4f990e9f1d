package classic

import (
	"encoding/csv"
	"os"
	"testing"

	"gosft/sftlib/internal/testenv"
)

// corpus is a data set of texts in two classes.
type corpus struct {
	train, test []string
	y, testY    []int
}

// sentences reads sst2 (train and dev) and waimai (every fifth row to test on).
func sentences(t testing.TB) map[string]corpus {
	t.Helper()
	read := func(name string, text, label int) ([]string, []int) {
		f, err := os.Open(testenv.Shared(t, name))
		must(t, err)
		defer f.Close()
		rows, err := csv.NewReader(f).ReadAll()
		must(t, err)
		var texts []string
		var y []int
		for _, r := range rows[1:] {
			texts = append(texts, r[text])
			y = append(y, int(r[label][0]-'0'))
		}
		return texts, y
	}
	var sst, waimai corpus
	sst.train, sst.y = read("data/sst2/train.csv", 0, 1)
	sst.test, sst.testY = read("data/sst2/dev.csv", 0, 1)
	texts, y := read("data/waimai/waimai_10k.csv", 1, 0)
	for i := range texts {
		if i%5 == 0 {
			waimai.test, waimai.testY = append(waimai.test, texts[i]), append(waimai.testY, y[i])
		} else {
			waimai.train, waimai.y = append(waimai.train, texts[i]), append(waimai.y, y[i])
		}
	}
	return map[string]corpus{"sst2": sst, "waimai": waimai}
}
