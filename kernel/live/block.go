package live

import (
	"iter"
	"time"
)

// The forms of what blocks that an interrupt ends. Each first tries what Go itself would do at once.

// Done is closed when the cell of this goroutine is interrupted. A select gets it as one more case, which calls Stop.
func Done() <-chan struct{} { return done() }

// Sleep is time.Sleep.
func Sleep(d time.Duration) {
	if d <= 0 {
		return
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-done():
		Stop()
	}
}

// Recv is <-ch.
func Recv[T any](ch <-chan T) T {
	v, _ := Recv2(ch)
	return v
}

// Recv2 is v, ok := <-ch.
func Recv2[T any](ch <-chan T) (T, bool) {
	select {
	case v, ok := <-ch:
		return v, ok
	default:
	}
	select {
	case v, ok := <-ch:
		return v, ok
	case <-done():
		Stop()
		panic("not reached")
	}
}

// Send is ch <- v.
func Send[T any](ch chan<- T, v T) {
	select {
	case ch <- v:
		return
	default:
	}
	select {
	case ch <- v:
	case <-done():
		Stop()
	}
}

// A Sender sends to one channel.
type Sender[T any] struct{ ch chan<- T }

// To is for ch <- v where v's type is another one than the channel's elements have: To(ch).Send(v) converts v as Go does.
func To[T any](ch chan<- T) Sender[T] { return Sender[T]{ch} }

// Send is ch <- v.
func (s Sender[T]) Send(v T) { Send(s.ch, v) }

// Range is for v := range ch.
func Range[T any](ch <-chan T) iter.Seq[T] {
	return func(yield func(T) bool) {
		for {
			v, ok := Recv2(ch)
			if !ok || !yield(v) {
				return
			}
		}
	}
}

// Block is select {}.
func Block() {
	<-done()
	Stop()
}

// Wait calls a function that blocks without changing anything, such as a WaitGroup's Wait, in a goroutine of its own and
// returns when it returns or the cell is interrupted.
func Wait(wait func()) {
	over := make(chan struct{})
	go func() {
		defer close(over)
		wait()
	}()
	select {
	case <-over:
	case <-done():
		Stop()
	}
}
