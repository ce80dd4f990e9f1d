package jupyter

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kernelProcess starts this test program as a kernel and does not wait until it listens.
func kernelProcess(t *testing.T) (*rig, *exec.Cmd) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, logged: &syncBuffer{}, ended: make(chan struct{}), file: filepath.Join(t.TempDir(), "k.json")}
	cmd := exec.Command(exe, "-test.run=^$", r.file)
	cmd.Env = append(os.Environ(), "GOSFT_TEST_KERNEL=1")
	cmd.Stderr = r.logged
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		r.err = cmd.Wait()
		close(r.ended)
	}()
	t.Cleanup(func() {
		cmd.Process.Kill()
		<-r.ended
	})
	return r, cmd
}

// awaitStart waits until a process listens: then it has written its connection file.
func (r *rig) awaitStart() {
	r.t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		conn, err := ReadConnection(r.file)
		if err == nil {
			r.conn = conn
			return
		}
		select {
		case <-r.ended:
			r.t.Fatalf("the kernel does not start: %v; its log is:\n%s", r.err, r.logged)
		default:
		}
		if !errors.Is(err, fs.ErrNotExist) || time.Now().After(end) {
			r.t.Fatalf("the kernel does not listen: %v; its log is:\n%s", err, r.logged)
		}
	}
}

// Fifty kernels on one machine, with one history file.
func TestFiftyKernels(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: starts 50 processes")
	}
	t.Setenv("GOSFT_TEST_HISTORY", filepath.Join(t.TempDir(), "h.sqlite"))
	const n = 50
	var rigs [n]*rig
	for i := range n {
		rigs[i], _ = kernelProcess(t)
	}
	var wg sync.WaitGroup
	for i, r := range rigs {
		r.t = aside{t}
		wg.Go(func() {
			r.awaitStart()
			c := r.connect()
			for k := range 5 {
				want := fmt.Sprintf("kernel %d cell %d\n", i, k)
				if reply, out := c.run("print " + strings.TrimSpace(want)); reply["status"] != "ok" || streams(out, "stdout") != want {
					t.Errorf("kernel %d: %v %q", i, reply["status"], streams(out, "stdout"))
				}
			}
			h := c.reply("shell", c.send("shell", "history_request", map[string]any{"hist_access_type": "range", "session": 0, "start": 1, "output": false, "raw": true}))
			if l, _ := h["history"].([]any); len(l) != 5 {
				t.Errorf("kernel %d: history %v; its log is:\n%s", i, h, r.logged)
			}
			c.reply("control", c.send("control", "shutdown_request", map[string]any{"restart": false}))
			if err := r.awaitEnd(); err != nil {
				t.Errorf("kernel %d: %v; its log is:\n%s", i, err, r.logged)
			}
		})
	}
	wg.Wait()
}

// A storm of interrupts leaves a kernel that works.
func TestInterruptStorm(t *testing.T) {
	r, _ := kernelProcess(t)
	r.awaitStart()
	c := r.connect()
	for range 20 {
		c.execute("spin")
	}
	for range 300 {
		c.send("control", "interrupt_request", map[string]any{})
	}
	time.Sleep(200 * time.Millisecond)
	if reply, out := r.connect().run("print calm"); reply["status"] != "ok" || streams(out, "stdout") != "calm\n" {
		t.Errorf("afterwards: %v", reply)
	}
}

// A front end that goes away in mid-cell and comes back finds the kernel and what it says from then on.
func TestFrontEndGoneAndBack(t *testing.T) {
	r, cmd := kernelProcess(t)
	r.awaitStart()
	c := r.connect()
	sub := c.reply("control", c.send("control", "create_subshell_request", map[string]any{}))["subshell_id"].(string)
	id := c.execute("print one\nsleep 600ms\nflood 20000\nprint two\ngate\nprint three")
	c.await(id, "one")
	for _, s := range c.socks {
		s.Close()
	}
	time.Sleep(300 * time.Millisecond)
	back := r.connectAs(c.session)
	back.sendTo("shell", "execute_request", sub, map[string]any{"code": "sleep 600ms\nopen"}, nil)
	back.await(id, "three")
	if reply, _ := back.run("print here"); reply["status"] != "ok" {
		t.Errorf("after coming back: %v", reply)
	}
	if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the kernel is gone: %v", err)
	}
}
