package data

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Option sets something of how a file is read; what is not set is found out from the file.
type Option func(*options)

type options struct {
	ctx       context.Context
	sep       string
	header    *bool
	names     []string
	quote     *string
	escape    string
	encoding  string
	na        []string
	skipBad   bool
	columns   []string
	rows      int
	types     map[string]Kind
	skipLines int
	comment   string

	said []string // the options that were given, by their names
}

// defaultNA are the texts that mean a missing value, the same as in pandas.
var defaultNA = []string{"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN", "<NA>", "N/A", "NA", "NULL",
	"NaN", "None", "n/a", "nan", "null"}

func readOptions(opts []Option) *options {
	o := &options{ctx: context.Background(), na: defaultNA, rows: -1}
	for _, f := range opts {
		f(o)
	}
	return o
}

// Context ends the reading when it is done: data.ReadCSV(path, data.Context(ctx)) can be interrupted.
func Context(ctx context.Context) Option { return said("Context", func(o *options) { o.ctx = ctx }) }

// Separator sets what stands between fields, such as ";" or "\t"; up to four bytes.
func Separator(s string) Option { return said("Separator", func(o *options) { o.sep = s }) }

// Header says whether the first line holds the names of the columns.
func Header(yes bool) Option { return said("Header", func(o *options) { o.header = &yes }) }

// ColumnNames sets the names of all columns, in their order; a header line is then skipped where there is one.
func ColumnNames(names ...string) Option {
	return said("ColumnNames", func(o *options) { o.names = names })
}

// Quote sets the character around fields that hold separators or line ends, usually `"`; "" means that there is none.
func Quote(s string) Option { return said("Quote", func(o *options) { o.quote = &s }) }

// Escape sets the character that stands before a quote inside a quoted field; usually it is the quote itself.
func Escape(s string) Option { return said("Escape", func(o *options) { o.escape = s }) }

// Encoding sets how the bytes of the file stand for characters: "utf-8", "gbk", "gb18030", "big5", "shift_jis", "utf-16",
// "windows-1252" and the other names of the WHATWG's list.
func Encoding(name string) Option { return said("Encoding", func(o *options) { o.encoding = name }) }

// NA sets the texts that mean a missing value, in place of pandas' list ("", "NA", "N/A", "NaN", "null", "None" and others).
func NA(texts ...string) Option { return said("NA", func(o *options) { o.na = texts }) }

// SkipBadLines leaves out the lines that cannot be read instead of failing; Report lists them with number and reason.
func SkipBadLines() Option { return said("SkipBadLines", func(o *options) { o.skipBad = true }) }

// OnlyColumns reads these columns and no others, in this order.
func OnlyColumns(names ...string) Option {
	return said("OnlyColumns", func(o *options) { o.columns = names })
}

// FirstRows reads at most n rows.
func FirstRows(n int) Option { return said("FirstRows", func(o *options) { o.rows = n }) }

// SkipLines leaves out the first n lines of each file.
func SkipLines(n int) Option { return said("SkipLines", func(o *options) { o.skipLines = n }) }

// Comment leaves out lines that begin with this character.
func Comment(s string) Option { return said("Comment", func(o *options) { o.comment = s }) }

// As sets the kind of a column instead of finding it. A value that is not of that kind is a bad line, and in JSON lines and
// Parquet an error.
func As(column string, kind Kind) Option {
	return said("As", func(o *options) {
		if o.types == nil {
			o.types = map[string]Kind{}
		}
		o.types[column] = kind
	})
}

// said notes that an option was given, for formats that have no use for it.
func said(name string, set Option) Option {
	return func(o *options) {
		o.said = append(o.said, name)
		set(o)
	}
}

// only refuses options other than those that a format knows.
func (o *options) only(format string, known ...string) error {
	for _, name := range o.said {
		if !slices.Contains(known, name) {
			return fmt.Errorf("%s means nothing for %s: leave it out (known are %s)", name, format, strings.Join(known, ", "))
		}
	}
	return nil
}

func (k Kind) sql() string {
	switch k {
	case Integer:
		return "BIGINT"
	case Float:
		return "DOUBLE"
	case Bool:
		return "BOOLEAN"
	case Time:
		return "TIMESTAMP"
	}
	return "VARCHAR"
}

// check finds options that cannot be.
func (o *options) check() error {
	if len(o.sep) > 4 {
		return fmt.Errorf("separator %q is longer than four bytes", o.sep)
	}
	if strings.ContainsAny(o.sep, "\r\n") {
		return fmt.Errorf("separator %q holds a line end", o.sep)
	}
	if o.quote != nil {
		if len(*o.quote) > 1 {
			return fmt.Errorf("quote %q must be one ASCII character, or empty for none", *o.quote)
		}
		if *o.quote != "" && o.sep != "" && strings.Contains(o.sep, *o.quote) {
			return fmt.Errorf("quote %q is part of the separator %q", *o.quote, o.sep)
		}
		if strings.ContainsAny(*o.quote, "\r\n\x00") {
			return fmt.Errorf("quote %q cannot be a line end", *o.quote)
		}
	}
	if len(o.escape) > 1 || strings.ContainsAny(o.escape, "\r\n\x00") {
		return fmt.Errorf("escape %q must be one ASCII character", o.escape)
	}
	if o.escape != "" && o.escape == o.sep {
		return fmt.Errorf("escape and separator are both %q", o.sep)
	}
	if len(o.comment) > 1 || strings.ContainsAny(o.comment, "\r\n\x00") {
		return fmt.Errorf("comment %q must be one ASCII character", o.comment)
	}
	if o.comment != "" && (o.comment == o.sep || o.quote != nil && o.comment == *o.quote) {
		return fmt.Errorf("comment %q is the separator or the quote too", o.comment)
	}
	if o.rows < 0 && slices.Contains(o.said, "FirstRows") {
		return fmt.Errorf("FirstRows(%d): the number is negative", o.rows)
	}
	for column, kind := range o.types {
		if kind < Text || kind > Time {
			return fmt.Errorf("As(%q, %s): a column is read as Text, Integer, Float, Bool or Time", column, kind)
		}
	}
	for i, n := range o.columns {
		if slices.Index(o.columns, n) != i {
			return fmt.Errorf("OnlyColumns: %q is named twice", n)
		}
	}
	if o.skipLines < 0 {
		return fmt.Errorf("SkipLines(%d): the number is negative", o.skipLines)
	}
	for i, n := range o.names {
		if slices.Index(o.names, n) != i {
			return fmt.Errorf("column name %q is given twice", n)
		}
	}
	return nil
}
