//go:build goexperiment.simd && amd64

package preload

import _ "simd/archsimd"
