package serve

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"gosft/sftlib/bert"
)

// Model is what is served; *bert.Model is one.
type Model interface {
	Labels() []string
	Problem() bert.ProblemType
	MaxLength() int
	PredictBatch(ctx context.Context, texts []string, o bert.PredictOptions) (bert.Predictions, error)
}

// job is a request on its way to the model.
type job struct {
	ctx    context.Context
	req    *request
	answer chan<- result // has room for one
}

type result struct {
	predictions bert.Predictions
	err         error
}

// errStopped is what a batcher answers when it has been stopped.
var errStopped = errors.New("the service is stopping")

// batcher gathers jobs for up to MaxDelay or MaxBatch texts and computes those of the same way together. One computation
// runs at a time, since one uses all cores; what arrives meanwhile makes the next batch.
type batcher struct {
	model   Model
	o       Options
	metrics *metrics
	jobs    chan *job
	stop    context.CancelFunc
	stopped <-chan struct{} // stop was called
	ended   chan struct{}   // the loop has ended
}

func newBatcher(m Model, o Options, mt *metrics) *batcher {
	ctx, stop := context.WithCancel(context.Background())
	b := &batcher{model: m, o: o, metrics: mt, jobs: make(chan *job), stop: stop, stopped: ctx.Done(), ended: make(chan struct{})}
	go b.loop(ctx)
	return b
}

// predict waits for the answer to a request; ctx gives the wait up.
func (b *batcher) predict(ctx context.Context, r *request) (bert.Predictions, error) {
	answer := make(chan result, 1)
	select {
	case b.jobs <- &job{ctx, r, answer}:
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-b.stopped:
		return nil, errStopped
	}
	select {
	case res := <-answer:
		return res.predictions, res.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// close ends the loop; a computation that runs ends at its next batch.
func (b *batcher) close() {
	b.stop()
	<-b.ended
}

func (b *batcher) loop(ctx context.Context) {
	defer close(b.ended)
	for {
		select {
		case <-ctx.Done():
			return
		case first := <-b.jobs:
			for way, jobs := range b.gather(ctx, first) {
				b.compute(ctx, way, jobs)
			}
		}
	}
}

// gather waits for more jobs after the first and groups them by their way. Jobs that were given up meanwhile are dropped.
func (b *batcher) gather(ctx context.Context, first *job) map[way][]*job {
	groups := map[way][]*job{}
	texts := 0
	take := func(j *job) {
		if j.ctx.Err() == nil {
			groups[j.req.way] = append(groups[j.req.way], j)
			texts += len(j.req.texts)
		}
	}
	take(first)
	late := time.NewTimer(b.o.MaxDelay)
	defer late.Stop()
	for texts < b.o.MaxBatch {
		select {
		case j := <-b.jobs:
			take(j)
			continue
		case <-late.C:
		case <-ctx.Done():
		}
		break
	}
	return groups
}

// compute runs the model on the texts of some jobs and answers each. When it fails for several together, each is tried alone,
// so that one bad request does not spoil its neighbours.
func (b *batcher) compute(ctx context.Context, w way, jobs []*job) {
	var texts, pairs []string
	for _, j := range jobs {
		texts, pairs = append(texts, j.req.texts...), append(pairs, j.req.pairs...)
	}
	start := time.Now()
	predictions, err := b.predictSafely(ctx, w, texts, pairs)
	b.metrics.batch(len(texts), time.Since(start))
	if err != nil && len(jobs) > 1 && ctx.Err() == nil {
		for _, j := range jobs {
			b.compute(ctx, w, []*job{j})
		}
		return
	}
	if err != nil && ctx.Err() != nil {
		err = errStopped
	}
	for _, j := range jobs {
		if err != nil {
			j.answer <- result{err: err}
			continue
		}
		n := len(j.req.texts)
		j.answer <- result{predictions: predictions[:n:n]}
		predictions = predictions[n:]
	}
}

// predictSafely keeps a panic of a model from ending the service.
func (b *batcher) predictSafely(ctx context.Context, w way, texts, pairs []string) (p bert.Predictions, err error) {
	defer func() {
		if r := recover(); r != nil {
			b.o.Log.Error("the model panicked", "panic", r, "stack", string(debug.Stack()))
			p, err = nil, fmt.Errorf("the model panicked: %v", r)
		}
	}()
	p, err = b.model.PredictBatch(ctx, texts, bert.PredictOptions{Pairs: pairs, MaxLength: w.maxLength, Truncate: w.truncate, Apply: w.apply})
	if err == nil && len(p) != len(texts) {
		err = fmt.Errorf("the model gave %d predictions for %d texts", len(p), len(texts))
	}
	return p, err
}
