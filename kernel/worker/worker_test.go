package worker

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestUnfinished(t *testing.T) {
	for in, want := range map[string]int{
		"plain":             0,
		"":                  0,
		"euro \xe2\x82":     2,
		"euro \xe2\x82\xac": 0,
		"bad \xff":          0,
		"sampleꞏ":           3,
		"sampleꞏ2":          4,
		"sampleꞏ2 ":         0,
		"x\xea\x9e":         2,
		"12345":             0,
	} {
		if got := unfinished([]byte(in)); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}

// What looks like the runtime's dump is held back, dropped when the process dies, and passed on otherwise.
func TestDump(t *testing.T) {
	for _, c := range []struct {
		name   string
		pieces []string
		now    string // passed on at once
		later  string // after release
	}{
		{"plain", []string{"a\n", "go", "ne\n"}, "a\ngone\n", ""},
		{"dump", []string{"fatal error: x\n\ngoroutine 1 [running]:\nmain.main()\n"}, "fatal error: x\n\n", "goroutine 1 [running]:\nmain.main()\n"},
		{"in pieces", []string{"gorou", "tine ", "12", " gp=0x1 m=0 mp=0x7 [", "running]:\n", "more\n"}, "", "goroutine 12 gp=0x1 m=0 mp=0x7 [running]:\nmore\n"},
		{"not at the start", []string{"a goroutine 1 [x]\n"}, "a goroutine 1 [x]\n", ""},
		{"begins like one", []string{"goroutines are nice\n"}, "goroutines are nice\n", ""},
		{"unfinished", []string{"run"}, "", "run"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got strings.Builder
			d := dump{fresh: true}
			for _, p := range c.pieces {
				d.write(p, func(s string) { got.WriteString(s) }, func() {})
			}
			if got.String() != c.now {
				t.Errorf("at once %q, want %q", got.String(), c.now)
			}
			got.Reset()
			d.release()
			if got.String() != c.later {
				t.Errorf("later %q, want %q", got.String(), c.later)
			}
		})
	}
	expired := make(chan bool)
	d := dump{fresh: true}
	d.write("goroutine 1 [running]:\n", func(string) {}, func() { close(expired) })
	select {
	case <-expired:
	case <-time.After(10 * dumpWait):
		t.Error("a dump is held back for ever")
	}
	expired = make(chan bool)
	d = dump{fresh: true}
	d.write("fatal error: stack overflow\n\nruntime stack:\n", func(string) {}, func() { close(expired) })
	select {
	case <-expired:
		t.Error("the dump of a process that dies is shown")
	case <-time.After(2 * dumpWait):
	}
	d.release()
}

func TestDeath(t *testing.T) {
	const crash = "fatal error: all goroutines are asleep - deadlock!\n\ngoroutine 1 [chan receive]:\nmain.main()\n\t/x/main.go:3 +0x1\n\ngoroutine 7 [running]:\n" +
		"gosft/cell.(*sampleꞏ2).size(0x1)\n\tIn[3]:12 +0x1d\ngosft/cell.Run3(0x2)\n\tIn[3]:20 +0x1d\n"
	for _, c := range []struct {
		name, script, stderr string
		oom                  bool
		kind, text           string
		frames               int
	}{
		{"exit", "exit 7", "", false, "exit", "os.Exit(7)", 0},
		{"fatal", "exit 1", "", false, "exit", "log.Fatal", 0},
		{"kill", "kill -9 $$", "", false, "killed", "signal 9", 0},
		{"out of memory", "kill -9 $$", "", true, "out of memory", "memory ran out", 0},
		{"segfault", "kill -11 $$", "", false, "signal", "C code", 0},
		{"crash", "exit 2", crash, false, "fatal error", "deadlock", 2},
		{"stack", "exit 2", "runtime: goroutine stack exceeds 268435456-byte limit\nfatal error: stack overflow\n", false, "fatal error", "stack overflow", 0},
		{"exit status 2", "exit 2", "usage: x\n", false, "exit", "os.Exit(2)", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			cmd := exec.Command("sh", "-c", c.script)
			err := cmd.Run()
			d := newDeath(err, cmd.ProcessState, []byte(c.stderr), c.oom, false)
			if d.Kind != c.kind || !strings.Contains(d.Text, c.text) || len(d.Frames) != c.frames {
				t.Errorf("%+v", d)
			}
			if c.frames > 0 && (d.Frames[0].Func != "(*sample).size" || d.Frames[0].File != "In[3]" || d.Frames[0].Line != 12) {
				t.Errorf("frames %+v", d.Frames)
			}
		})
	}
}

func TestCommValue(t *testing.T) {
	if v, err := commValue([]any{1.0, 2.0}); err != nil || len(v.([]float64)) != 2 {
		t.Errorf("%v %v", v, err)
	}
	if v, err := commValue(map[string]any{"a": "b"}); err != nil || v.(map[string]string)["a"] != "b" {
		t.Errorf("%v %v", v, err)
	}
	// []any sent to a program closes its channel for good.
	if v, err := commValue([]any{1.0, "x"}); err == nil {
		t.Errorf("a mixed list became %v", v)
	}
}
