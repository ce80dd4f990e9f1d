package train

import (
	"errors"
	"fmt"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gosft/sftlib/backend"
	"gosft/sftlib/bert"
)

// session is one training with all that it keeps between steps. An interrupted one is kept by its trainer.
type session struct {
	t        *Trainer
	model    *bert.Model
	args     Args
	events   *stream
	data     *dataset
	loss     objective
	sampler  *sampler
	packer   *bert.Packer // nil: padded
	adamw    *adamw
	stepper  *stepper
	schedule Schedule
	eval     *evaluator // nil: no validation frame, or none is asked for

	perEpoch            int // steps
	logEvery, evalEvery int
	saveEvery           int
	state               State
	place               place
	order               []int // of the rows in the epoch of order
	orderOf             int
	batches             uint32 // computed so far; the seed of dropout follows from it
	patience            int
	lossSum, totalLoss  float64
	lossN               int
	lastNorm, lastRate  float64
	checkpoint          string  // the latest one written or read
	savedAt             int     // step of the latest checkpoint
	loaded              int     // step of the best model where it was loaded at the end
	secondsBefore       float64 // of earlier parts of this training
	prepared            bool
	pending             error // of a callback during a note
	owed                *owed // after the latest step; nil when all was done
}

// newSession reads the data, makes the optimizer and resumes from a checkpoint when asked to.
func newSession(t *Trainer, events *stream) (*session, error) {
	train, err := load(t.train, t.columns, t.model, t.maxLength())
	if err != nil {
		return nil, fmt.Errorf("training frame: %w", err)
	}
	paired := train.pairs != nil
	t.mu.Lock()
	t.paired = &paired
	t.mu.Unlock()
	var val *dataset
	if !isNil(t.val) {
		if val, err = load(t.val, t.columns, t.model, t.maxLength()); err != nil {
			return nil, fmt.Errorf("validation frame: %w", err)
		}
		if err := t.alike(val); err != nil {
			return nil, fmt.Errorf("validation frame: %w", err)
		}
	}
	if t.args.SaveStrategy != No {
		if err := takesFiles(t.args.OutputDir); err != nil {
			return nil, fmt.Errorf("OutputDir: %w", err)
		}
	}
	return newSessionOn(t, t.args, events, train, val)
}

