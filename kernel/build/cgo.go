package build

import (
	"context"
	"errors"

	"gosft/kernel/cell"
)

func (w *way) compileCgo(ctx context.Context, plan *cell.Plan, dir, cfg, object string) error {
	return errors.New("cgo")
}
