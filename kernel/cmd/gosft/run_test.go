package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"gosft/kernel/session"
)

// writeNotebook makes a notebook of code cells; a cell that starts with "#tag NAME\n" gets the tag.
func writeNotebook(t *testing.T, path string, cells ...string) {
	t.Helper()
	var list []any
	for i, src := range cells {
		meta := map[string]any{}
		if rest, ok := strings.CutPrefix(src, "#tag "); ok {
			tag, body, _ := strings.Cut(rest, "\n")
			meta["tags"], src = []string{tag}, body
		}
		list = append(list, map[string]any{"cell_type": "code", "id": "c" + string(rune('a'+i)), "source": lines(src), "metadata": meta,
			"outputs": []any{map[string]any{"output_type": "stream", "name": "stdout", "text": "old"}}, "execution_count": 9})
	}
	list = append(list, map[string]any{"cell_type": "markdown", "id": "m", "source": "# 题目 <b>&", "metadata": map[string]any{"keep": 1.5}})
	data, err := json.Marshal(map[string]any{"cells": list, "nbformat": 4, "nbformat_minor": 5,
		"metadata": map[string]any{"kernelspec": map[string]any{"name": "gosft", "display_name": "Go (GoSFT)", "language": "go"}, "own": "kept"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
}

// shown gives what a cell of a notebook shows: stream text, results, "error NAME".
func shown(t *testing.T, nb *notebook, cell int) string {
	t.Helper()
	var s []string
	outputs, _ := nb.cells[cell]["outputs"].([]any)
	for _, o := range outputs {
		m := o.(map[string]any)
		switch m["output_type"] {
		case "stream":
			s = append(s, strings.TrimSpace(text(m["text"])))
		case "error":
			s = append(s, "error "+m["ename"].(string))
		default:
			s = append(s, m["output_type"].(string)+" "+text(m["data"].(map[string]any)["text/plain"]))
		}
	}
	return strings.Join(s, "|")
}

func TestRunNotebook(t *testing.T) {
	needWorker(t)
	dir := filepath.Join(t.TempDir(), "课程 one")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "a b.ipynb")
	writeNotebook(t, path, "#tag parameters\nrows := 5000 // how many\nname := \"x\"", "rows + 1", "fmt.Println(name)\ntime.Sleep(100*time.Millisecond)\nfmt.Fprintln(os.Stderr, \"e\")",
		"h := display.HTML(\"<i>1</i>\")\nh.Update(\"two\")", "wd, err := os.Getwd()\nfilepath.Base(wd)",
		"%%writefile note.txt\nfrom a cell", "!cat note.txt; basename \"$PWD\"", "note, err := os.ReadFile(\"note.txt\")\nstrings.TrimSpace(string(note))")
	out, err := gosft(t, nil, "run", "--set", "rows=200", "--set", "name=Ada", "--set", "nothing=1", path)
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if !strings.Contains(out, "no cell sets nothing") {
		t.Errorf("told: %s", out)
	}
	nb, err := readNotebook(path)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"", "execute_result 201", "Ada|e", "display_data two", "execute_result 课程 one",
		"Wrote note.txt (12 bytes)", "from a cell\n课程 one", "execute_result from a cell"} {
		if got := shown(t, nb, i); got != want {
			t.Errorf("cell %d: %q, want %q", i+1, got, want)
		}
		if n := nb.cells[i]["execution_count"]; n != json.Number(string(rune('1'+i))) {
			t.Errorf("cell %d: count %v", i+1, n)
		}
	}
	if src := text(nb.cells[0]["source"]); src != "rows := 200 // how many\nname := \"Ada\"" {
		t.Errorf("parameters: %q", src)
	}
	if md := nb.cells[len(nb.cells)-1]; text(md["source"]) != "# 题目 <b>&" || nb.all["metadata"].(map[string]any)["own"] != "kept" {
		t.Errorf("what is not code changed: %v", md)
	}
	// nbformat accepts the file.
	py := up(t, filepath.Join(".venv", "bin", "python"))
	if out, err := exec.Command(py, "-c", "import nbformat,sys; nbformat.validate(nbformat.read(sys.argv[1], as_version=4))", path).CombinedOutput(); err != nil {
		t.Errorf("nbformat: %s", out)
	}
}

func TestRunNotebookThatFails(t *testing.T) {
	needWorker(t)
	path, saved := filepath.Join(t.TempDir(), "a.ipynb"), filepath.Join(t.TempDir(), "new", "b.ipynb")
	writeNotebook(t, path, "#tag raises-exception\npanic(\"wanted\")", "1", "panic(\"boom\")", "2")
	before, _ := os.ReadFile(path)
	out, err := gosft(t, nil, "run", "--output", saved, path)
	if err == nil || !strings.Contains(out, "cell 3 failed: panic: boom") {
		t.Errorf("%v: %s", err, out)
	}
	if after, _ := os.ReadFile(path); !reflect.DeepEqual(before, after) {
		t.Error("--output changed the notebook itself")
	}
	nb, err := readNotebook(saved)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"error panic", "execute_result 1", "error panic", ""} {
		if got := shown(t, nb, i); got != want {
			t.Errorf("cell %d: %q, want %q", i+1, got, want)
		}
	}
	if out, err := gosft(t, nil, "run", "--allow-errors", "--output", saved, path); err != nil {
		t.Errorf("--allow-errors: %v: %s", err, out)
	}
	if nb, _ = readNotebook(saved); shown(t, nb, 3) != "execute_result 2" {
		t.Error("--allow-errors did not go on")
	}
	writeNotebook(t, path, "for {}")
	if out, err := gosft(t, nil, "run", "--timeout", "2s", path); err == nil || !strings.Contains(out, "longer than 2s") {
		t.Errorf("--timeout: %v: %s", err, out)
	}
	// A cell that ends well when it is interrupted, as a training does, was cut short all the same.
	writeNotebook(t, path, "<-ctx.Done()\n1")
	if out, err := gosft(t, nil, "run", "--timeout", "1s", path); err == nil || !strings.Contains(out, "cell 1 failed: it took longer than 1s") {
		t.Errorf("--timeout of a cell that listens: %v: %s", err, out)
	}
	if out, err := gosft(t, nil, "run", "--output", filepath.Dir(path), path); err == nil || !strings.Contains(out, "is a folder") || strings.Contains(out, "[1/1]") {
		t.Errorf("--output of a folder: %v: %s", err, out)
	}
}

