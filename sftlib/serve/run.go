package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"time"

	"gosft/sftlib/backend"
	"gosft/sftlib/bert"
)

// Run loads the model o.Dir and serves it on o.Addr until ctx is done; then it stops gracefully: no new connections, requests
// that were taken are answered (for at most o.StopTimeout), the model is closed. A stop of this kind returns nil. While the
// model is loaded and compiled, which may take a minute, every request answers 503 and says so. Started is told the address
// once predictions are answered, with port 0 the one that was chosen; it may be nil.
func Run(ctx context.Context, o Options, started func(addr string)) (err error) {
	if o, err = o.withDefaults(); err != nil {
		return err
	}
	if o.Dir == "" {
		return errors.New("serve: no model is named: give the folder of a fine-tuned model")
	}
	l, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return serve(ctx, l, o, func() (Model, func(), error) {
		b, err := backend.Open(o.Backend)
		if err != nil {
			return nil, nil, err
		}
		model, err := bert.Load(o.Dir, bert.On(b), bert.Context(ctx), bert.LogTo(func(line string) { o.Log.Info(line) }))
		if err != nil {
			return nil, nil, err
		}
		o.Log.Info("compiling what predictions need, which may take a minute", "model", model.String(), "backend", b.String())
		if err := model.Warm(ctx); err != nil {
			model.Close()
			return nil, nil, err
		}
		o.Log.Info("serving", "address", l.Addr().String())
		return model, func() { model.Close() }, nil
	}, started)
}

// serve answers requests on l with the model that load gives, until ctx is done, and then stops gracefully.
func serve(ctx context.Context, l net.Listener, o Options, load func() (m Model, unload func(), err error), started func(string)) error {
	var ready atomic.Pointer[Service]
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if s := ready.Load(); s != nil {
				s.ServeHTTP(w, r)
				return
			}
			w.Header().Set("Retry-After", "5")
			writeJSON(w, http.StatusServiceUnavailable, map[string]string{"status": "loading", "error": "the model is being loaded; try again"})
		})}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
	m, unload, err := load()
	if err != nil {
		server.Close()
		if ctx.Err() != nil { // stopped before it began
			return nil
		}
		return err
	}
	defer unload()
	s, err := New(m, o)
	if err != nil {
		server.Close()
		return err
	}
	defer s.Close()
	ready.Store(s)
	if started != nil {
		started(l.Addr().String())
	}
	select {
	case err := <-ended:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	s.stopping.Store(true)
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.StopTimeout)
	defer cancel()
	if err := server.Shutdown(stop); err != nil {
		server.Close()
		return fmt.Errorf("serve: some requests did not end within %s: %w", o.StopTimeout, err)
	}
	return nil
}
