package jupyter

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"
)

// usage answers usage_request with what ipykernel answers: processor and memory of the kernel with all its processes,
// and of the machine. It reads /proc; where there is none only the number of processors is told.
type usage struct {
	mu       sync.Mutex
	at       time.Time
	ticks    map[int]uint64 // processor time by process at the last request
	hostBusy uint64
	hostAll  uint64
}

const ticksPerSecond = 100 // USER_HZ, the same on every Linux that Go runs on

func (u *usage) content() map[string]any {
	u.mu.Lock()
	defer u.mu.Unlock()
	m := map[string]any{"hostname": hostname(), "pid": os.Getpid(), "cpu_count": runtime.NumCPU()}
	procs := processTree(os.Getpid())
	if len(procs) == 0 {
		return m
	}
	now, ticks := time.Now(), map[int]uint64{}
	var memory, used uint64
	for _, p := range procs {
		ticks[p.pid] = p.ticks
		memory += p.memory()
		if before, ok := u.ticks[p.pid]; ok && p.ticks > before {
			used += p.ticks - before
		}
	}
	cpu := 0.0
	if !u.at.IsZero() {
		cpu = float64(used) / ticksPerSecond / now.Sub(u.at).Seconds() * 100
	}
	u.at, u.ticks = now, ticks
	m["kernel_cpu"], m["kernel_memory"] = cpu, memory
	if busy, all := hostTicks(); all > u.hostAll {
		if u.hostAll > 0 {
			m["host_cpu_percent"] = float64(busy-u.hostBusy) / float64(all-u.hostAll) * 100
		}
		u.hostBusy, u.hostAll = busy, all
	}
	if vm := hostMemory(); vm != nil {
		m["host_virtual_memory"] = vm
	}
	return m
}

type process struct {
	pid, parent int
	ticks       uint64
	rss         uint64
}

// memory is the process's proportional share, or what is resident where that cannot be read.
func (p process) memory() uint64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", p.pid))
	if err == nil {
		for _, line := range strings.Split(string(data), "\n") {
			if f := strings.Fields(line); len(f) >= 2 && f[0] == "Pss:" {
				n, _ := strconv.ParseUint(f[1], 10, 64)
				return n << 10
			}
		}
	}
	return p.rss
}

// processTree lists pid and all its descendants.
func processTree(pid int) []process {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	children := map[int][]process{}
	var tree []process
	for _, path := range stats {
		p, ok := readStat(path)
		if !ok {
			continue
		}
		if p.pid == pid {
			tree = append(tree, p)
		} else {
			children[p.parent] = append(children[p.parent], p)
		}
	}
	for i := 0; i < len(tree); i++ {
		tree = append(tree, children[tree[i].pid]...)
	}
	return tree
}

func readStat(path string) (p process, ok bool) {
	data, err := os.ReadFile(path)
	if err != nil {
		return p, false
	}
	open, end := bytes.IndexByte(data, '('), bytes.LastIndexByte(data, ')')
	if open < 0 || end < 0 {
		return p, false
	}
	f := strings.Fields(string(data[end+1:]))
	if len(f) < 22 {
		return p, false
	}
	p.pid, _ = strconv.Atoi(strings.TrimSpace(string(data[:open])))
	p.parent, _ = strconv.Atoi(f[1])
	user, _ := strconv.ParseUint(f[11], 10, 64)
	system, _ := strconv.ParseUint(f[12], 10, 64)
	pages, _ := strconv.ParseUint(f[21], 10, 64)
	p.ticks, p.rss = user+system, pages*uint64(os.Getpagesize())
	return p, true
}

func hostTicks() (busy, all uint64) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	line, _, _ := strings.Cut(string(data), "\n")
	for i, f := range strings.Fields(line) {
		n, err := strconv.ParseUint(f, 10, 64)
		if err != nil || i > 8 {
			continue
		}
		all += n
		if i != 4 && i != 5 { // idle, iowait
			busy += n
		}
	}
	return busy, all
}

func hostMemory() map[string]any {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return nil
	}
	kb := map[string]uint64{}
	for _, line := range strings.Split(string(data), "\n") {
		if f := strings.Fields(line); len(f) >= 2 {
			kb[strings.TrimSuffix(f[0], ":")], _ = strconv.ParseUint(f[1], 10, 64)
		}
	}
	total, free := kb["MemTotal"]<<10, kb["MemAvailable"]<<10
	if total == 0 {
		return nil
	}
	return map[string]any{"total": total, "available": free, "used": total - free, "free": kb["MemFree"] << 10,
		"percent": float64(total-free) / float64(total) * 100}
}
