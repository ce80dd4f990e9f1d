package serve

import (
	"fmt"
	"log/slog"
	"time"
)

// Options are the limits of a service. The zero value of each field means its default.
type Options struct {
	Addr    string // Run: where to listen; default "localhost:8080". An address without a host is reachable from other machines
	Dir     string // Run: folder or name of the model, as for bert.Load
	Backend string // Run: as for backend.Open; "" chooses

	MaxBody     int64         // bytes of a request; default 1 MiB. More answers 413
	MaxInputs   int           // texts in a request; default 256. More answers 413
	MaxChars    int           // characters of all texts of a request together; default 100,000. More answers 413
	MaxRequests int           // requests that wait or are computed at once; default 256. More answer 503
	MaxBatch    int           // texts that are gathered from several requests for one computation; default 32
	MaxDelay    time.Duration // how long a text may wait for others to come; default 2 ms
	Timeout     time.Duration // the longest that a request may take; default 30 s. Then it answers 504
	StopTimeout time.Duration // Run: how long requests that were taken may go on after a stop; default 15 s

	Log *slog.Logger // default: slog.Default()
}

// withDefaults fills in defaults; a negative limit is an error.
func (o Options) withDefaults() (Options, error) {
	def := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	span := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	if o.Addr == "" {
		o.Addr = "localhost:8080"
	}
	if o.MaxBody == 0 {
		o.MaxBody = 1 << 20
	}
	def(&o.MaxInputs, 256)
	def(&o.MaxChars, 100_000)
	def(&o.MaxRequests, 256)
	def(&o.MaxBatch, 32)
	span(&o.MaxDelay, 2*time.Millisecond)
	span(&o.Timeout, 30*time.Second)
	span(&o.StopTimeout, 15*time.Second)
	if o.Log == nil {
		o.Log = slog.Default()
	}
	for _, x := range []struct {
		name string
		v    int64
	}{{"MaxBody", o.MaxBody}, {"MaxInputs", int64(o.MaxInputs)}, {"MaxChars", int64(o.MaxChars)}, {"MaxRequests", int64(o.MaxRequests)},
		{"MaxBatch", int64(o.MaxBatch)}, {"MaxDelay", int64(o.MaxDelay)}, {"Timeout", int64(o.Timeout)}, {"StopTimeout", int64(o.StopTimeout)}} {
		if x.v < 0 {
			return o, fmt.Errorf("serve: %s is %d, it cannot be negative", x.name, x.v)
		}
	}
	return o, nil
}
