package jupyter

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"gosft/kernel/session"
	"gosft/kernel/session/fake"
)

func TestReadConnection(t *testing.T) {
	dir := t.TempDir()
	good := `{"transport":"tcp","ip":"127.0.0.1","shell_port":1,"iopub_port":2,"stdin_port":3,"control_port":4,"hb_port":5,"key":"k","signature_scheme":"hmac-sha256"}`
	for name, tc := range map[string]struct{ text, want string }{
		"good":          {good, ""},
		"no transport":  {strings.Replace(good, `"transport":"tcp",`, "", 1), ""},
		"no JSON":       {"{", "unexpected end"},
		"transport":     {strings.Replace(good, `"tcp"`, `"udp"`, 1), "udp"},
		"scheme":        {strings.Replace(good, "sha256", "md5", 1), "hmac-md5"},
		"no ip":         {strings.Replace(good, "127.0.0.1", "", 1), "no ip"},
		"port 0":        {strings.Replace(good, `"hb_port":5`, `"hb_port":0`, 1), "port 0"},
		"port too high": {strings.Replace(good, `"hb_port":5`, `"hb_port":70000`, 1), "port 70000"},
	} {
		path := filepath.Join(dir, "c.json")
		if err := os.WriteFile(path, []byte(tc.text), 0o644); err != nil {
			t.Fatal(err)
		}
		c, err := ReadConnection(path)
		if tc.want == "" {
			if err != nil || c.ShellPort != 1 || c.HBPort != 5 || c.Key != "k" {
				t.Errorf("%s: %+v, %v", name, c, err)
			}
			if st, _ := os.Stat(path); st.Mode().Perm() != 0o600 {
				t.Errorf("%s: others can still read the key: %v", name, st.Mode())
			}
		} else if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q in it", name, err, tc.want)
		}
	}
	if _, err := ReadConnection(filepath.Join(dir, "none.json")); err == nil {
		t.Error("a missing file gave no error")
	}
}

func TestListenRefusesTakenPort(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := Connection{Transport: "tcp", IP: "127.0.0.1", ShellPort: freePort(t), IOPubPort: l.Addr().(*net.TCPAddr).Port}
	if _, err := Listen(c, Config{}); err == nil || !strings.Contains(err.Error(), "iopub socket") {
		t.Errorf("%v", err)
	}
	// What was opened before the taken one is free again.
	if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", c.ShellPort)); err != nil {
		t.Error(err)
	} else {
		l.Close()
	}
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// Unix sockets are private to the user, and nothing else is listened on.
func TestIPC(t *testing.T) {
	dir := t.TempDir()
	c := Connection{Transport: "ipc", IP: filepath.Join(dir, "k"), ShellPort: 1, IOPubPort: 2, StdinPort: 3, Control: 4, HBPort: 5, Key: "x"}
	k, err := Listen(c, Config{})
	if err != nil {
		t.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "k-*"))
	if len(files) != 5 {
		t.Errorf("sockets: %v", files)
	}
	for _, f := range files {
		if st, _ := os.Stat(f); st.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v", f, st.Mode())
		}
	}
	s, err := session.New(session.Config{Engine: fake.New(), Frontend: k})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- k.Serve(ctx, s) }()
	conn, err := net.Dial("unix", files[0])
	if err != nil {
		t.Fatal(err)
	}
	conn.SetDeadline(time.Now().Add(patience))
	conn.Write(greeting())
	buf := make([]byte, 64)
	if n, err := conn.Read(buf); err != nil || n < 10 || buf[0] != 0xFF {
		t.Errorf("no greeting: %v %x", err, buf[:n])
	}
	conn.Close()
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "k-*")); len(files) != 0 {
		t.Errorf("left behind: %v", files)
	}
}

func TestUsage(t *testing.T) {
	c := startKernel(t, 0).connect()
	ask := func() map[string]any {
		return c.reply("control", c.send("control", "usage_request", map[string]any{}))
	}
	ask()
	began, worked := time.Now(), processorTime(t)
	for processorTime(t)-worked < 300*time.Millisecond {
	}
	u := ask()
	percent := float64(processorTime(t)-worked) / float64(time.Since(began)) * 100
	if u["pid"] != float64(os.Getpid()) || u["hostname"] == "" || u["cpu_count"].(float64) < 1 {
		t.Errorf("%v", u)
	}
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("no /proc: memory and processor time are not told")
	}
	if m, _ := u["kernel_memory"].(float64); m < 1<<20 || m > 8<<30 {
		t.Errorf("kernel_memory %v", u["kernel_memory"])
	}
	if p, _ := u["kernel_cpu"].(float64); p < percent/2 || p > percent*2 {
		t.Errorf("kernel_cpu %v, want about %.0f", u["kernel_cpu"], percent)
	}
	if vm, _ := u["host_virtual_memory"].(map[string]any); vm == nil || vm["total"].(float64) < vm["available"].(float64) {
		t.Errorf("host_virtual_memory %v", u["host_virtual_memory"])
	}
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
