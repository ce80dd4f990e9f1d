package token

import (
	"fmt"
	"strings"
	"unicode"

	"gosft/sftlib/show"
)

// MimeBundle is how a notebook shows the inspection.
func (r *Inspection) MimeBundle() map[string]any { return r.view().MimeBundle() }

// String is how a terminal shows it.
func (r *Inspection) String() string {
	text, _ := r.view().MimeBundle()["text/plain"].(string)
	return text
}

func (r *Inspection) view() show.Group {
	g := show.Group{fmt.Sprintf("%s texts, %s tokens (%s). %s", show.Count(r.Texts), show.Count(r.Tokens), r.Tokenizer, r.unknownLine())}
	if r.Texts == 0 {
		return g
	}
	g = append(g, r.coloured(), r.histogram(), r.truncation())
	if len(r.UnknownCharacters) > 0 {
		g = append(g, r.unknownTable())
	}
	return append(g, r.frequencies())
}

func percent(share float64) string {
	switch {
	case share == 0:
		return "0 %"
	case share < .001:
		return "under 0.1 %"
	}
	return fmt.Sprintf("%.1f %%", 100*share)
}

func (r *Inspection) unknownLine() string {
	if r.Unknown == 0 {
		return "No text has an unknown token."
	}
	return fmt.Sprintf("%s of the tokens are %s, in %s of the texts.", percent(r.UnknownRate()), r.Tokenizer.names.unk,
		percent(float64(r.Affected)/float64(r.Texts)))
}

// coloured shows some texts with their tokens, the longest ones cut.
func (r *Inspection) coloured() *show.Tokens {
	const limit = 60
	t := r.Tokenizer
	out := &show.Tokens{Caption: "Tokens of some texts, from the shortest to the longest (rest the mouse on a token for its id)"}
	for _, text := range r.samples {
		e, err := t.Encode(text)
		if err != nil {
			continue // too long for an Encoding: it is counted all the same
		}
		var row []show.Token
		for i, id := range e.IDs {
			if len(row) == limit {
				break
			}
			token := show.Token{Text: t.Token(id), Hint: fmt.Sprintf("%s, id %d", t.Token(id), id), Special: e.SpecialTokensMask[i] == 1}
			if !token.Special {
				b := e.Bytes[i]
				token.Text = text[b.Start:b.End]
				if strings.HasPrefix(t.Token(id), t.prefix) {
					token.Text = t.prefix + token.Text
				}
				token.Unknown = id == t.model.unk
				token.Hint += fmt.Sprintf(", characters %d to %d", e.Offsets[i].Start, e.Offsets[i].End)
			}
			row = append(row, token)
		}
		note := fmt.Sprintf("%d tokens", e.Len())
		if e.Len() > limit {
			note = fmt.Sprintf("… %d tokens, the first %d shown", e.Len(), limit)
		}
		out.Rows, out.Notes = append(out.Rows, row), append(out.Notes, note)
	}
	return out
}

func (r *Inspection) histogram() *show.Chart {
	return show.Histogram(show.Floats(r.Lengths), 0).Titled("Length of the texts, special tokens included", "tokens", "texts").
		VRule(fmt.Sprintf("max_length %d", r.SuggestedMaxLength), float64(r.SuggestedMaxLength))
}

func (r *Inspection) truncation() *show.Table {
	t := show.NewTable("max_length", "texts cut", "share")
	for _, n := range []int{64, 128, 256, 512} {
		share := r.Truncated(n)
		t.Add(n, int(share*float64(r.Texts)+.5), percent(share))
	}
	t.Caption = "Truncation"
	t.Note = fmt.Sprintf("Half of the texts have up to %d tokens, 99 %% up to %d, the longest %d. Suggested: max_length %d, which cuts %s.",
		r.quantile(.5), r.quantile(.99), r.quantile(1), r.SuggestedMaxLength, percent(r.Truncated(r.SuggestedMaxLength)))
	return t
}

func (r *Inspection) unknownTable() *show.Table {
	t := show.NewTable("character", "code point", "unknown words", "for example")
	t.Caption, t.Limit = "Characters that the vocabulary does not have", 12
	for _, c := range r.UnknownCharacters {
		if c.Character == 0 {
			t.Add("(all known)", "", c.Count, c.Example)
			continue
		}
		name := string(c.Character)
		if !unicode.IsGraphic(c.Character) || unicode.IsSpace(c.Character) || unicode.IsMark(c.Character) {
			name = ""
		}
		t.Add(name, fmt.Sprintf("U+%04X", c.Character), c.Count, c.Example)
	}
	return t
}

func (r *Inspection) frequencies() *show.Table {
	t := show.NewTable("commonest", "times", "rarest", "times")
	t.Caption = fmt.Sprintf("%s of the %s tokens of the vocabulary occur", show.Count(r.Used), show.Count(r.Tokenizer.VocabSize()))
	for i := range max(min(12, len(r.Commonest)), min(12, len(r.Rarest))) {
		row := []any{"", "", "", ""}
		if i < len(r.Commonest) {
			row[0], row[1] = r.Commonest[i].Token, r.Commonest[i].Count
		}
		if i < len(r.Rarest) {
			row[2], row[3] = r.Rarest[i].Token, r.Rarest[i].Count
		}
		t.Add(row...)
	}
	return t
}
