package train

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Values of the fields that choose among names. They are transformers' own, so that arguments can be copied.
const (
	No    = "no"    // never
	Steps = "steps" // every so many steps
	Epoch = "epoch" // at the end of each epoch
	Best  = "best"  // SaveStrategy: whenever an evaluation is better than all before

	Linear             = "linear"
	Cosine             = "cosine"
	Constant           = "constant"
	ConstantWithWarmup = "constant_with_warmup"
	Polynomial         = "polynomial"

	Balanced = "balanced" // ClassWeights: texts / (classes x texts of the class), scikit-learn's rule
)

// Args says how to train. Names and defaults are those of transformers' TrainingArguments (5.23); a field that is left out, and
// so is 0 or "", has its default. Where 0 has a meaning of its own, the field's comment says how to ask for it. Counts of
// steps may be given as a share of all steps when they are below 1, as in transformers.
type Args struct {
	// OutputDir gets a folder checkpoint-<step> for each checkpoint. Default "trainer_output".
	OutputDir string
	// NumTrainEpochs is how often the training set is gone through; 0.5 is half of it. Default 3.
	NumTrainEpochs float64
	// MaxSteps ends the training after so many steps and overrides NumTrainEpochs. Default: no limit.
	MaxSteps int
	// PerDeviceTrainBatchSize is how many texts make a (micro) step. Default 8.
	PerDeviceTrainBatchSize int
	// PerDeviceEvalBatchSize is how many texts are evaluated at once. Default 8.
	PerDeviceEvalBatchSize int
	// GradientAccumulationSteps is how many batches make one step of the optimizer. Default 1.
	GradientAccumulationSteps int
	// GradientCheckpointing computes each layer again in the backward pass instead of keeping its inner values: less memory,
	// about a third more time. Default off.
	GradientCheckpointing bool

	// LearningRate is the highest rate of the schedule. Default 5e-5.
	LearningRate float64
	// LrSchedulerType is linear (default), cosine, constant, constant_with_warmup or polynomial.
	LrSchedulerType string
	// LrSchedulerKwargs has num_cycles (cosine, default 0.5), lr_end (polynomial, 1e-7) and power (polynomial, 1).
	LrSchedulerKwargs map[string]float64
	// WarmupSteps is over how many steps the rate rises from 0. Default 0.
	WarmupSteps float64
	// WarmupRatio is the same as a share of all steps; it counts where WarmupSteps is 0. Default 0.
	WarmupRatio float64
	// WeightDecay is AdamW's, not applied to biases and LayerNorm. Default 0.
	WeightDecay float64
	// AdamBeta1 and AdamBeta2 are AdamW's decay rates. Defaults 0.9 and 0.999.
	AdamBeta1, AdamBeta2 float64
	// AdamEpsilon is added to AdamW's denominator. Default 1e-8.
	AdamEpsilon float64
	// MaxGradNorm is what the norm of all gradients together is cut to. Default 1; negative: no limit.
	MaxGradNorm float64

	// Seed of dropout and of a new head. Default 42; 0 is 42 too.
	Seed int64
	// DataSeed of the order of the texts, which is another in each epoch. Each step takes as many texts of every length as the
	// others: random samples, but alike in their number of tokens (transformers draws them without regard to length). Default: Seed.
	DataSeed int64
	// GroupByLength puts texts of like length into the same batch. Default off: packing gains the same without it.
	GroupByLength bool
	// Packing "rows" (default) lays the texts of a batch one behind the other in rows; "no" pads each text to the longest of
	// its batch. Both give the same losses and gradients.
	Packing string
	// MaxLength cuts texts to so many tokens. Default: what the model takes, at most 512.
	MaxLength int

	// LabelSmoothingFactor gives that share of the truth to all classes alike. Default 0.
	LabelSmoothingFactor float64
	// ClassWeights weighs the texts of a class in the loss: "balanced", or a map[string]float64 from each label to its
	// weight (a label left out weighs 1). Default: all weigh 1.
	ClassWeights any

	// LoggingDir gets log.jsonl and TensorBoard's event files. Default: no log files.
	LoggingDir string
	// LoggingStrategy is steps (default), epoch or no.
	LoggingStrategy string
	// LoggingSteps is after how many steps the loss is reported. Default 500.
	LoggingSteps float64
	// LoggingFirstStep reports the first step too.
	LoggingFirstStep bool
	// DisableTqdm shows nothing while training: no table, plot, bar or lines.
	DisableTqdm bool

	// EvalStrategy is no (default), steps or epoch.
	EvalStrategy string
	// EvalSteps is after how many steps to evaluate. Default: LoggingSteps.
	EvalSteps float64
	// SaveStrategy is steps (default), epoch, best or no.
	SaveStrategy string
	// SaveSteps is after how many steps to write a checkpoint. Default 500.
	SaveSteps float64
	// SaveTotalLimit keeps the last so many checkpoints, and the best where LoadBestModelAtEnd asks for it. Default: all.
	SaveTotalLimit int
	// LoadBestModelAtEnd goes back to the best checkpoint when training ends.
	LoadBestModelAtEnd bool
	// MetricForBestModel names a metric of the evaluation, with or without "eval_". Default "loss".
	MetricForBestModel string
	// GreaterIsBetter says which way the metric improves. Default: from its name (losses and errors: smaller).
	GreaterIsBetter *bool
	// EarlyStoppingPatience stops after so many evaluations in a row that were not better. Default: never.
	EarlyStoppingPatience int
	// EarlyStoppingThreshold is how much better an evaluation must be to count. Default 0.
	EarlyStoppingThreshold float64

	// ResumeFromCheckpoint is a checkpoint's folder, or "last" for the newest sound one in OutputDir, to go on from.
	ResumeFromCheckpoint string
}

