package display

import (
	"fmt"
	"html"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

const (
	maxText  = 20_000 // characters of one text/plain
	maxItems = 60     // elements of one slice or map inside a text
	maxDepth = 6      // nested values
)

var (
	versions = regexp.MustCompile(`ꞏ\d+`)     // what the kernel adds to a name that was declared again
	cellPath = regexp.MustCompile(`\bcell\.`) // the package that holds the user's declarations
)

// TypeName is v's type as the user wrote it: without the marks that the kernel puts on names declared again.
func TypeName(v any) string {
	if v == nil {
		return "nil"
	}
	return typeName(reflect.TypeOf(v))
}

func typeName(t reflect.Type) string {
	s := versions.ReplaceAllString(t.String(), "")
	s = cellPath.ReplaceAllString(s, "")
	return strings.ReplaceAll(s, "interface {}", "any")
}

// Text writes v as the text/plain of a display: a string as it is, numbers as fmt.Println does, and composite values close
// to Go's own syntax, with strings inside quoted. Long values are cut in the middle and say how long they are.
func Text(v any) string {
	switch x := v.(type) {
	case nil:
		return "nil"
	case string:
		return cut(x, maxText)
	}
	var p printer
	p.value(reflect.ValueOf(v), 0)
	return cut(p.String(), maxText)
}

type printer struct{ strings.Builder }

func (p *printer) value(v reflect.Value, depth int) {
	if p.Len() > 2*maxText {
		return
	}
	if !v.IsValid() {
		p.WriteString("nil")
		return
	}
	if p.byMethod(v, depth) {
		return
	}
	t := v.Type()
	if depth > maxDepth {
		p.WriteString("…")
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		p.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		p.WriteString(strconv.FormatInt(v.Int(), 10))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p.WriteString(strconv.FormatUint(v.Uint(), 10))
	case reflect.Float32, reflect.Float64:
		p.WriteString(floatText(v))
	case reflect.Complex64, reflect.Complex128:
		fmt.Fprint(p, v.Complex())
	case reflect.String:
		if depth == 0 {
			p.WriteString(v.String())
		} else {
			p.WriteString(strconv.Quote(cut(v.String(), maxText/10)))
		}
	case reflect.Pointer:
		switch {
		case v.IsNil() && depth == 0:
			fmt.Fprintf(p, "(%s)(nil)", typeName(t))
		case v.IsNil():
			p.WriteString("nil")
		case depth > 1:
			fmt.Fprintf(p, "&%s{…}", typeName(t.Elem()))
		default:
			p.WriteByte('&')
			p.value(v.Elem(), max(depth, 1))
		}
	case reflect.Interface:
		p.value(v.Elem(), max(depth, 1))
	case reflect.Struct:
		p.structure(v, depth)
	case reflect.Map:
		p.mapping(v, depth)
	case reflect.Slice, reflect.Array:
		p.list(v, depth)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		p.WriteString(typeName(t))
		if v.IsNil() {
			p.WriteString("(nil)")
		} else if v.Kind() == reflect.Chan {
			fmt.Fprintf(p, " (%d of %d)", v.Len(), v.Cap())
		}
	default:
		p.WriteString(typeName(t))
	}
}

// byMethod uses v's Error or String when it has one and can be called (fields that are not exported cannot).
func (p *printer) byMethod(v reflect.Value, depth int) bool {
	if !v.CanInterface() || isNilPointer(v) || v.Kind() == reflect.Interface {
		return false
	}
	var text, failure string
	switch x := v.Interface().(type) {
	case error:
		failure = guard("Error", func() { text = x.Error() })
	case fmt.Stringer:
		failure = guard("String", func() { text = x.String() })
	default:
		return false
	}
	if failure != "" {
		text = failure
	}
	if depth > 0 {
		text = cut(text, maxText/10)
	}
	p.WriteString(text)
	return true
}

func (p *printer) structure(v reflect.Value, depth int) {
	t := v.Type()
	if t.Name() != "" {
		p.WriteString(typeName(t))
	}
	p.WriteByte('{')
	for i := range v.NumField() {
		if i > 0 {
			p.WriteString(", ")
		}
		if i == maxItems {
			fmt.Fprintf(p, "… %d fields", v.NumField())
			break
		}
		p.WriteString(versions.ReplaceAllString(t.Field(i).Name, ""))
		p.WriteString(": ")
		p.value(v.Field(i), depth+1)
	}
	p.WriteByte('}')
}

func (p *printer) mapping(v reflect.Value, depth int) {
	if v.IsNil() {
		fmt.Fprintf(p, "%s(nil)", typeName(v.Type()))
		return
	}
	if depth == 0 {
		p.WriteString(typeName(v.Type()))
	} else {
		p.WriteString("map")
	}
	p.WriteByte('{')
	for i, key := range sortedKeys(v) {
		if i > 0 {
			p.WriteString(", ")
		}
		if i == maxItems {
			fmt.Fprintf(p, "… %s entries", count(v.Len()))
			break
		}
		p.value(key, depth+1)
		p.WriteString(": ")
		p.value(v.MapIndex(key), depth+1)
	}
	p.WriteByte('}')
}

func (p *printer) list(v reflect.Value, depth int) {
	if v.Kind() == reflect.Slice && v.IsNil() && depth == 0 {
		fmt.Fprintf(p, "%s(nil)", typeName(v.Type()))
		return
	}
	n := v.Len()
	p.WriteByte('[')
	for i := range n {
		if n > maxItems && i == maxItems/2 {
			p.WriteString(" …")
		}
		if n > maxItems && i >= maxItems/2 && i < n-maxItems/10 {
			continue
		}
		if i > 0 {
			p.WriteByte(' ')
		}
		p.value(v.Index(i), depth+1)
	}
	p.WriteByte(']')
	if n > maxItems {
		fmt.Fprintf(p, " (%s elements)", count(n))
	}
}

func floatText(v reflect.Value) string {
	bits := 64
	if v.Kind() == reflect.Float32 {
		bits = 32
	}
	f := v.Float()
	if a := max(f, -f); a != 0 && (a < 1e-4 || a >= 1e21) {
		return strconv.FormatFloat(f, 'e', -1, bits)
	}
	return strconv.FormatFloat(f, 'f', -1, bits)
}

// sortedKeys are v's keys in order where they have one (numbers, strings), else by their text.
func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	less := func(a, b reflect.Value) bool { return fmt.Sprint(a) < fmt.Sprint(b) }
	switch v.Type().Key().Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		less = func(a, b reflect.Value) bool { return a.Int() < b.Int() }
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		less = func(a, b reflect.Value) bool { return a.Uint() < b.Uint() }
	case reflect.Float32, reflect.Float64:
		less = func(a, b reflect.Value) bool { return a.Float() < b.Float() }
	case reflect.String:
		less = func(a, b reflect.Value) bool { return a.String() < b.String() }
	}
	sort.SliceStable(keys, func(i, j int) bool { return less(keys[i], keys[j]) })
	return keys
}

// cut shortens s to about limit characters, leaving its begin and end, and makes it valid UTF-8.
func cut(s string, limit int) string {
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "\uFFFD")
	}
	if len(s) <= limit {
		return s
	}
	runes := []rune(s)
	if len(runes) <= limit {
		return s
	}
	head, tail := limit*3/4, limit/4
	return fmt.Sprintf("%s … (%s characters left out) … %s",
		string(runes[:head]), count(len(runes)-head-tail), string(runes[len(runes)-tail:]))
}

// count writes n with commas: 1,234,567.
func count(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func escape(s string) string { return html.EscapeString(s) }
