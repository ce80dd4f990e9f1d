package serve

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"gosft/sftlib/bert"
)

// lengthModel says "long" of texts with more bytes than ten, with a score by the length; it can be slow, fail or panic.
type lengthModel struct {
	delay   time.Duration
	calls   atomic.Int32
	largest atomic.Int32
	running atomic.Int32
	overlap atomic.Bool
}

func (m *lengthModel) Labels() []string          { return []string{"short", "long"} }
func (m *lengthModel) Problem() bert.ProblemType { return bert.SingleLabel }
func (m *lengthModel) MaxLength() int            { return 512 }

func (m *lengthModel) PredictBatch(ctx context.Context, texts []string, o bert.PredictOptions) (bert.Predictions, error) {
	if m.running.Add(1) > 1 {
		m.overlap.Store(true)
	}
	defer m.running.Add(-1)
	m.calls.Add(1)
	m.largest.Store(max(m.largest.Load(), int32(len(texts))))
	select {
	case <-time.After(m.delay):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	out := make(bert.Predictions, len(texts))
	for i, t := range texts {
		switch t {
		case "fail":
			return nil, errors.New("this text cannot be computed")
		case "panic":
			panic("a bug")
		}
		n := len(t)
		if o.Pairs != nil {
			n += len(o.Pairs[i])
		}
		p := 0.1
		if n > 10 {
			p = 0.9
		}
		out[i].Scores = []bert.Score{{Label: "short", Score: 1 - p}, {Label: "long", Score: p}}
	}
	return out, nil
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func service(t testing.TB, m Model, o Options) *Service {
	o.Log = quiet()
	s, err := New(m, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

func post(s http.Handler, path, body string) (int, string) {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("POST", path, strings.NewReader(body)))
	return w.Code, strings.TrimSpace(w.Body.String())
}

func TestShapes(t *testing.T) {
	s := service(t, &lengthModel{}, Options{MaxBody: 4000, MaxInputs: 4, MaxChars: 200})
	short := `[{"label":"short","score":0.9},{"label":"long","score":0.1}]`
	long := `[{"label":"long","score":0.9},{"label":"short","score":0.09999999999999998}]`
	for _, c := range []struct {
		body   string
		status int
		want   string
	}{
		{`{"inputs":"hi"}`, 200, "[" + short + "]"},
		{`{"inputs":["hi","a rather long text"]}`, 200, "[" + short + "," + long + "]"},
		{`{"inputs":["hi","好的"],"parameters":{"top_k":1},"options":{"wait_for_model":true}}`, 200, `[[{"label":"short","score":0.9}],[{"label":"short","score":0.9}]]`},
		{`{"inputs":"hi","parameters":{"top_k":9}}`, 200, "[" + short + "]"},
		{`{"inputs":{"text":"hi","text_pair":"a rather long text"}}`, 200, "[" + long + "]"},
		{`{"inputs":[{"text":"hi","text_pair":"ho"}]}`, 200, "[" + short + "]"},
		{`{"inputs":{"text":"hi"}}`, 200, "[" + short + "]"},
		{`{"inputs":""}`, 200, "[" + short + "]"},
		{`{"inputs":"hi","parameters":{"function_to_apply":"sigmoid","truncation":true,"max_length":64,"padding":true}}`, 200, "[" + short + "]"},
		{``, 400, "not a JSON object"},
		{`[]`, 400, "not a JSON object"},
		{`null`, 400, "missing"},
		{`{"inputs":null}`, 400, "neither"},
		{`{"inputs":[null]}`, 400, "inputs[0]"},
		{`{"inputs":3}`, 400, "neither"},
		{`{"inputs":[]}`, 400, "empty"},
		{`{"inputs":[["a"]]}`, 400, "inputs[0]"},
		{`{"inputs":["a",{"text":"b","text_pair":"c"}]}`, 400, "one kind"},
		{`{"inputs":{"text":"b","text_piar":"c"}}`, 400, "neither a text nor a pair"},
		{`{"inputs":[{"text":"b","text_pair":"c"},"a"]}`, 400, "one kind"},
		{`{"inputs":"a"}x`, 400, "follows"},
		{`{"input":"a"}`, 400, "inputs"},
		{`{"inputs":"a","parameters":{"top_k":0}}`, 400, "top_k"},
		{`{"inputs":"a","parameters":{"top_k":"x"}}`, 400, "top_k"},
		{`{"inputs":"a","parameters":{"temperature":1}}`, 400, "temperature"},
		{`{"inputs":"a","parameters":{"function_to_apply":"exp"}}`, 400, "exp"},
		{`{"inputs":"a","parameters":{"max_length":100000}}`, 400, "max_length"},
		{`{"inputs":"a","parameters":{"max_length":2}}`, 400, "max_length"},
		{`{"inputs":["a","a","a","a","a"]}`, 413, "at most 4"},
		{`{"inputs":"` + strings.Repeat("x", 201) + `"}`, 413, "characters"},
		{`{"inputs":"` + strings.Repeat("x", 5000) + `"}`, 413, "over the limit"},
		{strings.Repeat("[", 3000), 400, "not a JSON object"},
		{`{"inputs":"fail"}`, 500, "cannot be computed"},
		{`{"inputs":"panic"}`, 500, "panicked"},
	} {
		status, got := post(s, "/", c.body)
		if status != c.status || (status == 200 && got != c.want) || !strings.Contains(got, c.want) && status != 200 {
			t.Errorf("%.80s: %d %s, want %d %s", c.body, status, got, c.status, c.want)
		}
		if status != 200 {
			var e struct{ Error string }
			if err := json.Unmarshal([]byte(got), &e); err != nil || e.Error == "" {
				t.Errorf("%.80s: the error is not in the API's shape: %s", c.body, got)
			}
		}
	}
	if status, got := post(s, "/models/org/name", `{"inputs":"hi"}`); status != 200 {
		t.Errorf("/models/org/name: %d %s", status, got)
	}
	for path, want := range map[string]string{"/": `"labels":["short","long"]`, "/health": `"ok"`, "/metrics": `gosft_requests_total{code="413"} 3`} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		if w.Code != 200 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("GET %s: %d %s", path, w.Code, w.Body)
		}
	}
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("PUT", "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("PUT: %d", w.Code)
	}
}

// Requests that come together are computed together, one computation at a time, and a bad one spoils only itself.
func TestBatching(t *testing.T) {
	m := &lengthModel{delay: 20 * time.Millisecond}
	s := service(t, m, Options{})
	var wg sync.WaitGroup
	for i := range 60 {
		wg.Go(func() {
			body, want := `{"inputs":"hi"}`, 200
			switch i % 20 {
			case 7:
				body, want = `{"inputs":"fail"}`, 500
			case 13:
				body = `{"inputs":"hi","parameters":{"truncation":true}}`
			}
			if status, got := post(s, "/", body); status != want {
				t.Errorf("%d %s", status, got)
			}
		})
	}
	wg.Wait()
	if m.overlap.Load() {
		t.Error("two computations ran at once")
	}
	if m.largest.Load() < 8 {
		t.Errorf("the largest batch had %d texts", m.largest.Load())
	}
	t.Logf("60 requests in %d computations, the largest of %d texts", m.calls.Load(), m.largest.Load())
}

func TestLimitsAndStop(t *testing.T) {
	m := &lengthModel{delay: 300 * time.Millisecond}
	s := service(t, m, Options{MaxRequests: 2, Timeout: 100 * time.Millisecond})
	var busy, late atomic.Int32
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			switch status, _ := post(s, "/", `{"inputs":"hi"}`); status {
			case 503:
				busy.Add(1)
			case 504:
				late.Add(1)
			default:
				t.Errorf("status %d", status)
			}
		})
	}
	wg.Wait()
	if busy.Load() != 4 || late.Load() != 2 {
		t.Errorf("%d busy, %d late", busy.Load(), late.Load())
	}
	// A client that is gone does not keep the service from others.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest("POST", "/", strings.NewReader(`{"inputs":"hi"}`)).WithContext(ctx))
	if w.Code != 499 {
		t.Errorf("client gone: %d", w.Code)
	}
	s.Close()
	if status, _ := post(s, "/", `{"inputs":"hi"}`); status != 503 {
		t.Errorf("after Close: %d", status)
	}
	r := httptest.NewRecorder()
	s.ServeHTTP(r, httptest.NewRequest("GET", "/health", nil))
	if r.Code != 503 {
		t.Errorf("health after Close: %d", r.Code)
	}
	if _, err := New(m, Options{MaxBatch: -1}); err == nil {
		t.Error("a negative limit was accepted")
	}
}