// WithDefaults returns the arguments with all defaults filled in.
func (a Args) WithDefaults() Args {
	def(&a.OutputDir, "trainer_output")
	def(&a.NumTrainEpochs, 3)
	def(&a.PerDeviceTrainBatchSize, 8)
	def(&a.PerDeviceEvalBatchSize, 8)
	def(&a.GradientAccumulationSteps, 1)
	def(&a.LearningRate, 5e-5)
	def(&a.LrSchedulerType, Linear)
	def(&a.AdamBeta1, 0.9)
	def(&a.AdamBeta2, 0.999)
	def(&a.AdamEpsilon, 1e-8)
	def(&a.MaxGradNorm, 1)
	def(&a.Seed, 42)
	def(&a.DataSeed, a.Seed)
	def(&a.Packing, "rows")
	def(&a.LoggingStrategy, Steps)
	def(&a.LoggingSteps, 500)
	def(&a.EvalStrategy, No)
	def(&a.EvalSteps, a.LoggingSteps)
	def(&a.SaveStrategy, Steps)
	def(&a.SaveSteps, 500)
	def(&a.MetricForBestModel, "loss")
	return a
}

func def[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate reports all that is wrong with the arguments at once, one line for each; nil when nothing is.
func (a Args) Validate() error {
	a = a.WithDefaults()
	var errs []error
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	oneOf := func(field, value string, names ...string) {
		bad(!slices.Contains(names, value), "%s is %q: use one of %s", field, value, strings.Join(names, ", "))
	}
	atLeast := func(field string, value, least float64) {
		bad(!(value >= least) || math.IsInf(value, 0), "%s is %v: it must be at least %v", field, value, least)
	}
	share := func(field string, value float64) {
		bad(!(value >= 0 && value < 1), "%s is %v: it must be from 0 to below 1", field, value)
	}
	bad(!(a.NumTrainEpochs > 0) || math.IsInf(a.NumTrainEpochs, 0), "NumTrainEpochs is %v: it must be above 0", a.NumTrainEpochs)
	bad(a.MaxSteps < -1, "MaxSteps is %d: it must be above 0, or 0 for no limit", a.MaxSteps)
	atLeast("PerDeviceTrainBatchSize", float64(a.PerDeviceTrainBatchSize), 1)
	atLeast("PerDeviceEvalBatchSize", float64(a.PerDeviceEvalBatchSize), 1)
	atLeast("GradientAccumulationSteps", float64(a.GradientAccumulationSteps), 1)
	bad(!(a.LearningRate > 0) || math.IsInf(a.LearningRate, 0), "LearningRate is %v: it must be above 0", a.LearningRate)
	oneOf("LrSchedulerType", a.LrSchedulerType, Linear, Cosine, Constant, ConstantWithWarmup, Polynomial)
	for k := range a.LrSchedulerKwargs {
		bad(!slices.Contains(schedulerKwargs[a.LrSchedulerType], k), "LrSchedulerKwargs has %q, which the scheduler %s does not know (it knows %v)",
			k, a.LrSchedulerType, schedulerKwargs[a.LrSchedulerType])
	}
	end := NewSchedule(a, 1).LrEnd
	bad(a.LrSchedulerType == Polynomial && end >= a.LearningRate, "the scheduler polynomial ends at %v, which must be smaller than LearningRate, %v: "+
		"set lr_end in LrSchedulerKwargs", end, a.LearningRate)
	atLeast("WarmupSteps", a.WarmupSteps, 0)
	bad(!(a.WarmupRatio >= 0 && a.WarmupRatio <= 1), "WarmupRatio is %v: it must be from 0 to 1", a.WarmupRatio)
	bad(a.WarmupSteps > 0 && a.WarmupRatio > 0, "WarmupSteps is %v and WarmupRatio is %v: give one of them", a.WarmupSteps, a.WarmupRatio)
	atLeast("WeightDecay", a.WeightDecay, 0)
	share("AdamBeta1", a.AdamBeta1)
	share("AdamBeta2", a.AdamBeta2)
	bad(!(a.AdamEpsilon > 0), "AdamEpsilon is %v: it must be above 0", a.AdamEpsilon)
	bad(math.IsNaN(a.MaxGradNorm), "MaxGradNorm is not a number")
	oneOf("Packing", a.Packing, "rows", No)
	bad(a.MaxLength < 0 || a.MaxLength > 0 && a.MaxLength < 3, "MaxLength is %d: it must be at least 3 ([CLS], a token, [SEP]), or 0 for the model's own", a.MaxLength)
	share("LabelSmoothingFactor", a.LabelSmoothingFactor)
	errs = append(errs, a.checkWeights()...)
	oneOf("LoggingStrategy", a.LoggingStrategy, No, Steps, Epoch)
	oneOf("EvalStrategy", a.EvalStrategy, No, Steps, Epoch)
	oneOf("SaveStrategy", a.SaveStrategy, No, Steps, Epoch, Best)
	for _, f := range []struct {
		name  string
		value float64
	}{{"LoggingSteps", a.LoggingSteps}, {"EvalSteps", a.EvalSteps}, {"SaveSteps", a.SaveSteps}} {
		bad(!(f.value > 0) || f.value > 1 && f.value != math.Trunc(f.value), "%s is %v: it must be a whole number of steps, or below 1 a share of all", f.name, f.value)
	}
	bad(a.SaveTotalLimit < 0, "SaveTotalLimit is %d: it must be above 0, or 0 to keep all", a.SaveTotalLimit)
	errs = append(errs, a.checkBest()...)
	return errors.Join(errs...)
}

// checkBest looks at the fields that work together to find the best model.
func (a Args) checkBest() (errs []error) {
	bad := func(wrong bool, format string, args ...any) {
		if wrong {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(a.SaveStrategy == Best && a.EvalStrategy == No, "SaveStrategy is best, but EvalStrategy is no: nothing says what is best; set EvalStrategy")
	if a.LoadBestModelAtEnd {
		bad(a.EvalStrategy == No, "LoadBestModelAtEnd needs evaluations: set EvalStrategy to steps or epoch")
		bad(a.SaveStrategy != Best && a.SaveStrategy != a.EvalStrategy,
			"LoadBestModelAtEnd needs a checkpoint of every evaluation: SaveStrategy is %s and EvalStrategy %s; make them equal, or SaveStrategy best",
			a.SaveStrategy, a.EvalStrategy)
		if a.EvalStrategy == Steps && a.SaveStrategy == Steps && a.EvalSteps > 0 {
			whole := a.SaveSteps / a.EvalSteps
			bad(math.Abs(whole-math.Round(whole)) > 1e-9, "LoadBestModelAtEnd needs SaveSteps (%v) to be a multiple of EvalSteps (%v)", a.SaveSteps, a.EvalSteps)
		}
	}
	bad(a.EarlyStoppingPatience < 0, "EarlyStoppingPatience is %d: it must be above 0, or 0 for never", a.EarlyStoppingPatience)
	bad(a.EarlyStoppingPatience > 0 && a.EvalStrategy == No, "EarlyStoppingPatience needs evaluations: set EvalStrategy to steps or epoch")
	bad(!(a.EarlyStoppingThreshold >= 0), "EarlyStoppingThreshold is %v: it must be at least 0", a.EarlyStoppingThreshold)
	return errs
}

// checkWeights looks at the form of ClassWeights; whether its labels exist is known when the data is.
func (a Args) checkWeights() (errs []error) {
	switch w := a.ClassWeights.(type) {
	case nil:
	case string:
		if w != Balanced {
			errs = append(errs, fmt.Errorf("ClassWeights is %q: use %q or a map[string]float64", w, Balanced))
		}
	case map[string]float64:
		for label, x := range w {
			if !(x >= 0) || math.IsInf(x, 0) {
				errs = append(errs, fmt.Errorf("ClassWeights has %v for label %q: a weight is a number of at least 0", x, label))
			}
		}
	default:
		errs = append(errs, fmt.Errorf("ClassWeights is a %T: use %q or a map[string]float64", a.ClassWeights, Balanced))
	}
	return errs
}

// stepsOf turns a count of steps, or a share of all steps when below 1, into a count of at least 1.
func stepsOf(value float64, total int) int {
	if value < 1 {
		return max(1, int(math.Ceil(value*float64(total))))
	}
	return int(value)
}
