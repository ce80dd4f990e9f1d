package jupyter

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kernelProcess starts this test program as a kernel.
func kernelProcess(t *testing.T) (*rig, *exec.Cmd) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "k.json")
	conn, err := NewConnection(file)
	if err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run=^$", file)
	cmd.Env = append(os.Environ(), "GOSFT_TEST_KERNEL=1", "GOSFT_TEST_HISTORY="+os.Getenv("GOSFT_TEST_HISTORY"))
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, conn: conn, logged: &syncBuffer{}}
	go func() {
		for in := bufio.NewScanner(stderr); in.Scan(); {
			fmt.Fprintln(r.logged, in.Text())
		}
	}()
	t.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	return r, cmd
}

// Fifty kernels on one machine, with one history file.
func TestFiftyKernels(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: starts 50 processes")
	}
	t.Setenv("GOSFT_TEST_HISTORY", filepath.Join(t.TempDir(), "h.sqlite"))
	const n = 50
	var rigs [n]*rig
	var cmds [n]*exec.Cmd
	for i := range n {
		rigs[i], cmds[i] = kernelProcess(t)
	}
	var wg sync.WaitGroup
	for i := range n {
		wg.Add(1)
		go func() {
			defer wg.Done()
			c := rigs[i].connect()
			for k := range 5 {
				want := fmt.Sprintf("kernel %d cell %d\n", i, k)
				if reply, out := c.run("print " + strings.TrimSpace(want)); reply["status"] != "ok" || streams(out, "stdout") != want {
					t.Errorf("kernel %d: %v %q", i, reply["status"], streams(out, "stdout"))
				}
			}
			h := c.reply("shell", c.send("shell", "history_request", map[string]any{"hist_access_type": "range", "session": 0, "start": 1, "output": false, "raw": true}))
			if l, _ := h["history"].([]any); len(l) != 5 {
				t.Errorf("kernel %d: history %v", i, h)
			}
			c.reply("control", c.send("control", "shutdown_request", map[string]any{"restart": false}))
			if err := cmds[i].Wait(); err != nil {
				t.Errorf("kernel %d: %v", i, err)
			}
		}()
	}
	wg.Wait()
}

// A storm of interrupts leaves a kernel that works.
func TestInterruptStorm(t *testing.T) {
	r, _ := kernelProcess(t)
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
	c := r.connect()
	id := c.execute("print one\nsleep 600ms\nflood 20000\nprint two\nsleep 600ms\nprint three")
	c.await(id, "one")
	for _, s := range c.socks {
		s.Close()
	}
	time.Sleep(300 * time.Millisecond)
	back := r.connectAs(c.session)
	back.await(id, "three")
	if reply, _ := back.run("print here"); reply["status"] != "ok" {
		t.Errorf("after coming back: %v", reply)
	}
	if err := cmd.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the kernel is gone: %v", err)
	}
}
