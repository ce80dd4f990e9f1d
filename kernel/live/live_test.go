package live

import (
	"errors"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"gosft/kernel/worker/wire"
)

// runCell runs a function as a cell and returns how it failed, nil when it did not. It is interrupted after the delay, if
// that is not 0.
func runCell(t *testing.T, interruptAfter time.Duration, f func(*Cell)) (*Cell, *wire.Failure) {
	t.Helper()
	c := newCell(7)
	if interruptAfter > 0 {
		time.AfterFunc(interruptAfter, func() { stopAll([]*Cell{c}, 0) })
	}
	over := make(chan *wire.Failure, 1)
	go func() { over <- c.run(f) }()
	select {
	case fail := <-over:
		c.settle()
		return c, fail
	case <-time.After(20 * time.Second):
		t.Fatal("the cell does not end")
		return nil, nil
	}
}

func TestInterrupt(t *testing.T) {
	ch := make(chan int)
	for name, f := range map[string]func(*Cell){
		"loop": func(*Cell) {
			for {
				Poll()
			}
		},
		"sleep": func(*Cell) { Sleep(time.Hour) },
		"recv":  func(*Cell) { Recv(ch) },
		"send":  func(*Cell) { Send(ch, 1) },
		"to":    func(*Cell) { To(ch).Send(1) },
		"range": func(*Cell) {
			for range Range(ch) {
			}
		},
		"block": func(*Cell) { Block() },
		"wait":  func(*Cell) { var wg sync.WaitGroup; wg.Add(1); Wait(wg.Wait) },
		"ctx":   func(c *Cell) { <-c.Context.Done(); Poll(); t.Error("went on") },
		"recovered once": func(*Cell) {
			func() {
				defer func() { recover() }()
				for {
					Poll()
				}
			}()
			for {
				Poll()
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			begin := time.Now()
			_, fail := runCell(t, 50*time.Millisecond, f)
			if fail == nil || fail.Kind != wire.KindInterrupt {
				t.Errorf("it ended with %+v", fail)
			}
			if took := time.Since(begin); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	time.Sleep(settleAfter + settleAfter/2)
	if interrupted.Load() != 0 {
		t.Errorf("%d cells count as interrupted", interrupted.Load())
	}
}

// Deferred functions of an interrupted cell run to their end, though they poll.
func TestDeferredRunWhenInterrupted(t *testing.T) {
	cleaned := 0
	runCell(t, 30*time.Millisecond, func(*Cell) {
		defer func() {
			for range 1000 {
				Poll()
				cleaned++
			}
		}()
		for {
			Poll()
		}
	})
	if cleaned != 1000 {
		t.Errorf("the deferred function got to %d of 1000", cleaned)
	}
}

// A goroutine of a library that calls the user's code is ended without bringing the process down.
func TestInterruptInLibraryGoroutine(t *testing.T) {
	ended := make(chan bool)
	runCell(t, 30*time.Millisecond, func(*Cell) {
		var wg sync.WaitGroup
		wg.Go(func() { // a goroutine of package sync
			defer close(ended)
			for {
				Poll()
			}
		})
		Wait(wg.Wait)
	})
	select {
	case <-ended:
	case <-time.After(5 * time.Second):
		t.Error("it goes on")
	}
}

func TestChannelsWithoutInterrupt(t *testing.T) {
	_, fail := runCell(t, 0, func(*Cell) {
		ch := make(chan int, 3)
		Send(ch, 1)
		To[int](ch).Send(2)
		anys := make(chan any, 1)
		To(anys).Send(3)
		if v := Recv(anys); v != 3 {
			t.Errorf("any: %v", v)
		}
		close(ch)
		sum := 0
		for v := range Range(ch) {
			sum += v
		}
		if v, ok := Recv2(ch); v != 0 || ok {
			t.Errorf("closed: %v %v", v, ok)
		}
		if sum != 3 {
			t.Errorf("sum %d", sum)
		}
		begin := time.Now()
		Sleep(20 * time.Millisecond)
		if time.Since(begin) < 20*time.Millisecond {
			t.Error("it slept less")
		}
	})
	if fail != nil {
		t.Errorf("%+v", fail)
	}
}

func TestShowAndCheck(t *testing.T) {
	bad := errors.New("bad")
	for _, c := range []struct {
		name string
		vals []any
		want string
		fail bool
	}{
		{"one", []any{43}, "43", false},
		{"two", []any{1, "a"}, "", false},
		{"nil error dropped", []any{5, nil}, "5", false},
		{"error", []any{5, bad}, "", true},
		{"only an error", []any{bad}, "", true},
		{"only a nil error", []any{nil}, "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			cell, fail := runCell(t, 0, func(x *Cell) { x.Show(c.vals...) })
			if (fail != nil) != c.fail {
				t.Fatalf("%+v", fail)
			}
			if fail != nil && (fail.Kind != wire.KindError || fail.Text != "bad") {
				t.Errorf("%+v", fail)
			}
			if got, _ := cell.result["text/plain"].(string); c.want != "" && got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	cell, fail := runCell(t, 0, func(x *Cell) { x.Value(bad) })
	if fail != nil || cell.result == nil {
		t.Errorf("an error as a value: %+v", fail)
	}
	if _, fail = runCell(t, 0, func(x *Cell) { x.Check(bad, 3, 9) }); fail == nil || fail.Line != 3 || fail.Col != 9 {
		t.Errorf("%+v", fail)
	}
}

func TestCarryAndRetire(t *testing.T) {
	type one struct {
		a int
		p *int
	}
	type two struct {
		a int
		p *int
	}
	n := 5
	from, to := one{3, &n}, two{}
	vs := &variables{m: map[string]variable{}}
	vs.add("x", "x", 1, &from)
	vs.add("x", "xꞏ2", 2, &to)
	vs.carry("x", "xꞏ2")
	if to.a != 3 || *to.p != 5 {
		t.Errorf("carried %+v", to)
	}
	if v, ok := vs.inspect("x", false); !ok || v.Cell != 2 {
		t.Errorf("the newest is of cell %d", v.Cell)
	}
	vs.retire([]string{"x"})
	if from.p != nil || len(vs.list(false)) != 1 {
		t.Errorf("after retiring: %+v, %d left", from, len(vs.list(false)))
	}
	small, big := int8(1), int64(2)
	vs.add("s", "s", 1, &small)
	vs.add("b", "b", 1, &big)
	if vs.carry("s", "b"); big != 2 {
		t.Error("a value of another size was carried")
	}
}

type table struct{}

func (table) Dims() (int, int) { return 3, 4 }

func TestDescribe(t *testing.T) {
	type tree struct {
		Left *tree
		Val  string
	}
	loop := &tree{Val: "x"}
	loop.Left = loop
	for _, c := range []struct {
		name string
		ptr  any
		typ  string
		val  string
		len  int64
	}{
		{"slice", &[]int{1, 2, 3}, "[]int", "[1 2 3]", 3},
		{"text", ptr("a\nb"), "string", `"a\nb"`, 3},
		{"long", ptr(make([]float64, 1_000_000)), "[]float64", "", 1_000_000},
		{"loop", &loop, "*live.tree", "", -1},
		{"nil map", ptr(map[string]int(nil)), "map[string]int", "nil", 0},
		{"any", ptr(any(7)), "interface {}", "7", -1},
		{"duration", ptr(time.Second), "time.Duration", "1s", -1},
	} {
		begin := time.Now()
		v := describe("s", variable{c.name, 1, c.ptr}, false, 80)
		if v.Type != c.typ || v.Len != c.len || c.val != "" && v.Value != c.val {
			t.Errorf("%s: %+v", c.name, v)
		}
		if len(v.Value) > 200 || time.Since(begin) > time.Second {
			t.Errorf("%s: %d bytes in %v", c.name, len(v.Value), time.Since(begin))
		}
	}
	if v := describe("s", variable{"t", 1, &table{}}, false, 80); v.Shape != "3 x 4" {
		t.Errorf("shape %q", v.Shape)
	}
	if got := Clean("cell.sampleꞏ2 and mapꞏ13x"); strings.Contains(got, "ꞏ") {
		t.Errorf("markers stay: %q", got)
	}
	if got := TypeString(reflect.TypeFor[map[string]*os.File]()); got != "map[string]*os.File" {
		t.Errorf("type %q", got)
	}
}

func ptr[T any](v T) *T { return &v }

func TestPanicTexts(t *testing.T) {
	for want, v := range map[string]any{"a text": "a text", "an error": errors.New("an error"), "7": 7, "map[a:1]": map[string]int{"a": 1}} {
		_, fail := runCell(t, 0, func(*Cell) { panic(v) })
		if fail == nil || fail.Kind != wire.KindPanic || fail.Text != want {
			t.Errorf("%v: %+v", v, fail)
		}
	}
	_, fail := runCell(t, 0, func(*Cell) { panic(nasty{}) })
	if fail == nil || !strings.Contains(fail.Text, "nasty") {
		t.Errorf("%+v", fail)
	}
}

type nasty struct{}

func (nasty) Error() string { panic("again") }

// Poll stands in every loop of a cell: it must cost next to nothing.
func BenchmarkPoll(b *testing.B) {
	for b.Loop() {
		Poll()
	}
}
