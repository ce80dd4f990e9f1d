package data

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// readSeparated reads CSV and TSV: the dialect is found on the beginning of the file by our own rules (DuckDB's take a
// dirty file for one of a single column), the columns are read as text and converted in the same pass. Where a later
// value does not fit the type that the beginning has, the types are found again on all rows.
func readSeparated(ctx context.Context, e *engine, src *source, o *options) (*Frame, error) {
	if err := e.unpack(src); err != nil {
		return nil, err
	}
	found, err := e.transcode(src, o.encoding)
	if err != nil {
		return nil, err
	}
	if err := e.oldLineEnds(src); err != nil {
		return nil, err
	}
	f, bad, err := e.separated(ctx, src, o, found)
	if err != nil {
		errors.As(err, &bad)
	}
	if bad != nil && bad.encoding() && o.encoding == "" && found == "" {
		// The beginning was UTF-8 (or ASCII), a later part is not: look at all of it.
		if found, guessed := e.transcodeWhole(src); guessed == nil {
			f, _, err = e.separated(ctx, src, o, found)
		}
	}
	return f, err
}

// separated reads files of UTF-8. Beside the frame it returns the lines that were left out.
func (e *engine) separated(ctx context.Context, src *source, o *options, encoding string) (*Frame, *BadLines, error) {
	sample, whole, err := beginning(src.files[0], sampleSize)
	if err != nil {
		return nil, nil, err
	}
	d, err := sniff(sample, whole, ending(src.files[0]) == ".tsv", o)
	if err != nil {
		return nil, nil, err
	}
	for _, other := range src.files[1:] {
		if err := sameHeader(d, src.files[0], other, o); err != nil {
			return nil, nil, err
		}
	}
	r := &csvReader{e: e, src: src, o: o, d: d}
	if err := r.choose(); err != nil {
		return nil, nil, err
	}
	t, bad, err := r.load(ctx)
	if err != nil && mixedLineEnds(err) {
		if err = e.oneLineEnd(src); err == nil {
			d.notes = append(d.notes, `the line ends were mixed, \n and \r\n`)
			t, bad, err = r.load(ctx)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	f, err := e.frame(ctx, t)
	if err != nil {
		return nil, nil, err
	}
	how := d.String()
	if encoding != "" {
		how += ", " + encoding
	}
	if bad != nil {
		how += "; " + bad.summary()
		f.read(src, how, bad.Total)
	} else {
		f.read(src, how, 0)
	}
	return f, bad, nil
}

type csvReader struct {
	e    *engine
	src  *source
	o    *options
	d    *dialect
	cols []int // columns that are read, as indexes into the dialect's
}

// choose finds the columns that are wanted.
func (r *csvReader) choose() error {
	for name := range r.o.types {
		if !slices.Contains(r.d.names, name) {
			return fmt.Errorf("As: no column %q: there are %s", name, quoted(r.d.names))
		}
	}
	if len(r.o.columns) == 0 {
		for i := range r.d.names {
			r.cols = append(r.cols, i)
		}
		return nil
	}
	for _, want := range r.o.columns {
		i := slices.Index(r.d.names, want)
		if i < 0 {
			return fmt.Errorf("OnlyColumns: no column %q: there are %s", want, quoted(r.d.names))
		}
		r.cols = append(r.cols, i)
	}
	return nil
}

// scan writes the call of read_csv. With rejects the lines that do not fit go into a table of that name.
func (r *csvReader) scan(rejects string) string {
	d := r.d
	var cols []string
	for _, name := range d.names {
		kind := "VARCHAR"
		if t, ok := r.o.types[name]; ok {
			kind = t.sql()
		}
		cols = append(cols, literal(name)+": "+literal(kind))
	}
	na := make([]string, len(r.o.na))
	for i, s := range r.o.na {
		na[i] = literal(s)
	}
	escape := d.escape
	if d.quote == "" {
		escape = ""
	}
	args := []string{fileList(r.src.files), "auto_detect = false", "delim = " + literal(d.sep), "quote = " + literal(d.quote), "escape = " + literal(escape),
		fmt.Sprintf("header = %v", d.header), fmt.Sprintf("skip = %d", d.skip), "columns = {" + strings.Join(cols, ", ") + "}",
		"max_line_size = 16000000", "buffer_size = 32000000"}
	if len(na) > 0 {
		args = append(args, "nullstr = ["+strings.Join(na, ", ")+"]")
	}
	if r.o.comment != "" {
		args = append(args, "comment = "+literal(r.o.comment))
	}
	if rejects != "" {
		args = append(args, "store_rejects = true", "rejects_limit = 100000", "rejects_table = "+literal(rejects), "rejects_scan = "+literal(rejects+"s"))
	}
	return "read_csv(" + strings.Join(args, ", ") + ")"
}

// typeMark stands in the error of a value that does not have the type of its column.
const typeMark = "gosft: not of the type of column"

// convert is the expression that turns a column of text into its type, and fails where a value is not of it.
func convert(name string, k Kind, sqlType string) string {
	x := ident(name)
	wrong := "error(" + literal(typeMark+" "+name) + ")"
	switch k {
	case Integer:
		// DuckDB would round 1.5 and take 007 for 7: what is not written back in the same way is no integer.
		return fmt.Sprintf("CASE WHEN %[1]s IS NULL THEN NULL WHEN CAST(TRY_CAST(%[1]s AS BIGINT) AS VARCHAR) = %[1]s THEN CAST(%[1]s AS BIGINT) ELSE %[2]s END", x, wrong)
	case Float:
		return fmt.Sprintf("CASE WHEN %[1]s IS NULL THEN NULL WHEN contains(%[1]s, '_') OR TRY_CAST(%[1]s AS DOUBLE) IS NULL THEN %[2]s ELSE CAST(%[1]s AS DOUBLE) END", x, wrong)
	case Bool:
		return fmt.Sprintf("CASE lower(%[1]s) WHEN 'true' THEN true WHEN 'false' THEN false ELSE CASE WHEN %[1]s IS NULL THEN NULL ELSE %[2]s END END", x, wrong)
	case Time:
		return fmt.Sprintf("CASE WHEN %[1]s IS NULL THEN NULL WHEN TRY_CAST(%[1]s AS %[3]s) IS NULL THEN %[2]s ELSE CAST(%[1]s AS %[3]s) END", x, wrong, sqlType)
	}
	return x
}

// load reads the files into a table.
func (r *csvReader) load(ctx context.Context) (*table, *BadLines, error) {
	c, err := r.e.db.Conn(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer c.Close()
	limit := ""
	if r.o.rows >= 0 {
		limit = fmt.Sprintf(" LIMIT %d", r.o.rows)
	}
	kinds := make([]columnType, len(r.d.names))
	copy(kinds, r.d.types)
	for i, name := range r.d.names {
		if _, ok := r.o.types[name]; ok {
			kinds[i] = columnType{} // read_csv itself converts it
		}
	}
	list := func(kinds []columnType) string {
		parts := make([]string, len(r.cols))
		for i, col := range r.cols {
			parts[i] = convert(r.d.names[col], kinds[col].kind, kinds[col].sql) + " AS " + ident(r.d.names[col])
		}
		return strings.Join(parts, ", ")
	}
	from := func() (string, string) {
		if !r.o.skipBad {
			return r.scan(""), ""
		}
		name := fmt.Sprintf("rejects%d", r.e.next.Add(1))
		return r.scan(name), name
	}
	scan, rejects := from()
	t, err := r.e.create(ctx, c, "SELECT "+list(kinds)+" FROM "+scan+limit)
	if err != nil && strings.Contains(err.Error(), typeMark) {
		// Read as text, find the types on all rows, convert.
		none := make([]columnType, len(kinds))
		scan, rejects = from()
		var raw *table
		if raw, err = r.e.create(ctx, c, "SELECT "+list(none)+" FROM "+scan+limit); err == nil {
			if kinds, err = r.classify(ctx, raw, kinds); err == nil {
				t, err = r.e.create(ctx, c, "SELECT "+list(kinds)+" FROM "+raw.name)
			}
			r.e.db.ExecContext(ctx, "DROP TABLE IF EXISTS "+raw.name)
		}
	}
	if err != nil {
		if bad := r.explain(ctx, c, err); bad != nil {
			return nil, nil, bad
		}
		return nil, nil, err
	}
	var bad *BadLines
	if rejects != "" {
		if bad, err = r.rejected(ctx, c, rejects); err != nil {
			return nil, nil, err
		}
		if bad.Total == 0 {
			bad = nil
		}
	}
	return t, bad, nil
}

// classify finds the types of columns of text on all rows. What the beginning already showed to be text stays so.
func (r *csvReader) classify(ctx context.Context, raw *table, first []columnType) ([]columnType, error) {
	out := make([]columnType, len(first))
	candidates := []columnType{{Integer, "BIGINT"}, {Float, "DOUBLE"}, {Bool, "BOOLEAN"}, {Time, "DATE"}, {Time, "TIMESTAMP"}}
	for _, col := range r.cols {
		if first[col].kind == Text {
			continue
		}
		for _, k := range candidates {
			if (k.kind == Bool || k.kind == Time) != (first[col].kind == Bool || first[col].kind == Time) {
				continue
			}
			var n int
			query := "SELECT count(*) FROM (SELECT " + convert(r.d.names[col], k.kind, k.sql) + " AS v FROM " + raw.name + ") WHERE v IS NOT NULL"
			err := r.e.db.QueryRowContext(ctx, query).Scan(&n)
			if err == nil {
				out[col] = k
				break
			}
			if !strings.Contains(err.Error(), typeMark) {
				return nil, clean(err)
			}
		}
	}
	return out, nil
}

// explain reads again, collecting the lines that do not fit, and returns them as an error; nil where the failure was none
// of a line.
func (r *csvReader) explain(ctx context.Context, c interface {
	queryer
}, err error) error {
	var q *queryError
	if !errors.As(err, &q) || !strings.Contains(q.cause.Error(), "CSV Error") && !strings.Contains(q.cause.Error(), "onver") {
		return nil
	}
	name := fmt.Sprintf("rejects%d", r.e.next.Add(1))
	parts := make([]string, len(r.d.names))
	for i, n := range r.d.names {
		parts[i] = "count(" + ident(n) + ")"
	}
	rows, err2 := c.QueryContext(ctx, "SELECT "+strings.Join(parts, ", ")+" FROM "+r.scan(name))
	if err2 != nil {
		return nil
	}
	for rows.Next() {
	}
	rows.Close()
	bad, err2 := r.rejected(ctx, c, name)
	if err2 != nil || bad.Total == 0 {
		return nil
	}
	return bad
}
