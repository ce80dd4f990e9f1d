package assist

import (
	"go/token"
	"sort"
	"strings"

	"gosft/kernel/session"
)

// completeFromText finds candidates without gopls: keywords, predeclared names, the session's declarations and imports,
// and the identifiers of the cell before the cursor. After a dot it gives the names that follow a dot elsewhere.
func completeFromText(code string, at int, d *declarations) session.Completion {
	word := wordStart(code, at)
	prefix := code[word:at]
	c := session.Completion{Start: runeOffset(code, word), End: runeOffset(code, at)}
	kinds := map[string]string{}
	add := func(name, kind string) {
		if kinds[name] == "" && name != "_" && strings.HasPrefix(strings.ToLower(name), strings.ToLower(prefix)) && !strings.Contains(name, "ꞏ") {
			kinds[name] = kind
		}
	}
	selector := strings.HasSuffix(code[:word], ".")
	for _, src := range []string{blank(code[:word]), d.text} {
		toks := scan(src)
		for i, t := range toks {
			if t.tok != token.IDENT {
				continue
			}
			member := i > 0 && toks[i-1].tok == token.PERIOD
			if member == selector {
				add(t.lit, identKind(toks, i))
			}
		}
	}
	if !selector {
		for name := range d.imports {
			add(name, "module")
		}
		for t := token.BREAK; t <= token.VAR; t++ {
			add(t.String(), "keyword")
		}
		for _, name := range strings.Fields(predeclared) {
			add(name, "function")
		}
	}
	for name := range kinds {
		c.Matches = append(c.Matches, name)
	}
	sort.Strings(c.Matches)
	for _, m := range c.Matches {
		c.Items = append(c.Items, session.CompletionItem{Text: m, Type: kinds[m], Start: c.Start, End: c.End})
	}
	return c
}

const predeclared = `any append bool byte cap clear close comparable complex complex128 complex64 copy delete error false
float32 float64 imag int int16 int32 int64 int8 iota len make max min new nil panic print println real recover rune string
true uint uint16 uint32 uint64 uint8 uintptr ctx`

// identKind guesses from its neighbours what an identifier is.
func identKind(toks []tok, i int) string {
	if i > 0 {
		switch toks[i-1].tok {
		case token.FUNC, token.RPAREN:
			return "function"
		case token.TYPE:
			return "type"
		case token.CONST:
			return "constant"
		}
	}
	if i+1 < len(toks) && toks[i+1].tok == token.LPAREN {
		return "function"
	}
	return "variable"
}
