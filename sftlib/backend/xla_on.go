//go:build ((linux && (amd64 || arm64)) || (darwin && arm64) || (windows && amd64)) && !noxla

package backend

import (
	"github.com/gomlx/compute"
	"github.com/gomlx/go-xla/compute/xla"
)

const hasXLA = true

func init() { xla.EnableAutoInstall(false) }

func openXLA(config string) (compute.Backend, error) {
	b, err := xla.New(config)
	if err != nil {
		return nil, err
	}
	return b, nil
}
