package assist

import (
	"go/scanner"
	"go/token"
	"sort"
	"strings"
)

// document is a cell's text made into a Go file of the session's package: imports first, declarations next, and all
// statements in one function. Pieces of the cell keep their bytes, so positions can be mapped in both directions.
type document struct {
	text    string
	pieces  []piece // by their place in text
	defines []define
	names   map[string]bool // declared by the cell at the package's level
}

// piece says that text[at:at+n] is cell[from:from+n].
type piece struct{ at, from, n int }

// define is a statement x, y := f(...) at the top of a cell, whose last result may be an error that is checked for the user.
type define struct {
	key    string // the statement's text
	left   int    // how many names
	op     int    // where := stands in the cell
	callee int    // the last byte of the called function's name in the cell
	end    int    // the statement's end in the cell
}

// toDoc maps an offset in the cell to one in the document. An offset between two pieces goes to the end of the one before.
func (d *document) toDoc(from int) int {
	best := -1
	for i, p := range d.pieces {
		if p.from <= from && from <= p.from+p.n && (best < 0 || p.from+p.n == from || d.pieces[best].from+d.pieces[best].n == from) {
			if best >= 0 && d.pieces[best].from+d.pieces[best].n > from {
				continue
			}
			best = i
		}
	}
	if best < 0 {
		for i, p := range d.pieces {
			if p.from <= from && (best < 0 || p.from > d.pieces[best].from) {
				best = i
			}
		}
		if best < 0 {
			return 0
		}
		return d.pieces[best].at + d.pieces[best].n
	}
	return d.pieces[best].at + from - d.pieces[best].from
}

// toCell maps an offset in the document to one in the cell.
func (d *document) toCell(at int) (int, bool) {
	for _, p := range d.pieces {
		if p.at <= at && at <= p.at+p.n {
			return p.from + at - p.at, true
		}
	}
	return 0, false
}

// tok is one token of a cell.
type tok struct {
	pos  int
	tok  token.Token
	lit  string
	auto bool // a semicolon that the line's end stands for
}

func (t tok) end() int {
	if t.lit != "" && t.tok != token.SEMICOLON {
		return t.pos + len(t.lit)
	}
	if t.auto {
		return t.pos
	}
	return t.pos + len(t.tok.String())
}

// scan gives the cell's tokens without comments; what is no Go is passed over.
func scan(src string) []tok {
	fset := token.NewFileSet()
	file := fset.AddFile("", fset.Base(), len(src))
	var s scanner.Scanner
	s.Init(file, []byte(src), func(token.Position, string) {}, 0)
	var list []tok
	for {
		p, t, lit := s.Scan()
		if t == token.EOF {
			return list
		}
		list = append(list, tok{pos: file.Offset(p), tok: t, lit: lit, auto: t == token.SEMICOLON && lit == "\n"})
	}
}

// blank replaces what is no Go in a cell by as many bytes of space: command lines, and %time before a statement.
func blank(src string) string {
	if !strings.ContainsAny(src, "%!") {
		return src
	}
	lines := strings.SplitAfter(src, "\n")
	for i, line := range lines {
		if line[:min(1, len(line))] != "%" && (line[:min(1, len(line))] != "!" || strings.HasPrefix(line, "!=")) {
			continue
		}
		n := len(strings.TrimRight(line, "\r\n"))
		for _, c := range []string{"%time ", "%timeit ", "%capture "} {
			if strings.HasPrefix(line, c) {
				n = len(c)
			}
		}
		if strings.HasPrefix(line, "%%") && len(strings.TrimSpace(line)) > 2 && strings.TrimSpace(strings.Join(lines[:i], "")) == "" {
			return strings.Repeat(" ", len(src)) // %%bash and its like: nothing here is Go
		}
		lines[i] = strings.Repeat(" ", n) + line[n:]
	}
	return strings.Join(lines, "")
}

// segment is one import, declaration or statement at the top of a cell.
type segment struct {
	start, end int
	kind       token.Token // IMPORT, TYPE, FUNC, CONST, VAR; DEFINE for x := ...; ILLEGAL for other statements
	toks       []tok
	open       []token.Token // brackets left open at the end
}

