package data

import (
	"database/sql"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// TestViewsAgreeWithGo does the same steps on a large file in Go and compares what aggregates, which do not keep an order,
// and what ordered reading find. It fails where tables beside each other are paired by the wrong rows.
func TestViewsAgreeWithGo(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 40 MB")
	}
	p := filepath.Join(t.TempDir(), "a.csv")
	if err := benchFile(p, 40); err != nil {
		t.Fatal(err)
	}
	f, err := ReadCSV(p)
	must(t, f, err)
	ids, all, labels := ints(t, f, "id"), texts(t, f, "text"), ints(t, f, "label")
	f = f.DropNA("text").Map("text", func(s string) int { return strings.Count(s, "film") }, "films").Distinct("text").FillNA("score", 0).Filter("films <> 2")
	must(t, f, nil)
	train, val, err := f.Split(.3, Seed(5))
	must(t, train, err)
	folds, err := val.Select("label", "id", "films").KFold(3)
	if err != nil {
		t.Fatal(err)
	}
	e, err := open()
	if err != nil {
		t.Fatal(err)
	}
	err = e.each(t.Context(), "EXPLAIN "+folds[1].Train.query, func(rows *sql.Rows) error {
		var kind, plan string
		err := rows.Scan(&kind, &plan)
		if strings.Contains(plan, "POSITIONAL_JOIN") || !strings.Contains(plan, "POSITIONAL_SCAN") {
			t.Errorf("the plan pairs rows of subqueries, not of tables:\n%s", plan)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	side := map[int]bool{}
	for _, id := range ints(t, val, "id") {
		side[id] = true
	}
	type sums struct{ rows, id, label, films int }
	var want, wantVal sums
	seen := map[string]bool{}
	for i, s := range all {
		films := strings.Count(s, "film")
		if s == "" || seen[s] {
			continue
		}
		seen[s] = true
		if films == 2 {
			continue
		}
		add := sums{1, ids[i], labels[i], films}
		want = sums{want.rows + 1, want.id + add.id, want.label + add.label, want.films + films}
		if side[ids[i]] {
			wantVal = sums{wantVal.rows + 1, wantVal.id + add.id, wantVal.label + add.label, wantVal.films + films}
		}
	}
	aggregate := func(f *Frame) (s sums) {
		defer runtime.KeepAlive(f)
		if err := f.one("SELECT count(*), sum(id), sum(label), sum(films) FROM ("+f.query+")", &s.rows, &s.id, &s.label, &s.films); err != nil {
			t.Fatal(err)
		}
		return s
	}
	ordered := func(f *Frame) (s sums) {
		a, b, c := ints(t, f, "id"), ints(t, f, "label"), ints(t, f, "films")
		for i := range a {
			s = sums{s.rows + 1, s.id + a[i], s.label + b[i], s.films + c[i]}
		}
		return s
	}
	rest := func(parts ...sums) (s sums) {
		for _, p := range parts {
			s = sums{s.rows + p.rows, s.id + p.id, s.label + p.label, s.films + p.films}
		}
		return s
	}
	for name, how := range map[string]func(*Frame) sums{"aggregates": aggregate, "in order": ordered} {
		if got := how(f); got != want || f.Len() != want.rows {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
		if got := how(val); got != wantVal {
			t.Errorf("%s, one side: %+v, want %+v", name, got, wantVal)
		}
		if got := rest(how(train), how(val)); got != want {
			t.Errorf("%s, both sides: %+v, want %+v", name, got, want)
		}
		if got := rest(how(folds[0].Val), how(folds[1].Val), how(folds[2].Val)); got != wantVal {
			t.Errorf("%s, folds: %+v, want %+v", name, got, wantVal)
		}
		if got := rest(how(folds[1].Val), how(folds[1].Train)); got != wantVal {
			t.Errorf("%s, a fold: %+v, want %+v", name, got, wantVal)
		}
	}
	for i, s := range texts(t, val.Sort("films desc").Head(100).Map("text", func(s string) string { return strconv.Itoa(strings.Count(s, "film")) }), "text") {
		if n, _ := strconv.Atoi(s); n < 3 {
			t.Fatalf("row %d of the sorted has %s films", i, s)
		}
	}
}
