package cell

import (
	"crypto/sha256"
	"fmt"
	"go/scanner"
	"go/token"
	"go/types"
	"io"
	"regexp"
	"sort"
	"strings"
)

// identity is what a declaration means: its text and the identities of all that it uses. Two declarations with the same
// identity share one symbol for ever; another identity is another symbol.
type identity [16]byte

// own hashes a unit's text by its tokens, so that comments, spaces and the place in the notebook do not matter, with the
// imports that its names stand for.
func (u *unit) own() identity {
	h := sha256.New()
	fmt.Fprintln(h, u.kind, strings.Join(u.names, " "))
	parts := append([]*part(nil), u.parts...)
	if len(parts) > 1 {
		sort.Slice(parts[1:], func(i, j int) bool { return parts[1+i].name < parts[1+j].name })
	}
	for _, p := range parts {
		fmt.Fprintln(h, "part")
		tokens(h, p.src.text[p.start:p.end])
		imps := append([]binding(nil), p.imports...)
		sort.Slice(imps, func(i, j int) bool { return imps[i].name < imps[j].name })
		for _, b := range imps {
			fmt.Fprintln(h, "import", b.name, b.path)
			if b.path == "C" {
				fmt.Fprintln(h, p.cgo)
			}
		}
	}
	if u.kind == varUnit {
		fmt.Fprintln(h, u.expr.text)
	}
	var id identity
	copy(id[:], h.Sum(nil))
	return id
}

// tokens writes the tokens of Go text, and the directives in its comments.
func tokens(w io.Writer, text string) {
	var s scanner.Scanner
	fset := token.NewFileSet()
	s.Init(fset.AddFile("", -1, len(text)), []byte(text), nil, scanner.ScanComments)
	held := "" // a semicolon or comma, which means nothing in front of a closing bracket
	for {
		_, tok, lit := s.Scan()
		switch tok {
		case token.EOF:
			return
		case token.COMMENT:
			if directive.MatchString(lit) {
				fmt.Fprintln(w, lit)
			}
			continue
		case token.SEMICOLON, token.COMMA:
			io.WriteString(w, held)
			held = tok.String()
			continue
		case token.RPAREN, token.RBRACE, token.RBRACK:
			held = ""
		}
		fmt.Fprintf(w, "%s%d %q\n", held, tok, lit)
		held = ""
	}
}

// identify gives identities to units whose uses are known. Those that use each other in a circle get them together.
func identify(units []*unit) {
	todo := map[*unit]bool{}
	for _, u := range units {
		todo[u] = true
	}
	index := map[*unit]int{}
	low := map[*unit]int{}
	on := map[*unit]bool{}
	var stack []*unit
	var visit func(u *unit)
	visit = func(u *unit) {
		index[u] = len(index) + 1
		low[u] = index[u]
		stack = append(stack, u)
		on[u] = true
		for _, use := range u.uses {
			v := use.unit
			if !todo[v] {
				continue
			}
			if index[v] == 0 {
				visit(v)
				low[u] = min(low[u], low[v])
			} else if on[v] {
				low[u] = min(low[u], index[v])
			}
		}
		if low[u] != index[u] {
			return
		}
		var circle []*unit
		for {
			v := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			on[v] = false
			circle = append(circle, v)
			if v == u {
				break
			}
		}
		together(circle)
	}
	for _, u := range units {
		if index[u] == 0 {
			visit(u)
		}
	}
}

func together(circle []*unit) {
	sortUnits(circle)
	in := map[*unit]bool{}
	for _, u := range circle {
		in[u] = true
	}
	all := sha256.New()
	for _, u := range circle {
		own := u.own()
		all.Write(own[:])
		var lines []string
		for _, use := range u.uses {
			if in[use.unit] {
				lines = append(lines, use.name+" in the circle")
			} else {
				lines = append(lines, fmt.Sprintf("%s %x", use.name, use.unit.id))
			}
		}
		for _, p := range u.parts {
			lines = append(lines, p.paths...)
		}
		sort.Strings(lines)
		fmt.Fprintln(all, strings.Join(lines, "\n"))
	}
	sum := all.Sum(nil)
	for _, u := range circle {
		copy(u.ring[:], sum)
		h := sha256.New()
		h.Write(sum)
		fmt.Fprint(h, u.name())
		copy(u.id[:], h.Sum(nil))
	}
}

// symbols gives every identity its names in the compiled package, for the life of the worker and beyond: also a cell that
// failed may have been loaded.
type symbols struct {
	byID   map[identity]map[string]string
	count  map[string]int
	within map[string]int // see inside
}

func newSymbols() *symbols {
	return &symbols{map[identity]map[string]string{}, map[string]int{}, map[string]int{}}
}

var runName = regexp.MustCompile(`^Run\d+`)

// of returns the unit's symbols by name. The first unit of a name keeps it bare, unless Go means something by that name in
// the whole package.
func (s *symbols) of(u *unit) map[string]string {
	if m, ok := s.byID[u.id]; ok {
		return m
	}
	m := map[string]string{}
	for _, n := range u.names {
		s.count[n]++
		k := s.count[n]
		if k == 1 && types.Universe.Lookup(n) == nil && n != "init" && !runName.MatchString(n) {
			m[n] = n
		} else {
			m[n] = fmt.Sprintf("%s%s%d", n, mark, k)
		}
	}
	s.byID[u.id] = m
	return m
}
