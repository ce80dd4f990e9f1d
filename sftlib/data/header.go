package data

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

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
