package cell

import (
	"fmt"
	"go/types"
	"strconv"
	"strings"
)

// typeText is a type written down. The text holds the names of the session as the user writes them, and packages by an
// alias that is the same for a path everywhere, so that it can be checked again when what it names has changed.
type typeText struct {
	text  string
	names map[string]bool // of the session
	paths []string        // of packages
}

// aliasOf returns the name under which generated code imports a path: nobody can type it, and no two paths share it.
func aliasOf(path string) string {
	base := path
	if i := strings.LastIndexByte(base, '/'); i >= 0 {
		base = base[i+1:]
	}
	clean := strings.Map(func(r rune) rune {
		if r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, base)
	if clean == "" || clean[0] >= '0' && clean[0] <= '9' {
		clean = "p" + clean
	}
	var h uint64 = 14695981039346656037
	for i := 0; i < len(path); i++ {
		h = (h ^ uint64(path[i])) * 1099511628211
	}
	return clean + mark + strconv.FormatUint(h, 10)
}

// unnameable says why a type cannot be written outside the place that declared it.
type unnameable struct{ what string }

func (u unnameable) Error() string { return u.what }

// ofSession reports whether a package is that of the cells.
func ofSession(p *types.Package) bool { return p != nil && p.Path() == PackagePath }

// typePrinter writes types.
type typePrinter struct {
	b    strings.Builder
	name func(*types.TypeName) string // of a type of the session
	pkg  func(*types.Package) string
	err  error
}

// writeType gives the text for a variable's type in the checker's terms.
func writeType(t types.Type) (typeText, error) {
	out := typeText{names: map[string]bool{}}
	p := &typePrinter{}
	p.name = func(n *types.TypeName) string { out.names[n.Name()] = true; return n.Name() }
	p.pkg = func(q *types.Package) string { out.paths = append(out.paths, q.Path()); return aliasOf(q.Path()) }
	p.typ(t)
	out.text = p.b.String()
	return out, p.err
}

// userType writes a type as the user does: package names, no markers.
func userType(t types.Type) string {
	return Unmark(types.TypeString(t, func(q *types.Package) string {
		if q.Path() == PackagePath {
			return ""
		}
		return q.Name()
	}))
}

func (p *typePrinter) fail(format string, args ...any) {
	if p.err == nil {
		p.err = unnameable{fmt.Sprintf(format, args...)}
	}
}

func (p *typePrinter) obj(o *types.TypeName) {
	switch {
	case o.Pkg() == nil:
		p.b.WriteString(o.Name())
	case ofSession(o.Pkg()):
		if o.Parent() != o.Pkg().Scope() {
			p.fail("type %s is declared inside a function or block", o.Name())
		}
		p.b.WriteString(p.name(o))
	default:
		if !o.Exported() {
			p.fail("type %s.%s is not exported", o.Pkg().Name(), o.Name())
		}
		if internal(o.Pkg().Path()) {
			p.fail("type %s.%s is in an internal package", o.Pkg().Name(), o.Name())
		}
		if o.Parent() != o.Pkg().Scope() && o.Parent() != nil {
			p.fail("type %s.%s is declared inside a function", o.Pkg().Name(), o.Name())
		}
		p.b.WriteString(p.pkg(o.Pkg()) + "." + o.Name())
	}
}

// internal reports whether code outside cannot import a path. Packages of this module may be: cells live in it by name only.
func internal(path string) bool {
	return strings.HasPrefix(path, "internal/") || strings.Contains(path, "/internal/") || strings.HasSuffix(path, "/internal") ||
		strings.HasPrefix(path, "vendor/")
}

func (p *typePrinter) args(list *types.TypeList) {
	if list.Len() == 0 {
		return
	}
	p.b.WriteByte('[')
	for i := range list.Len() {
		if i > 0 {
			p.b.WriteString(", ")
		}
		p.typ(list.At(i))
	}
	p.b.WriteByte(']')
}

func (p *typePrinter) typ(t types.Type) {
	if p.err != nil {
		return
	}
	switch t := t.(type) {
	case nil:
		p.fail("its type is not known")
	case *types.Basic:
		if t.Kind() == types.Invalid {
			p.fail("its type is not known")
		} else if t.Kind() == types.UnsafePointer {
			p.b.WriteString(p.pkg(types.Unsafe) + ".Pointer")
		} else {
			p.b.WriteString(t.Name())
		}
	case *types.Alias:
		// an alias that cannot be named stands for a type that perhaps can
		if o := t.Obj(); o.Pkg() != nil && (!ofSession(o.Pkg()) && (!o.Exported() || internal(o.Pkg().Path())) || ofSession(o.Pkg()) && o.Parent() != o.Pkg().Scope()) {
			p.typ(types.Unalias(t))
			return
		}
		p.obj(t.Obj())
		p.args(t.TypeArgs())
	case *types.Named:
		p.obj(t.Obj())
		p.args(t.TypeArgs())
	case *types.Pointer:
		p.b.WriteByte('*')
		p.typ(t.Elem())
	case *types.Slice:
		p.b.WriteString("[]")
		p.typ(t.Elem())
	case *types.Array:
		fmt.Fprintf(&p.b, "[%d]", t.Len())
		p.typ(t.Elem())
	case *types.Map:
		p.b.WriteString("map[")
		p.typ(t.Key())
		p.b.WriteByte(']')
		p.typ(t.Elem())
	case *types.Chan:
		switch t.Dir() {
		case types.SendOnly:
			p.b.WriteString("chan<- ")
		case types.RecvOnly:
			p.b.WriteString("<-chan ")
		default:
			p.b.WriteString("chan ")
		}
		p.b.WriteByte('(') // chan (<-chan int)
		p.typ(t.Elem())
		p.b.WriteByte(')')
	case *types.Signature:
		p.b.WriteString("func")
		p.signature(t)
	case *types.Struct:
		p.structure(t)
	case *types.Interface:
		p.iface(t)
	case *types.Union:
		for i := range t.Len() {
			if i > 0 {
				p.b.WriteString(" | ")
			}
			if t.Term(i).Tilde() {
				p.b.WriteByte('~')
			}
			p.typ(t.Term(i).Type())
		}
	case *types.TypeParam:
		p.fail("it depends on type parameter %s", t)
	default:
		p.fail("a type of kind %T", t)
	}
}

func (p *typePrinter) signature(s *types.Signature) {
	p.b.WriteByte('(')
	for i := range s.Params().Len() {
		if i > 0 {
			p.b.WriteString(", ")
		}
		t := s.Params().At(i).Type()
		if s.Variadic() && i == s.Params().Len()-1 {
			p.b.WriteString("...")
			if sl, ok := t.(*types.Slice); ok {
				t = sl.Elem()
			}
		}
		p.typ(t)
	}
	p.b.WriteByte(')')
	if s.Results().Len() == 0 {
		return
	}
	p.b.WriteString(" (")
	for i := range s.Results().Len() {
		if i > 0 {
			p.b.WriteString(", ")
		}
		p.typ(s.Results().At(i).Type())
	}
	p.b.WriteByte(')')
}

func (p *typePrinter) structure(s *types.Struct) {
	p.b.WriteString("struct{")
	for i := range s.NumFields() {
		f := s.Field(i)
		if i > 0 {
			p.b.WriteString("; ")
		}
		if !ofSession(f.Pkg()) && !f.Exported() {
			p.fail("a struct of another package with field %s, which is not exported", f.Name())
		}
		if !f.Embedded() {
			p.b.WriteString(f.Name() + " ")
		}
		p.typ(f.Type())
		if tag := s.Tag(i); tag != "" {
			p.b.WriteString(" " + strconv.Quote(tag))
		}
	}
	p.b.WriteByte('}')
}

func (p *typePrinter) iface(t *types.Interface) {
	p.b.WriteString("interface{")
	sep := ""
	for i := range t.NumExplicitMethods() {
		m := t.ExplicitMethod(i)
		if !ofSession(m.Pkg()) && !m.Exported() {
			p.fail("an interface of another package with method %s, which is not exported", m.Name())
		}
		p.b.WriteString(sep + m.Name())
		p.signature(m.Signature())
		sep = "; "
	}
	for i := range t.NumEmbeddeds() {
		p.b.WriteString(sep)
		p.typ(t.EmbeddedType(i))
		sep = "; "
	}
	p.b.WriteByte('}')
}
