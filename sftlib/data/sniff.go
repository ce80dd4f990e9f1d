package data

import (
	"errors"
	"fmt"
	"strings"
)

// sampleSize is how much of a file is looked at to find its dialect.
const sampleSize = 1 << 20

// dialect is how a file writes rows.
type dialect struct {
	sep, quote, escape string
	header             bool // the first record after skip lines is the header
	skip               int  // lines before
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
	d := &dialect{}
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
			under := &dialect{skip: d.skip + lines}
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
