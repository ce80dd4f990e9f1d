package display

import (
	"fmt"
	"reflect"
	"strconv"
)

// dense is what gonum's matrices and vectors have.
type dense interface {
	Dims() (rows, columns int)
	At(i, j int) float64
}

// matrix shows matrices and tensors, found by their methods so that this package imports neither library.
func matrix(v any) (b Bundle, failure string) {
	if m, ok := v.(dense); ok {
		failure = guard("At", func() {
			rows, columns := m.Dims()
			if rows <= 0 || columns <= 0 {
				b = Bundle{MIMEText: fmt.Sprintf("%s %d×%d", TypeName(v), rows, columns)}
				return
			}
			t := fill(rows, columns, strconv.Itoa,
				func(_, c int) string { return strconv.Itoa(c) },
				func(r, c int) string { return fmt.Sprintf("%.6g", m.At(r, c)) },
				func(int) bool { return true })
			t.Note = fmt.Sprintf("%s %d×%d", TypeName(v), rows, columns)
			b = t.Bundle()
		})
		return b, failure
	}
	if s, ok := v.(interface{ Summary(precision int) string }); ok && hasShape(v) {
		failure = guard("Summary", func() { b = Bundle{MIMEText: cut(s.Summary(4), maxText)} })
		return b, failure
	}
	return nil, ""
}

// hasShape says that v has a method Shape without arguments and with one result, as tensors of all libraries have.
func hasShape(v any) bool {
	m := reflect.ValueOf(v).MethodByName("Shape")
	return m.IsValid() && m.Type().NumIn() == 0 && m.Type().NumOut() == 1
}
