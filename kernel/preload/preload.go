// Package preload names what the worker's shared library holds.
package preload

import (
	_ "github.com/duckdb/duckdb-go/v2"
	_ "github.com/gomlx/compute"
	_ "github.com/gomlx/compute/dtypes"
	_ "github.com/gomlx/compute/shapes"
	_ "github.com/gomlx/go-huggingface/hub"
	_ "github.com/gomlx/go-xla/compute/xla"
	_ "github.com/gomlx/gomlx/core/graph"
	_ "github.com/gomlx/gomlx/core/tensors"
	_ "github.com/gomlx/gomlx/ml/model"
	_ "github.com/janpfeifer/gonb/gonbui"
	_ "github.com/go-zeromq/zmq4"
	_ "gonum.org/v1/gonum/mat"
	_ "golang.org/x/image/font/opentype"
	_ "golang.org/x/text/encoding/simplifiedchinese"
	_ "golang.org/x/tools/imports"
	_ "modernc.org/sqlite"
)
