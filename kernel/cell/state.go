package cell

import (
	"fmt"
	"sort"
	"strings"
)

// Vars lists the session's variables by name.
func (p *Planner) Vars() []Var {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []Var
	for name, u := range p.session.units {
		if u.kind == varUnit && u.broken == "" {
			out = append(out, Var{name, u.symbol[name], userTypeOf(u), u.cell})
		}
	}
	sort.Slice(out, func(i, j int) bool { return out[i].Name < out[j].Name })
	return out
}

// Lose tells the planner that the worker and all values are gone. Declarations stay. It returns the variables that are
// lost; a cell that uses one before it is made again gets an error that says so.
func (p *Planner) Lose() []Var {
	lost := p.Vars()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.session = p.session.clone()
	p.linked = map[string]bool{}
	for _, v := range lost {
		p.session.lost[v.Name] = v
	}
	return lost
}

// Forget removes a name from the session, as %rm does. It reports whether there was one. What uses it goes on with the old
// meaning until it is declared again.
func (p *Planner) Forget(name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.session.clone()
	p.session = s
	_, imported := s.imports[name]
	_, declared := s.units[name]
	delete(s.imports, name)
	delete(s.units, name)
	delete(s.lost, name)
	return imported || declared
}

// Declarations returns the session as one Go file, for gopls: imports, types, constants, functions, and variables without
// their values.
func (p *Planner) Declarations() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.session
	var b, body strings.Builder
	imports := map[string]string{} // name -> path
	for name, path := range s.imports {
		imports[name] = path
	}
	for _, u := range s.all() {
		if u.broken != "" {
			continue
		}
		if u.kind == varUnit {
			t := u.expr.text
			for _, path := range u.expr.paths {
				name := plainName(path)
				if imports[name] != path {
					for imports[name] != "" && imports[name] != path {
						name += "_"
					}
					imports[name] = path
				}
				t = strings.ReplaceAll(t, aliasOf(path), name)
			}
			fmt.Fprintf(&body, "var %s %s\n\n", u.name(), t)
			continue
		}
		for _, part := range u.parts {
			if usesC(part.outImps) {
				continue
			}
			for _, i := range part.imports {
				if _, ok := imports[i.name]; !ok && !strings.Contains(i.name, mark) {
					imports[i.name] = i.path
				}
			}
			body.WriteString(part.prefix + part.src.text[part.start:part.end] + "\n\n")
		}
	}
	b.WriteString("package main\n\n")
	names := make([]string, 0, len(imports))
	for n, path := range imports {
		if path != "C" && s.units[n] == nil {
			names = append(names, n)
		}
	}
	sort.Strings(names)
	for _, n := range names {
		fmt.Fprintf(&b, "import %s %q\n", n, imports[n])
	}
	for _, path := range s.dots {
		fmt.Fprintf(&b, "import . %q\n", path)
	}
	return b.String() + "\n" + body.String()
}

// Source returns the text of the declarations that a name stands for, "" when the session has none.
func (p *Planner) Source(name string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	u := p.session.units[name]
	if u == nil {
		return ""
	}
	if u.kind == varUnit {
		return "var " + u.name() + " " + userTypeOf(u)
	}
	var texts []string
	for _, part := range u.parts {
		texts = append(texts, part.prefix+part.src.text[part.start:part.end])
	}
	return strings.Join(texts, "\n\n")
}

func plainName(path string) string {
	name, _, _ := strings.Cut(aliasOf(path), mark)
	return name
}
