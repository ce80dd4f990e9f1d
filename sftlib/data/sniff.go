package data

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// sampleSize is how much of a file is looked at to find its dialect.
const sampleSize = 1 << 20

// dialect is how a file writes rows.
type dialect struct {
	sep, quote, escape string
	header             bool // the first record after skip lines is the header
	skip               int  // lines before
	newline            string
	names              []string
	types              []columnType
	notes              []string
}

// columnType is the type of a column as found on the beginning of a file.
type columnType struct {
	kind Kind
	sql  string
}

// String says what was found, for Report.
func (d *dialect) String() string {
	sep := map[string]string{",": "commas", "\t": "tabs", ";": "semicolons", "|": "bars", noSeparator: "one column"}[d.sep]
	if sep == "" {
		sep = fmt.Sprintf("separator %q", d.sep)
	}
	s := sep
	if !d.header {
		s += ", no header"
	}
	if d.quote == "" {
		s += ", no quotes"
	}
	if d.skip > 0 {
		s += fmt.Sprintf(", %s skipped", plural(d.skip, "line"))
	}
	if len(d.notes) > 0 {
		s += "; " + strings.Join(d.notes, "; ")
	}
	return s
}

// noSeparator is what the fields of a file of one column are "separated" by: a character that texts do not hold.
const noSeparator = "\x1f"

// sniff finds the dialect of the beginning of a file. whole says that it is all of it.
func sniff(sample string, whole, tabs bool, o *options) (*dialect, error) {
	d := &dialect{newline: `\n`}
	if strings.Contains(sample, "\r\n") {
		d.newline = `\r\n`
	} else if !strings.Contains(sample, "\n") && strings.Contains(sample, "\r") {
		d.newline = `\r`
	}
	rest := sample
	for range o.skipLines {
		i := strings.IndexByte(rest, '\n')
		if i < 0 {
			return nil, fmt.Errorf("SkipLines(%d): the file has fewer lines", o.skipLines)
		}
		rest = rest[i+1:]
	}
	d.skip = o.skipLines
	if strings.TrimSpace(rest) == "" {
		return nil, errors.New("the file is empty")
	}
	records := d.choose(rest, whole, tabs, o)
	if o.sep == "" && o.comment == "" {
		// Lines with # above a table of several columns are notes.
		n := 0
		for n < len(records) && len(records[n]) == 1 && strings.HasPrefix(records[n][0], "#") {
			n++
		}
		if n > 0 || strings.HasPrefix(rest, "#") {
			below, lines := rest, 0
			for strings.HasPrefix(below, "#") {
				i := strings.IndexByte(below, '\n')
				if i < 0 {
					break
				}
				below, lines = below[i+1:], lines+1
			}
			under := &dialect{newline: d.newline, skip: d.skip + lines}
			if r := under.choose(below, whole, tabs, o); lines > 0 && len(r) > 1 && len(r[0]) > 1 && under.sep != noSeparator && !strings.Contains(strings.SplitN(rest, "\n", 2)[0], under.sep) {
				*d, records = *under, r
				d.notes = append(d.notes, plural(lines, "line")+" with # above the table")
			}
		}
	}
	if len(records) == 0 {
		return nil, errors.New("no record was found in the file")
	}
	d.header = d.findHeader(records, o)
	body := records
	if d.header {
		body = records[1:]
	}
	if err := d.name(records, o); err != nil {
		return nil, err
	}
	d.types = make([]columnType, len(d.names))
	for i := range d.types {
		d.types[i] = typeOf(body, i, o.na)
	}
	return d, nil
}