// split cuts a cell into its parts. It never fails: what is half typed becomes a statement, and func, type, import at the
// begin of a line start anew when brackets before them were left open.
func split(src string, toks []tok) []segment {
	var list []segment
	i := 0
	for i < len(toks) {
		if toks[i].tok == token.SEMICOLON {
			i++
			continue
		}
		seg := segment{start: toks[i].pos, kind: token.ILLEGAL}
		first := i
		var open []token.Token
	tokens:
		for ; i < len(toks); i++ {
			t := toks[i]
			switch t.tok {
			case token.LPAREN, token.LBRACK, token.LBRACE:
				open = append(open, t.tok)
			case token.RPAREN, token.RBRACK, token.RBRACE:
				if len(open) > 0 {
					open = open[:len(open)-1]
				}
			case token.SEMICOLON:
				if len(open) == 0 {
					break tokens
				}
			case token.FUNC, token.TYPE, token.IMPORT:
				if i > first && len(open) > 0 && (t.pos == 0 || src[t.pos-1] == '\n') && declares(toks[i:]) {
					break tokens
				}
			}
		}
		seg.toks = toks[first:i]
		seg.end = seg.toks[len(seg.toks)-1].end()
		seg.open = open
		seg.kind = kindOf(seg.toks)
		list = append(list, seg)
	}
	return list
}

// declares says that toks begin an import, a type or a func with a name.
func declares(toks []tok) bool {
	k := kindOf(toks)
	return k == token.IMPORT || k == token.TYPE || k == token.FUNC
}

func kindOf(toks []tok) token.Token {
	switch toks[0].tok {
	case token.IMPORT, token.TYPE, token.CONST, token.VAR:
		return toks[0].tok
	case token.FUNC:
		if len(toks) > 1 && toks[1].tok == token.IDENT {
			return token.FUNC
		}
		depth := 0
		for i, t := range toks { // func (r T) name
			switch t.tok {
			case token.LPAREN:
				depth++
			case token.RPAREN:
				depth--
				if depth == 0 {
					if i+1 < len(toks) && toks[i+1].tok == token.IDENT && i+2 < len(toks) && toks[i+2].tok == token.LPAREN {
						return token.FUNC
					}
					return token.ILLEGAL
				}
			}
		}
	case token.IDENT:
		for i := 1; i < len(toks); i++ {
			switch toks[i].tok {
			case token.COMMA, token.IDENT:
			case token.DEFINE:
				return token.DEFINE
			default:
				return token.ILLEGAL
			}
		}
	}
	return token.ILLEGAL
}

// defined gives the names on the left of := in a DEFINE segment.
func (s segment) defined() []string {
	var names []string
	for _, t := range s.toks {
		if t.tok == token.DEFINE {
			break
		}
		if t.tok == token.IDENT {
			names = append(names, t.lit)
		}
	}
	return names
}

// asDefine describes a DEFINE segment whose right side is one call.
func (s segment) asDefine(src string) (define, bool) {
	d := define{key: src[s.start:s.end], left: len(s.defined()), end: s.end}
	toks := s.toks
	if len(toks) < 4 || toks[len(toks)-1].tok != token.RPAREN || len(s.open) > 0 {
		return d, false
	}
	for _, t := range toks {
		if t.tok == token.DEFINE {
			d.op = t.pos
			break
		}
	}
	depth := 0
	for i := len(toks) - 1; i > 0; i-- {
		switch toks[i].tok {
		case token.RPAREN, token.RBRACK, token.RBRACE:
			depth++
		case token.LPAREN, token.LBRACK, token.LBRACE:
			depth--
			if depth > 0 || toks[i].tok == token.RBRACE {
				continue
			}
			prev := toks[i-1]
			if prev.tok == token.RBRACK && toks[i].tok == token.LPAREN {
				continue // f[T](x): go on to f
			}
			if prev.tok == token.IDENT {
				d.callee = prev.end() - 1
				return d, true
			}
			return d, false
		}
	}
	return d, false
}

// closers are the brackets that end what open left open.
func closers(open []token.Token) string {
	var s strings.Builder
	for i := len(open) - 1; i >= 0; i-- {
		switch open[i] {
		case token.LPAREN:
			s.WriteString(")")
		case token.LBRACK:
			s.WriteString("]")
		case token.LBRACE:
			s.WriteString("\n}")
		}
	}
	return s.String()
}

type docBuilder struct {
	document
	src string
	out strings.Builder
}

func (b *docBuilder) glue(s string) { b.out.WriteString(s) }

func (b *docBuilder) copy(from, to int) {
	if to > from {
		b.pieces = append(b.pieces, piece{b.out.Len(), from, to - from})
		b.out.WriteString(b.src[from:to])
	}
}

