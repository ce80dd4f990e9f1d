package live

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"gosft/kernel/worker/wire"
)

// describe tells what a variable holds. Careful is for when a cell runs: maps are not walked, since reading one while it
// is written ends the process.
func describe(symbol string, v variable, careful bool, width int) wire.Var {
	val := reflect.ValueOf(v.ptr).Elem()
	out := wire.Var{Name: v.name, Symbol: symbol, Cell: v.cell, Type: TypeString(val.Type()), Len: -1, Size: -1}
	for val.Kind() == reflect.Interface && !val.IsNil() {
		val = val.Elem()
	}
	switch val.Kind() {
	case reflect.Slice, reflect.Map, reflect.String, reflect.Chan, reflect.Array:
		out.Len = int64(val.Len())
	}
	out.Shape = shape(val)
	w := walker{careful: careful, seen: map[uintptr]bool{}, left: 10_000}
	if n := w.size(val); w.left > 0 {
		out.Size = n + int64(reflect.ValueOf(v.ptr).Elem().Type().Size())
	}
	p := printer{careful: careful, left: width}
	p.value(val, 0)
	out.Value = Clean(p.b.String())
	return out
}

// TypeString is a type as the user writes it: without the package of cells and the markers of versions.
func TypeString(t reflect.Type) string {
	return Clean(strings.ReplaceAll(t.String(), "cell.", ""))
}

// shape asks values that know their extent: Shape(), Dims(), NumRows() and NumCols().
func shape(v reflect.Value) (s string) {
	defer func() {
		if recover() != nil {
			s = ""
		}
	}()
	if !v.IsValid() || !v.CanInterface() || (v.Kind() == reflect.Pointer && v.IsNil()) {
		return ""
	}
	type named interface{ NumRows() int }
	switch x := v.Interface().(type) {
	case interface{ Dims() (int, int) }:
		r, c := x.Dims()
		return fmt.Sprintf("%d x %d", r, c)
	case interface{ Shape() (int, int) }:
		r, c := x.Shape()
		return fmt.Sprintf("%d x %d", r, c)
	case interface {
		NumRows() int
		NumCols() int
	}:
		return fmt.Sprintf("%d x %d", x.NumRows(), x.NumCols())
	case interface{ Shape() []int }:
		return fmt.Sprint(x.Shape())
	case named:
		return fmt.Sprintf("%d rows", x.NumRows())
	}
	if m := v.MethodByName("Shape"); m.IsValid() && m.Type().NumIn() == 0 && m.Type().NumOut() == 1 {
		return fmt.Sprint(m.Call(nil)[0].Interface())
	}
	return ""
}

// A walker adds up the bytes that a value holds besides its own.
type walker struct {
	careful bool
	seen    map[uintptr]bool
	left    int // nodes that may still be visited
}

func (w *walker) size(v reflect.Value) int64 {
	if w.left--; w.left <= 0 || !v.IsValid() {
		return 0
	}
	switch v.Kind() {
	case reflect.String:
		return int64(v.Len())
	case reflect.Pointer:
		if v.IsNil() || w.again(v.Pointer()) {
			return 0
		}
		return int64(v.Type().Elem().Size()) + w.size(v.Elem())
	case reflect.Interface:
		if v.IsNil() {
			return 0
		}
		return int64(v.Elem().Type().Size()) + w.size(v.Elem())
	case reflect.Slice:
		if v.IsNil() || w.again(v.Pointer()) {
			return 0
		}
		return int64(v.Cap())*int64(v.Type().Elem().Size()) + w.elements(v)
	case reflect.Array:
		return w.elements(v)
	case reflect.Struct:
		var n int64
		for i := range v.NumField() {
			n += w.size(v.Field(i))
		}
		return n
	case reflect.Map:
		if v.IsNil() || w.again(v.Pointer()) {
			return 0
		}
		n := int64(v.Len()) * int64(v.Type().Key().Size()+v.Type().Elem().Size()+1) * 8 / 7
		if w.careful || (flat(v.Type().Key()) && flat(v.Type().Elem())) {
			return n
		}
		for it := v.MapRange(); it.Next() && w.left > 0; {
			n += w.size(it.Key()) + w.size(it.Value())
		}
		return n
	}
	return 0
}

