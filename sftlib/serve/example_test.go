package serve

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"gosft/sftlib/bert"
	"gosft/sftlib/internal/testenv"
)

func TestEveryTypeHasAnExample(t *testing.T) { testenv.Examples(t) }

// shoutModel takes capital letters for anger; anything with these four methods can be served.
type shoutModel struct{}

func (shoutModel) Labels() []string          { return []string{"calm", "angry"} }
func (shoutModel) Problem() bert.ProblemType { return bert.SingleLabel }
func (shoutModel) MaxLength() int            { return 512 }

func (shoutModel) PredictBatch(_ context.Context, texts []string, _ bert.PredictOptions) (bert.Predictions, error) {
	out := make(bert.Predictions, len(texts))
	for i, t := range texts {
		angry := 0.
		if t == strings.ToUpper(t) {
			angry = 1
		}
		out[i].Scores = []bert.Score{{Label: "calm", Score: 1 - angry}, {Label: "angry", Score: angry}}
	}
	return out, nil
}

func ExampleModel() {
	var m Model = shoutModel{} // a *bert.Model in earnest
	server := httptest.NewServer(Handler(m))
	defer server.Close()
	r, err := http.Post(server.URL, "application/json", strings.NewReader(`{"inputs": ["WHY NOT", "why not"], "parameters": {"top_k": 1}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Body.Close()
	answer, _ := io.ReadAll(r.Body)
	fmt.Printf("%s", answer)
	// Output: [[{"label":"angry","score":1}],[{"label":"calm","score":1}]]
}

func ExampleService() {
	s, err := New(shoutModel{}, Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	status := func() int {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/health", nil))
		return w.Code
	}
	fmt.Println(status())
	s.Close() // what runs is answered, what comes is refused
	fmt.Println(status())
	// Output:
	// 200
	// 503
}

func ExampleOptions() {
	_, err := New(shoutModel{}, Options{MaxBatch: -1})
	fmt.Println(err)
	// The whole server, until the context is done:
	ctx, stop := context.WithTimeout(context.Background(), time.Second)
	defer stop()
	err = Run(ctx, Options{Addr: "localhost:0", Dir: "no/such/model", Backend: "go", Timeout: 10 * time.Second}, nil)
	fmt.Println(errors.Is(err, context.DeadlineExceeded), err != nil)
	// Output:
	// serve: MaxBatch is -1, it cannot be negative
	// false true
}
