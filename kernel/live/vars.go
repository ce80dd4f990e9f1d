package live

import (
	"reflect"
	"sort"
	"sync"

	"gosft/kernel/worker/wire"
)

// variables is all that the user's variables are known by: their symbols.
type variables struct {
	mu sync.Mutex
	m  map[string]variable
}

type variable struct {
	name string
	cell int
	ptr  any // *T
}

var vars = &variables{m: map[string]variable{}}

func (vs *variables) add(name, symbol string, cell int, ptr any) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	if old, ok := vs.m[symbol]; ok {
		cell = old.cell // the same variable, registered again by a later cell
	}
	vs.m[symbol] = variable{name, cell, ptr}
}

// carry sets the variable to from another whose type has the same layout. Reading the old memory as the new type keeps the
// garbage collector's barriers.
func (vs *variables) carry(from, to string) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	a, okA := vs.m[from]
	b, okB := vs.m[to]
	if !okA || !okB {
		return
	}
	src, dst := reflect.ValueOf(a.ptr), reflect.ValueOf(b.ptr).Elem()
	if src.Elem().Type().Size() != dst.Type().Size() {
		return
	}
	dst.Set(reflect.NewAt(dst.Type(), src.UnsafePointer()).Elem())
}

// retire zeroes variables that no name reaches any more, so that what they hold can be freed.
func (vs *variables) retire(symbols []string) {
	vs.mu.Lock()
	defer vs.mu.Unlock()
	for _, s := range symbols {
		if v, ok := vs.m[s]; ok {
			reflect.ValueOf(v.ptr).Elem().SetZero()
			delete(vs.m, s)
		}
	}
}

// list describes all variables, by name; careful leaves out what would walk through maps that a running cell may write.
func (vs *variables) list(careful bool) []wire.Var {
	vs.mu.Lock()
	all := make(map[string]variable, len(vs.m))
	for s, v := range vs.m {
		all[s] = v
	}
	vs.mu.Unlock()
	out := make([]wire.Var, 0, len(all))
	for s, v := range all {
		out = append(out, describe(s, v, careful, 80))
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].Name != out[j].Name {
			return out[i].Name < out[j].Name
		}
		return out[i].Symbol < out[j].Symbol
	})
	return out
}

// inspect describes the newest variable of a name, with a longer text of its value.
func (vs *variables) inspect(name string, careful bool) (wire.Var, bool) {
	vs.mu.Lock()
	var symbol string
	var found variable
	for s, v := range vs.m {
		if v.name == name && (symbol == "" || v.cell >= found.cell) {
			symbol, found = s, v
		}
	}
	vs.mu.Unlock()
	if symbol == "" {
		return wire.Var{}, false
	}
	return describe(symbol, found, careful, 2000), true
}
