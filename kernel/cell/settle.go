package cell

import (
	"crypto/sha256"
	"fmt"
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
		if old := d.p.session.units[u.name()]; old != nil && old.kind == varUnit && old.id == u.id {
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
			p.out, p.outImps = d.last.render(p, &u.ring, d.src.cell, symbolOf, d.localNames(fmt.Sprintf("%x", u.id), p.name), "")
		}
	}
}

func symbolOf(u *unit, name string) string {
	if s := u.symbol[name]; s != "" {
		return s
	}
	return name
}

// localNames makes names for types that functions declare: the compiler numbers these through the whole package, so two
// versions of it could mean different types by one name.
func (d *draft) localNames(keys ...string) func(*types.TypeName) string {
	names := map[types.Object]string{}
	key := strings.Join(keys, "\x00")
	return func(o *types.TypeName) string {
		if n := names[o]; n != "" {
			return n
		}
		n := d.p.symbols.inside(o.Name(), fmt.Sprint(key, "\x00", len(names)))
		names[o] = n
		return n
	}
}

// inside returns the name of a type declared in a function, the same for the same place in the same text.
func (s *symbols) inside(name, key string) string {
	id := identity{}
	sum := sha256.Sum256([]byte("inside\x00" + name + "\x00" + key))
	copy(id[:], sum[:])
	if m, ok := s.byID[id]; ok {
		return m[name]
	}
	s.count["\x00"+name]++
	m := map[string]string{name: fmt.Sprintf("%s%s%d", name, mark, 1000+s.count["\x00"+name])}
	s.byID[id] = m
	return m[name]
}

// initName is the name of the cell's i-th init function: no two plans share one.
func (d *draft) initName(i int) string {
	return d.p.symbols.inside("init", fmt.Sprint(d.src.text, "\x00", i))
}