// makeDocument builds the file for a cell. imports are import specs to put before the cell's own; results gives for the
// key of a define how many results its call has, -1 when not known.
func makeDocument(src string, imports []string, results func(define) int) *document {
	b := &docBuilder{src: blank(src)}
	b.names = map[string]bool{}
	toks := scan(b.src)
	segs := split(b.src, toks)
	b.glue("package cell\n\n")
	for _, spec := range imports {
		b.glue("import " + spec + "\n")
	}
	used := map[string]bool{} // names that functions and types of the cell speak of
	for _, s := range segs {
		switch s.kind {
		case token.IMPORT:
			b.copy(s.start, b.tail(s))
			b.glue("\n")
		case token.FUNC, token.TYPE, token.CONST, token.VAR:
			for _, t := range s.toks {
				if t.tok == token.IDENT {
					used[t.lit] = true
				}
			}
		}
	}
	hoisted := map[int]bool{}
	for i, s := range segs {
		switch s.kind {
		case token.FUNC, token.TYPE, token.CONST, token.VAR:
			b.declare(s)
			b.copy(s.start, b.tail(s))
			b.glue(closers(s.open) + "\n")
			hoisted[i] = true
		case token.DEFINE:
			names := s.defined()
			if !anyOf(names, used) || anyOf(names, b.names) {
				continue
			}
			for _, n := range names {
				b.names[n] = true
			}
			hoisted[i] = true
			b.glue("var ")
			for _, t := range s.toks {
				if t.tok != token.DEFINE {
					continue
				}
				b.copy(s.start, t.pos)
				if d, ok := s.asDefine(b.src); ok {
					b.defines = append(b.defines, d)
					if results(d) == d.left+1 {
						b.glue(", _ ")
					}
				}
				b.glue("= ")
				b.copy(t.end(), b.tail(s))
				break
			}
			b.glue(closers(s.open) + "\n")
		}
	}
	b.glue("\nfunc _() {\n")
	for i, s := range segs {
		if hoisted[i] || s.kind == token.IMPORT {
			continue
		}
		from := s.start
		if d, ok := s.asDefine(b.src); ok && s.kind == token.DEFINE {
			b.defines = append(b.defines, d)
			if results(d) == d.left+1 {
				b.copy(from, d.op)
				b.glue(", _ ")
				from = d.op
			}
		}
		b.copy(from, b.tail(s))
		b.glue(closers(s.open) + "\n")
	}
	if len(segs) == 0 || segs[len(segs)-1].end < len(b.src) { // an empty line is a place to type at, too
		from := 0
		if len(segs) > 0 {
			from = b.tail(segs[len(segs)-1])
		}
		b.pieces = append(b.pieces, piece{b.out.Len(), from, len(b.src) - from})
		b.glue(b.src[from:])
	}
	b.glue("\n}\n")
	b.text = b.out.String()
	sort.Slice(b.defines, func(i, j int) bool { return b.defines[i].op < b.defines[j].op })
	return &b.document
}

// tail is the end of a segment with the spaces and the comment behind it on its line, where a cursor may stand.
func (b *docBuilder) tail(s segment) int {
	end := s.end
	for end < len(b.src) && b.src[end] != '\n' && b.src[end] != ';' {
		if b.src[end] != ' ' && b.src[end] != '\t' {
			if !strings.HasPrefix(b.src[end:], "//") {
				break
			}
			if i := strings.IndexByte(b.src[end:], '\n'); i >= 0 {
				return end + i
			}
			return len(b.src)
		}
		end++
	}
	return end
}

// declare notes the names that a declaration makes.
func (b *docBuilder) declare(s segment) {
	if s.kind == token.FUNC {
		if s.toks[1].tok == token.IDENT {
			b.names[s.toks[1].lit] = true
		}
		return
	}
	depth, fresh := 0, false
	for i, t := range s.toks {
		switch t.tok {
		case token.LPAREN, token.LBRACE, token.LBRACK:
			depth++
			fresh = fresh || i == 1
		case token.RPAREN, token.RBRACE, token.RBRACK:
			depth--
		case token.SEMICOLON:
			fresh = depth == 1 && len(s.toks) > 1 && s.toks[1].tok == token.LPAREN
		case token.IDENT:
			if i == 1 || fresh || i > 1 && s.toks[i-1].tok == token.COMMA && s.kind != token.TYPE && b.names[s.toks[i-2].lit] {
				b.names[t.lit] = true
			}
			fresh = false
		}
	}
}

func anyOf(names []string, set map[string]bool) bool {
	for _, n := range names {
		if set[n] {
			return true
		}
	}
	return false
}
