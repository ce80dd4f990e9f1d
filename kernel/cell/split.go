package cell

import (
	"go/scanner"
	"go/token"
	"strings"
)

// chunk is one declaration or statement at the top of a cell, from its first token to its last.
type chunk struct {
	start, end int
	tok        token.Token // PACKAGE, IMPORT, TYPE, CONST, FUNC for declarations; VAR and all else is run in order
	semi       bool        // the user wrote a semicolon after it, at semiAt
	semiAt     int
}

func (c chunk) declaration() bool {
	switch c.tok {
	case token.PACKAGE, token.IMPORT, token.TYPE, token.CONST, token.FUNC:
		return true
	}
	return false
}

// split cuts a cell into its top-level pieces. Go's own scanner says where a statement ends; a semicolon inside any
// bracket belongs to its statement.
func split(src *source) ([]chunk, Errors) {
	fset := token.NewFileSet()
	file := fset.AddFile("", -1, len(src.text))
	var errs Errors
	var s scanner.Scanner
	s.Init(file, []byte(src.text), func(p token.Position, msg string) {
		if len(errs) < MaxErrors {
			errs = append(errs, Error{Pos: src.pos(p.Offset), Msg: msg, Hint: hintOf(msg)})
		}
	}, 0)

	type bracket struct {
		tok token.Token
		off int
	}
	closes := map[token.Token]token.Token{token.RPAREN: token.LPAREN, token.RBRACK: token.LBRACK, token.RBRACE: token.LBRACE}
	var open []bracket
	var chunks []chunk
	cur := chunk{start: -1}
	var head []token.Token // the tokens of cur at depth 0, as many as tell what it is
	finish := func() {
		if cur.start < 0 {
			return
		}
		cur.tok = kindOf(head)
		chunks = append(chunks, cur)
		cur, head = chunk{start: -1}, nil
	}
	for {
		p, tok, lit := s.Scan()
		off := file.Offset(p)
		if tok == token.EOF {
			break
		}
		if tok == token.SEMICOLON && len(open) == 0 {
			if lit == ";" {
				switch {
				case cur.start >= 0:
					cur.semi, cur.semiAt = true, off
				case len(chunks) > 0: // after what a newline or another semicolon ended
					chunks[len(chunks)-1].semi = true
				}
			}
			finish()
			continue
		}
		if cur.start < 0 {
			cur.start = off
		}
		cur.end = off + len(lit)
		if !tok.IsLiteral() && !tok.IsKeyword() && tok != token.COMMENT && tok != token.ILLEGAL && tok != token.SEMICOLON {
			cur.end = off + len(tok.String())
		} else if tok == token.STRING && strings.HasPrefix(lit, "`") {
			cur.end = rawEnd(src.text, off) // the scanner drops carriage returns from lit
		}
		if len(open) == 0 && len(head) < 4 {
			head = append(head, tok)
		}
		switch tok {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			open = append(open, bracket{tok, off})
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if len(open) == 0 {
				errs = append(errs, Error{Pos: src.pos(off), Msg: "unexpected " + tok.String(), Hint: "nothing is open here that it could close"})
				return nil, errs
			}
			if top := open[len(open)-1]; top.tok != closes[tok] {
				errs = append(errs, Error{Pos: src.pos(off), Msg: "unexpected " + tok.String() + ": the " + top.tok.String() + " at " + src.pos(top.off).String() + " is not closed"})
				return nil, errs
			}
			open = open[:len(open)-1]
		}
	}
	if len(errs) == 0 && len(open) > 0 {
		top := open[len(open)-1]
		errs = append(errs, Error{Pos: src.pos(top.off), Msg: top.tok.String() + " is never closed"})
	}
	finish()
	return chunks, errs
}

// rawEnd returns where the raw string that starts at off ends.
func rawEnd(text string, off int) int {
	if i := strings.IndexByte(text[off+1:], '`'); i >= 0 {
		return off + 1 + i + 1
	}
	return len(text)
}

// kindOf tells a declaration by its first tokens outside brackets (an opening one counts as outside).
// "func f(" and "func (r T) f(" declare; "func(" is an expression.
func kindOf(head []token.Token) token.Token {
	if len(head) == 0 {
		return token.ILLEGAL
	}
	switch head[0] {
	case token.PACKAGE, token.IMPORT, token.TYPE, token.CONST, token.VAR:
		return head[0]
	case token.FUNC:
		if len(head) > 1 && head[1] == token.IDENT {
			return token.FUNC
		}
		if len(head) > 3 && head[1] == token.LPAREN && head[2] == token.IDENT && head[3] == token.LPAREN {
			return token.FUNC
		}
	}
	return token.EOF
}
