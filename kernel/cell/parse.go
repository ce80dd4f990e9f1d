package cell

import (
	"go/ast"
	"go/build"
	"go/build/constraint"
	"go/parser"
	"go/scanner"
	"go/token"
	"regexp"
	"runtime"
	"slices"
	"strings"
)

// parsed is a cell as syntax. The text is parsed three times, each time with what belongs to the other two blanked, so
// that every offset stays what it is in the cell.
type parsed struct {
	src     *source
	chunks  []chunk
	imports []*ast.ImportSpec
	decls   []ast.Decl      // types, constants, functions, methods
	run     *ast.FuncDecl   // the statements, as the body of a function
	names   map[string]bool // every identifier that the cell mentions, save selectors
	free    []*ast.Ident    // identifiers that nothing inside a declaration or statement binds
	runFree []*ast.Ident    // the same for the statements alone
	cgo     string          // the comment above import "C"
	skip    string          // the build constraint that does not hold here
}

const (
	packageClause = "package cell\n" // a line of its own: a comment on the cell's first line is a declaration's
	runHead       = packageClause + "func Run" + mark + "(){"
)

// place ties a file of the planner's file set to the cell that it came from.
type place struct {
	src  *source
	head int // bytes before the cell's text
}

// files is the planner's file set, and which cell each of its files shows.
type files struct {
	set   *token.FileSet
	cells map[*token.File]place
}

func newFiles() *files { return &files{token.NewFileSet(), map[*token.File]place{}} }

// offset returns the cell and the offset in it that a position stands for; nil where no cell is behind it.
func (f *files) offset(p token.Pos) (*source, int) {
	file := f.set.File(p)
	if file == nil {
		return nil, 0
	}
	at, ok := f.cells[file]
	if !ok {
		return nil, 0
	}
	return at.src, max(0, min(file.Offset(p)-at.head, len(at.src.text)))
}

func (f *files) parse(src *source, head, body, tail string, mode parser.Mode) (*ast.File, Errors) {
	file, err := parser.ParseFile(f.set, "", head+body+tail, mode)
	if file != nil && file.FileStart.IsValid() {
		f.cells[f.set.File(file.FileStart)] = place{src, len(head)}
	}
	if err == nil {
		return file, nil
	}
	list, ok := err.(scanner.ErrorList)
	if !ok {
		return file, Errors{{Pos: src.pos(0), Msg: err.Error()}}
	}
	var errs Errors
	for _, e := range list {
		errs = append(errs, Error{Pos: src.pos(e.Pos.Offset - len(head)), Msg: e.Msg, Hint: hintOf(e.Msg)})
	}
	return file, errs
}

// parseCell reads a cell's text.
func (f *files) parseCell(src *source) (*parsed, error) {
	if err := src.valid(); err != nil {
		return nil, err
	}
	chunks, errs := split(src)
	if len(errs) > 0 {
		return nil, errs
	}
	p := &parsed{src: src, chunks: chunks, names: map[string]bool{}}
	if err := p.directives(); err != nil {
		return nil, err
	}
	if p.skip != "" {
		return p, nil
	}
	var kinds [3][]chunk // imports, declarations, statements
	for _, c := range chunks {
		switch {
		case c.tok == token.PACKAGE:
		case c.tok == token.IMPORT:
			kinds[0] = append(kinds[0], c)
		case c.declaration():
			kinds[1] = append(kinds[1], c)
		default:
			kinds[2] = append(kinds[2], c)
		}
	}
	imports, errs := f.parse(src, packageClause, only(src.text, kinds[0], true, chunks), "", parser.ImportsOnly|parser.ParseComments)
	if len(errs) == 0 {
		p.takeImports(imports)
	}
	decls, e := f.parse(src, packageClause, only(src.text, kinds[1], true, chunks), "", parser.ParseComments)
	errs = append(errs, e...)
	run, e := f.parse(src, runHead, only(src.text, kinds[2], false, chunks), "\n}", 0)
	errs = append(errs, e...)
	if len(errs) > 0 {
		return nil, tidy(errs)
	}
	p.decls = decls.Decls
	p.run = run.Decls[0].(*ast.FuncDecl)
	p.free, p.runFree = append(slices.Clone(decls.Unresolved), run.Unresolved...), run.Unresolved
	for _, d := range decls.Decls {
		mention(p.names, d)
	}
	mention(p.names, p.run.Body)
	for name := range p.names {
		if strings.Contains(name, mark) {
			return nil, one(src.pos(strings.Index(src.text, name)), "identifier %s: the letter %q is kept for GoSFT's own names", name, mark)
		}
	}
	return p, nil
}

