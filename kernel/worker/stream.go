package worker

import (
	"bytes"
	"os"
	"sync"
	"syscall"
	"time"
	"unicode/utf8"

	"gosft/kernel/worker/wire"
)

// keep is how much of a stream's end is remembered, to tell what the worker died of.
const keep = 256 << 10

// pipeSize is the most that waits in a pipe.
const pipeSize = 1 << 20

// A stream reads one of the worker's output pipes. Both share a lock: what was taken from one before something else from the
// other is also handled before it.
type stream struct {
	name string
	f    *os.File
	raw  syscall.RawConn
	fd   int
	emit func(name, text string)
	over chan struct{} // closed when the pipe has no writer any more

	mu   *sync.Mutex // held while a piece is read and handled, so that drain comes after it
	held []byte      // the start of a rune or of a version marker whose rest has not come yet
	last []byte
	buf  [64 << 10]byte
	eof  bool

	dump dump // stderr only
}

func newStream(name string, r *os.File, lock *sync.Mutex, emit func(name, text string)) (*stream, error) {
	s := &stream{name: name, f: r, mu: lock, emit: emit, over: make(chan struct{})}
	if name == "stderr" {
		s.emit = func(name, text string) { s.dump.write(text, func(text string) { emit(name, text) }, s.expire) }
		s.dump.fresh = true
	}
	var err error
	if s.raw, err = r.SyscallConn(); err != nil {
		return nil, err
	}
	err = s.raw.Control(func(fd uintptr) {
		s.fd = int(fd)
		syscall.Syscall(syscall.SYS_FCNTL, fd, 1031, pipeSize) // F_SETPIPE_SZ, where the system allows it
	})
	return s, err
}

// loop reads until the pipe has no writer.
func (s *stream) loop() {
	defer close(s.over)
	s.raw.Read(func(uintptr) bool {
		for s.read() {
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.eof
	})
}

// drain handles all that is in the pipe now, without waiting, and what was held back. What is written meanwhile may wait.
func (s *stream) drain(whole bool) {
	for n := 0; n < pipeSize && s.read(); n += len(s.buf) {
	}
	if whole {
		s.flush()
	}
	s.expire()
}

// expire lets go of what looked like the dump of a dying process.
func (s *stream) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dump.release()
}

// read handles one piece, if there is one.
func (s *stream) read() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.eof {
		n, err := syscall.Read(s.fd, s.buf[:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			return false
		case n <= 0:
			s.eof = true
			s.unhold()
			return false
		}
		s.piece(s.buf[:n])
		return true
	}
	return false
}

// flush handles the start of something whose rest does not come.
func (s *stream) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.unhold()
}

func (s *stream) unhold() {
	if len(s.held) > 0 {
		s.emit(s.name, wire.Clean(string(s.held)))
		s.held = nil
	}
}

// piece handles what was read, but for an end that is not whole.
func (s *stream) piece(b []byte) {
	if s.last = append(s.last, b...); len(s.last) > 2*keep {
		s.last = append([]byte(nil), s.last[len(s.last)-keep:]...)
	}
	if len(s.held) > 0 {
		b = append(s.held, b...)
		s.held = nil
	}
	if n := unfinished(b); n > 0 {
		s.held = append([]byte(nil), b[len(b)-n:]...)
		b = b[:len(b)-n]
	}
	if len(b) > 0 {
		s.emit(s.name, wire.Clean(string(b)))
	}
}

// unfinished counts the bytes at the end that may go on in the next piece: part of a rune, or "ꞏ" and digits.
func unfinished(b []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(b); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			break
		}
	}
	digits := len(b)
	for digits > 0 && b[digits-1] >= '0' && b[digits-1] <= '9' && len(b)-digits < 12 {
		digits--
	}
	if bytes.HasSuffix(b[:digits], []byte("ꞏ")) {
		return len(b) - digits + len("ꞏ")
	}
	return 0
}

// forget drops what is remembered for telling a death.
func (s *stream) forget() {
	s.mu.Lock()
	s.last = nil
	s.mu.Unlock()
}

// recent returns the end of what came since the last forget.
func (s *stream) recent() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// finish reads the rest after the process has ended; fatal says that the runtime brought it down, so that its dump is left
// out. A process that it left behind may hold the pipe open: it is not waited for.
func (s *stream) finish(fatal bool) {
	select {
	case <-s.over:
	case <-time.After(200 * time.Millisecond):
		s.drain(true)
	}
	s.mu.Lock()
	if fatal {
		s.dump.drop()
	}
	s.dump.release()
	s.mu.Unlock()
	s.f.Close()
}
