package data

import (
	"bufio"
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"gosft/sftlib/show"
)

// BadLine is a line of a file that could not be read.
type BadLine struct {
	File   string
	Line   int    // from 1, as an editor counts
	Reason string // such as "2 fields, expected 3"
	Text   string // the line, cut where it is long
}

func (b BadLine) String() string {
	return fmt.Sprintf("%s line %d: %s: %s", filepath.Base(b.File), b.Line, b.Reason, b.Text)
}

// BadLines is the error of a file that has lines which do not fit.
type BadLines struct {
	Lines []BadLine // the first of them, at most 1000
	Total int

	separated bool // of a file of separated values
}

func (b *BadLines) Error() string {
	const most = 5
	var s strings.Builder
	hint := ""
	if b.separated {
		hint = "; Separator, Quote and Header set how lines are read"
	}
	fmt.Fprintf(&s, "%s that cannot be read (SkipBadLines leaves them out%s):", plural(b.Total, "line"), hint)
	for i, l := range b.Lines {
		if i == most {
			fmt.Fprintf(&s, "\n  … and %d more", b.Total-most)
			break
		}
		s.WriteString("\n  " + l.String())
	}
	return s.String()
}

// MimeBundle shows the lines as a table.
func (b *BadLines) MimeBundle() map[string]any {
	t := show.NewTable("file", "line", "reason", "text")
	t.Total = b.Total
	for _, l := range b.Lines {
		t.Add(filepath.Base(l.File), l.Line, l.Reason, l.Text)
	}
	return t.MimeBundle()
}

// summary is one line for Report.
func (b *BadLines) summary() string {
	var parts []string
	for i, l := range b.Lines {
		if i == 5 {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, fmt.Sprintf("line %d: %s", l.Line, l.Reason))
	}
	return plural(b.Total, "bad line") + " left out (" + strings.Join(parts, "; ") + ")"
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return show.Count(n) + " " + what + "s"
}

type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// rejected collects what read_csv put aside.
func (r *csvReader) rejected(ctx context.Context, c queryer, name string) (*BadLines, error) {
	rows, err := c.QueryContext(ctx, `SELECT s.file_path, r.line, r.line_byte_position, r.error_type, r.column_name, r.csv_line, r.error_message
		FROM `+name+` r JOIN `+name+`s s ON r.scan_id = s.scan_id AND r.file_id = s.file_id ORDER BY r.file_id, r.line_byte_position, r.byte_position`)
	if err != nil {
		return nil, clean(err)
	}
	defer rows.Close()
	bad := &BadLines{separated: true}
	var positions []int64
	for rows.Next() {
		var file, kind, text, message string
		var line, position sql.NullInt64
		var column, csv sql.NullString
		if err := rows.Scan(&file, &line, &position, &kind, &column, &csv, &message); err != nil {
			return nil, err
		}
		text = strings.Trim(csv.String, "\r\n")
		if n := len(bad.Lines); n > 0 && positions[n-1] == position.Int64 && bad.Lines[n-1].File == file {
			continue // a second reason for the same line
		}
		bad.Total++
		if len(bad.Lines) < 1000 {
			positions = append(positions, position.Int64)
			bad.Lines = append(bad.Lines, BadLine{File: file, Line: int(line.Int64), Reason: reason(kind, column.String, message), Text: cut(text, 120)})
		}
	}
	if err := rows.Err(); err != nil {
		return nil, clean(err)
	}
	r.number(bad, positions)
	for i := range bad.Lines {
		bad.Lines[i].File = r.src.name(bad.Lines[i].File)
	}
	return bad, nil
}

// number counts the lines of the file up to each bad one, since DuckDB counts records, which may have several lines.
func (r *csvReader) number(bad *BadLines, positions []int64) {
	for _, file := range slices.Compact(mapTo(bad.Lines, func(b BadLine) string { return b.File })) {
		in, err := openText(file)
		if err != nil {
			continue
		}
		br := bufio.NewReaderSize(in, 1<<16)
		at, line := int64(0), 1
		buf := make([]byte, 1<<16)
		for i := range bad.Lines {
			if bad.Lines[i].File != file {
				continue
			}
			for at < positions[i] {
				n, err := br.Read(buf[:min(int64(len(buf)), positions[i]-at)])
				line += bytes.Count(buf[:n], []byte{'\n'})
				at += int64(n)
				if err != nil {
					break
				}
			}
			bad.Lines[i].Line = line
			if next, err := br.Peek(1); err == nil && next[0] == '\n' { // the position may be that of the line end before
				bad.Lines[i].Line++
			}
		}
		if c, ok := in.(io.Closer); ok {
			c.Close()
		}
	}
}

// notUTF8 is the reason of lines with bytes that no UTF-8 text has.
const notUTF8 = "bytes that are no UTF-8: set Encoding"

// encoding says whether the lines are bad because of their bytes.
func (b *BadLines) encoding() bool {
	return slices.ContainsFunc(b.Lines, func(l BadLine) bool { return l.Reason == notUTF8 })
}

// reason says in our words what is wrong with a line.
func reason(kind, column, message string) string {
	var expected, got int
	if i := strings.Index(message, "Expected Number of Columns"); i >= 0 {
		fmt.Sscanf(message[i:], "Expected Number of Columns: %d Found: %d", &expected, &got)
	}
	switch kind {
	case "MISSING COLUMNS", "TOO MANY COLUMNS":
		return fmt.Sprintf("%s, expected %d", plural(got, "field"), expected)
	case "UNQUOTED VALUE":
		return "a quoted field does not end where its quote does, or never"
	case "LINE SIZE OVER MAXIMUM":
		return "the line is longer than 16 MB: is there a quote without its end?"
	case "INVALID ENCODING", "INVALID UNICODE":
		return notUTF8
	case "CAST":
		if i := strings.Index(message, "Could not convert string "); i >= 0 {
			value, kind, _ := strings.Cut(strings.TrimPrefix(message[i:], "Could not convert string "), " to '")
			kind, _, _ = strings.Cut(kind, "'")
			return fmt.Sprintf("column %q: %s is no %s", column, value, kindOf(kind))
		}
	}
	return strings.ToLower(kind) + ": " + message
}

func cut(s string, n int) string {
	r := []rune(s)
	if len(r) <= n {
		return s
	}
	return string(r[:n]) + "…"
}

func mapTo[T, U any](list []T, f func(T) U) []U {
	out := make([]U, len(list))
	for i, v := range list {
		out[i] = f(v)
	}
	return out
}
