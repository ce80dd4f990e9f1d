//go:build !(((linux && (amd64 || arm64)) || (darwin && arm64) || (windows && amd64)) && !noxla)

package backend

import (
	"fmt"
	"runtime"

	"github.com/gomlx/compute"
)

const hasXLA = false

func openXLA(string) (compute.Backend, error) {
	return nil, fmt.Errorf("this program was built without XLA (%s/%s)", runtime.GOOS, runtime.GOARCH)
}
