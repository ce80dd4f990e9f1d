package assist

import (
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strings"
)

// hover asks gopls about the byte at off in the cell's document. The text is Markdown, "" when there is nothing.
func (a *Assist) hover(ctx context.Context, off int) (string, error) {
	var r *struct {
		Contents struct{ Value string }
	}
	if err := a.srv.call(ctx, "textDocument/hover", a.srv.at(cellFile, off), &r); err != nil || r == nil {
		return "", err
	}
	return r.Contents.Value, nil
}

// resultCount is how many results the function at off has when the last is an error, 0 when it has another form, -1 when
// nothing is known.
func (a *Assist) resultCount(ctx context.Context, off int) int {
	text, err := a.hover(ctx, off)
	if err != nil || text == "" {
		return -1
	}
	return countResults(codeOf(text))
}

// codeOf is the first block of code in a hover.
func codeOf(markdown string) string {
	_, rest, ok := strings.Cut(markdown, "```go\n")
	if !ok {
		return ""
	}
	code, _, _ := strings.Cut(rest, "\n```")
	return code
}

// qualified finds the package that gopls puts before a function's name, which is no Go.
var qualified = regexp.MustCompile(`^func [\pL_][\pL\d_]*\.([\pL_][\pL\d_]*)`)

// countResults reads a signature as gopls writes it: "func (r T) Name[P any](...) (...)", "var f func(...) ...", "field f func()".
func countResults(signature string) int {
	line := qualified.ReplaceAllString(signature, "func $1")
	var results *ast.FieldList
	if f, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+line+"\n", parser.SkipObjectResolution); err == nil && len(f.Decls) == 1 {
		switch d := f.Decls[0].(type) {
		case *ast.FuncDecl:
			results = d.Type.Results
		case *ast.GenDecl:
			v, ok := d.Specs[0].(*ast.ValueSpec)
			if !ok {
				return 0
			}
			t, ok := v.Type.(*ast.FuncType)
			if !ok {
				return 0
			}
			results = t.Results
		}
	} else if i := strings.Index(line, "func("); i > 0 {
		e, err := parser.ParseExpr(strings.SplitN(line[i:], "\n", 2)[0])
		t, ok := e.(*ast.FuncType)
		if err != nil || !ok {
			return -1
		}
		results = t.Results
	} else {
		return -1
	}
	if results == nil || len(results.List) == 0 {
		return 0
	}
	last := results.List[len(results.List)-1]
	if id, ok := last.Type.(*ast.Ident); !ok || id.Name != "error" {
		return 0
	}
	return results.NumFields()
}

// firstLineAfterPackage is where the line after the package clause begins, 0 when there is no such clause.
func firstLineAfterPackage(text string) int {
	fset := token.NewFileSet()
	f, err := parser.ParseFile(fset, "", text, parser.PackageClauseOnly)
	if err != nil {
		return 0
	}
	end := fset.Position(f.Name.End()).Offset
	if i := strings.IndexByte(text[end:], '\n'); i >= 0 {
		return end + i + 1
	}
	return 0
}