// A stop lets the request that is being computed end.
func TestGracefulStop(t *testing.T) {
	m := &lengthModel{delay: 300 * time.Millisecond}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	o, err := Options{Log: quiet()}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	ended, address := make(chan error, 1), make(chan string, 1)
	loaded, unloaded := make(chan struct{}), false
	load := func() (Model, func(), error) {
		<-loaded
		return m, func() { unloaded = true }, nil
	}
	go func() { ended <- serve(ctx, l, o, load, func(a string) { address <- a }) }()
	for _, path := range []string{"/", "/health"} { // while the model is loaded
		r, err := http.Get("http://" + l.Addr().String() + path)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(r.Body)
		r.Body.Close()
		if r.StatusCode != 503 || r.Header.Get("Retry-After") == "" || !strings.Contains(string(body), "loading") {
			t.Errorf("%s while the model is loaded: %d %s", path, r.StatusCode, body)
		}
	}
	close(loaded)
	url := "http://" + <-address + "/"
	answered := make(chan error, 1)
	go func() {
		r, err := http.Post(url, "application/json", strings.NewReader(`{"inputs":"hi"}`))
		if err == nil {
			defer r.Body.Close()
			if r.StatusCode != 200 {
				err = fmt.Errorf("status %d", r.StatusCode)
			}
		}
		answered <- err
	}()
	for m.running.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	stop()
	if err := <-answered; err != nil {
		t.Errorf("the request that was taken: %v", err)
	}
	if err := <-ended; err != nil || !unloaded {
		t.Error(err, unloaded)
	}
	if _, err := http.Post(url, "application/json", strings.NewReader(`{}`)); err == nil {
		t.Error("it still answers")
	}
}

