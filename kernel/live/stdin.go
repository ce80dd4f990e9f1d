package live

import (
	"bytes"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"

	"gosft/kernel/worker/wire"
)

// stdin gives the program's standard input, for Go and C: a pipe that is empty until the user has typed a line.
type stdin struct {
	file  *os.File // file descriptor 0, also where the program puts another file into os.Stdin
	write *os.File

	asking sync.Mutex // held while a cell's input is looked after
}

// patience is how long a read of standard input waits before the user is asked.
const patience = 15 * time.Millisecond

// open puts a new pipe behind file descriptor 0.
func (s *stdin) open() error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer r.Close()
	if s.file == nil {
		s.file = os.Stdin
	}
	s.write = w
	return dup(int(r.Fd()), 0) // Fd makes it one whose reads block, as C expects
}

// watch asks for input as long as a cell runs and waits for it. The cell that is asked for is the one given.
func (s *stdin) watch(c *Cell, over <-chan struct{}) {
	tick := time.NewTicker(patience)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		if s.asking.TryLock() { // two cells that run at once would both ask for the one read
			s.supply(c, over, n%8 == 0)
			s.asking.Unlock()
		}
	}
}

// supply asks for a line when the program waits for one. deep says to look for C code that waits, too.
func (s *stdin) supply(c *Cell, over <-chan struct{}, deep bool) {
	if wire.Available(0) > 0 { // what was typed is still to be read, as on a busy machine
		return
	}
	if !s.waiting(over) && (!deep || !blockedInRead()) {
		return
	}
	line, err := server.ask(wire.Event{Op: wire.EvInput, Cell: c.id})
	if err != nil { // nobody answers: the program sees the end of its input
		s.write.Close()
		select {
		case <-time.After(10 * patience): // its reader has seen it
		case <-over:
		}
		s.open()
		againC()
		return
	}
	s.write.WriteString(line + "\n")
	time.Sleep(patience)
}

// waiting reports whether Go code waits for input. That is seen from a lock: os.File lets one reader in at a time, so when a
// second one, the probe, cannot get in for a while, the first waits. The probe must be seen to wait for the reader's lock:
// that it did not come back in time is not enough, since on a busy machine it may not have run yet.
func (s *stdin) waiting(over <-chan struct{}) bool {
	raw, err := s.file.SyscallConn()
	if err != nil {
		return false
	}
	free := make(chan struct{})
	go func() {
		raw.Read(func(uintptr) bool { return true })
		close(free)
	}()
	select {
	case <-free:
		return false
	case <-over:
		return false
	case <-time.After(patience):
		return probeBlocked()
	}
}

// probeBlocked looks for the probe among all goroutines, in the place where it waits for the lock.
func probeBlocked() bool {
	buf := make([]byte, 1<<20)
	for _, g := range bytes.Split(buf[:runtime.Stack(buf, true)], []byte("\n\n")) {
		if bytes.Contains(g, []byte("(*stdin).waiting.func")) && bytes.Contains(g, []byte("[sema")) && bytes.Contains(g, []byte("rwlock")) {
			return true
		}
	}
	return false
}

// drop throws away what was typed and not read, so that the next cell starts with an empty line.
func (s *stdin) drop() {
	raw, err := s.file.SyscallConn()
	if err != nil {
		return
	}
	go raw.Read(func(fd uintptr) bool {
		var buf [4096]byte
		for wire.Available(int(fd)) > 0 {
			if n, err := syscall.Read(int(fd), buf[:]); n <= 0 || err != nil {
				break
			}
		}
		return true
	})
}
