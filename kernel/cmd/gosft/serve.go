package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"os"

	"gosft/sftlib/serve"
)

// serveCommand puts a fine-tuned model behind HTTP until SIGTERM or Ctrl-C; requests that were taken are answered first.
func serveCommand(ctx context.Context, args []string) error {
	var o serve.Options
	flags := flag.NewFlagSet("serve", flag.ContinueOnError)
	flags.StringVar(&o.Addr, "addr", "localhost:8080", "`ADDRESS` to listen on; :8080 is reachable from other machines")
	flags.StringVar(&o.Backend, "backend", "", "`NAME` of the backend: xla, cuda or go; chosen when left out")
	flags.Int64Var(&o.MaxBody, "max-body", 1<<20, "most bytes in a request")
	flags.IntVar(&o.MaxInputs, "max-inputs", 256, "most texts in a request")
	flags.IntVar(&o.MaxChars, "max-chars", 100_000, "most characters of all texts in a request together")
	flags.IntVar(&o.MaxRequests, "max-requests", 256, "most requests at once")
	flags.IntVar(&o.MaxBatch, "max-batch", 32, "most texts that are computed together")
	flags.DurationVar(&o.MaxDelay, "max-delay", 0, "how long a text waits for others; 0: 2ms")
	flags.DurationVar(&o.Timeout, "timeout", 0, "the longest that a request may take; 0: 30s")
	flags.DurationVar(&o.StopTimeout, "stop-timeout", 0, "how long requests that were taken may go on after a stop; 0: 15s")
	words, err := parseFlags(flags, args)
	if err != nil {
		return err
	}
	if len(words) != 1 {
		return errors.New("give one model: gosft serve DIR")
	}
	o.Dir = words[0]
	o.Log = slog.New(slog.NewTextHandler(os.Stderr, nil))
	return serve.Run(ctx, o, func(addr string) {
		fmt.Printf("serving %s\n\n  curl http://%s -d '{\"inputs\": \"some text\"}'\n\n", o.Dir, addr)
	})
}