// only blanks all of the text but the given chunks; lines stay. With comments, what stands between chunks is kept, for
// directives above a declaration.
func only(text string, keep []chunk, comments bool, all []chunk) string {
	out := blank(text, 0, len(text))
	for _, c := range keep {
		copy(out[c.start:c.end], text[c.start:c.end])
		if c.semi && c.semiAt >= c.end {
			out[c.semiAt] = ';'
		}
	}
	if comments {
		at := 0
		gap := func(start, end int) { // comments only: no semicolon, no byte order mark
			for i := start; i < end-1; i++ {
				if text[i] != '/' || text[i+1] != '/' && text[i+1] != '*' {
					continue
				}
				stop := strings.IndexByte(text[i:end], '\n')
				if text[i+1] == '*' {
					if stop = strings.Index(text[i+2:end], "*/"); stop >= 0 {
						stop += 4
					}
				}
				if stop < 0 {
					stop = end - i
				}
				copy(out[i:i+stop], text[i:i+stop])
				i += stop - 1
			}
		}
		for _, c := range all {
			if at < c.start {
				gap(at, c.start)
			}
			at = max(at, c.end)
		}
		gap(at, len(text))
	}
	return string(out)
}

// blank returns text[start:end] with everything but line ends as spaces.
func blank(text string, start, end int) []byte {
	out := []byte(text[start:end])
	for i, b := range out {
		if b != '\n' {
			out[i] = ' '
		}
	}
	return out
}

func (p *parsed) takeImports(file *ast.File) {
	for _, d := range file.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok {
			continue
		}
		for _, s := range g.Specs {
			spec, ok := s.(*ast.ImportSpec)
			if !ok {
				continue
			}
			if spec.Path.Value == `"C"` || spec.Path.Value == "`C`" {
				doc := spec.Doc
				if doc == nil && !g.Lparen.IsValid() {
					doc = g.Doc
				}
				if doc != nil {
					p.cgo = commentText(doc)
				}
			}
			p.imports = append(p.imports, spec)
		}
	}
}

// commentText returns a comment's text as cgo reads it: without the markers, directives included.
func commentText(doc *ast.CommentGroup) string {
	var b strings.Builder
	for _, c := range doc.List {
		t := c.Text
		if rest, ok := strings.CutPrefix(t, "//"); ok {
			t = rest
		} else {
			t = t[2 : len(t)-2]
		}
		b.WriteString(t + "\n")
	}
	return b.String()
}

var directive = regexp.MustCompile(`^//go:(\w+)(.*)`)

// directives looks at the comments between declarations: a build constraint above all code decides whether the cell is
// built at all; what only makes sense in a package of files on disk is refused.
func (p *parsed) directives() error {
	text := p.src.text
	at := 0
	look := func(start, end int, top bool) error {
		if !strings.Contains(text[start:end], "//go:") && !strings.Contains(text[start:end], "// +build") {
			return nil
		}
		off := start
		for line := range strings.SplitAfterSeq(text[start:end], "\n") {
			if top && (constraint.IsGoBuild(line) || constraint.IsPlusBuild(line)) {
				x, err := constraint.Parse(strings.TrimSpace(line))
				if err != nil {
					return one(p.src.pos(off), "build constraint: %v", err)
				}
				if !x.Eval(tagHolds) {
					p.skip = strings.TrimSpace(line)
				}
			} else if m := directive.FindStringSubmatch(strings.TrimSpace(line)); m != nil {
				switch m[1] {
				case "embed":
					return Errors{{p.src.pos(off), "//go:embed works in packages only", "read the file with os.ReadFile"}}
				case "linkname":
					return Errors{{p.src.pos(off), "//go:linkname works in packages only", "put the code into a package and import it"}}
				case "build":
					return Errors{{p.src.pos(off), "a build constraint stands above all code", "move //go:build to the cell's first line"}}
				}
			}
			off += len(line)
		}
		return nil
	}
	for i, c := range p.chunks {
		if at < c.start {
			if err := look(at, c.start, i == 0); err != nil {
				return err
			}
		}
		at = max(at, c.end)
	}
	return look(at, len(text), len(p.chunks) == 0)
}

func tagHolds(tag string) bool {
	switch tag {
	case runtime.GOOS, runtime.GOARCH, "gc", "cgo", "gosft":
		return true
	case "unix":
		return runtime.GOOS != "windows" && runtime.GOOS != "plan9" && runtime.GOOS != "js" && runtime.GOOS != "wasip1"
	}
	return slices.Contains(build.Default.ReleaseTags, tag) || slices.Contains(build.Default.ToolTags, tag)
}

// mention notes every identifier in n that could name something of the session.
func mention(names map[string]bool, n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			mention(names, n.X)
			return false
		case *ast.Ident:
			names[n.Name] = true
		}
		return true
	})
}

// tidy sorts errors by place, drops repetitions on a line and keeps the first [MaxErrors].
func tidy(errs Errors) Errors {
	slices.SortStableFunc(errs, func(a, b Error) int {
		if a.Pos.Cell != b.Pos.Cell {
			return b.Pos.Cell - a.Pos.Cell
		}
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Col - b.Pos.Col
	})
	errs = slices.CompactFunc(errs, func(a, b Error) bool { return a.Pos == b.Pos || a.Pos.Line == b.Pos.Line && a.Msg == b.Msg })
	if len(errs) > MaxErrors {
		errs = errs[:MaxErrors]
	}
	return errs
}
