package jupyter

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"testing"

	"gosft/kernel/session"
	"gosft/kernel/session/fake"
)

// The test program is also a kernel with the fake engine: started with GOSFT_TEST_KERNEL set it serves the connection
// file that is its last argument, so that Python's clients can start it like any kernel.
func TestMain(m *testing.M) {
	if os.Getenv("GOSFT_TEST_KERNEL") != "" {
		if err := serveFake(os.Args[len(os.Args)-1]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// serveFake serves the connection file; one that is not there is made.
func serveFake(path string) error {
	cfg := Config{Version: "test", Banner: "fake", Log: slog.New(slog.NewTextHandler(os.Stderr, nil))}
	var k *Kernel
	conn, err := ReadConnection(path)
	if errors.Is(err, fs.ErrNotExist) {
		k, err = ListenNew(path, cfg)
	} else if err == nil {
		k, err = Listen(conn, cfg)
	}
	if err != nil {
		return err
	}
	s, err := session.New(session.Config{Engine: fake.New(), Frontend: k, Assist: fakeAssist{}, History: os.Getenv("GOSFT_TEST_HISTORY")})
	if err != nil {
		return err
	}
	return k.Serve(context.Background(), s)
}

// fakeAssist knows the words of the fake engine's language.
type fakeAssist struct{}

var words = []string{"print", "warn", "flood", "sleep", "spin", "error", "html", "result", "input", "panic"}

func (fakeAssist) Complete(_ context.Context, code string, pos int) (session.Completion, error) {
	r := []rune(code)[:pos]
	start := strings.LastIndexAny(string(r), " \n") + 1
	prefix := string(r)[start:]
	at := len([]rune(string(r)[:start]))
	c := session.Completion{Start: at, End: pos}
	for _, w := range words {
		if strings.HasPrefix(w, prefix) {
			c.Matches = append(c.Matches, w)
			c.Items = append(c.Items, session.CompletionItem{Text: w, Type: "keyword", Start: at, End: pos})
		}
	}
	return c, nil
}

func (fakeAssist) Inspect(_ context.Context, code string, pos, _ int) (session.Inspection, error) {
	for _, w := range words {
		if strings.HasPrefix(code, w) {
			return session.Inspection{Found: true, Data: session.Bundle{"text/plain": w + " is a word"}}, nil
		}
	}
	return session.Inspection{}, nil
}

func (fakeAssist) IsComplete(_ context.Context, code string) session.Completeness {
	switch {
	case strings.HasSuffix(code, "\\"):
		return session.Completeness{Status: "incomplete", Indent: "\t"}
	case strings.HasPrefix(code, "bad"):
		return session.Completeness{Status: "invalid"}
	}
	return session.Completeness{Status: "complete"}
}
