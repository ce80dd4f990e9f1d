package engine

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestValuesStayAlive(t *testing.T) {
	s := start(t, Config{})
	s.must("x := 42")
	if got := s.must("x + 1"); got != "43" {
		t.Errorf("x + 1 is %q", got)
	}
	s.must("type point struct{ X, Y int }\nfunc (p point) sum() int { return p.X + p.Y }\nps := map[string]point{\"a\": {1, 2}}")
	if got := s.must(`ps["a"].sum()`); got != "3" {
		t.Errorf("a method of an earlier cell gives %q", got)
	}
	out, r := s.run("fmt.Printf(\"%T\\n\", ps)")
	if r.Err != nil {
		t.Fatal(r.Err.all())
	}
	if strings.Contains(out.out("stdout"), "ꞏ") {
		t.Errorf("a version marker is shown: %q", out.out("stdout"))
	}
}

func TestFailures(t *testing.T) {
	s := start(t, Config{})
	s.must("func third(xs []int) int {\n\treturn xs[2]\n}")
	for _, c := range []struct {
		name, src string
		want      []string
		line      int
	}{
		{"panic", "a := 1\npanic(fmt.Sprint(\"oh \", a))", []string{"panic", "oh 1", "In[%d]:2"}, 2},
		{"in a function", "third(nil)", []string{"index out of range [2] with length 0", "In[1]:2", "in third", "return xs[2]", "In[%d]:1"}, 2},
		{"error", "f := os.Open(\"/nowhere\")\nf.Name()", []string{"open /nowhere: no such file", "In[%d]:1"}, 1},
		{"compile error", "var s string = 3", []string{"compile error", "In[%d]:1:16"}, 1},
		{"nil map", "var m map[string]int\n\nm[\"a\"] = 1", []string{"assignment to entry in nil map", "In[%d]:3"}, 3},
		{"goexit", "runtime.Goexit()", []string{"Goexit"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, r := s.run(c.src)
			if r.Err == nil {
				t.Fatal("no error")
			}
			for _, w := range c.want {
				if strings.Contains(w, "%d") {
					w = fmt.Sprintf(w, s.id)
				}
				expect(t, c.name, r.Err.all(), w)
			}
			if r.Err.Pos.Line != c.line {
				t.Errorf("the place is %v, want line %d", r.Err.Pos, c.line)
			}
			if strings.Contains(r.Err.all(), "kernel/live") {
				t.Errorf("a frame that is not the user's: %s", r.Err.all())
			}
		})
	}
	s.must("1")
}

func TestOutputInOrder(t *testing.T) {
	s := start(t, Config{})
	out, r := s.run(`for i := range 200 {
	fmt.Println("line", i)
	display.HTML(fmt.Sprint("<b>", i, "</b>"))
}`)
	if r.Err != nil {
		t.Fatal(r.Err.all())
	}
	shown := 0
	printed := ""
	for _, o := range out.order {
		if !strings.HasPrefix(o, "<") {
			printed += o
			continue
		}
		if want := fmt.Sprintf("line %d\n", shown); !strings.HasSuffix(printed, want) {
			t.Fatalf("display %d came before %q", shown, want)
		}
		shown++
	}
	if shown != 200 {
		t.Errorf("%d displays, want 200", shown)
	}
	begin := time.Now()
	out, _ = s.run(`for i := range 100_000 { fmt.Println(i) }`)
	lines := strings.Split(strings.TrimSpace(out.out("stdout")), "\n")
	if len(lines) != 100_000 {
		t.Fatalf("%d lines, want 100000", len(lines))
	}
	for i, l := range lines {
		if l != fmt.Sprint(i) {
			t.Fatalf("line %d is %q", i, l)
		}
	}
	t.Logf("100,000 lines in %v", time.Since(begin))
}

