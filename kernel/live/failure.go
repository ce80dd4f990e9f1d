package live

import (
	"fmt"
	"reflect"
	"runtime"

	"gosft/kernel/worker/wire"
)

// Clean drops the version markers that names have inside.
func Clean(s string) string { return wire.Clean(s) }

// failure describes a recovered panic. It must be called by the deferred function itself, while the stack still stands.
func failure(r any) wire.Failure {
	f := wire.Failure{Kind: wire.KindPanic, Name: "panic", Text: panicText(r), Frames: userFrames()}
	switch r := r.(type) {
	case stop:
		f.Kind, f.Name, f.Text = wire.KindInterrupt, "interrupted", "the cell was interrupted"
	case unchecked:
		f.Kind, f.Name, f.Text, f.Line, f.Col = wire.KindError, errorName(r.err), panicText(r.err), r.line, r.col
	}
	return f
}

// typeName is the type of a value as the user knows it.
func typeName(v any) string { return Clean(fmt.Sprintf("%T", v)) }

// errorName is the type of an error; those that errors.New, fmt.Errorf and errors.Join make are just errors.
func errorName(err error) string {
	switch name := typeName(err); name {
	case "*errors.errorString", "*fmt.wrapError", "*fmt.wrapErrors", "*errors.joinError":
		return "error"
	default:
		return name
	}
}

// panicText is the text of a value given to panic. Its own methods may panic again.
func panicText(r any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("%T (its text cannot be had: the method panicked)", r)
		}
		text = Clean(text)
	}()
	switch v := r.(type) {
	case error:
		return v.Error()
	case fmt.Stringer:
		return v.String()
	case string:
		return v
	}
	if k := reflect.ValueOf(r).Kind(); k == reflect.Struct || k == reflect.Map || k == reflect.Slice || k == reflect.Pointer {
		return fmt.Sprintf("%+v", r)
	}
	return fmt.Sprint(r)
}

// userFrames returns the frames of the stack that stand in cells and in packages that may be the user's own, innermost first,
// at most 200 from each end.
func userFrames() []wire.Frame {
	pcs := make([]uintptr, 256)
	n := runtime.Callers(2, pcs)
	for n == len(pcs) && n < 1<<16 {
		pcs = make([]uintptr, 2*len(pcs))
		n = runtime.Callers(2, pcs)
	}
	var out []wire.Frame
	for frames := runtime.CallersFrames(pcs[:n]); ; {
		f, more := frames.Next()
		if frame, ok := wire.UserFrame(f.Function, f.File, f.Line); ok {
			out = append(out, frame)
		}
		if !more {
			break
		}
	}
	if len(out) > 400 {
		out = append(out[:200:200], out[len(out)-200:]...)
	}
	return out
}