// choose sets separator, quote and escape and returns the sample's records.
func (d *dialect) choose(sample string, whole, tabs bool, o *options) [][]string {
	seps := []string{",", "\t", ";", "|"}
	if tabs {
		seps = []string{"\t", ",", ";", "|"}
	}
	if o.sep != "" {
		seps = []string{o.sep}
	}
	quotes := []string{`"`, ""}
	if o.quote != nil {
		quotes = []string{*o.quote}
	}
	best := -1.0
	var records [][]string
	try := func(sep, quote, escape string, forced bool) {
		recs, wrong := parseSample(sample, sep, quote, escape, o.comment, whole)
		if len(recs) == 0 {
			return
		}
		counts := map[int]int{}
		for _, r := range recs {
			counts[len(r)]++
		}
		mode, most := 1, 0
		for n, c := range counts {
			if c > most || c == most && n > mode {
				mode, most = n, c
			}
		}
		if !forced && (mode < 2 || len(recs[0]) < 2) {
			return
		}
		score := (float64(most) - 1.5*float64(wrong)) / float64(len(recs))
		if len(recs[0]) == mode {
			score += .2
		}
		if len(recs) == 1 {
			score += float64(mode) * .001 // a single line: the most fields
		}
		if score > best+1e-9 {
			best, records = score, recs
			d.sep, d.quote, d.escape = sep, quote, escape
		}
	}
	for _, sep := range seps {
		for _, quote := range quotes {
			if o.escape != "" {
				try(sep, quote, o.escape, o.sep != "")
				continue
			}
			try(sep, quote, quote, o.sep != "")
			if quote != "" && strings.Contains(sample, `\`+quote) {
				try(sep, quote, `\`, o.sep != "")
			}
		}
	}
	if records != nil && (o.sep != "" || best >= .5) {
		return records
	}
	// One column. Its texts may be quoted as in a file of several.
	best, records = -100, nil
	for _, sep := range []string{",", noSeparator} {
		for _, quote := range quotes {
			recs, wrong := parseSample(sample, sep, quote, quote, o.comment, whole)
			single := 0
			for _, r := range recs {
				if len(r) == 1 {
					single++
				}
			}
			if score := float64(single-2*wrong) / float64(max(1, len(recs))); len(recs) > 0 && score > best+1e-9 {
				best, records = score, recs
				d.sep, d.quote, d.escape = sep, quote, quote
			}
		}
	}
	return records
}

// parseSample splits text into records and counts those whose quotes are wrong. Of a text that is not whole the last record
// is left out, since it may be cut.
func parseSample(text, sep, quote, escape, comment string, whole bool) (records [][]string, wrong int) {
	const most = 20000
	i := 0
	for i < len(text) && len(records) < most {
		if comment != "" && strings.HasPrefix(text[i:], comment) || strings.HasPrefix(text[i:], "\n") || strings.HasPrefix(text[i:], "\r\n") {
			n := strings.IndexByte(text[i:], '\n')
			if n < 0 {
				break
			}
			i += n + 1
			continue
		}
		record, next, bad, cut := parseRecord(text, i, sep, quote, escape)
		if cut && !whole {
			break
		}
		records = append(records, record)
		if bad {
			wrong++
		}
		i = next
	}
	return records, wrong
}

// parseRecord reads one record at i. cut says that the text ended in it.
func parseRecord(text string, i int, sep, quote, escape string) (fields []string, next int, bad, cut bool) {
	for {
		if quote != "" && strings.HasPrefix(text[i:], quote) {
			var b strings.Builder
			j, closed := i+1, false
			for j < len(text) {
				switch {
				case escape != quote && escape != "" && text[j] == escape[0] && j+1 < len(text):
					b.WriteByte(text[j+1])
					j += 2
				case text[j] == quote[0] && escape == quote && j+1 < len(text) && text[j+1] == quote[0]:
					b.WriteByte(quote[0])
					j += 2
				case text[j] == quote[0]:
					closed = true
				default:
					b.WriteByte(text[j])
					j++
				}
				if closed {
					break
				}
			}
			fields = append(fields, b.String())
			if !closed {
				// A quote that never ends would swallow the file: count it and go on with the next line.
				if n := strings.IndexByte(text[i:], '\n'); n >= 0 && j-i > 1<<16 {
					return fields, i + n + 1, true, false
				}
				return fields, len(text), true, true
			}
			i = j + 1
		} else {
			j := i
			for j < len(text) && text[j] != '\n' && text[j] != '\r' && !strings.HasPrefix(text[j:], sep) {
				j++
			}
			fields = append(fields, text[i:j])
			i = j
		}
		switch {
		case i >= len(text):
			return fields, i, bad, true
		case strings.HasPrefix(text[i:], sep):
			i += len(sep)
			if i >= len(text) {
				return append(fields, ""), i, bad, true
			}
			continue
		case text[i] == '\n':
			return fields, i + 1, bad, false
		case text[i] == '\r':
			if strings.HasPrefix(text[i:], "\r\n") {
				return fields, i + 2, bad, false
			}
			return fields, i + 1, bad, false
		}
		// Something stands between a closing quote and the separator.
		bad = true
		n := strings.IndexByte(text[i:], '\n')
		if n < 0 {
			return fields, len(text), true, true
		}
		return fields, i + n + 1, true, false
	}
}

// findHeader says whether the first record holds names: not when a field of it has the type of the numbers, times or truths
// below it, and not when one of its fields is a value that comes again in its column.
func (d *dialect) findHeader(records [][]string, o *options) bool {
	if o.header != nil {
		return *o.header
	}
	if len(o.names) > 0 && slices.Equal(mapTo(records[0], strings.TrimSpace), o.names) {
		return true
	}
	first, body := records[0], records[1:]
	if len(body) == 0 {
		for _, f := range first {
			if number.MatchString(strings.TrimSpace(f)) {
				return false
			}
		}
		return true
	}
	for i, f := range first {
		f = strings.TrimSpace(f)
		if f == "" {
			continue
		}
		t := typeOf(body, i, o.na)
		if t.kind != Text && typeOf(records[:1], i, o.na).kind != Text {
			return false
		}
		if t.kind == Text {
			same, values := 0, map[string]bool{}
			for _, r := range body {
				if i < len(r) {
					values[r[i]] = true
					if strings.TrimSpace(r[i]) == f {
						same++
					}
				}
			}
			if same > 0 && len(values) <= max(2, len(body)/2) {
				return false
			}
		}
	}
	return true
}

// name sets the names of the columns: those given, those of the header (trimmed, made different, none empty), or column0,
// column1 and so on.
func (d *dialect) name(records [][]string, o *options) error {
	width := len(records[0])
	counts := map[int]int{}
	for _, r := range records {
		counts[len(r)]++
	}
	mode := width
	for n, c := range counts {
		if c > counts[mode] {
			mode = n
		}
	}
	if len(o.names) > 0 {
		if len(o.names) != mode && len(o.names) != width {
			return fmt.Errorf("ColumnNames has %d names, the file %s: %q", len(o.names), plural(mode, "column"), cut(strings.Join(records[0], d.sep), 80))
		}
		d.names = slices.Clone(o.names)
		return nil
	}
	if !d.header {
		for i := range mode {
			d.names = append(d.names, "column"+strconv.Itoa(i))
		}
		d.notes = append(d.notes, "the columns are named column0 and so on")
		return nil
	}
	seen := map[string]bool{}
	header := records[0]
	if mode > width && 2*counts[mode] > len(records) {
		for range mode - width { // a separator at the end of each line
			header = append(slices.Clone(header), "")
		}
	}
	for i, field := range header {
		n := strings.TrimFunc(strings.TrimPrefix(field, "\ufeff"), func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) })
		if n == "" {
			n = "column" + strconv.Itoa(i)
		}
		base := n
		for k := 1; seen[strings.ToLower(n)]; k++ {
			n = base + "_" + strconv.Itoa(k)
		}
		seen[strings.ToLower(n)] = true
		if n != field && field != "" {
			d.notes = append(d.notes, fmt.Sprintf("column %q is named %q", field, n))
		}
		d.names = append(d.names, n)
	}
	if len(header) != width {
		d.skip, d.header = d.skip+1, false // DuckDB wants as many names as fields
	}
	return nil
}

var (
	number  = regexp.MustCompile(`^[+-]?(([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?|(?i:inf|infinity))$`)
	leading = regexp.MustCompile(`^[+-]?0[0-9]`)
)

// typeOf finds the type that all values of a column have. Numbers with leading zeros are text: they are codes.
func typeOf(records [][]string, column int, na []string) columnType {
	integer, float, boolean, date, stamp, seen := true, true, true, true, true, false
	for _, r := range records {
		if column >= len(r) {
			continue
		}
		v := r[column]
		if slices.Contains(na, v) {
			continue
		}
		seen = true
		if integer {
			n, err := strconv.ParseInt(v, 10, 64)
			integer = err == nil && strconv.FormatInt(n, 10) == v
		}
		float = float && number.MatchString(v) && !leading.MatchString(v)
		boolean = boolean && (strings.EqualFold(v, "true") || strings.EqualFold(v, "false"))
		if date {
			_, err := time.Parse("2006-01-02", v)
			date = err == nil
		}
		if stamp && !date {
			stamp = isStamp(v)
		}
		if !integer && !float && !boolean && !date && !stamp {
			return columnType{}
		}
	}
	switch {
	case !seen:
		return columnType{}
	case integer:
		return columnType{Integer, "BIGINT"}
	case float:
		return columnType{Float, "DOUBLE"}
	case boolean:
		return columnType{Bool, "BOOLEAN"}
	case date:
		return columnType{Time, "DATE"}
	case stamp:
		return columnType{Time, "TIMESTAMP"}
	}
	return columnType{}
}

func isStamp(v string) bool {
	for _, layout := range []string{"2006-01-02 15:04:05", "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02 15:04:05.999999999", "2006-01-02T15:04:05.999999999", "2006-01-02"} {
		if _, err := time.Parse(layout, v); err == nil {
			return true
		}
	}
	return false
}

// sameHeader refuses files of a pattern whose columns are not those of the first.
func sameHeader(d *dialect, first, other string, o *options) error {
	if !d.header {
		return nil
	}
	sample, whole, err := beginning(other, 1<<16)
	if err != nil {
		return err
	}
	rest := sample
	for range d.skip {
		if i := strings.IndexByte(rest, '\n'); i >= 0 {
			rest = rest[i+1:]
		}
	}
	records, _ := parseSample(rest, d.sep, d.quote, d.escape, o.comment, true)
	if len(records) == 0 {
		return fmt.Errorf("%s is empty%s", other, map[bool]string{true: "", false: " at its beginning"}[whole])
	}
	has := mapTo(records[0], func(s string) string { return strings.TrimSpace(strings.TrimPrefix(s, "\ufeff")) })
	if len(o.names) == 0 && !slices.EqualFunc(has, d.names, strings.EqualFold) {
		return fmt.Errorf("%s has the columns %s, but %s has %s: read them apart and Select the same columns", other, quoted(has), first, quoted(d.names))
	}
	return nil
}
