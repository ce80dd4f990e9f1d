package show

import (
	"fmt"
	"strings"
)

// Token is a piece of a text with what a tokenizer made of it.
type Token struct {
	Text    string // as it is written
	Hint    string // shown when the mouse is over it, such as "id 2769, bytes 0-3"
	Unknown bool   // marked: the tokenizer does not know it
	Special bool   // [CLS], [SEP], [PAD]: drawn faintly
}

// Tokens shows texts as rows of coloured pieces.
type Tokens struct {
	Caption string
	Rows    [][]Token
	Notes   []string // by row, written after it
}

// tints are the grounds of neighbouring tokens: the palette, thin enough for the text of either theme to be read on it.
var tints = []string{"rgba(0,114,178,.22)", "rgba(230,159,0,.24)", "rgba(0,158,115,.22)", "rgba(204,121,167,.24)"}

// MimeBundle returns the tokens as coloured HTML and as text with bars between them.
func (t *Tokens) MimeBundle() map[string]any {
	return map[string]any{"text/html": t.HTML(), "text/plain": t.String()}
}

// HTML returns the tokens as spans with a title each. An unknown one is underlined with waves and framed, so that it does
// not take colour to see it.
func (t *Tokens) HTML() string {
	var b strings.Builder
	b.WriteString(`<div style="max-width:100%;line-height:2">`)
	if t.Caption != "" {
		fmt.Fprintf(&b, `<div style="font-weight:600;line-height:1.5">%s</div>`, escape(t.Caption))
	}
	for r, row := range t.Rows {
		b.WriteString(`<div style="margin:2px 0;overflow-wrap:anywhere">`)
		n := 0
		for _, tok := range row {
			style := "border-radius:3px;padding:1px 3px;margin:0 1px;white-space:pre-wrap;"
			switch {
			case tok.Special:
				style += "opacity:.6;border:1px solid rgba(128,128,128,.5)"
			case tok.Unknown:
				style += "background:rgba(213,94,0,.35);border:1px solid #D55E00;font-weight:600"
			default:
				style += "background:" + tints[n%len(tints)]
				n++
			}
			title := ""
			if tok.Hint != "" {
				title = fmt.Sprintf(` title="%s"`, escape(tok.Hint))
			}
			fmt.Fprintf(&b, `<span style="%s"%s>%s</span>`, style, title, escape(oneLine(tok.Text)))
		}
		if note := at(t.Notes, r); note != "" {
			fmt.Fprintf(&b, ` <span style="font-size:12px;opacity:.75">%s</span>`, escape(note))
		}
		b.WriteString("</div>")
	}
	b.WriteString("</div>")
	return b.String()
}

// String returns one line a row; an unknown token stands between angle quotes.
func (t *Tokens) String() string {
	var lines []string
	if t.Caption != "" {
		lines = append(lines, t.Caption)
	}
	for r, row := range t.Rows {
		parts := make([]string, len(row))
		for i, tok := range row {
			parts[i] = oneLine(tok.Text)
			if tok.Unknown {
				parts[i] = "‹" + parts[i] + "›"
			}
		}
		line := strings.Join(parts, "│")
		if note := at(t.Notes, r); note != "" {
			line += "   " + note
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "\n")
}
