package cell

import (
	"go/ast"
	"go/token"
	"go/types"
	"sort"
)

// kind is what a unit declares.
type kind int

const (
	funcUnit  kind = iota
	typeUnit       // a type with all its methods
	constUnit      // a group: iota ties its names together
	varUnit
)

// A unit is a declaration that keeps its identity as a whole: a function, a type with its methods, a group of constants, a
// variable. Units are never changed once committed; a redefinition makes a new one.
type unit struct {
	kind   kind
	names  []string // what it declares; a variable, function and type has one
	parts  []*part  // syntax; of a type its declaration first, then its methods. A variable has none.
	uses   []use    // what the text names at the top of the session
	id     identity
	ring   identity          // shared by units that use each other in a circle
	symbol map[string]string // by name
	typ    types.Type        // of a variable or type, as of its last check
	broken string            // why it no longer compiles; "" when it does

	// of a variable
	cell    int      // the cell that declared it
	expr    typeText // its type
	pinned  bool     // closures, functions or pointers may hold on to the symbol
	predecl bool     // ctx
}

// use is one name of the session that a unit refers to.
type use struct {
	name string
	unit *unit
}

// part is a piece of syntax with the imports that it was written under.
type part struct {
	name    string // of a method or the unit
	src     *source
	node    ast.Decl
	start   int // offsets in src
	end     int
	prefix  string // "type " where the text starts behind that word
	names   map[string]bool
	imports []binding // those that it mentions
	paths   []string  // of packages, as they call themselves, since the last check
	cgo     string    // the comment of import "C" when it mentions C

	out     string // the generated text, with a //line directive
	outImps []string
	link    string // of a function that calls C: the variable through which it is called, see linkC
	linkImp []string
	first   int // the numbers of the types that it declares inside functions
	last    int
}

// binding is an import: the name that the text uses and the path.
type binding struct{ name, path string }

func (u *unit) name() string { return u.names[0] }

// mentions adds every identifier of the unit's text.
func (u *unit) mentions(into map[string]bool) {
	for _, p := range u.parts {
		for n := range p.names {
			into[n] = true
		}
	}
	for n := range u.expr.names {
		into[n] = true
	}
}

func (u *unit) mentionsAny(names map[string]bool) bool {
	for _, p := range u.parts {
		for n := range p.names {
			if names[n] {
				return true
			}
		}
	}
	for n := range u.expr.names {
		if names[n] {
			return true
		}
	}
	return false
}

// session is all that has been declared so far. It is copied, changed and put in place by a commit.
type session struct {
	units   map[string]*unit  // by name: what the name means now
	imports map[string]string // by name: path
	dots    []string          // dot imports, the latest first
	blank   map[string]bool   // imports for their side effects, by path
	lost    map[string]Var    // variables whose values went with a worker, by name
}

func newSession() *session {
	return &session{units: map[string]*unit{}, imports: map[string]string{}, blank: map[string]bool{}, lost: map[string]Var{}}
}

func (s *session) clone() *session {
	c := newSession()
	for k, v := range s.units {
		c.units[k] = v
	}
	for k, v := range s.imports {
		c.imports[k] = v
	}
	for k, v := range s.blank {
		c.blank[k] = v
	}
	for k, v := range s.lost {
		c.lost[k] = v
	}
	c.dots = append(c.dots, s.dots...)
	return c
}

// all returns every unit that a name reaches, in the order of their first names.
func (s *session) all() []*unit {
	seen := map[*unit]bool{}
	var out []*unit
	for _, u := range s.units {
		if !seen[u] {
			seen[u] = true
			out = append(out, u)
		}
	}
	sortUnits(out)
	return out
}

func sortUnits(us []*unit) {
	sort.Slice(us, func(i, j int) bool {
		if us[i].name() != us[j].name() {
			return us[i].name() < us[j].name()
		}
		return us[i].symbol[us[i].name()] < us[j].symbol[us[j].name()]
	})
}

// newParts turns a cell's declarations into parts. Those that declare nothing (blank names) and init functions are
// returned apart: they are checked and, for init, called, but no later cell can name them.
func (p *parsed) newParts(f *files) (parts []*declared) {
	add := func(k kind, names []string, recv string, node ast.Decl, start, end token.Pos, prefix string) {
		_, a := f.offset(start)
		_, b := f.offset(end)
		d := &declared{kind: k, names: names, recv: recv, part: &part{src: p.src, node: node, start: a, end: b, prefix: prefix, names: map[string]bool{}}}
		if len(names) > 0 {
			d.part.name = names[0]
		}
		mention(d.part.names, node)
		parts = append(parts, d)
	}
	for _, d := range p.decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			start := d.Pos()
			if d.Doc != nil {
				for _, c := range d.Doc.List {
					if directive.MatchString(c.Text) {
						start = c.Pos()
						break
					}
				}
			}
			add(funcUnit, []string{d.Name.Name}, receiver(d), d, start, d.End(), "")
		case *ast.GenDecl:
			if d.Tok == token.CONST && !tied(d) {
				for _, s := range d.Specs {
					v := s.(*ast.ValueSpec)
					var names []string
					for _, n := range v.Names {
						if n.Name != "_" {
							names = append(names, n.Name)
						}
					}
					one := &ast.GenDecl{TokPos: d.TokPos, Tok: token.CONST, Specs: []ast.Spec{v}}
					add(constUnit, names, "", one, v.Pos(), v.End(), "const ")
				}
				continue
			}
			if d.Tok == token.CONST {
				var names []string
				for _, s := range d.Specs {
					for _, n := range s.(*ast.ValueSpec).Names {
						if n.Name != "_" {
							names = append(names, n.Name)
						}
					}
				}
				add(constUnit, names, "", d, d.Pos(), d.End(), "")
				continue
			}
			for _, s := range d.Specs {
				if t, ok := s.(*ast.TypeSpec); ok {
					one := &ast.GenDecl{TokPos: d.TokPos, Tok: token.TYPE, Specs: []ast.Spec{t}}
					add(typeUnit, []string{t.Name.Name}, "", one, t.Pos(), t.End(), "type ")
				}
			}
		}
	}
	return parts
}

// tied reports whether the constants of a group depend on their places in it.
func tied(g *ast.GenDecl) bool {
	for _, s := range g.Specs {
		if v := s.(*ast.ValueSpec); len(v.Values) == 0 || mentioned(v)["iota"] {
			return true
		}
	}
	return false
}

// declared is a new part before it has found its unit.
type declared struct {
	kind  kind
	names []string
	recv  string // the receiver's type name of a method
	part  *part
}

// receiver returns the name of a method's type, "" for a function.
func receiver(d *ast.FuncDecl) string {
	if d.Recv == nil || len(d.Recv.List) == 0 {
		return ""
	}
	t := d.Recv.List[0].Type
	for {
		switch x := t.(type) {
		case *ast.StarExpr:
			t = x.X
		case *ast.ParenExpr:
			t = x.X
		case *ast.IndexExpr:
			t = x.X
		case *ast.IndexListExpr:
			t = x.X
		case *ast.Ident:
			return x.Name
		default:
			return "?"
		}
	}
}
