package assist

import (
	"go/token"
	"maps"
	"slices"
	"strings"

	"gosft/kernel/session"
)

// importPathAt says whether the cursor stands in the path of an import, and where the path begins.
func importPathAt(src string, at int) (start int, ok bool) {
	for _, s := range split(src, scan(src)) {
		if s.kind != token.IMPORT {
			continue
		}
		for _, t := range s.toks {
			end := t.end()
			closed := len(t.lit) > 1 && t.lit[len(t.lit)-1] == t.lit[0]
			if t.tok == token.STRING && t.pos < at && (at < end || at == end && !closed) {
				return t.pos + 1, true
			}
		}
	}
	return 0, false
}

// completePath gives the import paths that begin with what is typed: the standard library, what is preloaded, and what the
// session has imported. gopls is not asked: it leaves out what the document imports already, and each keystroke would
// make it look for another package.
func (a *Assist) completePath(code string, start, at int) session.Completion {
	prefix := code[start:at]
	c := session.Completion{Start: runeOffset(code, start), End: runeOffset(code, at)}
	known := map[string]bool{}
	for _, p := range std() {
		known[p] = true
	}
	for _, p := range slices.Concat(a.cfg.Preload, a.cfg.Later) {
		known[p] = true
	}
	if d := readDeclarations(a.cfg.Declarations()); d.file != nil {
		for _, s := range d.file.Imports {
			known[strings.Trim(s.Path.Value, `"`)] = true
		}
	}
	for _, p := range slices.Sorted(maps.Keys(known)) {
		if strings.HasPrefix(p, prefix) {
			c.Matches = append(c.Matches, p)
			c.Items = append(c.Items, session.CompletionItem{Text: p, Type: "module", Start: c.Start, End: c.End})
		}
	}
	return c
}

// addPackages adds the names of packages that an import would bring, as the kernel imports by itself what a cell uses.
func (a *Assist) addPackages(c session.Completion, code string, at int) session.Completion {
	word := wordStart(code, at)
	prefix := code[word:at]
	if prefix == "" || strings.HasSuffix(code[:word], ".") || inLiteral(code, at) != token.ILLEGAL || len(c.Matches) > 0 && runeOffset(code, word) != c.Start {
		return c
	}
	have := map[string]bool{}
	for _, m := range c.Matches {
		have[m] = true
	}
	c.Start, c.End = runeOffset(code, word), runeOffset(code, at)
	names := maps.Clone(std())
	for _, p := range slices.Concat(a.cfg.Preload, a.cfg.Later) {
		if name := packageName(p); names[name] == "" || strings.HasPrefix(p, "gosft/") {
			names[name] = p
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if strings.HasPrefix(name, prefix) && !have[name] && len(c.Matches) < maxMatches {
			c.Matches = append(c.Matches, name)
			c.Items = append(c.Items, session.CompletionItem{Text: name, Type: "module", Signature: names[name], Start: c.Start, End: c.End})
		}
	}
	return c
}
