package wire

import (
	"regexp"
	"strings"
)

// MemoryEnv names the environment variable with the most bytes of memory that the worker may take; without it there is no
// limit but the machine's.
const MemoryEnv = "GOSFT_WORKER_MEMORY"

// marker is what the planner adds to a name for its second and later versions: "sampleꞏ2".
var marker = regexp.MustCompile(`ꞏ\w+`)

// Clean drops the version markers that names have inside; users never see them.
func Clean(s string) string {
	if strings.Contains(s, "ꞏ") {
		s = marker.ReplaceAllString(s, "")
	}
	return s
}
