package assist

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"

	"gosft/kernel/session"
)

// Inspect documents the name at pos (in code points), or the function whose arguments stand there: signature, comment,
// and for a variable of the session its type and value. detail 1 adds the source.
func (a *Assist) Inspect(ctx context.Context, code string, pos, detail int) (session.Inspection, error) {
	at := byteOffset(code, pos)
	var busy error
	for _, name := range namesAt(blank(code), at) {
		var value, typ string
		if name.alone {
			if t, v, ok := a.cfg.Value(name.text); ok {
				value, typ = name.text+" "+t+" = "+v, t
			}
		}
		own, patience := readDeclarations(a.cfg.Declarations()).sourceOf(name), a.patience
		if own == "" {
			own = a.memberPage(code, name)
		}
		if own == "" && value == "" && busy == nil {
			patience = a.longPatience
		}
		page, err := within(a, ctx, patience, func(ctx context.Context) (string, error) { return a.page(ctx, code, name, detail) })
		if err != nil {
			if errors.Is(err, session.ErrBusy) {
				busy = err
			}
			page = own
		}
		if value != "" && page == "```go\nvar "+name.text+" "+typ+"\n```" {
			page = "" // it says the same
		}
		if value == "" && page == "" {
			continue
		}
		markdown := page
		if value != "" {
			markdown = strings.TrimSpace("```go\n" + value + "\n```\n\n" + page)
		}
		return session.Inspection{Found: true, Data: session.Bundle{"text/markdown": markdown, "text/plain": plain(markdown)}}, nil
	}
	return session.Inspection{}, busy
}

// page is what gopls says of a name; "" when nothing.
func (a *Assist) page(ctx context.Context, code string, name nameAt, detail int) (string, error) {
	doc, err := a.load(ctx, code, len(code))
	if err != nil {
		return "", err
	}
	off := doc.toDoc(name.at)
	text, err := a.hover(ctx, off)
	if err != nil {
		return "", err
	}
	text = strings.TrimSpace(strings.ReplaceAll(text, "contextꞏ", "context"))
	if text != "" && detail > 0 {
		if src := a.source(ctx, off); src != "" {
			text += "\n\n```go\n" + src + "\n```"
		}
	}
	return text, nil
}

// source is the declaration of what stands at off.
func (a *Assist) source(ctx context.Context, off int) string {
	var places []struct {
		URI   string
		Range lspRange
	}
	if a.srv.call(ctx, "textDocument/definition", a.srv.at(cellFile, off), &places) != nil || len(places) == 0 {
		return ""
	}
	var text string
	for name, d := range a.srv.docs {
		if a.srv.uri(name) == places[0].URI {
			text = d.text
		}
	}
	if text == "" {
		raw, err := os.ReadFile(uriFile(places[0].URI))
		if err != nil {
			return ""
		}
		text = string(raw)
	}
	return declarationAt(text, offset(text, places[0].Range.Start))
}

// declarationAt is the source of the top-level declaration around off, with its comment.
func declarationAt(text string, off int) string {
	fset := token.NewFileSet()
	f, _ := parser.ParseFile(fset, "", text, parser.ParseComments|parser.SkipObjectResolution)
	if f == nil {
		return ""
	}
	cut := func(n ast.Node, doc *ast.CommentGroup) string {
		from, to := fset.Position(n.Pos()).Offset, fset.Position(n.End()).Offset
		if doc != nil {
			from = fset.Position(doc.Pos()).Offset
		}
		return text[from:min(to, len(text))]
	}
	for _, d := range f.Decls {
		if from, to := fset.Position(d.Pos()).Offset, fset.Position(d.End()).Offset; off < from || off >= to {
			continue
		}
		switch d := d.(type) {
		case *ast.FuncDecl:
			if d.Name.Name == "_" { // the cell's statements
				return ""
			}
			return cut(d, d.Doc)
		case *ast.GenDecl:
			for _, s := range d.Specs {
				if from, to := fset.Position(s.Pos()).Offset, fset.Position(s.End()).Offset; len(d.Specs) > 1 && from <= off && off < to {
					return d.Tok.String() + " " + cut(s, nil)
				}
			}
			return cut(d, d.Doc)
		}
	}
	return ""
}

// sourceOf is the session's own declaration of a name as a block of code, for when there is no gopls.
func (d *declarations) sourceOf(name nameAt) string {
	for _, s := range d.spans {
		if s.name == name.text || !name.alone && strings.HasSuffix(s.name, "."+name.text) {
			return "```go\n" + d.text[s.from:s.to] + "\n```"
		}
	}
	return ""
}

// nameAt is a name that a question may be about.
type nameAt struct {
	text  string
	at    int  // the byte offset of its last character
	alone bool // no selector of something else
}

// namesAt lists what a question at the offset may be about: the name that the cursor touches, then the functions whose
// open parentheses it stands in, innermost first.
func namesAt(src string, at int) []nameAt {
	toks := scan(src)
	var list []nameAt
	add := func(i int) {
		t := toks[i]
		list = append(list, nameAt{t.lit, t.end() - 1, i == 0 || toks[i-1].tok != token.PERIOD})
	}
	var open []int // tokens before the parentheses that are open at the cursor
	for i, t := range toks {
		if t.tok == token.IDENT && t.pos <= at && at <= t.end() {
			add(i)
		}
		if t.pos >= at {
			break
		}
		switch t.tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			open = append(open, i)
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if len(open) > 0 {
				open = open[:len(open)-1]
			}
		}
	}
	for i := len(open) - 1; i >= 0; i-- {
		j := open[i]
		if toks[j].tok == token.LPAREN && j > 0 && toks[j-1].tok == token.IDENT {
			add(j - 1)
		}
	}
	if len(list) == 0 { // just behind a closing parenthesis: the function that was called
		for i, t := range toks {
			if t.tok == token.RPAREN && t.end() == at {
				depth := 0
				for j := i; j > 0; j-- {
					switch toks[j].tok {
					case token.RPAREN:
						depth++
					case token.LPAREN:
						depth--
					}
					if depth == 0 {
						if toks[j-1].tok == token.IDENT {
							add(j - 1)
						}
						break
					}
				}
			}
		}
	}
	return list
}

// plain takes the marks of Markdown out of a hover: fences, headings, links and escapes.
func plain(markdown string) string {
	var out []string
	code := false
	for line := range strings.SplitSeq(markdown, "\n") {
		switch {
		case strings.HasPrefix(line, "```"):
			code = !code
			continue
		case line == "---" && !code:
			line = ""
		case !code:
			line = unescape(strings.TrimLeft(line, "#"))
		}
		if line == "" && (len(out) == 0 || out[len(out)-1] == "") {
			continue
		}
		out = append(out, line)
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

// unescape removes Markdown's backslashes.
func unescape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte("\\`*_{}[]()#+-.!<>|~&\"'$%,/:;=?@^", s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
