package cell

import (
	"go/ast"
	"go/parser"
	"go/types"
	"strings"
	"testing"
)

const utilPath = "example.com/m/util"

// edited is a Packages with one package that the user edits: each version calls itself by another path.
type edited struct {
	*exported
	self    string
	version map[string]*types.Package
}

func (e *edited) edit(t *testing.T, self, src string) {
	t.Helper()
	f, err := parser.ParseFile(e.fset, "", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := (&types.Config{Importer: importer{e.exported}}).Check(self, e.fset, []*ast.File{f}, nil)
	if err != nil {
		t.Fatal(err)
	}
	e.self = self
	e.version[self] = p
}

func (e *edited) Import(path string) (*types.Package, error) {
	if path == utilPath {
		path = e.self
	}
	if p := e.version[path]; p != nil {
		return p, nil
	}
	return e.exported.Import(path)
}

func TestEditedPackage(t *testing.T) {
	e := &edited{exported: testPackages(t), version: map[string]*types.Package{}}
	e.edit(t, utilPath, "package util\ntype T struct{ A int }\nfunc New() *T { return nil }\nfunc Old() {}")
	p := NewPlanner(e)
	step := func(id int, src string) *Plan {
		t.Helper()
		plan, err := p.Plan(id, src)
		if err != nil {
			t.Fatalf("cell %d: %v", id, err)
		}
		p.Commit(plan)
		return plan
	}
	step(1, "import \"example.com/m/util\"\nfunc mk() *util.T { return util.New() }\nfunc old() { util.Old() }\nt := mk()\nn := 1")
	same := step(2, "mk()")
	if strings.Contains(text(same), "mkꞏ2") {
		t.Errorf("nothing was edited:\n%s", text(same))
	}

	// a method more: the same layout
	e.edit(t, utilPath+mark+"2", "package util\ntype T struct{ A int }\nfunc (*T) M() {}\nfunc New() *T { return nil }\nfunc Old() {}")
	next := step(3, "mk().M()\nt.M()")
	for _, want := range []string{"func mkꞏ2()", `.Carry("t", "tꞏ2")`, utilPath + "ꞏ2\""} {
		if !strings.Contains(text(next), want) {
			t.Errorf("no %q in\n%s", want, text(next))
		}
	}
	if len(next.Notes) > 0 {
		t.Errorf("notes %q", next.Notes)
	}

	// another layout, and a function gone
	e.edit(t, utilPath+mark+"3", "package util\ntype T struct{ A, B int }\nfunc New() *T { return nil }")
	last := step(4, "t.B = n")
	notes := strings.Join(last.Notes, "\n")
	if !strings.Contains(notes, "t was reset") || !strings.Contains(notes, "old no longer compiles: undefined: util.Old") {
		t.Errorf("notes %q", notes)
	}
	if _, err := p.Plan(5, "old()"); err == nil || !strings.Contains(err.Error(), "undefined: util.Old") {
		t.Errorf("old(): %v", err)
	}
	if strings.Contains(last.Vars[0].Type, mark) {
		t.Errorf("type of t: %q", last.Vars[0].Type)
	}
}
