package session

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Task is a cell in a queue. Begin is called when its turn comes and Done when it has ended; both from the queue's
// goroutine, so what they send stays in order.
type Task struct {
	Origin  Origin
	Request ExecuteRequest
	Begin   func()
	Done    func(ExecuteReply)
}

// queue runs one shell's cells one after the other.
type queue struct {
	s      *Session
	mu     sync.Mutex
	tasks  []Task
	wake   chan struct{}
	closed bool
}

func newQueue(s *Session) *queue {
	q := &queue{s: s, wake: make(chan struct{}, 1)}
	go q.loop()
	return q
}

func (q *queue) push(t Task) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.tasks = append(q.tasks, t)
	q.signal()
	return true
}

func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

func (q *queue) loop() {
	for range q.wake {
		for {
			q.mu.Lock()
			if len(q.tasks) == 0 {
				closed := q.closed
				q.mu.Unlock()
				if closed {
					return
				}
				break
			}
			t := q.tasks[0]
			q.tasks = q.tasks[1:]
			q.mu.Unlock()
			q.serve(t)
		}
	}
}

// arrival is how long a failed cell waits for requests that were sent together with it, before its reply goes out:
// they are on the way and belong to what stop_on_error aborts. Whoever waits for the reply cannot be hit by it.
const arrival = 3 * time.Millisecond

func (q *queue) serve(t Task) {
	t.Begin()
	reply := q.s.Execute(t.Origin, t.Request)
	var aborted []Task
	if reply.Status == "error" && (t.Request.StopOnError || reply.interrupted) {
		time.Sleep(arrival)
		aborted = q.take()
	}
	t.Done(reply)
	for _, a := range aborted {
		a.Begin()
		a.Done(ExecuteReply{Status: "aborted"})
	}
}

// take empties the queue.
func (q *queue) take() []Task {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := q.tasks
	q.tasks = nil
	return t
}

// abort answers all waiting tasks with "aborted".
func (q *queue) abort() {
	for _, t := range q.take() {
		t.Begin()
		t.Done(ExecuteReply{Status: "aborted"})
	}
}

func (q *queue) close() {
	q.mu.Lock()
	q.closed = true
	q.mu.Unlock()
	q.abort()
	q.signal()
}

// Submit queues a cell in a subshell ("" is the main shell). It is an error when there is no such subshell.
func (s *Session) Submit(subshell string, t Task) error {
	s.mu.Lock()
	q := s.shells[subshell]
	s.mu.Unlock()
	if q == nil {
		return fmt.Errorf("no subshell %q: create one first, list_subshell_request lists them", subshell)
	}
	if !q.push(t) {
		return fmt.Errorf("the session is closing")
	}
	return nil
}

// CreateSubshell adds a queue that runs beside the others and returns its id.
func (s *Session) CreateSubshell() string {
	var b [16]byte
	rand.Read(b[:])
	id := hex.EncodeToString(b[:])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.shells[id] = newQueue(s)
	return id
}

// DeleteSubshell removes a subshell; what waits in it is aborted, its running cell ends by itself.
func (s *Session) DeleteSubshell(id string) error {
	s.mu.Lock()
	q := s.shells[id]
	if id == "" || q == nil {
		s.mu.Unlock()
		return fmt.Errorf("no subshell %q", id)
	}
	delete(s.shells, id)
	s.mu.Unlock()
	q.close()
	return nil
}

// Subshells lists the ids of all subshells but the main one.
func (s *Session) Subshells() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	ids := []string{}
	for id := range s.shells {
		if id != "" {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}
