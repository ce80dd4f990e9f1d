package backend

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// ErrMemory is wrapped by errors of [Try] that say that memory ran out, on the device or on the host.
var ErrMemory = errors.New("out of memory")

// longest is the most bytes of a library's message that is kept: XLA prints whole inputs and programs into some.
const longest = 600

// Try calls f and returns its error; a panic of f, as GoMLX and XLA use for mistakes in a graph, becomes an error too.
// what names the work for the message ("a training step"). Runtime errors of Go (an index out of range, a nil pointer)
// are reported with the function they came from, since they are mistakes of a program and not of its data.
func Try(what string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fromPanic(what, r)
		}
	}()
	if err := f(); err != nil {
		return tidy(what, err)
	}
	return nil
}

func fromPanic(what string, r any) error {
	if re, ok := r.(runtime.Error); ok {
		return fmt.Errorf("%s: %w (%s)", what, re, panicSite())
	}
	if err, ok := r.(error); ok {
		return tidy(what, err)
	}
	return tidy(what, fmt.Errorf("%v", r))
}

// panicSite names the function that panicked: the first frame above the runtime's own.
func panicSite() string {
	var pc [32]uintptr
	frames := runtime.CallersFrames(pc[:runtime.Callers(3, pc[:])])
	panicked := false
	for {
		f, more := frames.Next()
		switch {
		case strings.HasPrefix(f.Function, "runtime."):
			panicked = panicked || strings.Contains(f.Function, "panic") || strings.Contains(f.Function, "sigpanic")
		case panicked:
			return fmt.Sprintf("in %s, line %d", f.Function, f.Line)
		}
		if !more {
			return "in an unknown function"
		}
	}
}

// tidy prefixes what, cuts a message that carries a whole program or input, and marks what means lack of memory.
func tidy(what string, err error) error {
	msg := err.Error()
	memory := errors.Is(err, ErrMemory) || lacksMemory(msg)
	if len(msg) <= longest && !memory {
		return fmt.Errorf("%s: %w", what, err)
	}
	if len(msg) > longest {
		msg = strings.ToValidUTF8(msg[:longest], "") + " [cut]"
	}
	if memory {
		return &shortened{fmt.Sprintf("%s: out of memory: use smaller batches, shorter texts or a smaller model, or close models that are "+
			"no longer needed (%s)", what, msg), []error{ErrMemory, err}}
	}
	return &shortened{what + ": " + msg, []error{err}}
}

func lacksMemory(msg string) bool {
	l := strings.ToLower(msg)
	for _, s := range []string{"resource_exhausted", "out of memory", "cannot allocate memory", "failed to allocate", "bad_alloc"} {
		if strings.Contains(l, s) {
			return true
		}
	}
	return false
}

// shortened shows a short message for an error and still answers errors.Is and errors.As for the whole of it.
type shortened struct {
	msg  string
	errs []error
}

func (s *shortened) Error() string   { return s.msg }
func (s *shortened) Unwrap() []error { return s.errs }
