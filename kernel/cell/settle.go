package cell

import (
	"fmt"
	"go/ast"
	"go/types"
	"sort"
	"strings"
)

// settle gives every new unit its uses, its identity, its symbols and its text.
func (d *draft) settle() {
	if d.last.info == nil {
		return
	}
	units := append([]*unit(nil), d.fresh...)
	for u := range d.affected {
		if u.broken == "" {
			units = append(units, u)
		}
	}
	sort.Slice(units, func(i, j int) bool { return units[i].name() < units[j].name() })
	for _, u := range units {
		u.uses = nil
		seen := map[use]bool{}
		for _, p := range u.parts {
			uses, names, paths := d.last.usesOf(p, d.src.cell)
			p.paths = paths
			for _, x := range uses {
				if !seen[x] {
					seen[x] = true
					u.uses = append(u.uses, x)
				}
			}
			var kept []binding
			for _, b := range p.imports {
				if names[b.name] {
					kept = append(kept, b)
				}
			}
			p.imports = kept
		}
		if u.kind == varUnit {
			for _, n := range sortedKeys(u.expr.names) {
				if v := d.last.units[n]; v != nil {
					u.uses = append(u.uses, use{n, v})
				}
			}
		}
		if u.kind == varUnit || u.kind == typeUnit {
			if obj := d.last.pkg.Scope().Lookup(u.name()); obj != nil {
				u.typ = obj.Type()
			}
		}
	}
	for _, v := range d.tops {
		if v.unit != nil {
			for i, x := range v.unit.uses { // types may have been checked again since
				if n := d.next.units[x.name]; n != nil && n.kind != varUnit {
					v.unit.uses[i].unit = n
				}
			}
			units = append(units, v.unit)
		}
	}
	identify(units)
	for _, u := range units {
		u.symbol = d.p.symbols.of(u)
		if old := d.old.units[u.name()]; old != nil && old.kind == varUnit && old.id == u.id {
			u.pinned = u.pinned || old.pinned
			u.cell = old.cell
		}
	}
	for _, v := range d.tops {
		if v.unit != nil {
			v.symbol = v.unit.symbol[v.name]
		}
	}
	for u, old := range d.affected {
		if u.broken == "" && u.id == old.id { // nothing has changed for it after all
			for _, n := range u.names {
				if d.next.units[n] == u {
					d.next.units[n] = old
				}
			}
		}
	}
	for _, u := range units {
		for _, p := range u.parts {
			l := d.localTypes(fmt.Sprintf("%x", u.id), p.name)
			p.out, p.outImps = d.last.render(p, &u.ring, d.src.cell, symbolOf, l.name, "")
			p.first, p.last = l.first, l.last
			d.linkC(u, p, l)
		}
	}
}

// linkC makes a function that calls C one that is called through a variable of its name: the plugin that brings it first puts
// it there, later ones use it. So C code is compiled once, and what its static variables hold stays. A method, a generic
// function, and one whose type names C's types come with each plugin again, each with statics of its own.
func (d *draft) linkC(u *unit, p *part, l *locals) {
	fd, ok := p.node.(*ast.FuncDecl)
	if !ok || !usesC(p.outImps) || fd.Recv != nil || fd.Type.TypeParams != nil {
		return
	}
	r := newRewriter(d.last, p.src, d.src.cell)
	r.symbol = symbolOf
	text := "func" + r.sub(fd.Type.Params)
	if fd.Type.Results != nil {
		text += " " + r.sub(fd.Type.Results)
	}
	if r.imps["C"] {
		return
	}
	name := symbolOf(u, u.name())
	p.link, p.linkImp = strings.ReplaceAll("var "+name+" "+text, "\n", " ")+"\n", sortedKeys(r.imps)
	p.out, p.outImps = d.last.render(p, &u.ring, d.src.cell, symbolOf, l.name, linkedC(name))
}

// linkedC is what a function that calls C is called itself.
func linkedC(symbol string) string { return symbol + mark + "0" }

func symbolOf(u *unit, name string) string {
	if s := u.symbol[name]; s != "" {
		return s
	}
	return name
}

// locals names the types that a function declares. The compiler numbers these through the whole package and makes the number
// part of their symbol. So each gets a name of its own, with a number that it also has with the compiler in every package
// that holds it: see [number].
type locals struct {
	s     *symbols
	key   string
	names map[types.Object]string
	first int // the lowest number; 0 when there is no such type
	last  int
}

func (d *draft) localTypes(keys ...string) *locals {
	return &locals{s: d.p.symbols, key: strings.Join(keys, "\x00"), names: map[types.Object]string{}}
}

func (l *locals) name(o *types.TypeName) string {
	if o.IsAlias() {
		return o.Name()
	}
	if n := l.names[o]; n != "" {
		return n
	}
	k := l.s.inside(fmt.Sprint("type\x00", o.Name(), "\x00", l.key, "\x00", len(l.names)))
	if l.first == 0 {
		l.first = k
	}
	l.last = k
	l.names[o] = fmt.Sprintf("%s%s%d", o.Name(), mark, 1000+k)
	return l.names[o]
}

// inside returns the number of something without a name of its own in the session: the same for the same key.
func (s *symbols) inside(key string) int {
	if k, ok := s.within[key]; ok {
		return k
	}
	kind, _, _ := strings.Cut(key, "\x00")
	s.count["\x00"+kind]++
	s.within[key] = s.count["\x00"+kind]
	return s.within[key]
}

// initName is the name of an init function: the same text that means the same.
func (d *draft) initName(i int, p *part) string {
	uses, _, paths := d.last.usesOf(p, d.src.cell)
	return fmt.Sprintf("init%s%d", mark, 1000+d.p.symbols.inside(fmt.Sprint("init\x00", i, p.src.text[p.start:p.end], meaning(uses), paths)))
}

// meaning tells what names stand for.
func meaning(uses []use) string {
	var b strings.Builder
	for _, x := range uses {
		fmt.Fprintf(&b, "%s %x\n", x.name, x.unit.id)
	}
	return b.String()
}

// item is a piece of the generated package, with the numbers of the types that its functions declare.
type item struct {
	text        string
	first, last int
}

// number writes items so that the compiler gives each local type its number: in their order, with types that nobody uses
// in the place of those that this package does not hold.
func number(items []item) string {
	sort.SliceStable(items, func(i, j int) bool { return items[i].first < items[j].first })
	var b strings.Builder
	at := 0
	for _, x := range items {
		if n := x.first - 1 - at; x.first > 0 && n > 0 {
			b.WriteString("func _() { type (" + strings.Repeat(" _ int;", n) + " ) }\n")
		}
		b.WriteString(x.text)
		at = max(at, x.last)
	}
	return b.String()
}
