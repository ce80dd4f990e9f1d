package gonb

import (
	"bytes"
	"flag"
	"os"
	"strings"
	"testing"
)

func ownFlags(t *testing.T) *bytes.Buffer {
	old, args := flag.CommandLine, os.Args
	var out bytes.Buffer
	flag.CommandLine = flag.NewFlagSet("cell", flag.ExitOnError)
	flag.CommandLine.SetOutput(&out)
	t.Cleanup(func() { flag.CommandLine, os.Args = old, args })
	return &out
}

func TestMainParsesFlags(t *testing.T) {
	out := ownFlags(t)
	n := flag.Int("n", 3, "how many")
	for _, c := range []struct {
		args  []string
		parse bool
		want  int
		ran   bool
		fails string
	}{
		{nil, true, 3, true, ""},
		{[]string{"-n", "5", "rest"}, true, 5, true, ""},
		{[]string{"-n=7"}, false, 3, true, ""},
		{nil, true, 3, true, ""}, // back at the default
		{[]string{"-m"}, true, 3, false, "not defined: -m"},
		{[]string{"-n=x"}, true, 0, false, "invalid value"},
		{[]string{"-help"}, true, 3, false, "usage was asked for"},
	} {
		ran := false
		err := Main(c.args, c.parse, func() {
			ran = true
			if len(os.Args) != len(c.args)+1 {
				t.Errorf("os.Args = %q", os.Args)
			}
		})
		if *n != c.want || ran != c.ran || (err == nil) != (c.fails == "") || err != nil && !strings.Contains(err.Error(), c.fails) {
			t.Errorf("%q: n = %d, ran %v, error %v", c.args, *n, ran, err)
		}
	}
	if !strings.Contains(out.String(), "how many") {
		t.Errorf("no usage in %q", out)
	}
}

func TestForgetFlags(t *testing.T) {
	ownFlags(t)
	a := flag.Int("a", 1, "")
	flag.Int("b", 2, "")
	ForgetFlags("b", "unknown")
	flag.Int("b", 3, "") // panics when it is still there
	if err := Main([]string{"-a=5"}, true, func() {}); err != nil || *a != 5 {
		t.Errorf("a = %d, %v", *a, err)
	}
	if f := flag.Lookup("b"); f == nil || f.DefValue != "3" {
		t.Errorf("b is %+v", f)
	}
}

func TestTest(t *testing.T) {
	if os.Getenv("GONB_TEST_INNER") == "" {
		// Package testing's flags and output belong to the program: run in another one.
		out, err := rerun(t, "TestTest")
		for _, want := range []string{"--- PASS: TestGood", "--- FAIL: TestBad", "no good", "panic: oh", "BenchmarkFast", "ns/op", "inner ok"} {
			if !strings.Contains(out, want) {
				t.Errorf("no %q in\n%s", want, out)
			}
		}
		if err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	good := func(t *testing.T) { t.Log("fine") }
	bad := func(t *testing.T) { t.Fatal("no good") }
	loud := func(t *testing.T) { panic("oh") }
	fast := func(b *testing.B) {
		for b.Loop() {
		}
	}
	if err := Test([]string{"-test.v", "-test.run=Good"}, "TestGood", good, "TestBad", bad); err != nil {
		t.Error(err)
	}
	if err := Test([]string{"-test.v"}, "TestBad", bad); err == nil {
		t.Error("a failed test is no error")
	}
	if err := Test([]string{"-test.v"}, "TestLoud", loud); err == nil {
		t.Error("a panic is no error")
	}
	if err := Test([]string{"-test.run=NONE", "-test.bench=.", "-test.benchtime=10x"}, "BenchmarkFast", fast); err != nil {
		t.Error(err)
	}
	if err := Test(nil, "TestWrong", 3); err == nil {
		t.Error("3 was taken for a test")
	}
	if !t.Failed() {
		os.Stdout.WriteString("inner ok\n")
	}
	os.Exit(0) // the flags of this program are those of the last Test
}