// A model that cannot be loaded ends the server with the reason; a stop meanwhile is a stop like any other.
func TestLoadFails(t *testing.T) {
	for _, stopped := range []bool{false, true} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		o, err := Options{Log: quiet()}.withDefaults()
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		err = serve(ctx, l, o, func() (Model, func(), error) {
			if stopped {
				stop()
			}
			return nil, nil, errors.New("torn file")
		}, func(string) { t.Error("it says that it is ready") })
		if stopped != (err == nil) {
			t.Errorf("stopped %v: %v", stopped, err)
		}
		if _, err := http.Get("http://" + l.Addr().String()); err == nil {
			t.Error("it still answers")
		}
		stop()
	}
}

func TestOtherPaths(t *testing.T) {
	s := service(t, &lengthModel{}, Options{})
	for _, c := range []struct {
		method, path string
		status       int
	}{{"PUT", "/", 405}, {"POST", "/health", 405}, {"GET", "/models/x", 405}, {"GET", "/nothing", 404}, {"POST", "/predict", 404}, {"POST", "/models/a/b", 200}} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(c.method, c.path, strings.NewReader(`{"inputs":"hi"}`)))
		if w.Code != c.status || !json.Valid(w.Body.Bytes()) {
			t.Errorf("%s %s: %d %s, want %d", c.method, c.path, w.Code, w.Body, c.status)
		}
	}
}

// A client that sends its body drop by drop is cut off.
func TestSlowBody(t *testing.T) {
	server := httptest.NewServer(service(t, &lengthModel{}, Options{Timeout: 200 * time.Millisecond}))
	defer server.Close()
	c, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprintf(c, "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{\"inp")
	c.SetReadDeadline(time.Now().Add(5 * time.Second))
	answer := make([]byte, 100)
	n, err := c.Read(answer)
	if err != nil || !bytes.Contains(answer[:n], []byte(" 400 ")) {
		t.Errorf("%q %v", answer[:n], err)
	}
}

func FuzzBody(f *testing.F) {
	for _, b := range []string{`{"inputs":"hi"}`, `{"inputs":["a",{"text":"b","text_pair":null}],"parameters":{"top_k":1}}`, `{"inputs":{"text":"a","text_pair":"b"}}`,
		"\x00\xff", `{"inputs":"\ud800"}`, `{"inputs":[],"parameters":null}`, `{"inputs":"a","parameters":{"top_k":1e400}}`} {
		f.Add([]byte(b))
	}
	s := service(f, &lengthModel{}, Options{MaxDelay: time.Nanosecond, MaxBody: 1 << 16})
	f.Fuzz(func(t *testing.T, body []byte) {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("POST", "/", bytes.NewReader(body)))
		switch w.Code {
		case 200, 400, 413:
		case 500:
			if !bytes.Contains(body, []byte("fail")) && !bytes.Contains(body, []byte("panic")) {
				t.Fatalf("500 for %q: %s", body, w.Body)
			}
		default:
			t.Fatalf("status %d for %q", w.Code, body)
		}
		if !json.Valid(w.Body.Bytes()) {
			t.Fatalf("answer %q", w.Body)
		}
	})
}

func ExampleHandler() {
	server := httptest.NewServer(Handler(&lengthModel{})) // a *bert.Model in earnest
	defer server.Close()
	r, err := http.Post(server.URL, "application/json", strings.NewReader(`{"inputs": "a lovely film", "parameters": {"top_k": 1}}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Body.Close()
	answer, _ := io.ReadAll(r.Body)
	fmt.Printf("%s", answer)
	// Output: [[{"label":"long","score":0.9}]]
}

func ExampleNew() {
	s, err := New(&lengthModel{}, Options{MaxInputs: 1, Timeout: 5 * time.Second})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	server := httptest.NewServer(s)
	defer server.Close()
	for _, body := range []string{`{"inputs": "short"}`, `{"inputs": ["one", "two"]}`, `{"text": "?"}`} {
		r, err := http.Post(server.URL, "application/json", strings.NewReader(body))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(r.StatusCode)
		r.Body.Close()
	}
	// Output:
	// 200
	// 413
	// 400
}
