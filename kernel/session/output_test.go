package session_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"gosft/kernel/session"
)

func TestFoldReturns(t *testing.T) {
	for in, want := range map[string]string{
		"plain\ntext":         "plain\ntext",
		"10%\r20%\r30%":       "30%",
		"10%\r20%\r30%\nnext": "30%\nnext",
		"long line\rab":       "long line\rab", // the terminal shows "abng line"
		"a\r\nb\r\n":          "a\r\nb\r\n",
		"a\rb\r\nc":           "b\r\nc",
		"50%\r":               "50%\r",
		"10%\r20%\r":          "20%\r",
		"\x1b[32mok\x1b[0m 1\r\x1b[32mok\x1b[0m 2": "\x1b[32mok\x1b[0m 2",
		"一二\r三四": "三四",
		"":       "",
		"\r\r\r": "\r",
	} {
		if got := session.FoldReturns(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestProgressBarIsFewMessages(t *testing.T) {
	s, d, _ := newSession(t, session.Config{})
	var code strings.Builder
	for i := range 2000 {
		fmt.Fprintf(&code, "raw \\rstep %04d\n", i)
	}
	start := time.Now()
	run(s, code.String())
	out := d.take()
	if limit := 5 + int(time.Since(start)/(40*time.Millisecond)); len(out) > limit {
		t.Errorf("%d messages, want at most %d", len(out), limit)
	}
	if text := stream(out, "stdout"); len(text) > 200 || !strings.HasSuffix(text, "step 1999") {
		t.Errorf("shown: %q", text)
	}
}

func TestStreamsArriveWhileTheCellRuns(t *testing.T) {
	s, d, e := newSession(t, session.Config{})
	done := make(chan session.ExecuteReply)
	go func() { done <- run(s, "print early\ngate\nprint late") }()
	for end := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("nothing was shown while the cell ran")
		}
		if stream(d.take(), "stdout") == "early\n" {
			break
		}
	}
	e.Release()
	<-done
	if got := stream(d.take(), "stdout"); got != "late\n" {
		t.Errorf("then %q", got)
	}
}

func TestCutInTheMiddle(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "outputs")
	s, d, _ := newSession(t, session.Config{OutputLimit: 100_000, OutputDir: dir})
	run(s, "flood 10000") // 1,000,000 bytes
	out := d.take()
	text, notes := stream(out, "stdout"), stream(out, "stderr")
	if len(text) < 90_000 || len(text) > 101_000 {
		t.Errorf("%d bytes shown, the limit is 100,000", len(text))
	}
	if !strings.HasPrefix(text, strings.Repeat("0", 99)+"\n") || !strings.HasSuffix(text, "9999\n") {
		t.Error("not the beginning and the end are shown")
	}
	m := regexp.MustCompile(`all of it goes to (\S+);`).FindStringSubmatch(notes)
	if m == nil {
		t.Fatalf("no file is named: %q", notes)
	}
	whole, err := os.ReadFile(m[1])
	if err != nil {
		t.Fatal(err)
	}
	if lines := strings.Split(strings.TrimSpace(string(whole)), "\n"); len(lines) != 10000 || lines[9999] != fmt.Sprintf("%099d", 9999) {
		t.Errorf("the file has %d lines", len(lines))
	}
	if st, _ := os.Stat(m[1]); st.Mode().Perm() != 0o600 {
		t.Errorf("the file is readable by others: %v", st.Mode())
	}
	if st, _ := os.Stat(dir); st.Mode().Perm() != 0o700 {
		t.Errorf("the folder is readable by others: %v", st.Mode())
	}
	// Just below the limit nothing is cut, and the limit can be set.
	run(s, "flood 999")
	if out := d.take(); strings.Count(stream(out, "stdout"), "\n") != 999 || stream(out, "stderr") != "" {
		t.Errorf("below the limit: %d lines, %q", strings.Count(stream(out, "stdout"), "\n"), stream(out, "stderr"))
	}
	s.SetOutputLimit(4 << 20)
	run(s, "flood 10000")
	if n := strings.Count(stream(d.take(), "stdout"), "\n"); n != 10000 {
		t.Errorf("with a larger limit %d lines are shown", n)
	}
}

func TestCutWithoutAPlaceForTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, d, _ := newSession(t, session.Config{OutputLimit: 10_000, OutputDir: filepath.Join(file, "sub")})
	if r := run(s, "flood 1000"); r.Status != "ok" {
		t.Errorf("reply: %v", r)
	}
	if notes := stream(d.take(), "stderr"); !strings.Contains(notes, "the rest is lost") || !strings.Contains(notes, "not a directory") {
		t.Errorf("notes: %q", notes)
	}
}

func TestDisplaysFoldAndKeepOrder(t *testing.T) {
	s, d, _ := newSession(t, session.Config{})
	run(s, "print a\ndisplay x one\nwarn b\nupdate x two\nupdate x three\nprint c")
	var got []string
	for _, m := range d.take() {
		switch c := m.Content.(type) {
		case session.StreamContent:
			got = append(got, c.Name+":"+strings.TrimSpace(c.Text))
		case session.DisplayContent:
			got = append(got, fmt.Sprint(m.Type, ":", c.Data["text/plain"], ":", c.Transient["display_id"]))
		}
	}
	if want := "stdout:a display_data:three:x stderr:b stdout:c"; strings.Join(got, " ") != want {
		t.Errorf("%s, want %s", strings.Join(got, " "), want)
	}
	run(s, "print old\ndisplay y gone\nclear wait\nprint new")
	var types []string
	for _, m := range d.take() {
		types = append(types, m.Type)
	}
	if got := strings.Join(types, " "); got != "clear_output stream" {
		t.Errorf("after a clear: %s", got)
	}
	run(s, "print old\nclear wait")
	types = nil
	for _, m := range d.take() {
		types = append(types, m.Type)
	}
	if got := strings.Join(types, " "); got != "stream clear_output" {
		t.Errorf("a clear that waits for output that never comes: %s", got)
	}
}

func TestBundlesOnTheWire(t *testing.T) {
	s, d, _ := newSession(t, session.Config{})
	run(s, "png")
	c := d.take()[0].Content.(session.DisplayContent)
	if c.Data["image/png"] != "iVBORw==" {
		t.Errorf("image: %v", c.Data["image/png"])
	}
}

func TestNotesAreApartFromStreams(t *testing.T) {
	s, d, _ := newSession(t, session.Config{})
	run(s, "print a\nnote x <y> & z\nprint b")
	out := d.take()
	if len(out) != 3 || stream(out, "stdout") != "a\nb\n" || stream(out, "stderr") != "" {
		t.Fatalf("%d messages, %q", len(out), stream(out, "stdout"))
	}
	data := out[1].Content.(session.DisplayContent).Data
	if data.Text() != "x <y> & z" || !strings.Contains(data["text/html"].(string), "x &lt;y&gt; &amp; z") {
		t.Errorf("note: %v", data)
	}
}

func TestLimitCommand(t *testing.T) {
	s, d, _ := newSession(t, session.Config{})
	for arg, want := range map[string]int{"1K": 1 << 10, "64M": 64 << 20, "1.5 MiB": 3 << 19, "2000000": 2_000_000, "500kb": 500 << 10} {
		if r := run(s, "%limit "+arg); r.Status != "ok" || s.OutputLimit() != want {
			t.Errorf("%%limit %s: %s, %d, want %d", arg, r.Status, s.OutputLimit(), want)
		}
	}
	s.SetOutputLimit(1 << 20)
	for _, arg := range []string{"a lot", "-5M", "10", "1e30", "NaN", "9G"} {
		if r := run(s, "%limit "+arg); r.Status != "error" || !strings.Contains(r.Err.Value, "64M") || s.OutputLimit() != 1<<20 {
			t.Errorf("%%limit %s: %+v, %d", arg, r, s.OutputLimit())
		}
	}
	d.take()
	run(s, "%limit")
	if out := stream(d.take(), "stdout"); !strings.Contains(out, "1024 kB") {
		t.Errorf("%%limit says %q", out)
	}
}