// The second interrupt of a cell that took too long does not meet the cell after it.
func TestWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		interrupts := 0
		over := watch(time.Second, func() { interrupts++ })
		time.Sleep(2 * time.Second)
		if !over() || interrupts != 1 {
			t.Errorf("a cell of two seconds: %d interrupts", interrupts)
		}
		time.Sleep(time.Minute)
		if interrupts != 1 {
			t.Errorf("%d interrupts after the cell", interrupts)
		}
		over = watch(time.Second, func() { interrupts++ })
		time.Sleep(time.Minute)
		if !over() || interrupts != 3 {
			t.Errorf("a cell that does not listen: %d interrupts", interrupts-1)
		}
		over = watch(time.Minute, func() { interrupts++ })
		time.Sleep(time.Second)
		if over() || watch(0, nil)() || interrupts != 3 {
			t.Errorf("a cell in time: %d interrupts", interrupts-3)
		}
	})
}

func TestRunRefusesWhatIsNoNotebook(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"a.ipynb": "no json", "b.ipynb": `{"nbformat":3}`, "c.ipynb": `{"nbformat":4}`,
		"d.ipynb": `{"nbformat":4,"cells":[],"metadata":{"kernelspec":{"name":"python3","language":"python"}}}`} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := gosft(t, nil, "run", path); err == nil || !strings.Contains(out, name) {
			t.Errorf("%s: %v: %s", content, err, out)
		}
	}
	if _, err := gosft(t, nil, "run", filepath.Join(dir, "none.ipynb")); err == nil {
		t.Error("a missing file gave no error")
	}
}

func TestSetParameter(t *testing.T) {
	for _, tc := range []struct{ src, name, value, want string }{
		{"x := 1", "x", "2", "x := 2"},
		{"var x float64 = 1.5 // c", "x", "2", "var x float64 = 2.0 // c"},
		{"const x = 1", "x", "2", "const x = 2"},
		{"x = f(1, \"a\")", "x", "3", "x = 3"},
		{`s := "a"`, "s", "b c", `s := "b c"`},
		{`s := "a"`, "s", `"quoted"`, `s := "quoted"`},
		{"s := `a`", "s", "b", `s := "b"`},
		{"ax := 1\nx := 1", "x", "2", "ax := 1\nx := 2"},
		{"  x := 1", "x", "2", ""},
		{"if x == 1 {}", "x", "2", ""},
		{"y := 1", "x", "2", ""},
		{"x := 1.0", "x", "2", "x := 2.0"},
		{"x := 1.0", "x", "2.5", "x := 2.5"},
		{"x := 1.0", "x", "f(2)", "x := f(2)"},
	} {
		nb := &notebook{cells: []map[string]any{{"cell_type": "code", "source": tc.src}}}
		if ok := nb.setParameter(tc.name, tc.value); ok != (tc.want != "") || (ok && text(nb.cells[0]["source"]) != tc.want) {
			t.Errorf("%q %s=%s: %v %q", tc.src, tc.name, tc.value, ok, text(nb.cells[0]["source"]))
		}
	}
}

func TestRecorderFollowsClearsAndUpdates(t *testing.T) {
	r := newRecorder()
	p := &page{cell: map[string]any{}}
	stream := func(s string) {
		r.Publish(p, session.Message{Type: "stream", Content: session.StreamContent{Name: "stdout", Text: s}})
	}
	show := func(typ, id, text string) {
		r.Publish(p, session.Message{Type: typ, Content: session.DisplayContent{Data: session.Bundle{"text/plain": text}, Metadata: map[string]any{}, Transient: map[string]any{"display_id": id}}})
	}
	see := func(want string) {
		t.Helper()
		if got := shown(t, &notebook{cells: []map[string]any{p.cell}}, 0); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	stream("a\n")
	stream("10%\r")
	stream("20%\r")
	stream("30%\n")
	see("a\n30%")
	show("display_data", "d", "one")
	show("update_display_data", "d", "two")
	show("update_display_data", "other", "three")
	see("a\n30%|display_data two")
	r.Publish(p, session.Message{Type: "clear_output", Content: session.ClearContent{Wait: true}})
	see("a\n30%|display_data two")
	stream("new")
	see("new")
	r.Publish(p, session.Message{Type: "clear_output", Content: session.ClearContent{}})
	see("")
}
