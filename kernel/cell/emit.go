package cell

import (
	"crypto/sha256"
	"fmt"
	"go/token"
	"go/types"
	"sort"
	"strings"
)

// emit gives everything its symbol and writes the package.
func (d *draft) emit() (*Plan, error) {
	d.settle()
	if len(d.last.wrong) > 0 {
		_, off := d.p.files.offset(d.last.wrong[0])
		return nil, Errors{{d.src.pos(off), "ctx cannot be changed inside a function", "declare a variable of another name"}}
	}
	plan := &Plan{Cell: d.src.cell, Notes: d.notes}
	d.p.entries[d.src.cell]++
	plan.Entry = fmt.Sprintf("Run%d", d.src.cell)
	if n := d.p.entries[d.src.cell]; n > 1 {
		plan.Entry += fmt.Sprintf("_%d", n)
	}

	// what the worker does with values
	var prologue strings.Builder
	var roots []*unit
	registered := map[string]bool{}
	register := func(u *unit) {
		s := u.symbol[u.name()]
		if !registered[s] {
			registered[s] = true
			fmt.Fprintf(&prologue, "\tc%s.Var(%q, %q, &%s)\n", mark, u.name(), s, s)
			roots = append(roots, u)
			plan.Vars = append(plan.Vars, Var{u.name(), s, userTypeOf(u), u.cell})
		}
	}
	for _, v := range d.tops {
		if v.unit != nil {
			register(v.unit)
		}
	}
	carried := make([]*unit, 0, len(d.affected))
	for u := range d.affected {
		if u.kind == varUnit && u.broken == "" {
			carried = append(carried, u)
		}
	}
	sortUnits(carried)
	for _, u := range carried {
		old := d.affected[u]
		from, to := old.symbol[u.name()], u.symbol[u.name()]
		now := d.next.units[u.name()]
		if from == to || now == nil || now.symbol[u.name()] != to {
			continue
		}
		register(u)
		if sameLayout(old.typ, u.typ) {
			fmt.Fprintf(&prologue, "\tc%s.Carry(%q, %q)\n", mark, from, to)
		} else {
			if now == u { // else the cell gives it a value
				plan.Notes = append(plan.Notes, fmt.Sprintf("%s was reset: its type %s has a new layout", u.name(), userTypeOf(u)))
			}
			fmt.Fprintf(&prologue, "\t%s = *new(%s)\n", to, d.varType(u, map[string]bool{}))
		}
	}
	plan.Retire = d.retired()

	// the cell's statements
	w := &runWriter{rewriter: newRewriter(d.first, d.src, d.src.cell), s: d.st}
	body := ""
	runTypes := &locals{}
	if d.first.info != nil {
		w.run, w.top = true, d.topOf
		runTypes = d.localTypes("run", d.src.text, d.runMeaning())
		w.symbol, w.local = symbolOf, runTypes.name
		for i, p := range d.inits {
			d.callInit(p, w, d.initName(i, p))
			uses, _, _ := d.last.usesOf(p, d.src.cell)
			for _, x := range uses {
				roots = append(roots, x.unit)
			}
		}
		body = w.statements(d.cell)
		for _, v := range d.tops {
			if v.unit != nil {
				v.unit.pinned = v.unit.pinned || v.pinned
			}
		}
		if d.main {
			if u := d.next.units["main"]; u != nil {
				body += "\n;" + u.symbol["main"] + "()"
				w.use(u, "main")
			}
		}
	}
	imps := w.imps
	imps[livePath] = true
	cx := ""
	for u := range w.uses {
		if u.unit.predecl {
			cx = "\tctx := c" + mark + ".Context; _ = ctx\n"
		} else {
			roots = append(roots, u.unit)
		}
	}
	for _, v := range d.tops {
		if v.ctx {
			cx = "\tctx := c" + mark + ".Context; _ = ctx\n"
		}
	}
	roots = append(roots, d.fresh...)

	// the declarations that it reaches
	var items []item
	var cgo strings.Builder
	cgoComment, cgoImps := "", map[string]bool{}
	for _, u := range closure(roots) {
		if u.kind == varUnit {
			items = append(items, item{text: fmt.Sprintf("var %s %s\n", u.symbol[u.name()], d.varType(u, imps))})
			continue
		}
		for _, p := range u.parts {
			if p.link != "" {
				symbol := symbolOf(u, u.name())
				items = append(items, item{text: p.link})
				addAll(imps, p.linkImp)
				if d.linked[symbol] {
					continue
				}
				fmt.Fprintf(&prologue, "\t%s = %s\n", symbol, linkedC(symbol))
				plan.linked = append(plan.linked, symbol)
			}
			if usesC(p.outImps) {
				cgo.WriteString(p.out)
				cgoComment = addComment(cgoComment, p.cgo)
				addAll(cgoImps, p.outImps)
				continue
			}
			items = append(items, item{p.out, p.first, p.last})
			addAll(imps, p.outImps)
		}
	}
	for i, p := range d.inits {
		name := d.initName(i, p)
		l := d.localTypes("init", name)
		text, more := d.last.render(p, nil, d.src.cell, symbolOf, l.name, name)
		items = append(items, item{text, l.first, l.last})
		addAll(imps, more)
	}
	if imps["C"] {
		return nil, Errors{{d.src.pos(0), "C cannot be used at the top of a cell", "put the call into a function of the cell and call that"}}
	}

	var b strings.Builder
	b.WriteString("package cell\n\n")
	for _, path := range sortedKeys(imps) {
		fmt.Fprintf(&b, "import %s %q\n", aliasOf(path), path)
	}
	for _, path := range d.blank {
		if !imps[path] {
			fmt.Fprintf(&b, "import _ %q\n", path)
			imps[path] = true
		}
	}
	items = append(items, item{fmt.Sprintf("\nfunc %s(c%s *%s.Cell) {\n%s%s//line In[%s]:1:1\n%s\n}\n", thisEntry, mark, aliasOf(livePath), cx, prologue.String(), thisCell, body), runTypes.first, runTypes.last})
	b.WriteString("\n" + number(items))
	text := b.String()
	plan.Files = []File{{"cell.go", text}}
	if cgo.Len() > 0 {
		var c strings.Builder
		c.WriteString("package cell\n\n/*\n" + cgoComment + "*/\nimport \"C\"\n\n")
		for _, path := range sortedKeys(cgoImps) {
			if path != "C" {
				fmt.Fprintf(&c, "import %s %q\n", aliasOf(path), path)
			}
		}
		c.WriteString("\n" + cgo.String())
		plan.Files = append(plan.Files, File{"cgo.go", c.String()})
		plan.Cgo = true
	}
	h := sha256.New()
	for i, f := range plan.Files {
		fmt.Fprintln(h, f.Name, f.Text)
		r := strings.NewReplacer(thisCell, fmt.Sprint(d.src.cell), thisEntry, plan.Entry)
		plan.Files[i].Text = r.Replace(f.Text)
	}
	d.numbered()
	plan.Key = fmt.Sprintf("%x", h.Sum(nil)[:16])
	addAll(imps, sortedKeys(cgoImps))
	plan.Imports = sortedKeys(imps)
	plan.change = d.change()
	return plan, nil
}

