package assist

import (
	"context"
	"go/parser"
	"go/scanner"
	"go/token"
	"strings"

	"gosft/kernel/session"
)

// IsComplete says whether Enter should run the text: "incomplete" while a bracket, a raw string, a comment or an expression
// is open, with the tabs that the next line begins with; "invalid" when no more text can make it Go.
func (a *Assist) IsComplete(_ context.Context, code string) session.Completeness {
	return isComplete(code)
}

func isComplete(code string) session.Completeness {
	src := blank(code)
	var depth []token.Token
	var last, first tok
	invalid, openText := false, false
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(src))
	var s scanner.Scanner
	s.Init(file, []byte(src), func(_ token.Position, msg string) {
		if strings.Contains(msg, "not terminated") && (strings.Contains(msg, "raw string") || strings.Contains(msg, "comment")) {
			openText = true
		} else {
			invalid = true
		}
	}, 0)
	for {
		p, t, lit := s.Scan()
		if t == token.EOF {
			break
		}
		switch t {
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth = append(depth, t)
		case token.RPAREN, token.RBRACK, token.RBRACE:
			if len(depth) == 0 || depth[len(depth)-1] != opener(t) {
				invalid = true
			} else {
				depth = depth[:len(depth)-1]
			}
		}
		if t == token.SEMICOLON && lit == "\n" {
			continue
		}
		last = tok{pos: file.Offset(p), tok: t, lit: lit}
		if first.tok == 0 {
			first = last
		}
	}
	indent := strings.Repeat("\t", len(depth))
	switch {
	case invalid:
		return session.Completeness{Status: "invalid"}
	case openText:
		return session.Completeness{Status: "incomplete"}
	case len(depth) > 0:
		return session.Completeness{Status: "incomplete", Indent: indent}
	case last.tok == 0:
		return session.Completeness{Status: "complete"}
	case goesOn(last.tok):
		return session.Completeness{Status: "incomplete", Indent: "\t"}
	}
	doc := makeDocument(code, nil, func(define) int { return -1 })
	_, err := parser.ParseFile(token.NewFileSet(), "", doc.text, parser.SkipObjectResolution|parser.AllErrors)
	if err == nil {
		return session.Completeness{Status: "complete"}
	}
	// What a statement lacks at the very end of the cell may still come: "if x", "for i := range n", "func f(a int)".
	list, _ := err.(scanner.ErrorList)
	end := doc.toDoc(len(strings.TrimRight(src, " \t\r\n")))
	for _, e := range list {
		if e.Pos.Offset < end {
			return session.Completeness{Status: "invalid"}
		}
	}
	if needsBlock(first.tok) {
		return session.Completeness{Status: "incomplete"}
	}
	return session.Completeness{Status: "invalid"}
}

func opener(t token.Token) token.Token {
	switch t {
	case token.RPAREN:
		return token.LPAREN
	case token.RBRACK:
		return token.LBRACK
	}
	return token.LBRACE
}

// goesOn says that a text that ends with t must go on: operators that take a right side, and keywords.
func goesOn(t token.Token) bool {
	switch t {
	case token.INC, token.DEC, token.RPAREN, token.RBRACK, token.RBRACE, token.SEMICOLON, token.ELLIPSIS, token.COLON,
		token.BREAK, token.CONTINUE, token.FALLTHROUGH, token.RETURN:
		return false
	}
	return t.IsOperator() || t.IsKeyword()
}

func needsBlock(t token.Token) bool {
	switch t {
	case token.IF, token.FOR, token.SWITCH, token.SELECT, token.FUNC, token.IMPORT, token.TYPE, token.VAR, token.CONST, token.GO, token.DEFER:
		return true
	}
	return false
}
