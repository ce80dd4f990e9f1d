package train

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"gosft/sftlib/bert"
)

// Frame is what a training reads: a table with named columns. data.Frame is one, and so is [Texts].
type Frame interface {
	// Names returns the names of the columns.
	Names() []string
	// Strings returns all values of a column as text, in the order of the rows; a missing value is "".
	Strings(column string) ([]string, error)
}

// Texts is a frame of columns in memory: train.Texts{"text": texts, "label": labels}.
type Texts map[string][]string

// Names returns the names of the columns in alphabetical order.
func (t Texts) Names() []string {
	var names []string
	for name := range t {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Strings returns a column.
func (t Texts) Strings(column string) ([]string, error) {
	c, ok := t[column]
	if !ok {
		return nil, fmt.Errorf("no column %q; there are %s", column, strings.Join(t.Names(), ", "))
	}
	return c, nil
}

// columns says where in a frame the texts and the truth are; an empty name is to be found.
type columns struct{ text, pair, label string }

var (
	textNames  = []string{"text", "sentence", "review", "content", "comment", "tweet", "message", "sms", "body", "question", "query", "title", "document"}
	pairNames  = [][2]string{{"sentence1", "sentence2"}, {"premise", "hypothesis"}, {"question1", "question2"}, {"text_a", "text_b"}, {"text", "text_pair"}}
	labelNames = []string{"label", "labels", "category", "class", "target", "sentiment", "intent", "score", "rating", "y"}
)

// find fills in the columns that were not named. With one column left beside a known one, that is the other.
func (c columns) find(f Frame, truth bool) (columns, error) {
	have := f.Names()
	first := func(names []string) string {
		for _, n := range names {
			for _, h := range have {
				if strings.EqualFold(n, h) {
					return h
				}
			}
		}
		return ""
	}
	for _, name := range []string{c.text, c.pair, c.label} {
		if name != "" && !slices.Contains(have, name) {
			return c, fmt.Errorf("the frame has no column %q; it has %s", name, strings.Join(have, ", "))
		}
	}
	if c.text == "" && c.pair == "" {
		for _, p := range pairNames {
			if a, b := first(p[:1]), first(p[1:]); a != "" && b != "" {
				c.text, c.pair = a, b
			}
		}
	}
	if c.text == "" {
		c.text = first(textNames)
	}
	if c.label == "" {
		c.label = first(labelNames)
	}
	if len(have) == 2 {
		other := func(name string) string { return have[1-slices.Index(have, name)] }
		if c.text == "" && c.label != "" {
			c.text = other(c.label)
		} else if c.label == "" && c.text != "" {
			c.label = other(c.text)
		}
	}
	if c.text == "" {
		return c, fmt.Errorf("which column holds the texts? The frame has %s: say train.TextColumn(name)", strings.Join(have, ", "))
	}
	if c.label == "" && truth {
		return c, fmt.Errorf("which column holds the labels? The frame has %s: say train.LabelColumn(name)", strings.Join(have, ", "))
	}
	return c, nil
}

// dataset is a frame made ready: token ids and targets.
type dataset struct {
	items        []bert.Item
	texts, pairs []string
	class        []int32   // one label of many: index of the label
	values       []float32 // several labels, regression: len(items) x outputs
	outputs      int
	sum          uint32 // of ids and targets: tells data sets apart
}

// load reads, tokenizes and checks a frame for a model.
func load(f Frame, c columns, m *bert.Model, maxLength int) (*dataset, error) {
	if failed, ok := f.(interface{ Err() error }); ok && failed.Err() != nil { // a data.Frame of a step that went wrong
		return nil, failed.Err()
	}
	hasOwn := m.Problem() == bert.MultiLabel && c.label == "" && containsAll(f.Names(), m.Labels())
	c, err := c.find(f, !hasOwn)
	if err != nil {
		return nil, err
	}
	d, err := readTexts(f, c, m)
	if err != nil {
		return nil, err
	}
	if len(d.texts) == 0 {
		return nil, fmt.Errorf("the frame has no rows")
	}
	if hasOwn {
		err = d.readFlags(f, m.Labels())
	} else {
		var truth []string
		if truth, err = f.Strings(c.label); err == nil {
			err = d.readTruth(truth, c.label, m)
		}
	}
	if err != nil {
		return nil, err
	}
	return d, d.tokenize(m, maxLength)
}

// loadTexts is load for a frame whose labels, if it has any, are not wanted.
func loadTexts(f Frame, c columns, m *bert.Model, maxLength int) (*dataset, error) {
	if failed, ok := f.(interface{ Err() error }); ok && failed.Err() != nil {
		return nil, failed.Err()
	}
	if !slices.Contains(f.Names(), c.label) {
		c.label = ""
	}
	c, err := c.find(f, false)
	if err != nil {
		return nil, err
	}
	d, err := readTexts(f, c, m)
	if err != nil {
		return nil, err
	}
	return d, d.tokenize(m, maxLength)
}

// readTexts reads the columns of texts.
func readTexts(f Frame, c columns, m *bert.Model) (*dataset, error) {
	d := &dataset{outputs: len(m.Labels())}
	var err error
	if d.texts, err = f.Strings(c.text); err == nil && c.pair != "" {
		d.pairs, err = f.Strings(c.pair)
	}
	return d, err
}

func containsAll(have, want []string) bool {
	for _, w := range want {
		if !slices.Contains(have, w) {
			return false
		}
	}
	return len(want) > 0
}

// tokenize encodes the texts in chunks; the encodings' other parts are not kept.
func (d *dataset) tokenize(m *bert.Model, maxLength int) error {
	const chunk = 4096
	d.items = make([]bert.Item, 0, len(d.texts))
	for at := 0; at < len(d.texts); at += chunk {
		end := min(at+chunk, len(d.texts))
		var seconds []string
		if d.pairs != nil {
			seconds = d.pairs[at:end]
		}
		items, err := m.Encode(d.texts[at:end], seconds, maxLength)
		if err != nil {
			return fmt.Errorf("rows %d to %d: %w", at, end-1, err)
		}
		for _, it := range items {
			own := bert.Item{IDs: slices.Clone(it.IDs)}
			if seconds != nil {
				own.Types = slices.Clone(it.Types)
			}
			d.items = append(d.items, own)
			d.sum = checksum(d.sum, own.IDs)
		}
	}
	d.sum = checksum(checksum(d.sum, d.class), d.values)
	return nil
}

// checksum goes on from sum over the bytes of numbers.
func checksum[T int32 | float32](sum uint32, x []T) uint32 {
	if len(x) == 0 {
		return sum
	}
	return crc32.Update(sum, castagnoli, unsafe.Slice((*byte)(unsafe.Pointer(&x[0])), 4*len(x)))
}

// readTruth turns the label column into targets.
func (d *dataset) readTruth(truth []string, column string, m *bert.Model) error {
	row := func(i int, format string, args ...any) error {
		return fmt.Errorf("column %s, row %d (%s): %w", column, i, preview(d.texts[i]), fmt.Errorf(format, args...))
	}
	if len(truth) != len(d.texts) {
		return fmt.Errorf("column %s has %d values for %d texts", column, len(truth), len(d.texts))
	}
	ids := labelIDs(m.Labels())
	for i, s := range truth {
		s = strings.TrimSpace(s)
		if s == "" && m.Problem() != bert.MultiLabel {
			return row(i, "no label: drop such rows first, as DropNA does")
		}
		switch m.Problem() {
		case bert.Regression:
			for _, part := range values(s) {
				v, err := strconv.ParseFloat(part, 64)
				if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
					return row(i, "%q is not a number", part)
				}
				d.values = append(d.values, float32(v))
			}
			if len(d.values) != (i+1)*d.outputs {
				return row(i, "%q is not %d numbers", s, d.outputs)
			}
		case bert.MultiLabel:
			flags := make([]float32, d.outputs)
			for _, part := range values(s) {
				id, ok := ids[part]
				if !ok {
					return row(i, "label %q is not among the model's: %s", part, preview(strings.Join(m.Labels(), ", ")))
				}
				flags[id] = 1
			}
			d.values = append(d.values, flags...)
		default:
			id, ok := ids[s]
			if !ok {
				id, ok = ids[wholeNumber(s)]
			}
			if !ok {
				return row(i, "label %q is not among the model's: %s", s, preview(strings.Join(m.Labels(), ", ")))
			}
			d.class = append(d.class, int32(id))
		}
	}
	return nil
}

// readFlags takes the truth of several labels from a column each, named as the label, with 0 or 1.
func (d *dataset) readFlags(f Frame, labels []string) error {
	d.values = make([]float32, len(d.texts)*len(labels))
	for k, name := range labels {
		column, err := f.Strings(name)
		if err != nil {
			return err
		}
		for i, s := range column {
			switch strings.ToLower(strings.TrimSpace(s)) {
			case "1", "1.0", "true", "yes":
				d.values[i*len(labels)+k] = 1
			case "0", "0.0", "false", "no", "":
			default:
				return fmt.Errorf("column %s, row %d: %q is neither 0 nor 1", name, i, s)
			}
		}
	}
	return nil
}

func labelIDs(labels []string) map[string]int {
	ids := map[string]int{}
	for i, l := range labels {
		ids[l] = i
	}
	return ids
}

// values splits "a, b", "a;b", "a|b" or the list ["a","b"].
func values(s string) []string {
	if strings.HasPrefix(s, "[") {
		var list []any
		if json.Unmarshal([]byte(s), &list) == nil {
			out := make([]string, len(list))
			for i, v := range list {
				out[i] = fmt.Sprint(v)
			}
			return out
		}
		s = strings.Trim(s, "[]")
	}
	return slices.DeleteFunc(mapped(strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(",;|", r) }), func(p string) string {
		return strings.Trim(strings.TrimSpace(p), `'"`)
	}), func(p string) bool { return p == "" })
}

