package engine

import (
	"testing"
)

// The plain way must give what the fast one gives. Its worker takes minutes to build the first time.
func TestPlainWay(t *testing.T) {
	if testing.Short() {
		t.Skip("the plain worker takes minutes to build")
	}
	s := start(t, Config{Plain: true})
	if !s.Library().Plain {
		t.Fatal("it is not the plain way")
	}
	s.must("type T struct{ A int }\nfunc (t T) twice() int { return 2 * t.A }\nx := T{21}\nm := map[string]T{\"a\": x}")
	if got := s.must("m[\"a\"].twice()"); got != "42" {
		t.Errorf("it gives %q", got)
	}
	if got := s.must("func twice[N int | float64](n N) N { return 2 * n }\ntwice(1.5)"); got != "3" && got != "3.0" {
		t.Errorf("it gives %q", got)
	}
	_, r := s.run("var p *T\np.twice()")
	if r.Err == nil {
		t.Error("no error")
	} else {
		expect(t, "panic", r.Err.all(), "nil pointer", "In[4]:2")
	}
	_, r = s.run("os.Exit(1)")
	if r.Err == nil {
		t.Error("no error")
	}
	if got := s.must("1 + 1"); got != "2" {
		t.Errorf("after its death: %q", got)
	}
}
