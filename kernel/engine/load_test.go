package engine

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// resident is a process's private memory in bytes.
func resident(t *testing.T, pid int) int64 {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
	if err != nil {
		t.Skipf("the memory of a process cannot be read here: %v", err)
	}
	var sum int64
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) == 3 && (f[0] == "Private_Dirty:" || f[0] == "Private_Clean:") {
			n, _ := strconv.ParseInt(f[1], 10, 64)
			sum += n << 10
		}
	}
	return sum
}

// 200 cells in a row: the last ones are not slower than the first, and each leaves little behind.
func TestManyCells(t *testing.T) {
	if testing.Short() {
		t.Skip("200 cells")
	}
	const begin = "total := 0\nfunc add(n int) { total += n }"
	next := func(s *session, i int) time.Duration {
		begin := time.Now()
		s.must(fmt.Sprintf("add(%d)\nv%d := total\nfmt.Sprint(v%d)", i, i, i))
		return time.Since(begin)
	}
	s := start(t, Config{})
	s.must(begin)
	var first int64
	for i := range 180 {
		if i == 10 {
			s.must("runtime.GC()")
			first = resident(t, s.worker.PID())
		}
		next(s, i)
	}
	s.must("runtime.GC()")
	perCell := (resident(t, s.worker.PID()) - first) / 170
	// Other programs use the machine too: the late cells of this session are measured in turns with early ones of another.
	fresh := start(t, Config{})
	fresh.must(begin)
	for i := range 8 {
		next(fresh, i)
	}
	var early, late []time.Duration
	for i := 180; i < 200; i++ {
		early = append(early, next(fresh, i))
		late = append(late, next(s, i))
	}
	t.Logf("cells 10 to 30: %v, 181 to 200: %v, %d KB a cell", median(early), median(late), perCell>>10)
	if median(late) > median(early)*13/10 {
		t.Errorf("the last cells take %v, the first %v", median(late), median(early))
	}
	if perCell > 2<<20 {
		t.Errorf("a cell leaves %d KB", perCell>>10)
	}
	if got := s.must("total"); got != fmt.Sprint(199*200/2) {
		t.Errorf("total is %s", got)
	}
}

func median(d []time.Duration) time.Duration {
	d = slices.Clone(d)
	slices.Sort(d)
	return d[len(d)/2]
}

// BenchmarkCell measures a cell from its text to its result.
func BenchmarkCell(b *testing.B) {
	for _, c := range []struct{ name, before, src string }{
		{"small", "", "x%d := %d\nfmt.Sprint(x%[1]d)"},
		{"ten earlier declarations", "func f1() int { return 1 }\nfunc f2() int { return f1() }\ntype A struct{ B int }\ntype C struct{ A }\nfunc (c C) g() int { return c.B + f2() }\nv1, v2, v3 := 1, 2.5, \"s\"\nconst k = 3\nfunc h[T any](t T) T { return t }\nvar m = map[string]C{}", "m[\"%d\"] = C{A{%d}}\nfmt.Sprint(m[\"%[1]d\"].g(), f1(), v1, v2, v3, k, h(3))"},
		{"gomlx", "", "t%d := tensors.FromValue([]float32{1, 2, %d})\nt%[1]d.Shape()"},
	} {
		b.Run(c.name, func(b *testing.B) {
			e, err := New(Config{})
			if err != nil {
				b.Fatal(err)
			}
			defer e.Close()
			out := &recorder{}
			id := 1
			if c.before != "" {
				if r := e.Run(b.Context(), id, c.before, out); r.Err != nil {
					b.Fatal(r.Err.all())
				}
			}
			var compile, link, load, plan time.Duration
			for b.Loop() {
				id++
				r := e.Run(b.Context(), id, fmt.Sprintf(c.src, id, id), out)
				if r.Err != nil {
					b.Fatal(r.Err.all())
				}
				compile += r.Timing.Compile
				link += r.Timing.Link
				load += r.Timing.Load
				plan += r.Timing.Parse + r.Timing.Check
			}
			n := float64(b.N) * 1e6
			b.ReportMetric(float64(plan)/n, "plan-ms")
			b.ReportMetric(float64(compile)/n, "compile-ms")
			b.ReportMetric(float64(link)/n, "link-ms")
			b.ReportMetric(float64(load)/n, "load-ms")
		})
	}
}
