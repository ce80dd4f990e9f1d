package jupyter

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Connection is a connection file: where the five sockets listen and the key that signs messages.
type Connection struct {
	Transport  string `json:"transport"` // "tcp" or "ipc"
	IP         string `json:"ip"`        // for ipc: the path's first part, "-PORT" follows
	ShellPort  int    `json:"shell_port"`
	IOPubPort  int    `json:"iopub_port"`
	StdinPort  int    `json:"stdin_port"`
	Control    int    `json:"control_port"`
	HBPort     int    `json:"hb_port"`
	Key        string `json:"key"`
	Scheme     string `json:"signature_scheme"`
	KernelName string `json:"kernel_name,omitempty"`
}

// ReadConnection reads and checks a connection file. Where others can read it they are locked out first: it holds the
// key.
func ReadConnection(path string) (Connection, error) {
	var c Connection
	data, err := os.ReadFile(path)
	if err != nil {
		return c, fmt.Errorf("connection file: %w", err)
	}
	if err := json.Unmarshal(data, &c); err != nil {
		return c, fmt.Errorf("connection file %s: %w", path, err)
	}
	if st, err := os.Stat(path); err == nil && st.Mode().Perm()&0o077 != 0 {
		os.Chmod(path, 0o600)
	}
	if c.Transport == "" {
		c.Transport = "tcp"
	}
	if c.Transport != "tcp" && c.Transport != "ipc" {
		return c, fmt.Errorf("connection file %s: transport %q is not tcp or ipc", path, c.Transport)
	}
	if c.Scheme != "" && c.Scheme != "hmac-sha256" {
		return c, fmt.Errorf("connection file %s: signature scheme %q is not hmac-sha256", path, c.Scheme)
	}
	if c.IP == "" {
		return c, fmt.Errorf("connection file %s: no ip", path)
	}
	for _, p := range []int{c.ShellPort, c.IOPubPort, c.StdinPort, c.Control, c.HBPort} {
		if p <= 0 || p > 65535 {
			return c, fmt.Errorf("connection file %s: port %d is not between 1 and 65535", path, p)
		}
	}
	return c, nil
}

// ListenNew opens the sockets on free ports of this machine and then writes the connection file that names them,
// readable by the user only: who finds the file finds a kernel that listens. It serves kernels that are started by hand.
func ListenNew(path string, cfg Config) (*Kernel, error) {
	k, err := Listen(Connection{Transport: "tcp", IP: "127.0.0.1", Key: newID(), Scheme: "hmac-sha256", KernelName: "gosft"}, cfg)
	if err != nil {
		return nil, err
	}
	if err := k.conn.write(path); err != nil {
		k.closeSockets()
		return nil, fmt.Errorf("connection file: %w", err)
	}
	return k, nil
}

// write writes the connection file whole or not at all.
func (c Connection) write(path string) error {
	data, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".connection-*") // 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// address gives a port's network and address for net.Listen; port 0 is any free one.
func (c Connection) address(port int) (network, addr string) {
	if c.Transport == "ipc" {
		return "unix", c.IP + "-" + strconv.Itoa(port)
	}
	ip := c.IP
	if ip == "*" {
		ip = "0.0.0.0"
	}
	return "tcp", net.JoinHostPort(strings.Trim(ip, "[]"), strconv.Itoa(port))
}

var errNoSession = errors.New("jupyter: Serve needs a session")
