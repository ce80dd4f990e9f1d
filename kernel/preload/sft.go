package preload

// What cells call by themselves, and what they call without writing it.
import (
	_ "gosft/kernel/display"
	_ "gosft/kernel/gonb"
	_ "gosft/kernel/live"
	_ "gosft/sftlib"
	_ "gosft/sftlib/backend"
	_ "gosft/sftlib/bert"
	_ "gosft/sftlib/classic"
	_ "gosft/sftlib/classic/neural"
	_ "gosft/sftlib/data"
	_ "gosft/sftlib/data/duckdb"
	_ "gosft/sftlib/eval"
	_ "gosft/sftlib/home"
	_ "gosft/sftlib/serve"
	_ "gosft/sftlib/show"
	_ "gosft/sftlib/token"
	_ "gosft/sftlib/train"
)