func TestStdin(t *testing.T) {
	s := start(t, Config{})
	out, r := s.run("var a, b int\nfmt.Scan(&a, &b)\nfmt.Println(a + b)", "3 4")
	if r.Err != nil || out.out("stdout") != "7\n" {
		t.Errorf("stdout %q, %s", out.out("stdout"), r.Err.all())
	}
	out, r = s.run("in := bufio.NewScanner(os.Stdin)\nin.Scan()\nfmt.Println(in.Text())\nname, _ := display.Input(\"name? \")\nfmt.Println(name)", "a line", "Ada")
	if r.Err != nil || out.out("stdout") != "a line\nAda\n" {
		t.Errorf("stdout %q, %s", out.out("stdout"), r.Err.all())
	}
	if len(out.prompts) != 2 || out.prompts[1] != "name? " {
		t.Errorf("prompts %q", out.prompts)
	}
	_, r = s.run("n, err := fmt.Scanln(new(int))\nfmt.Println(n, err)") // nobody answers
	if r.Err != nil {
		t.Error(r.Err.all())
	}
	if _, r = s.run("fmt.Scanln(&a)\na", "5"); r.Bundle.Text() != "5" {
		t.Errorf("after an end of input: %q %s", r.Bundle.Text(), r.Err.all())
	}
	if runtime.GOOS != "linux" {
		return
	}
	s.must("/*\n#include <stdio.h>\nstatic int ask(void) { int n; return scanf(\"%d\", &n) == 1 ? n : -1; }\n*/\nimport \"C\"\n\nfunc ask() int { return int(C.ask()) }")
	for i, want := range []string{"42", "7", "-1", "8"} { // C code asks too; the third time nobody answers
		answers := []string{want}
		if want == "-1" {
			answers = nil
		}
		if _, r = s.run(fmt.Sprintf("c%d := ask()\nc%[1]d", i), answers...); r.Bundle.Text() != want {
			t.Errorf("scanf gives %q, want %s; %s", r.Bundle.Text(), want, r.Err.all())
		}
	}
}

func TestInterruptKeepsValues(t *testing.T) {
	s := start(t, Config{Patience: time.Second})
	s.must("n := 0\nch := make(chan int)\nfunc deep(i int) { for { if i > 0 { deep(i - 1) }; n++ } }")
	for _, src := range []string{
		"for { n++ }",
		"deep(10)",
		"time.Sleep(time.Hour)",
		"<-ch",
		"ch <- 1",
		"for v := range ch { n += v }",
		"select {}",
		"select { case v := <-ch: n = v; case <-time.After(time.Hour): }",
		"<-ctx.Done()\nfor {}",
		"func() { <-display.Context().Done() }()\nfor {}",
		"defer func() { recover() }()\nfor { n++ }",
		"var wg sync.WaitGroup\nwg.Go(func() { for { n++ } })\nwg.Wait()",
	} {
		stop := time.AfterFunc(400*time.Millisecond, s.Interrupt)
		begin := time.Now()
		_, r := s.run(src)
		stop.Stop()
		if took := time.Since(begin); took > 3*time.Second {
			t.Errorf("%s: %v until it stopped", src, took)
		}
		if r.Err == nil && !strings.Contains(src, "recover") || r.Err != nil && r.Err.Name != "interrupted" {
			t.Errorf("%s: %s", src, r.Err.all())
		}
		if len(r.Lost) > 0 {
			t.Fatalf("%s: values are lost", src)
		}
	}
	if s.must("n") == "0" {
		t.Error("the value is gone")
	}
}

func TestInterruptIgnored(t *testing.T) {
	s := start(t, Config{Patience: 500 * time.Millisecond})
	s.must("n := 1")
	go func() { // not while the cell is built
		interruptRunning(t.Context(), s.Engine, 2)
		s.Interrupt() // a storm does no harm
		time.Sleep(1200 * time.Millisecond)
		s.Interrupt()
	}()
	out, r := s.run("b, err := exec.Command(\"sleep\", \"30\").Output()")
	expect(t, "note", out.noted(), "ignored the interrupt", "line 1 of In[2]")
	if r.Err == nil || r.Err.Name != "interrupted" {
		t.Errorf("it ended with %s", r.Err.all())
	}
	_, r = s.run("1")
	if fmt.Sprint(r.Lost) != "[n]" && fmt.Sprint(r.Lost) != "[]" {
		t.Errorf("lost: %v", r.Lost)
	}
}

