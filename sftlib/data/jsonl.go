package data

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// readLines reads JSON lines. DuckDB takes a broken line for a row of missing values, or says its number only in a text; so
// where it fails, and where bad lines are to be left out, the lines are checked here.
func readLines(ctx context.Context, e *engine, src *source, o *options) (*Frame, error) {
	if err := o.only("JSON lines", "Context", "Encoding", "SkipBadLines", "OnlyColumns", "FirstRows", "As", "NA"); err != nil {
		return nil, err
	}
	if err := e.unpack(src); err != nil {
		return nil, err
	}
	encoding, err := e.transcode(src, o.encoding)
	if err != nil {
		return nil, err
	}
	if err := notEmpty(src); err != nil {
		return nil, err
	}
	bad := &BadLines{}
	if o.skipBad {
		if bad, err = e.goodLines(src, true); err != nil {
			return nil, err
		}
	}
	f, err := e.typed(ctx, "read_json("+fileList(src.files)+", format = 'auto', union_by_name = true, maximum_object_size = 67108864, sample_size = -1)", o)
	if err != nil {
		if wrong, err := e.goodLines(src, false); err == nil && wrong.Total > 0 {
			return nil, wrong
		}
		return nil, err
	}
	how := "JSON lines"
	if encoding != "" {
		how += ", " + encoding
	}
	if bad.Total > 0 {
		how += "; " + bad.summary()
	}
	f.read(src, how, bad.Total)
	return f, nil
}

// notEmpty returns an error where none of the files holds a line.
func notEmpty(src *source) error {
	for _, path := range src.files {
		if text, whole, err := beginning(path, 1<<16); err != nil || !whole || strings.TrimSpace(text) != "" {
			return err
		}
	}
	return errors.New("the file is empty")
}

// In JSON null says what is missing; texts mean it only where NA says so.
func isDefaultNA(na []string) bool { return len(na) == len(defaultNA) && na[1] == defaultNA[1] }

// naTexts makes some texts missing values.
func (f *Frame) naTexts(na []string) (*Frame, error) {
	list := make([]string, len(na))
	for i, s := range na {
		list[i] = literal(s)
	}
	changed := map[string]string{}
	for _, c := range f.columns {
		if c.Kind == Text {
			changed[c.Name] = fmt.Sprintf("CASE WHEN %[1]s IN (%[2]s) THEN NULL ELSE %[1]s END", f.expression(c), strings.Join(list, ", "))
		}
	}
	n := f.replace("NA", changed)
	return n, n.err
}

// goodLines checks each line of the files. With replace it puts files with the good lines in their place.
func (e *engine) goodLines(src *source, replace bool) (*BadLines, error) {
	bad := &BadLines{}
	for i, path := range src.files {
		in, err := openText(path)
		if err != nil {
			return nil, err
		}
		var out *os.File
		var w *bufio.Writer
		if replace {
			if out, err = e.scratch("lines-*.jsonl"); err != nil {
				in.Close()
				return nil, err
			}
			w = bufio.NewWriterSize(out, 1<<20)
		}
		err = eachLine(in, func(number int, line []byte) {
			line = bytes.TrimSpace(bytes.TrimPrefix(line, []byte("\ufeff")))
			if len(line) == 0 {
				return
			}
			why := ""
			var object map[string]json.RawMessage
			if err := json.Unmarshal(line, &object); err != nil {
				why = strings.TrimPrefix(err.Error(), "json: ")
				if line[0] != '{' && json.Valid(line) {
					why = "not an object"
				}
			}
			if why != "" {
				bad.Total++
				if len(bad.Lines) < 1000 {
					bad.Lines = append(bad.Lines, BadLine{File: src.name(path), Line: number, Reason: why, Text: cut(string(line), 120)})
				}
				return
			}
			if w != nil {
				w.Write(line)
				w.WriteByte('\n')
			}
		})
		in.Close()
		if w != nil {
			if flush := w.Flush(); err == nil {
				err = flush
			}
			out.Close()
			src.replace(i, out.Name())
		}
		if err != nil {
			return nil, err
		}
	}
	return bad, nil
}

// eachLine calls f with every line, however long, without its end.
func eachLine(r io.Reader, f func(number int, line []byte)) error {
	br := bufio.NewReaderSize(r, 1<<16)
	for n := 1; ; n++ {
		line, err := br.ReadBytes('\n')
		if len(line) > 0 {
			f(n, bytes.TrimRight(line, "\r\n"))
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
