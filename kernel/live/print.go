package live

import (
	"fmt"
	"math"
	"os"
	"reflect"
	"strconv"
	"strings"
)

// Print and Println are Go's print and println for what is no interface, written like any other output: the runtime's own
// come out of turn.
func Print(args ...any) { printed("", "", args) }

// Println is println.
func Println(args ...any) { printed(" ", "\n", args) }

func printed(sep, end string, args []any) {
	var b strings.Builder
	for i, a := range args {
		if i > 0 {
			b.WriteString(sep)
		}
		switch v := reflect.ValueOf(a); v.Kind() {
		case reflect.Float32, reflect.Float64:
			b.WriteString(exponent(v.Float()))
		case reflect.Complex64, reflect.Complex128:
			c := v.Complex()
			fmt.Fprintf(&b, "(%s%si)", exponent(real(c)), exponent(imag(c)))
		case reflect.String:
			b.WriteString(v.String())
		case reflect.Bool:
			fmt.Fprint(&b, v.Bool())
		case reflect.Slice:
			fmt.Fprintf(&b, "[%d/%d]%#x", v.Len(), v.Cap(), v.Pointer())
		case reflect.Pointer, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
			fmt.Fprintf(&b, "%#x", v.Pointer())
		default:
			fmt.Fprintf(&b, "%d", a)
		}
	}
	os.Stderr.WriteString(b.String() + end)
}

// exponent writes a number as the runtime does: +1.500000e+000.
func exponent(f float64) string {
	if math.IsNaN(f) {
		return "NaN"
	}
	mantissa, exp, finite := strings.Cut(fmt.Sprintf("%+e", f), "e")
	if !finite {
		return mantissa
	}
	n, _ := strconv.Atoi(exp)
	return fmt.Sprintf("%se%+04d", mantissa, n)
}
