package bert

import (
	"context"
	"fmt"
	"os"

	"gosft/sftlib/backend"
	"gosft/sftlib/show"
)

// Option changes how a model is opened.
type Option func(*options)

type options struct {
	backend  *backend.Backend
	problem  ProblemType
	outputs  int
	seed     uint64
	revision string
	dropout  *float64
	log      func(string)
	ctx      context.Context
}

func newOptions(opts []Option) *options {
	o := &options{seed: 42, revision: "main", ctx: context.Background(), log: printLine}
	for _, f := range opts {
		f(o)
	}
	return o
}

// printLine prints to standard error; in a notebook, where that is red and these lines are no alarm, to standard output.
func printLine(line string) {
	out := os.Stderr
	if show.InNotebook() {
		out = os.Stdout
	}
	fmt.Fprintln(out, line)
}

// On computes on b instead of the backend that the process shares (see [backend.Default]).
func On(b *backend.Backend) Option { return func(o *options) { o.backend = b } }

// ForMultiLabel makes a model for texts that may have several labels at once, each with a probability of its own.
func ForMultiLabel() Option { return func(o *options) { o.problem = MultiLabel } }

// ForRegression makes a model that gives n numbers, usually 1, instead of labels.
func ForRegression(n int) Option {
	return func(o *options) { o.problem, o.outputs = Regression, n }
}

// Seed sets what new parameters (the head) are drawn from; the default is 42, as in transformers' TrainingArguments.
func Seed(seed uint64) Option { return func(o *options) { o.seed = seed } }

// Revision names the branch, tag or commit of a model on the hub; the default is "main".
func Revision(name string) Option { return func(o *options) { o.revision = name } }

// Context ends a download when ctx is done; what came so far is kept and the next call goes on from there.
func Context(ctx context.Context) Option { return func(o *options) { o.ctx = ctx } }

// WithDropout sets all three dropout probabilities instead of the checkpoint's; 0 trains without.
func WithDropout(p float64) Option { return func(o *options) { o.dropout = &p } }

// LogTo sends the lines about what was loaded, downloaded and newly initialised to f instead of standard error
// (in a notebook standard output); nil drops them.
func LogTo(f func(line string)) Option {
	return func(o *options) {
		o.log = f
		if f == nil {
			o.log = func(string) {}
		}
	}
}