func mapped(in []string, f func(string) string) []string {
	for i := range in {
		in[i] = f(in[i])
	}
	return in
}

// wholeNumber writes "1.0" as "1": a column of numbers with gaps is read as one of fractions.
func wholeNumber(s string) string {
	if v, err := strconv.ParseFloat(s, 64); err == nil && v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatInt(int64(v), 10)
	}
	return s
}

func preview(s string) string {
	const most = 60
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) <= most {
		return strconv.Quote(string(r))
	}
	return strconv.Quote(string(r[:most]) + "…")
}

// lengths of the texts in tokens.
func (d *dataset) lengths() []int {
	l := make([]int, len(d.items))
	for i, it := range d.items {
		l[i] = len(it.IDs)
	}
	return l
}

// subset is the data of some rows.
func (d *dataset) subset(rows []int) *dataset {
	part := &dataset{items: d.pick(rows), outputs: d.outputs, sum: d.sum}
	for _, r := range rows {
		part.texts = append(part.texts, d.texts[r])
		if d.pairs != nil {
			part.pairs = append(part.pairs, d.pairs[r])
		}
		if d.class != nil {
			part.class = append(part.class, d.class[r])
		}
		if d.values != nil {
			part.values = append(part.values, d.values[r*d.outputs:(r+1)*d.outputs]...)
		}
		part.sum = checksum(part.sum, []int32{int32(r)})
	}
	return part
}

// pick returns the items of some rows.
func (d *dataset) pick(rows []int) []bert.Item {
	items := make([]bert.Item, len(rows))
	for i, r := range rows {
		items[i] = d.items[r]
	}
	return items
}
