package engine

import (
	"slices"
	"testing"
)

func TestRenew(t *testing.T) {
	s := start(t, Config{Notebook: t.TempDir()})
	s.must("x := 41\nvar never int\nfunc up(n int) int { return n + 1 }")
	before := s.must("os.Getpid()")
	lost, err := s.Renew()
	if err != nil {
		t.Fatal(err)
	}
	if slices.Sort(lost); !slices.Equal(lost, []string{"never", "x"}) {
		t.Errorf("lost %q", lost)
	}
	if after := s.must("os.Getpid()"); after == before {
		t.Errorf("the worker is still process %s", after)
	}
	out, r := s.run("up(41)")
	if r.Err != nil || r.Bundle.Text() != "42" || len(r.Lost) != 0 || out.noted() != "" {
		t.Errorf("afterwards: %s %q, lost %q, noted %q", r.Err.all(), r.Bundle.Text(), r.Lost, out.noted())
	}
	_, r = s.run("x")
	expect(t, "a lost value", r.Err.all(), "the value of x was lost with the old worker", "In[1]")
	if got := s.must("x = 1\nx"); got != "1" {
		t.Errorf("x is %s", got)
	}
}
