package bert

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gosft/sftlib/backend"
)

// CheckMemory returns an error that wraps [backend.ErrMemory] when a batch of this shape cannot fit into the memory that the
// machine (or the container) has left, for training or for evaluation alone. It exists because on a CPU there is often no
// other warning: the Go runtime and the Linux kernel end the process. It counts what is surely needed at once, about half of
// what really is, so that it never refuses what would have worked. On a GPU the device answers for itself.
func (m *Model) CheckMemory(s Shape, training bool) error {
	if m.backend.Kind == backend.CUDA {
		return nil
	}
	have, ok := availableMemory()
	if !ok {
		return nil
	}
	need := m.Config.leastMemory(s, training)
	if need <= float64(have) {
		return nil
	}
	what := "evaluating"
	if training {
		what = "training on"
	}
	return fmt.Errorf("%w: %s a batch of %d rows of %d tokens needs at least %.1f GB, %.1f GB are left: use smaller batches or shorter texts",
		backend.ErrMemory, what, s.Rows, s.Width, need/1e9, float64(have)/1e9)
}

// leastMemory is a lower bound of the bytes that a batch needs besides the model: in evaluation the two largest values that
// exist together, in training what the backward pass reads of every layer; of the last one that is little more than keys and
// values, as a classifier computes the rest for each text's first token alone.
func (c Config) leastMemory(s Shape, training bool) float64 {
	tokens := float64(s.Rows) * float64(s.Width)
	h, inner, weights := float64(c.HiddenSize), float64(c.IntermediateSize), float64(c.NumAttentionHeads)*float64(s.Width)
	if !training {
		return 4 * tokens * max(h+inner, 2*weights, 5*h)
	}
	layers := float64(c.NumHiddenLayers)
	return 4 * tokens * (2*h + (layers-1)*(8*h+2*weights+2*inner))
}

// availableMemory is what the kernel thinks can be had without swapping, or what is left of the container's limit; false
// where neither is known.
func availableMemory() (bytes int64, known bool) {
	bytes = math.MaxInt64
	if text, err := os.ReadFile("/proc/meminfo"); err == nil {
		for line := range strings.Lines(string(text)) {
			if f := strings.Fields(line); len(f) >= 2 && f[0] == "MemAvailable:" {
				if kb, err := strconv.ParseInt(f[1], 10, 64); err == nil {
					bytes, known = kb<<10, true
				}
			}
		}
	}
	number := func(name string) (int64, bool) {
		text, err := os.ReadFile(filepath.Join("/sys/fs/cgroup", name))
		if err != nil {
			return 0, false
		}
		n, err := strconv.ParseInt(strings.TrimSpace(string(text)), 10, 64)
		return n, err == nil
	}
	for _, names := range [][2]string{{"memory.max", "memory.current"}, {"memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"}} {
		limit, ok1 := number(names[0])
		used, ok2 := number(names[1])
		if ok1 && ok2 && limit > used {
			bytes, known = min(bytes, limit-used), true
		}
	}
	return bytes, known
}
