package assist

import (
	"context"
	"go/scanner"
	"go/token"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gosft/kernel/session"
)

// maxMatches bounds how many candidates are given: a front end shows a dozen at a time.
const maxMatches = 300

// Complete gives the candidates for the word at pos, counted in code points. Where gopls is not there or takes too long,
// they come from the names in the cell and the session. The error is nil: completion never fails, it finds less.
func (a *Assist) Complete(ctx context.Context, code string, pos int) (session.Completion, error) {
	at := byteOffset(code, pos)
	if kind := inLiteral(code, at); kind == token.COMMENT || kind == token.CHAR {
		return session.Completion{Start: pos, End: pos}, nil
	}
	if start, ok := importPathAt(blank(code), at); ok {
		return a.completePath(code, start, at), nil
	}
	c, err := within(a, ctx, a.patience, func(ctx context.Context) (session.Completion, error) { return a.ask(ctx, code, at) })
	if err != nil {
		var ok bool
		if c, ok = a.members(code, at); !ok {
			c = completeFromText(code, at, readDeclarations(a.cfg.Declarations()))
		}
	}
	return a.addPackages(c, code, at), nil
}

type lspItem struct {
	Label, Detail, FilterText, InsertText string
	Kind                                  int
	SortText                              string
	TextEdit                              *struct {
		Range   lspRange
		NewText string
	}
	Deprecated bool
}

func (a *Assist) ask(ctx context.Context, code string, at int) (session.Completion, error) {
	doc, err := a.load(ctx, code, at)
	if err != nil {
		return session.Completion{}, err
	}
	var list struct{ Items []lspItem }
	if err := a.srv.call(ctx, "textDocument/completion", a.srv.at(cellFile, doc.toDoc(at)), &list); err != nil {
		return session.Completion{}, err
	}
	slices.SortStableFunc(list.Items, func(x, y lspItem) int { return strings.Compare(x.SortText, y.SortText) })
	word := wordStart(code, at)
	var c session.Completion
	c.Start, c.End = runeOffset(code, word), runeOffset(code, at)
	seen := map[string]bool{}
	for _, it := range list.Items {
		text := it.InsertText
		if it.TextEdit != nil {
			text = it.TextEdit.NewText
			from, ok := doc.toCell(offset(doc.text, it.TextEdit.Range.Start))
			if !ok || from > at {
				continue
			}
			if from != word {
				continue
			}
		}
		if text == "" {
			text = it.Label
		}
		if text == "" || seen[text] || strings.Contains(text, "ꞏ") || len(c.Matches) == maxMatches {
			continue
		}
		seen[text] = true
		c.Matches = append(c.Matches, text)
		c.Items = append(c.Items, session.CompletionItem{Text: text, Type: kindName(it), Signature: it.Detail, Start: c.Start, End: c.End})
	}
	return c, nil
}

// kindName turns LSP's kinds into words that front ends show beside a candidate.
func kindName(it lspItem) string {
	names := map[int]string{2: "method", 3: "function", 4: "function", 5: "field", 6: "variable", 7: "type", 8: "interface",
		9: "module", 14: "keyword", 17: "path", 19: "path", 21: "constant", 22: "struct", 25: "type"}
	if n := names[it.Kind]; n != "" {
		return n
	}
	return "text"
}

// byteOffset turns code points into bytes; a position outside the text becomes its nearest end.
func byteOffset(s string, points int) int {
	at := 0
	for range max(points, 0) {
		if at >= len(s) {
			break
		}
		_, n := utf8.DecodeRuneInString(s[at:])
		at += n
	}
	return at
}

func runeOffset(s string, at int) int { return utf8.RuneCountInString(s[:at]) }

// wordStart is where the identifier that ends at at begins.
func wordStart(s string, at int) int {
	for at > 0 {
		r, n := utf8.DecodeLastRuneInString(s[:at])
		if r != '_' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		at -= n
	}
	return at
}

// inLiteral says in which kind of token that is not code at stands: COMMENT, STRING, CHAR, or ILLEGAL for code.
func inLiteral(src string, at int) token.Token {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(src))
	var s scanner.Scanner
	s.Init(file, []byte(src), func(token.Position, string) {}, scanner.ScanComments)
	for {
		p, t, lit := s.Scan()
		from := file.Offset(p)
		if t == token.EOF || from >= at {
			return token.ILLEGAL
		}
		end := from + len(lit)
		switch t {
		case token.COMMENT:
			if at < end || at == end && strings.HasPrefix(lit, "//") {
				return t
			}
		case token.STRING, token.CHAR:
			if at < end {
				return t
			}
		}
	}
}
