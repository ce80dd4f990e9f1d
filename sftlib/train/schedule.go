package train

import "math"

// Schedule gives the learning rate of each step, as transformers' get_scheduler does.
type Schedule struct {
	Type         string  // as Args.LrSchedulerType
	LearningRate float64 // the highest rate
	Warmup       int     // steps over which it rises from 0
	Total        int     // all steps
	NumCycles    float64 // cosine: 0.5 falls to 0 once
	LrEnd        float64 // polynomial: the last rate
	Power        float64 // polynomial
}

var schedulerKwargs = map[string][]string{
	Cosine:     {"num_cycles"},
	Polynomial: {"lr_end", "power"},
}

// NewSchedule returns the schedule of the arguments for a training of total steps.
func NewSchedule(a Args, total int) Schedule {
	a = a.WithDefaults()
	s := Schedule{Type: a.LrSchedulerType, LearningRate: a.LearningRate, Total: total, NumCycles: 0.5, LrEnd: 1e-7, Power: 1}
	switch {
	case a.WarmupSteps >= 1:
		s.Warmup = int(a.WarmupSteps)
	case a.WarmupSteps > 0:
		s.Warmup = int(math.Ceil(a.WarmupSteps * float64(total)))
	default:
		s.Warmup = int(math.Ceil(a.WarmupRatio * float64(total)))
	}
	for k, v := range a.LrSchedulerKwargs {
		switch k {
		case "num_cycles":
			s.NumCycles = v
		case "lr_end":
			s.LrEnd = v
		case "power":
			s.Power = v
		}
	}
	return s
}

// At is the rate that step uses, counted from 0: with a warm-up, step 0 has rate 0.
func (s Schedule) At(step int) float64 { return s.LearningRate * s.factor(step) }

func (s Schedule) factor(step int) float64 {
	if s.Type == Constant {
		return 1
	}
	x, warm, total := float64(step), float64(s.Warmup), float64(s.Total)
	if step < s.Warmup {
		return x / math.Max(1, warm)
	}
	switch s.Type {
	case ConstantWithWarmup:
		return 1
	case Cosine:
		progress := (x - warm) / math.Max(1, total-warm)
		return math.Max(0, 0.5*(1+math.Cos(math.Pi*s.NumCycles*2*progress)))
	case Polynomial:
		end := s.LrEnd / s.LearningRate
		if step >= s.Total {
			return end
		}
		left := 1 - (x-warm)/(total-warm)
		return (1-end)*math.Pow(left, s.Power) + end
	}
	return math.Max(0, (total-x)/math.Max(1, total-warm))
}
