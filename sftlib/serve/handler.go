package serve

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"gosft/sftlib/backend"
	"gosft/sftlib/bert"
)

// Service answers requests for one model. It is an http.Handler:
//
//	POST /  and  POST /models/{name}   predictions
//	GET  /                             what the model is
//	GET  /health                       200, or 503 once Close was called
//	GET  /metrics                      for Prometheus
type Service struct {
	model    Model
	o        Options
	batcher  *batcher
	metrics  *metrics
	mux      *http.ServeMux
	slots    chan struct{}
	stopping atomic.Bool
}

// Handler serves a model with the default [Options]. It never ends the computing goroutine that it starts; use [New] for a
// service that can be closed.
func Handler(m Model) http.Handler {
	s, err := New(m, Options{})
	if err != nil { // the zero Options are sound
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		})
	}
	return s
}

// New makes a service. Options that make no sense are an error.
func New(m Model, o Options) (*Service, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	mt := newMetrics()
	s := &Service{model: m, o: o, metrics: mt, batcher: newBatcher(m, o, mt), mux: http.NewServeMux(), slots: make(chan struct{}, o.MaxRequests)}
	s.mux.HandleFunc("POST /{$}", s.predict)
	s.mux.HandleFunc("POST /models/{name...}", s.predict)
	s.mux.HandleFunc("GET /{$}", s.describe)
	s.mux.HandleFunc("GET /health", s.health)
	s.mux.Handle("GET /metrics", mt.handler())
	s.mux.HandleFunc("/", unknown)
	return s, nil
}

// Close refuses new requests, and then ends the computing. Requests that are being computed are answered 503; to let them end
// first, shut the http.Server down before, as [Run] does.
func (s *Service) Close() error {
	s.stopping.Store(true)
	s.batcher.close()
	return nil
}

// ServeHTTP answers a request. A panic while doing so is logged and answers 500.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			s.o.Log.Error("serving a request panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
			writeError(w, http.StatusInternalServerError, "an internal error; the server's log has it")
		}
	}()
	s.mux.ServeHTTP(w, r)
}

// unknown answers what no other route takes.
func unknown(w http.ResponseWriter, r *http.Request) {
	const routes = `POST / or /models/{name} with {"inputs": "a text"}, GET /, GET /health and GET /metrics`
	switch path := r.URL.Path; {
	case path == "/", path == "/health", path == "/metrics", strings.HasPrefix(path, "/models/"):
		writeError(w, http.StatusMethodNotAllowed, r.Method+" is not answered here; there are "+routes)
	default:
		writeError(w, http.StatusNotFound, "there is nothing at this path; there are "+routes)
	}
}

func (s *Service) health(w http.ResponseWriter, _ *http.Request) {
	if s.stopping.Load() {
		writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "stopping"})
		return
	}
	writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
}

func (s *Service) describe(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"task": "text-classification", "problem_type": s.model.Problem(), "labels": s.model.Labels(),
		"max_length": s.model.MaxLength(), "use": `POST {"inputs": "a text"}`})
}

// predict answers a request for predictions and counts it.
func (s *Service) predict(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	answer, err := s.answer(w, r)
	status := http.StatusOK
	if err != nil {
		status = s.statusOf(err, r)
		if status == http.StatusServiceUnavailable {
			w.Header().Set("Retry-After", "1")
		}
		writeError(w, status, err.Error())
	} else {
		writeJSON(w, status, answer)
	}
	s.metrics.request(status, time.Since(start))
}

var errBusy = errors.New("too many requests are waiting; try again")

// answer does the work of a request within its limits.
func (s *Service) answer(w http.ResponseWriter, r *http.Request) ([][]bert.Score, error) {
	if s.stopping.Load() {
		return nil, errStopped
	}
	select {
	case s.slots <- struct{}{}:
		defer func() { <-s.slots }()
	default:
		return nil, errBusy
	}
	s.metrics.inFlight.Inc()
	defer s.metrics.inFlight.Dec()
	ctx, cancel := context.WithTimeout(r.Context(), s.o.Timeout)
	defer cancel()
	deadline, _ := ctx.Deadline()
	// A client that sends its body drop by drop is cut off too; not every ResponseWriter can do that (tests' cannot).
	_ = http.NewResponseController(w).SetReadDeadline(deadline)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, s.o.MaxBody))
	if err != nil {
		var tooLong *http.MaxBytesError
		if errors.As(err, &tooLong) {
			return nil, &problem{http.StatusRequestEntityTooLarge, "the body is over the limit of " + size(s.o.MaxBody)}
		}
		return nil, badRequest("the body could not be read: %v", err)
	}
	req, err := parseRequest(body, s.o)
	if err != nil {
		return nil, err
	}
	if n := s.model.MaxLength(); req.way.maxLength > n {
		return nil, badRequest("parameters: max_length is %d, the model takes at most %d tokens", req.way.maxLength, n)
	}
	predictions, err := s.batcher.predict(ctx, req)
	if err != nil {
		return nil, err
	}
	out := make([][]bert.Score, len(predictions))
	for i, p := range predictions {
		scores := slices.Clone(p.Scores)
		slices.SortStableFunc(scores, func(a, b bert.Score) int { return cmp.Compare(b.Score, a.Score) })
		if req.topK > 0 {
			scores = scores[:min(req.topK, len(scores))]
		}
		out[i] = scores
	}
	return out, nil
}

// statusOf is the HTTP status of an error; those that are not the client's are logged.
func (s *Service) statusOf(err error, r *http.Request) int {
	var p *problem
	switch {
	case errors.As(err, &p):
		return p.status
	case errors.Is(err, errBusy), errors.Is(err, errStopped), errors.Is(err, bert.ErrClosed), errors.Is(err, backend.ErrMemory):
		return http.StatusServiceUnavailable
	case errors.Is(err, context.DeadlineExceeded):
		return http.StatusGatewayTimeout
	case errors.Is(err, context.Canceled):
		return 499 // nginx's number for a client that is gone; nobody reads it but the metrics
	}
	s.o.Log.Error("a prediction failed", "path", r.URL.Path, "error", err)
	return http.StatusInternalServerError
}

func writeError(w http.ResponseWriter, status int, msg string) {
	writeJSON(w, status, map[string]string{"error": msg})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	text, err := json.Marshal(v)
	if err != nil { // a score that is not a number: NaN has no place in JSON
		status, text = http.StatusInternalServerError, []byte(`{"error":"the model's answer is not a number"}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(text, '\n')) // a client that is gone cannot be told
}

func size(n int64) string {
	switch {
	case n >= 1<<20 && n%(1<<20) == 0:
		return strconv.FormatInt(n>>20, 10) + " MiB"
	case n >= 1<<10 && n%(1<<10) == 0:
		return strconv.FormatInt(n>>10, 10) + " KiB"
	}
	return strconv.FormatInt(n, 10) + " bytes"
}