func (w *walker) again(p uintptr) bool {
	if w.seen[p] {
		return true
	}
	w.seen[p] = true
	return false
}

func (w *walker) elements(v reflect.Value) (n int64) {
	if flat(v.Type().Elem()) {
		return 0
	}
	for i := 0; i < v.Len() && w.left > 0; i++ {
		n += w.size(v.Index(i))
	}
	return n
}

// flat reports whether values of the type hold nothing beyond their own bytes.
func flat(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Array:
		return flat(t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			if !flat(t.Field(i).Type) {
				return false
			}
		}
		return true
	}
	return t.Kind() <= reflect.Complex128
}

// A printer writes a value in about left bytes, without looking at more of it than that needs.
type printer struct {
	b       strings.Builder
	careful bool
	left    int
}

func (p *printer) value(v reflect.Value, depth int) {
	if p.b.Len() > p.left {
		return
	}
	if !v.IsValid() {
		p.b.WriteString("nil")
		return
	}
	if v.CanInterface() {
		switch x := v.Interface().(type) {
		case time.Time:
			p.b.WriteString(x.String())
			return
		case time.Duration:
			p.b.WriteString(x.String())
			return
		}
	}
	switch v.Kind() {
	case reflect.String:
		s := v.String()
		if rest := max(p.left-p.b.Len(), 8); len(s) > rest {
			s = strings.ToValidUTF8(s[:rest], "") + "…"
		}
		p.b.WriteString(strconv.Quote(s))
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice && v.IsNil() {
			p.b.WriteString("nil")
			return
		}
		p.b.WriteByte('[')
		for i := range v.Len() {
			if i > 0 {
				p.b.WriteByte(' ')
			}
			if p.b.Len() > p.left || depth > 4 {
				p.b.WriteString("…")
				break
			}
			p.value(v.Index(i), depth+1)
		}
		p.b.WriteByte(']')
	case reflect.Map:
		if v.IsNil() {
			p.b.WriteString("nil")
			return
		}
		if p.careful || depth > 4 {
			fmt.Fprintf(&p.b, "map of %d", v.Len())
			return
		}
		p.b.WriteString("map[")
		first := true
		for it := v.MapRange(); it.Next(); {
			if !first {
				p.b.WriteByte(' ')
			}
			first = false
			if p.b.Len() > p.left {
				p.b.WriteString("…")
				break
			}
			p.value(it.Key(), depth+1)
			p.b.WriteByte(':')
			p.value(it.Value(), depth+1)
		}
		p.b.WriteByte(']')
	case reflect.Struct:
		p.b.WriteByte('{')
		for i := range v.NumField() {
			if i > 0 {
				p.b.WriteByte(' ')
			}
			if p.b.Len() > p.left || depth > 4 {
				p.b.WriteString("…")
				break
			}
			p.b.WriteString(v.Type().Field(i).Name)
			p.b.WriteByte(':')
			p.value(v.Field(i), depth+1)
		}
		p.b.WriteByte('}')
	case reflect.Pointer:
		if v.IsNil() {
			p.b.WriteString("nil")
			return
		}
		p.b.WriteByte('&')
		if depth > 2 {
			p.b.WriteString("…")
			return
		}
		p.value(v.Elem(), depth+1)
	case reflect.Interface:
		if v.IsNil() {
			p.b.WriteString("nil")
			return
		}
		p.value(v.Elem(), depth)
	case reflect.Func, reflect.Chan, reflect.UnsafePointer:
		if v.IsNil() {
			p.b.WriteString("nil")
			return
		}
		p.b.WriteString(TypeString(v.Type()))
	case reflect.Bool:
		p.b.WriteString(strconv.FormatBool(v.Bool()))
	case reflect.Float32, reflect.Float64:
		p.b.WriteString(strconv.FormatFloat(v.Float(), 'g', 6, 64))
	case reflect.Complex64, reflect.Complex128:
		p.b.WriteString(strconv.FormatComplex(v.Complex(), 'g', 6, 128))
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		p.b.WriteString(strconv.FormatUint(v.Uint(), 10))
	default:
		p.b.WriteString(strconv.FormatInt(v.Int(), 10))
	}
}
