package data

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// What a file must be before DuckDB reads it as text: packed as its ending says, and with line ends of one kind. Where it is
// not, a temporary file takes its place.

// unpack puts unpacked files in the place of those that are packed otherwise than their endings say, by which DuckDB goes (a
// download without an ending, a .gz that a browser has unpacked already), and refuses what is no text at all.
func (e *engine) unpack(src *source) error {
	for i, path := range src.files {
		head, err := firstBytes(path, 8)
		if err != nil {
			return err
		}
		for magic, what := range map[string]string{"PAR1": "a Parquet file: use ReadParquet", "PK\x03\x04": "a zip archive or an Excel workbook: unpack it, " +
			"or save the sheet as CSV", "\xd0\xcf\x11\xe0": "an old Excel workbook: save the sheet as CSV", "%PDF": "a PDF document"} {
			if strings.HasPrefix(head, magic) {
				return fmt.Errorf("this is %s", what)
			}
		}
		packed, lower := "", strings.ToLower(path)
		switch {
		case strings.HasPrefix(head, gzipMagic):
			packed = ".gz"
		case strings.HasPrefix(head, zstdMagic):
			packed = ".zst"
		}
		named := ""
		for _, ending := range []string{".gz", ".zst"} {
			if strings.HasSuffix(lower, ending) {
				named = ending
			}
		}
		if packed == named || head == "" {
			continue
		}
		if err := e.rewrite(src, i, func(w *bufio.Writer, r *bufio.Reader) error {
			_, err := io.Copy(w, r)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

const (
	gzipMagic = "\x1f\x8b"
	zstdMagic = "\x28\xb5\x2f\xfd"
)

// firstBytes returns up to n bytes of a file as it lies on the disk.
func firstBytes(path string, n int) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	buf := make([]byte, n)
	got, err := io.ReadFull(f, buf)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	return string(buf[:got]), nil
}

// oldLineEnds rewrites files whose lines end with \r alone, as on old Macs.
func (e *engine) oldLineEnds(src *source) error {
	for i, path := range src.files {
		text, _, err := beginning(path, sampleSize)
		if err != nil {
			return err
		}
		if strings.Contains(text, "\r") && !strings.Contains(text, "\n") {
			if err := e.rewrite(src, i, newLines); err != nil {
				return err
			}
		}
	}
	return nil
}

// oneLineEnd rewrites all files with \n at the end of each line.
func (e *engine) oneLineEnd(src *source) error {
	for i := range src.files {
		if err := e.rewrite(src, i, newLines); err != nil {
			return err
		}
	}
	return nil
}

// mixedLineEnds says whether an error of DuckDB is the one for lines of which some end with \n and some with \r\n. It is asked
// for no kind in particular (new_line), since it leaves out rows in silence when the lines end otherwise.
func mixedLineEnds(err error) bool {
	return strings.Contains(err.Error(), "state machine reached an invalid state")
}

// newLines copies a text and makes \r\n and \r to \n.
func newLines(w *bufio.Writer, r *bufio.Reader) error {
	for {
		part, err := r.ReadSlice('\r')
		if err == nil {
			part = part[:len(part)-1]
		}
		if _, err := w.Write(part); err != nil {
			return err
		}
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil:
			return err
		}
		if next, _ := r.Peek(1); !bytes.Equal(next, []byte{'\n'}) {
			if err := w.WriteByte('\n'); err != nil {
				return err
			}
		}
	}
}

// rewrite puts a temporary file with what do makes of a file's unpacked text in its place.
func (e *engine) rewrite(src *source, i int, do func(*bufio.Writer, *bufio.Reader) error) error {
	in, err := openText(src.files[i])
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := e.scratch("text-*" + ending(src.files[i]))
	if err != nil {
		return err
	}
	w := bufio.NewWriterSize(out, 1<<20)
	err = do(w, bufio.NewReaderSize(in, 1<<20))
	if err == nil {
		err = w.Flush()
	}
	if closing := out.Close(); err == nil {
		err = closing
	}
	if err != nil {
		os.Remove(out.Name())
		return fmt.Errorf("rewrite %s: %w", src.name(src.files[i]), err)
	}
	src.replace(i, out.Name())
	return nil
}