// newSessionOn is newSession on data that was read already; val may be nil.
func newSessionOn(t *Trainer, args Args, events *stream, train, val *dataset) (s *session, err error) {
	s = &session{t: t, model: t.model, args: args, events: events, data: train, orderOf: -1, savedAt: -1}
	if !t.said {
		t.said = true
		if err := s.send(InitEnd, nil, ""); err != nil {
			return nil, err
		}
	}
	if s.loss, err = newObjective(args, s.model, train); err != nil {
		return nil, err
	}
	s.sampler = &sampler{lengths: train.lengths(), batch: args.PerDeviceTrainBatchSize, sum: args.GradientAccumulationSteps, seed: args.DataSeed, grouped: args.GroupByLength}
	packed := args.Packing != No
	if packed {
		var lengths []int
		s.order, s.orderOf = s.sampler.order(0), 0
		for _, row := range s.order {
			lengths = append(lengths, s.sampler.lengths[row])
		}
		s.packer = s.model.NewPacker(lengths, args.PerDeviceTrainBatchSize)
	}
	s.plan()
	if val != nil {
		plain := s.loss
		plain.weights = nil
		s.eval = newEvaluator(s.model, val, plain, args.PerDeviceEvalBatchSize, packed)
	}
	s.model.SetGradientCheckpointing(args.GradientCheckpointing)
	if s.stepper, err = newStepper(args, s.model, s.loss, newWords(train.items, s.model.Config.VocabSize), s, s.note); err != nil {
		return nil, err
	}
	s.adamw = s.stepper.adamw
	if args.ResumeFromCheckpoint != "" {
		if err := s.resume(); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// plan counts steps, as transformers does.
func (s *session) plan() {
	a := s.args
	s.perEpoch = max(1, (s.sampler.batches()+a.GradientAccumulationSteps-1)/a.GradientAccumulationSteps)
	total := int(math.Ceil(a.NumTrainEpochs * float64(s.perEpoch)))
	epochs := a.NumTrainEpochs
	if a.MaxSteps > 0 {
		total = a.MaxSteps
		epochs = math.Ceil(float64(total) / float64(s.perEpoch))
	}
	s.schedule = NewSchedule(a, total)
	s.logEvery, s.evalEvery, s.saveEvery = stepsOf(a.LoggingSteps, total), stepsOf(a.EvalSteps, total), stepsOf(a.SaveSteps, total)
	s.state.MaxSteps, s.state.NumTrainEpochs = total, epochs
}

// batchesOf returns the batches of the step at place p.
func (s *session) batchesOf(p place) []microBatch {
	if s.orderOf != p.Epoch {
		s.order, s.orderOf = s.sampler.order(p.Epoch), p.Epoch
	}
	var list []microBatch
	n := s.args.GradientAccumulationSteps
	for k := p.Step * n; k < min((p.Step+1)*n, s.sampler.batches()); k++ {
		rows := s.sampler.rows(s.order, k)
		items := s.data.pick(rows)
		b := microBatch{rows: rows}
		if s.packer != nil {
			b.batch = s.packer.Batch(items)
		} else {
			b.batch = bert.Pad(items, s.sampler.batch, 16)
		}
		b.weights, b.sum = s.loss.textWeights(s.data, rows, len(b.batch.CLS))
		b.target = s.loss.targets(s.data, rows, len(b.batch.CLS))
		list = append(list, b)
	}
	return list
}

// shapesAhead finds the shapes of the batches to come in the steps left, looking at most so many steps ahead.
func (s *session) shapesAhead(most int) []bert.Shape {
	var list []bert.Shape
	seen := map[bert.Shape]bool{}
	p := s.place
	for range min(most, s.state.MaxSteps-s.state.GlobalStep) {
		if p.Step >= s.perEpoch {
			p = place{p.Epoch + 1, 0}
		}
		for _, b := range s.batchesOf(p) {
			if shape := b.batch.Shape(); !seen[shape] {
				seen[shape] = true
				list = append(list, shape)
			}
		}
		p.Step++
	}
	return list
}

// prepare compiles what is known to be needed.
func (s *session) prepare() error {
	if s.prepared {
		return nil
	}
	if s.model.Backend().Kind != backend.Go { // whose programs take no time to build
		if err := s.stepper.compile(s.shapesAhead(2000)); err != nil {
			return err
		}
		if s.eval != nil {
			if err := s.eval.warm(s.note); err != nil {
				return err
			}
		}
	}
	s.prepared = true
	return nil
}

// fingerprint of this training.
func (s *session) fingerprint() fingerprint {
	c := s.model.Config
	var trainable strings.Builder
	for _, p := range s.model.Params() {
		if p.Trainable() {
			trainable.WriteString(p.Name + "\n")
		}
	}
	return fingerprint{
		Model:  fmt.Sprintf("BERT of %d layers, %d wide, %d heads, %d words", c.NumHiddenLayers, c.HiddenSize, c.NumAttentionHeads, c.VocabSize),
		Labels: strings.Join(s.model.Labels(), ", "), Texts: len(s.data.items), Data: s.data.sum,
		BatchSize: s.args.PerDeviceTrainBatchSize, Accumulation: s.args.GradientAccumulationSteps, Seed: s.args.Seed, DataSeed: s.args.DataSeed,
		Grouped: s.args.GroupByLength, Trainable: fmt.Sprintf("%08x", crc32.Checksum([]byte(trainable.String()), castagnoli)),
	}
}

// save writes a checkpoint and deletes old ones.
func (s *session) save() error {
	s.describe()
	dir, err := writeCheckpoint(s.args.OutputDir, s.model, s.adamw, savedState{
		State: s.state, Place: s.place, RNG: savedRNG{s.args.Seed, s.batches}, Patience: s.patience,
		LossSum: s.lossSum, LossN: s.lossN, Total: s.totalLoss, Owed: s.owed, Run: s.fingerprint(),
	})
	if err != nil {
		return fmt.Errorf("%w; the model in memory is that of step %d: free space or set another OutputDir, and Train goes on", err, s.state.GlobalStep)
	}
	s.checkpoint, s.savedAt = dir, s.state.GlobalStep
	if err := s.send(Save, nil, dir); err != nil {
		return err
	}
	var keep []string
	if s.state.BestModelCheckpoint != "" && (s.args.LoadBestModelAtEnd || s.args.SaveStrategy == Best) {
		keep = append(keep, s.state.BestModelCheckpoint)
	}
	return prune(s.args.OutputDir, s.args.SaveTotalLimit, keep...)
}

// resume reads the checkpoint that the arguments name; "last" takes the newest sound one of OutputDir.
func (s *session) resume() error {
	from := s.args.ResumeFromCheckpoint
	list := []string{from}
	if from == "last" {
		var err error
		if list, err = checkpoints(s.args.OutputDir); err != nil {
			return err
		}
		if len(list) == 0 {
			s.note("no checkpoint in %s yet: starting from the beginning", s.args.OutputDir)
			return nil
		}
	} else if _, err := os.Stat(from); err != nil {
		return fmt.Errorf("ResumeFromCheckpoint: %w", err)
	} else if before, err := checkpoints(filepath.Dir(from)); err == nil {
		for i, dir := range before { // those before the named one, should it be torn
			if filepath.Base(dir) == filepath.Base(from) {
				list = append(list, before[i+1:]...)
				break
			}
		}
	}
	var refused []error
	for _, dir := range list {
		err := s.restore(dir)
		if err == nil {
			for _, r := range refused {
				s.note("refused %v", r)
			}
			s.note("resumed from %s at step %d of %d", dir, s.state.GlobalStep, s.state.MaxSteps)
			return nil
		}
		refused = append(refused, err)
	}
	return fmt.Errorf("ResumeFromCheckpoint: no checkpoint can be used: %w", errors.Join(refused...))
}

// restore takes over all of a checkpoint.
func (s *session) restore(dir string) error {
	saved, err := readCheckpoint(dir)
	if err != nil {
		return err
	}
	if d := saved.Run.differences(s.fingerprint()); d != nil {
		return fmt.Errorf("checkpoint %s is of another training: %s", dir, strings.Join(d, "; "))
	}
	if err := loadWeights(s.model, dir); err != nil {
		return fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	if err := s.adamw.load(s.model, filepath.Join(dir, optimizerFile)); err != nil {
		return fmt.Errorf("checkpoint %s: %w", dir, err)
	}
	total, epochs := s.state.MaxSteps, s.state.NumTrainEpochs
	s.state = saved.State
	s.state.MaxSteps, s.state.NumTrainEpochs = total, epochs
	s.place, s.batches, s.patience = saved.Place, saved.RNG.Batches, saved.Patience
	s.lossSum, s.lossN, s.totalLoss = saved.LossSum, saved.LossN, saved.Total
	s.owed = saved.Owed
	s.secondsBefore = saved.Seconds
	s.checkpoint, s.savedAt = dir, s.state.GlobalStep
	return nil
}

// checkpointDir is where the checkpoint of a step is written.
func (s *session) checkpointDir(step int) string {
	return filepath.Join(s.args.OutputDir, checkpointPrefix+strconv.Itoa(step))
}

// lost says whether another training of the model has taken over its optimizer.
func (s *session) lost() bool { return s.stepper.owner != s }

// close frees the moments. The programs stay with the model for the next training.
func (s *session) close() error { return s.adamw.free(s.model) }
