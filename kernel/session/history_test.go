package session_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"sync"
	"testing"

	"gosft/kernel/session"
)

func texts(t *testing.T, s *session.Session, r session.HistoryRequest) []string {
	t.Helper()
	entries, err := s.History(r)
	if err != nil {
		t.Fatal(err)
	}
	got := []string{}
	for _, e := range entries {
		got = append(got, e.Input)
	}
	return got
}

func ptr(n int) *int { return &n }

func TestHistoryAcrossRestarts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a folder", "history #1?.sqlite")
	first, _, _ := newSession(t, session.Config{History: file})
	run(first, "print a\n")
	run(first, "result 1")
	run(first, "  \n") // nothing to keep
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Fatalf("the file: %v, %v", st, err)
	}
	s, _, _ := newSession(t, session.Config{History: file})
	run(s, "print b")
	run(s, "print a")
	for _, tc := range []struct {
		name string
		req  session.HistoryRequest
		want []string
	}{
		{"tail", session.HistoryRequest{Type: "tail", N: ptr(3)}, []string{"result 1", "print b", "print a"}},
		{"tail without a number", session.HistoryRequest{Type: "tail"}, []string{"print a", "result 1", "print b", "print a"}},
		{"this session", session.HistoryRequest{Type: "range", Session: 0, Start: 1}, []string{"print b", "print a"}},
		{"the session before", session.HistoryRequest{Type: "range", Session: -1, Start: 1}, []string{"print a", "result 1"}},
		{"by number", session.HistoryRequest{Type: "range", Session: 1, Start: 2, Stop: ptr(3)}, []string{"result 1"}},
		{"search", session.HistoryRequest{Type: "search", Pattern: "print*"}, []string{"print a", "print b", "print a"}},
		{"search unique", session.HistoryRequest{Type: "search", Pattern: "print*", Unique: true}, []string{"print b", "print a"}},
		{"search, the latest", session.HistoryRequest{Type: "search", Pattern: "*", N: ptr(1)}, []string{"print a"}},
		{"search one character", session.HistoryRequest{Type: "search", Pattern: "result ?"}, []string{"result 1"}},
		{"search nothing", session.HistoryRequest{Type: "search", Pattern: "no such"}, []string{}},
	} {
		if got := texts(t, s, tc.req); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	entries, err := s.History(session.HistoryRequest{Type: "range", Session: -1, Start: 1, Output: true})
	if err != nil {
		t.Fatal(err)
	}
	data, _ := json.Marshal(entries)
	if want := `[[1,1,["print a",null]],[1,2,["result 1","1"]]]`; string(data) != want {
		t.Errorf("with outputs: %s, want %s", data, want)
	}
	if _, err := s.History(session.HistoryRequest{Type: "dream"}); err == nil {
		t.Error("an unknown type gave no error")
	}
}

// Many kernels share the file.
func TestHistoryOfManySessions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "h.sqlite")
	var wg sync.WaitGroup
	for range 10 {
		s, _, _ := newSession(t, session.Config{History: file})
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 20 {
				run(s, "result x")
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}()
	}
	wg.Wait()
	s, _, _ := newSession(t, session.Config{History: file})
	if got := texts(t, s, session.HistoryRequest{Type: "search", Pattern: "result*"}); len(got) != 200 {
		t.Errorf("%d entries of 10 sessions with 20 cells", len(got))
	}
}

func TestHistoryThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	for name, file := range map[string]string{
		"no database":  filepath.Join(dir, "text"),
		"a folder":     dir,
		"below a file": filepath.Join(dir, "text", "h.sqlite"),
	} {
		if err := os.WriteFile(filepath.Join(dir, "text"), []byte("this is not a database, it is a text of some length"), 0o600); err != nil {
			t.Fatal(err)
		}
		s, _, _ := newSession(t, session.Config{History: file})
		run(s, "print a")
		if got := texts(t, s, session.HistoryRequest{Type: "tail", N: ptr(5)}); !reflect.DeepEqual(got, []string{"print a"}) {
			t.Errorf("%s: %q", name, got)
		}
		s.Close()
	}
}
