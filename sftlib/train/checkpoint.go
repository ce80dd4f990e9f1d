package train

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/gomlx/gomlx/core/tensors"
	"github.com/gomlx/gomlx/ml/model"
	"gosft/sftlib/bert"
	"gosft/sftlib/bert/safetensors"
)

// A checkpoint is a folder checkpoint-<step> as transformers has it: the model as [bert.Model.Save] writes it, so that it can
// be opened by itself; optimizer.safetensors with AdamW's moments; trainer_state.json with all else and the checksum of each
// file. It is written to a folder beside it, synced and renamed: it is there whole or not at all.
const (
	checkpointPrefix = "checkpoint-"
	stateFile        = "trainer_state.json"
	optimizerFile    = "optimizer.safetensors"
	weightsFile      = "model.safetensors"
)

// savedState is trainer_state.json.
type savedState struct {
	Format string `json:"format"` // checkpointFormat
	State
	Place    place            `json:"place"`
	RNG      savedRNG         `json:"rng"`
	Patience int              `json:"early_stopping_patience_counter"`
	LossSum  float64          `json:"loss_sum"`   // since the last report
	LossN    int              `json:"loss_steps"` // steps in it
	Total    float64          `json:"total_loss"` // over all steps
	Owed     *owed            `json:"owed,omitempty"`
	Run      fingerprint      `json:"run"`
	Files    map[string]saved `json:"files"`
}

const checkpointFormat = "gosft checkpoint 3"

// place is where in the data a training stands: the next step to do is step Step of epoch Epoch, both from 0.
type place struct {
	Epoch int `json:"epoch"`
	Step  int `json:"step"`
}

// savedRNG is what dropout's masks follow from.
type savedRNG struct {
	Seed    int64  `json:"seed"`
	Batches uint32 `json:"batches"` // batches computed so far; each has a seed of its own
}

type saved struct {
	Size int64  `json:"size"`
	CRC  uint32 `json:"crc32c"`
}

// fingerprint is what must be equal for a checkpoint to be continued: with anything else the steps to come would not be those
// of the same training.
type fingerprint struct {
	Model        string `json:"model"` // sizes
	Labels       string `json:"labels"`
	Texts        int    `json:"texts"`
	Data         uint32 `json:"data"` // checksum of token ids and targets
	BatchSize    int    `json:"per_device_train_batch_size"`
	Accumulation int    `json:"gradient_accumulation_steps"`
	Seed         int64  `json:"seed"`
	DataSeed     int64  `json:"data_seed"`
	Grouped      bool   `json:"group_by_length"`
	Trainable    string `json:"trainable"` // which parameters
}

// differences names what is not equal.
func (f fingerprint) differences(other fingerprint) []string {
	var list []string
	cmp := func(name string, a, b any) {
		if a != b {
			list = append(list, fmt.Sprintf("%s is %v there and %v here", name, a, b))
		}
	}
	cmp("the model", f.Model, other.Model)
	cmp("the labels", f.Labels, other.Labels)
	cmp("the number of training texts", f.Texts, other.Texts)
	if f.Texts == other.Texts && f.Data != other.Data {
		list = append(list, "the training texts, their order, labels or MaxLength differ")
	}
	cmp("PerDeviceTrainBatchSize", f.BatchSize, other.BatchSize)
	cmp("GradientAccumulationSteps", f.Accumulation, other.Accumulation)
	cmp("Seed", f.Seed, other.Seed)
	cmp("DataSeed", f.DataSeed, other.DataSeed)
	cmp("GroupByLength", f.Grouped, other.Grouped)
	if f.Trainable != other.Trainable {
		list = append(list, "other parameters are frozen")
	}
	return list
}

// saveError says that a checkpoint could not be written.
type saveError struct {
	dir string
	err error
}

func (e *saveError) Error() string { return fmt.Sprintf("%s was not written: %v", e.dir, e.err) }
func (e *saveError) Unwrap() error { return e.err }

// takesFiles says, before hours of training, whether a folder can hold checkpoints; it is made where it is not there.
func takesFiles(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".try-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// writeCheckpoint writes a checkpoint and returns its folder; an error is a [saveError], and nothing is left then.
func writeCheckpoint(outputDir string, m *bert.Model, o *adamw, s savedState) (string, error) {
	dir := filepath.Join(outputDir, checkpointPrefix+strconv.Itoa(s.GlobalStep))
	if err := writeCheckpointTo(dir, m, o, s); err != nil {
		return "", &saveError{dir, err}
	}
	return dir, nil
}

func writeCheckpointTo(dir string, m *bert.Model, o *adamw, s savedState) (err error) {
	outputDir := filepath.Dir(dir)
	if err := os.MkdirAll(outputDir, 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(outputDir, ".tmp-"+filepath.Base(dir)+"-*")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	if err := m.Save(temp); err != nil {
		return err
	}
	if err := o.save(m, filepath.Join(temp, optimizerFile)); err != nil {
		return err
	}
	s.Format, s.Files = checkpointFormat, map[string]saved{}
	entries, err := os.ReadDir(temp)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if s.Files[e.Name()], err = syncAndSum(filepath.Join(temp, e.Name())); err != nil {
			return err
		}
	}
	text, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(temp, stateFile), text, 0o644); err != nil {
		return err
	}
	if _, err := syncAndSum(filepath.Join(temp, stateFile)); err != nil {
		return err
	}
	if err := os.Chmod(temp, 0o755); err != nil {
		return err
	}
	if err := syncDir(temp); err != nil {
		return err
	}
	old := dir + ".old" // a checkpoint of the same step, as when a training is repeated
	if err := os.RemoveAll(old); err != nil {
		return err
	}
	if err := os.Rename(dir, old); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	if err := os.Rename(temp, dir); err != nil {
		return err
	}
	return errors.Join(syncDir(outputDir), os.RemoveAll(old))
}