// runMeaning tells what the cell's statements refer to.
func (d *draft) runMeaning() string {
	r := newRewriter(d.first, d.src, d.src.cell)
	r.run = true
	r.walk(d.cell.run.Body)
	return meaning(r.sortedUses()) + fmt.Sprint(sortedKeys(r.imps))
}

// numbered writes the cell's number into the texts that later cells will use too.
func (d *draft) numbered() {
	n := fmt.Sprint(d.src.cell)
	number := func(u *unit) {
		for _, p := range u.parts {
			p.out = strings.ReplaceAll(p.out, thisCell, n)
		}
	}
	for _, u := range d.fresh {
		number(u)
	}
	for u := range d.affected {
		number(u)
	}
}

// callInit writes the call of an init function where it stands in the cell, after variables that follow it at once.
func (d *draft) callInit(init *part, w *runWriter, name string) {
	at := -1
	for _, c := range d.cell.chunks {
		switch {
		case at < 0 && c.start <= init.end && init.end <= c.end:
			at = c.end
		case at >= 0 && (c.declaration() || c.tok == token.VAR):
			if c.tok == token.VAR {
				at = c.end
			}
		case at >= 0:
			w.e.close(at, ";"+name+"();")
			return
		}
	}
	w.e.close(max(at, 0), ";"+name+"();")
}

// closure returns units and all that they use, once each by symbol, in order.
func closure(roots []*unit) []*unit {
	seen := map[string]bool{}
	var out []*unit
	var add func(u *unit)
	add = func(u *unit) {
		s := symbolOf(u, u.name())
		if u.predecl || seen[s] {
			return
		}
		seen[s] = true
		out = append(out, u)
		for _, x := range u.uses {
			add(x.unit)
		}
	}
	for _, u := range roots {
		add(u)
	}
	sort.Slice(out, func(i, j int) bool { return symbolOf(out[i], out[i].name()) < symbolOf(out[j], out[j].name()) })
	return out
}

// varType writes a variable's type with symbols.
func (d *draft) varType(u *unit, imps map[string]bool) string {
	by := map[string]*unit{}
	for _, x := range u.uses {
		by[x.name] = x.unit
	}
	p := &typePrinter{}
	p.name = func(n *types.TypeName) string {
		if x := by[n.Name()]; x != nil {
			return symbolOf(x, n.Name())
		}
		return n.Name()
	}
	p.pkg = func(q *types.Package) string { imps[q.Path()] = true; return aliasOf(q.Path()) }
	p.typ(u.typ)
	return p.b.String()
}

func userTypeOf(u *unit) string { return userType(u.typ) }

// retired lists the symbols of variables that were replaced and that nothing can hold on to.
func (d *draft) retired() []string {
	var out []string
	for name, old := range d.old.units {
		if old.kind != varUnit || old.predecl {
			continue
		}
		now := d.next.units[name]
		if now != nil && now.symbol[name] == old.symbol[name] {
			continue
		}
		if !old.pinned {
			out = append(out, old.symbol[name])
		}
	}
	sort.Strings(out)
	return out
}

// change compares the session to be with the one that is.
func (d *draft) change() change {
	c := change{units: map[string]*unit{}, imports: map[string]string{}, dots: d.dots, blank: d.blank}
	for name, u := range d.next.units {
		if d.old.units[name] != u {
			c.units[name] = u
		}
	}
	for name := range d.old.units {
		if d.next.units[name] == nil {
			c.units[name] = nil
		}
	}
	for _, v := range d.tops {
		c.found = append(c.found, v.name)
	}
	c.found = append(c.found, d.assigned...)
	for name, path := range d.next.imports {
		if d.old.imports[name] != path {
			c.imports[name] = path
		}
	}
	return c
}

func addAll(m map[string]bool, keys []string) {
	for _, k := range keys {
		m[k] = true
	}
}

func usesC(imps []string) bool {
	for _, i := range imps {
		if i == "C" {
			return true
		}
	}
	return false
}

func addComment(all, one string) string {
	if strings.Contains(all, one) {
		return all
	}
	return all + one
}
