package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// notebook is an .ipynb file (nbformat 4). What this program does not know of it is kept as it is.
type notebook struct {
	all   map[string]any
	cells []map[string]any
}

func readNotebook(path string) (*notebook, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	nb := &notebook{}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&nb.all); err != nil {
		return nil, fmt.Errorf("%s is not a notebook: %w", path, err)
	}
	if v := fmt.Sprint(nb.all["nbformat"]); v != "4" {
		return nil, fmt.Errorf("%s: notebook format %s; open it in JupyterLab and save it to get format 4", path, v)
	}
	list, ok := nb.all["cells"].([]any)
	if !ok {
		return nil, fmt.Errorf("%s is not a notebook: it has no cells", path)
	}
	meta, _ := nb.all["metadata"].(map[string]any)
	kernel, _ := meta["kernelspec"].(map[string]any)
	if language, ok := kernel["language"].(string); ok && language != "go" {
		return nil, fmt.Errorf("%s is a notebook in %s: choose the kernel Go (GoSFT) for it in JupyterLab", path, language)
	}
	for i, c := range list {
		m, ok := c.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%s: cell %d is not an object", path, i+1)
		}
		nb.cells = append(nb.cells, m)
	}
	return nb, nil
}

// writable says whether a notebook can be saved to a file, whose folder it makes.
func writable(path string) error {
	if isDir(path) {
		return fmt.Errorf("%s is a folder: name a file", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return tryWrite(filepath.Dir(path))
}

// write saves the notebook as nbformat does: keys in order, one space of indentation, no escapes for other scripts. The
// file changes at once or not at all.
func (nb *notebook) write(path string) error {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(nb.all); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	tmp, err := os.CreateTemp(filepath.Dir(path), ".gosft-*.ipynb")
	if err != nil {
		return err
	}
	defer os.Remove(tmp.Name())
	mode := os.FileMode(0o644)
	if st, err := os.Stat(path); err == nil {
		mode = st.Mode().Perm()
	}
	_, err = tmp.Write(buf.Bytes())
	if cerr := tmp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Chmod(tmp.Name(), mode)
	}
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}

// text joins what nbformat stores as a string or as a list of lines.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		var b strings.Builder
		for _, l := range v {
			s, _ := l.(string)
			b.WriteString(s)
		}
		return b.String()
	}
	return ""
}

// lines splits text as nbformat stores it.
func lines(s string) []any {
	list := []any{}
	for len(s) > 0 {
		i := strings.IndexByte(s, '\n') + 1
		if i == 0 {
			i = len(s)
		}
		list = append(list, s[:i])
		s = s[i:]
	}
	return list
}

func hasTag(cell map[string]any, tag string) bool {
	meta, _ := cell["metadata"].(map[string]any)
	tags, _ := meta["tags"].([]any)
	for _, t := range tags {
		if t == tag {
			return true
		}
	}
	return false
}

// setParameter gives a variable another value: in the cell tagged "parameters", as papermill has it, else in the first
// cell that assigns to it at the start of a line. It returns false when there is none.
func (nb *notebook) setParameter(name, value string) bool {
	assign := regexp.MustCompile(`(?m)^((?:var[ \t]+|const[ \t]+)?` + regexp.QuoteMeta(name) + `(?:[ \t]+[\w.\[\]*]+)?[ \t]*:?=[ \t]*)([^\n]*?)([ \t]*//[^\n]*)?$`)
	for _, tagged := range []bool{true, false} {
		for _, c := range nb.cells {
			if c["cell_type"] != "code" || hasTag(c, "parameters") != tagged {
				continue
			}
			src := text(c["source"])
			m := assign.FindStringSubmatchIndex(src)
			if m == nil {
				continue
			}
			old := src[m[4]:m[5]]
			c["source"] = lines(src[:m[4]] + literal(value, old) + src[m[5]:])
			return true
		}
	}
	return false
}

// literal writes a value as Go, quoted where the old one was a string, a fraction where the old one was.
func literal(value, old string) string {
	if strings.HasPrefix(old, `"`) || strings.HasPrefix(old, "`") {
		if _, err := strconv.Unquote(value); err != nil {
			return strconv.Quote(value)
		}
	}
	_, notWhole := strconv.Atoi(old)
	_, notNumber := strconv.ParseFloat(old, 64)
	if _, err := strconv.Atoi(value); err == nil && notWhole != nil && notNumber == nil {
		return value + ".0"
	}
	return value
}
