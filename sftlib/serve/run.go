package serve

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"gosft/sftlib/backend"
	"gosft/sftlib/bert"
)

// Run loads the model o.Dir and serves it on o.Addr until ctx is done; then it stops gracefully: no new connections, requests
// that were taken are answered (for at most o.StopTimeout), the model is closed. A stop of this kind returns nil. Started is
// told the address once requests are answered, with port 0 the one that was chosen; it may be nil.
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
	defer l.Close()
	b, err := backend.Open(o.Backend)
	if err != nil {
		return err
	}
	model, err := bert.Load(o.Dir, bert.On(b), bert.Context(ctx), bert.LogTo(func(line string) { o.Log.Info(line) }))
	if err != nil {
		return err
	}
	defer model.Close()
	o.Log.Info("preparing", "model", model.String(), "backend", b.String())
	if err := model.Warm(ctx); err != nil {
		return err
	}
	o.Log.Info("serving", "address", l.Addr().String())
	return serve(ctx, l, model, o, started)
}

// serve answers requests on l until ctx is done and then stops gracefully.
func serve(ctx context.Context, l net.Listener, m Model, o Options, started func(string)) error {
	s, err := New(m, o)
	if err != nil {
		return err
	}
	defer s.Close()
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(l) }()
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
