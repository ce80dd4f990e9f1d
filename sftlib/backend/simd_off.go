//go:build !(goexperiment.simd && amd64)

package backend

import "runtime"

// simd is true where the Go backend has nothing to gain from GOEXPERIMENT=simd: GoMLX has such code for amd64 only.
const simd = runtime.GOARCH != "amd64"