// syncAndSum brings a file to the disk and returns its size and checksum.
func syncAndSum(path string) (saved, error) {
	f, err := os.Open(path)
	if err != nil {
		return saved{}, err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return saved{}, err
	}
	h := crc32.New(castagnoli)
	n, err := io.Copy(h, f)
	return saved{n, h.Sum32()}, err
}

// syncDir brings the names in a folder to the disk, where the system can (Windows does it by itself).
func syncDir(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// readCheckpoint reads the state of a checkpoint and checks that all its files are whole.
func readCheckpoint(dir string) (savedState, error) {
	var s savedState
	bad := func(format string, args ...any) (savedState, error) {
		return s, fmt.Errorf("checkpoint %s: %w", dir, fmt.Errorf(format, args...))
	}
	text, err := os.ReadFile(filepath.Join(dir, stateFile))
	if err != nil {
		return bad("%w", err)
	}
	if err := json.Unmarshal(text, &s); err != nil {
		return bad("%s is damaged: %w", stateFile, err)
	}
	if s.Format != checkpointFormat {
		return bad("%s is not of this trainer (format %q, want %q); a model saved by another tool is opened with bert.Load", stateFile, s.Format, checkpointFormat)
	}
	for _, need := range []string{weightsFile, optimizerFile} {
		if _, ok := s.Files[need]; !ok {
			return bad("%s does not list %s", stateFile, need)
		}
	}
	for name, want := range s.Files {
		if name != filepath.Base(name) {
			return bad("%s lists a file outside the folder: %q", stateFile, name)
		}
		got, err := syncAndSum(filepath.Join(dir, name))
		if err != nil {
			return bad("%w", err)
		}
		if got.Size != want.Size {
			return bad("%s is torn: %d bytes of %d", name, got.Size, want.Size)
		}
		if got.CRC != want.CRC {
			return bad("%s is damaged: its checksum is wrong", name)
		}
	}
	return s, nil
}

// checkpoints lists the folders checkpoint-<step> in a folder by step, the latest first.
func checkpoints(outputDir string) ([]string, error) {
	entries, err := os.ReadDir(outputDir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	steps := map[string]int{}
	var list []string
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), checkpointPrefix)
		n, err := strconv.Atoi(rest)
		if ok && err == nil && e.IsDir() {
			dir := filepath.Join(outputDir, e.Name())
			steps[dir] = n
			list = append(list, dir)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return steps[b] - steps[a] })
	return list, nil
}

// prune deletes old checkpoints so that limit stay; the best one is kept besides, as in transformers.
func prune(outputDir string, limit int, keep ...string) error {
	list, err := checkpoints(outputDir)
	if err != nil || limit <= 0 {
		return err
	}
	left := len(list)
	for i := len(list) - 1; i >= 0 && left > limit; i-- {
		if i == 0 || slices.Contains(keep, list[i]) {
			continue
		}
		if err := os.RemoveAll(list[i]); err != nil {
			return err
		}
		left--
	}
	return nil
}

// save writes the moments.
func (o *adamw) save(m *bert.Model, path string) error {
	return m.Do("saving the optimizer", func() error {
		var list []safetensors.Tensor
		for _, s := range o.slots {
			for _, x := range []struct {
				kind string
				v    *model.Variable
			}{{"exp_avg.", s.m}, {"exp_avg_sq.", s.v}} {
				list = append(list, safetensors.Tensor{Name: x.kind + s.param.Name, Shape: x.v.Shape().Dimensions, Data: func() ([]float32, error) {
					t, err := x.v.Value()
					if err != nil {
						return nil, err
					}
					return tensors.CopyFlatData[float32](t)
				}})
			}
		}
		return safetensors.Write(path, list, nil)
	})
}

// load reads the moments of all trained parameters.
func (o *adamw) load(m *bert.Model, path string) error {
	targets := map[string]*model.Variable{}
	for _, s := range o.slots {
		targets["exp_avg."+s.param.Name], targets["exp_avg_sq."+s.param.Name] = s.m, s.v
	}
	return loadVariables(m, path, targets)
}

// loadWeights puts the weights of a checkpoint back into the model.
func loadWeights(m *bert.Model, dir string) error {
	targets := map[string]*model.Variable{}
	for _, p := range m.Params() {
		targets[p.Name] = p.Variable
	}
	return loadVariables(m, filepath.Join(dir, weightsFile), targets)
}

// loadVariables reads the named tensors into variables. All is read and checked before anything changes.
func loadVariables(m *bert.Model, path string, targets map[string]*model.Variable) error {
	f, err := safetensors.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	values := map[string][]float32{}
	for name, v := range targets {
		if values[name], err = f.Float32(name); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if want := v.Shape().Dimensions; !slices.Equal(f.Info(name).Shape, want) {
			return fmt.Errorf("%s: %s has shape %v, the model's is %v", path, name, f.Info(name).Shape, want)
		}
	}
	return m.Do("loading "+path, func() error {
		for name, v := range targets {
			if err := v.SetValue(tensors.FromFlatDataAndDimensions(values[name], v.Shape().Dimensions...)); err != nil {
				return err
			}
		}
		return nil
	})
}
