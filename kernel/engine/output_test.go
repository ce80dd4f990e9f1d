package engine

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// streams is what a cell printed in the order in which it came, with the name of the stream where that changes.
func (r *recorder) streams() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	last := ""
	for i, text := range r.order {
		if name := r.names[i]; name != last {
			fmt.Fprintf(&b, "%s:", name)
			last = name
		}
		b.WriteString(text)
	}
	return b.String()
}

// What goes to stdout and to stderr comes in the order in which it was written.
func TestStreamsInOrder(t *testing.T) {
	for _, plain := range []bool{false, true} {
		t.Run(fmt.Sprintf("plain=%v", plain), func(t *testing.T) {
			if plain && testing.Short() {
				t.Skip("the plain worker takes minutes to build")
			}
			s := start(t, Config{Plain: plain})
			out, r := s.run(`for i := range 100 {
	fmt.Println("out", i)
	fmt.Fprintln(os.Stderr, "err", i)
	if i%10 == 0 {
		println("builtin", i)
	}
	if i%7 == 0 {
		log.New(os.Stderr, "", 0).Print("log ", i)
	}
	fmt.Print("more ", i, "\n")
}`)
			if r.Err != nil {
				t.Fatal(r.Err.all())
			}
			var want strings.Builder
			for i := range 100 {
				more := ""
				if i > 0 {
					more = fmt.Sprintf("more %d\n", i-1)
				} else {
					more = "stdout:"
				}
				fmt.Fprintf(&want, "%sout %d\nstderr:err %d\n", more, i, i)
				if i%10 == 0 {
					fmt.Fprintf(&want, "builtin %d\n", i)
				}
				if i%7 == 0 {
					fmt.Fprintf(&want, "log %d\n", i)
				}
				want.WriteString("stdout:")
			}
			want.WriteString("more 99\n")
			if got := out.streams(); got != want.String() {
				t.Errorf("got  %q\nwant %q", got, want.String())
			}
		})
	}
}

// Output of a goroutine belongs to the cell that started it, also when another one prints at the same time.
func TestOutputOfGoroutines(t *testing.T) {
	s := start(t, Config{})
	first, r := s.run(`begin, done := make(chan bool), make(chan bool)
go func() {
	<-begin
	for i := range 200 {
		fmt.Println("first", i)
		fmt.Fprintln(os.Stderr, "first", i)
	}
	close(done)
}()
time.AfterFunc(time.Hour, func() {}).Stop()`)
	if r.Err != nil {
		t.Fatal(r.Err.all())
	}
	timer, r := s.run("time.AfterFunc(300*time.Millisecond, func() { fmt.Println(\"timer\") });")
	if r.Err != nil {
		t.Fatal(r.Err.all())
	}
	second, r := s.run("close(begin)\nfor i := range 200 { fmt.Println(\"second\", i) }\n<-done\nexec.Command(\"sh\", \"-c\", \"echo child >&1\")\nc := exec.Command(\"echo\", \"child\")\nc.Stdout = os.Stdout\nc.Run()\ntime.Sleep(500 * time.Millisecond)")
	if r.Err != nil {
		t.Fatal(r.Err.all())
	}
	var want strings.Builder
	for i := range 200 {
		fmt.Fprintf(&want, "second %d\n", i)
	}
	if got := second.out("stdout"); got != want.String()+"child\n" || second.out("stderr") != "" {
		t.Errorf("the running cell has %q and %q", got, second.out("stderr"))
	}
	lines := strings.ReplaceAll(want.String(), "second", "first")
	if first.out("stdout") != lines || first.out("stderr") != lines {
		t.Errorf("the cell that started the goroutine has %q and %q", first.out("stdout"), first.out("stderr"))
	}
	if timer.out("stdout") != "timer\n" {
		t.Errorf("the cell that set the timer has %q", timer.out("stdout"))
	}
}

// Many lines to both streams, and from many goroutines, are whole and do not take for ever.
func TestOutputOfManyWriters(t *testing.T) {
	s := start(t, Config{})
	begin := time.Now()
	out, r := s.run("for i := range 5000 { fmt.Println(i); fmt.Fprintln(os.Stderr, i) }")
	if r.Err != nil {
		t.Fatal(r.Err.all())
	}
	t.Logf("10,000 lines in turn: %v", time.Since(begin))
	if out.out("stdout") != out.out("stderr") || strings.Count(out.out("stdout"), "\n") != 5000 {
		t.Errorf("%d and %d bytes", len(out.out("stdout")), len(out.out("stderr")))
	}
	out, r = s.run("var wg sync.WaitGroup\nfor g := range 20 {\n\twg.Go(func() { for i := range 500 { fmt.Println(g, i); fmt.Fprintln(os.Stderr, g, i) } })\n}\nwg.Wait()")
	if r.Err != nil {
		t.Fatal(r.Err.all())
	}
	for _, name := range []string{"stdout", "stderr"} {
		lines := strings.Split(strings.TrimSpace(out.out(name)), "\n")
		seen := map[string]bool{}
		for _, l := range lines {
			seen[l] = true
		}
		if len(lines) != 10_000 || len(seen) != 10_000 {
			t.Errorf("%s: %d lines, %d different ones", name, len(lines), len(seen))
		}
	}
}