func TestGoroutines(t *testing.T) {
	s := start(t, Config{})
	first, r := s.run("done := make(chan bool)\ngo func() {\n\ttime.Sleep(300 * time.Millisecond)\n\tdefer close(done)\n\tfmt.Println(\"late\")\n\tvar m map[int]int\n\tm[1] = 1\n}()")
	if r.Err != nil {
		t.Fatal(r.Err.all())
	}
	time.Sleep(time.Second)
	expect(t, "stdout of the cell that started it", first.out("stdout"), "late")
	expect(t, "its stderr", first.out("stderr"), "In[1]", "assignment to entry in nil map", "In[1]:7")
	s.must("<-done")
}

func TestTwoCellsAtOnce(t *testing.T) {
	s := start(t, Config{})
	s.must("stop := make(chan bool)\nn := 1")
	var wg sync.WaitGroup
	wg.Add(1)
	var long Result
	go func() {
		defer wg.Done()
		long = s.Run(context.Background(), 100, "<-stop\nm := n + 1", &recorder{})
	}()
	time.Sleep(500 * time.Millisecond)
	if got := s.must("k := 5\nk * n"); got != "5" {
		t.Errorf("a cell beside another gives %q", got)
	}
	s.must("close(stop)")
	wg.Wait()
	if long.Err != nil {
		t.Fatal(long.Err.all())
	}
	if got := s.must("m + k"); got != "7" {
		t.Errorf("m + k is %q", got)
	}
}

func TestUnchangedCellIsFast(t *testing.T) {
	s := start(t, Config{})
	s.must("total := 0")
	s.must("total += 1\ntotal")
	best := time.Hour
	for range 10 {
		begin := time.Now()
		_, r := s.run("total += 1\ntotal")
		if r.Err != nil || !r.Timing.Reused {
			t.Fatalf("reused %v, %s", r.Timing.Reused, r.Err.all())
		}
		best = min(best, time.Since(begin))
	}
	if got := s.must("total"); got != "11" {
		t.Errorf("total is %s, want 11", got)
	}
	if best > 20*time.Millisecond {
		t.Errorf("an unchanged cell takes %v, want under 20ms", best)
	}
	t.Logf("an unchanged cell takes %v", best)
}

func TestVars(t *testing.T) {
	s := start(t, Config{})
	s.must("name := \"Ada\"\nxs := []float64{1, 2, 3}\nm := map[string][]int{\"a\": {1}}\ntype T struct{ A int }\np := &T{7}")
	vars, err := s.Vars()
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, v := range vars {
		got += fmt.Sprintf("%s %s %d %s|", v.Name, v.Type, v.Len, v.Value)
	}
	expect(t, "vars", got, `name string 3 "Ada"|`, "xs []float64 3 [1 2 3]|", "m map[string][]int 1 map[\"a\":[1]]|", "p *T -1 &{A:7}|")
	v, ok := s.Inspect("xs")
	if !ok || v.Size != 24+24 {
		t.Errorf("xs: %+v", v)
	}
	if err := s.Setenv("GOSFT_TRY", "1", false); err != nil {
		t.Fatal(err)
	}
	if got := s.must(`os.Getenv("GOSFT_TRY")`); !strings.Contains(got, "1") {
		t.Errorf("the environment variable is %q", got)
	}
	dir := t.TempDir()
	if err := s.Chdir(dir); err != nil {
		t.Fatal(err)
	}
	s.must(`os.WriteFile("here", nil, 0o644)`)
	if _, err := os.Stat(dir + "/here"); err != nil {
		t.Error(err)
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if _, r := s.run("name"); r.Err == nil {
		t.Error("name is known after a restart")
	}
}
