package bert

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"

	"github.com/gomlx/gomlx/core/tensors"
	"gosft/sftlib/bert/safetensors"
)

// Save writes the model as a folder that Python's transformers opens with AutoModelForSequenceClassification and that [Load]
// opens: config.json with the label names, model.safetensors (float32), the tokenizer's files, and README.md, the model card.
// The folder is made when it is not there. Every file appears whole or not at all; when the folder is new it does so as a whole.
func (m *Model) Save(dir string) error {
	dir = filepath.Clean(dir)
	if fi, err := os.Stat(dir); err == nil && !fi.IsDir() {
		return fmt.Errorf("saving the model: %s is a file, not a folder", dir)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return fmt.Errorf("saving the model: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), ".save-*")
	if err != nil {
		return fmt.Errorf("saving the model: %w", err)
	}
	defer os.RemoveAll(tmp)
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := m.write(tmp); err != nil {
		return fmt.Errorf("saving the model to %s: %w", dir, err)
	}
	if err := os.Rename(tmp, dir); err == nil {
		return nil
	}
	return moveInto(dir, tmp) // dir is there and not empty
}

// moveInto moves the files of a folder into another, replacing those of the same name; the configuration goes last, since a
// folder without it is no model.
func moveInto(dir, from string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	var errs []error
	for _, last := range []bool{false, true} {
		for _, e := range entries {
			if (e.Name() == "config.json") == last {
				errs = append(errs, os.Rename(filepath.Join(from, e.Name()), filepath.Join(dir, e.Name())))
			}
		}
	}
	// Shards of another model would be read in place of the new file by some tools.
	index := filepath.Join(dir, "model.safetensors.index.json")
	if err := os.Remove(index); err != nil && !errors.Is(err, os.ErrNotExist) {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// write puts all files into an empty folder.
func (m *Model) write(dir string) error {
	c := m.Config
	c.rest = maps.Clone(c.rest)
	if c.rest == nil {
		c.rest = map[string]json.RawMessage{}
	}
	for _, k := range []string{"_name_or_path", "transformers_version", "dtype"} {
		delete(c.rest, k)
	}
	c.rest["torch_dtype"] = json.RawMessage(`"float32"`)
	text, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), append(text, '\n'), 0o644); err != nil {
		return err
	}
	if err := m.Tokenizer.Save(dir); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "README.md"), []byte(m.card()), 0o644); err != nil {
		return err
	}
	return m.Do("reading the parameters", func() error {
		var all []safetensors.Tensor
		for _, p := range m.params {
			all = append(all, safetensors.Tensor{Name: p.Name, Shape: p.Shape, Data: p.values})
		}
		return safetensors.Write(filepath.Join(dir, "model.safetensors"), all, map[string]string{"format": "pt"})
	})
}

// values copies a parameter's numbers from the device.
func (p *Param) values() ([]float32, error) {
	t, err := p.Variable.Value()
	if err != nil {
		return nil, err
	}
	return tensors.CopyFlatData[float32](t)
}

// Values returns a copy of the parameter's numbers in row-major order. It must not run while the model computes; call it in
// [Model.Do].
func (p *Param) Values() ([]float32, error) { return p.values() }
