package session

import (
	"regexp"
	"strings"
)

// commandLine is a command found in a cell.
type commandLine struct {
	name, args, body string
	line             int // from 1
}

// prefixes make a command line valid Go: a notebook kept as a .go file stays a program.
var prefixes = []string{"//gosft:", "//gonb:"}

// splitCell separates a cell's commands from its Go text. A command stands at the very start of a line: %name, !shell,
// or either behind //gosft: (//gonb: is taken too). %%name on the cell's first line of text takes all that follows as its
// body. In the Go text that is returned each command line is blank, so that lines keep their numbers. Lines inside raw
// strings, comments and open parentheses, and lines that continue an expression, are Go.
func splitCell(src string) (cmds []commandLine, goText string) {
	lines := strings.Split(src, "\n")
	var lx lexer
	first := true
	for i := 0; i < len(lines); i++ {
		line, at := lines[i], i
		text, isCmd := commandText(line)
		if isCmd && !lx.inside() && !(strings.HasPrefix(line, "!") && lx.continued()) {
			name, args := cutCommand(text)
			if first && strings.HasPrefix(name, "%%") && len(name) > 2 {
				body := strings.Join(lines[i+1:], "\n")
				return []commandLine{{name: name, args: args, body: body, line: i + 1}}, ""
			}
			for lines[i] = ""; strings.HasSuffix(args, "\\") && i+1 < len(lines); { // the command goes on in the next line
				i++
				next := strings.TrimRight(lines[i], " \t\r")
				for _, p := range prefixes {
					next = strings.TrimPrefix(next, p)
				}
				args, lines[i] = args[:len(args)-1]+" "+next, ""
			}
			cmds = append(cmds, commandLine{name: name, args: args, line: at + 1})
			first = false
			continue
		}
		if strings.TrimSpace(line) != "" {
			first = false
		}
		lx.feed(line)
	}
	if len(cmds) == 0 {
		return nil, src
	}
	return cmds, strings.Join(lines, "\n")
}

// commandText returns the command on a line without its prefix.
func commandText(line string) (string, bool) {
	line = strings.TrimRight(line, " \t\r")
	for _, p := range prefixes {
		if rest, ok := strings.CutPrefix(line, p); ok {
			rest = strings.TrimSpace(rest)
			if rest != "" && rest[0] != '%' && rest[0] != '!' {
				rest = "%" + rest
			}
			return rest, rest != ""
		}
	}
	if line == "" || (line[0] != '%' && line[0] != '!') || strings.HasPrefix(line, "!=") {
		return "", false
	}
	return line, true
}

// cutCommand splits "%time f()" into "%time" and "f()"; a shell line's name is "!" ("!*" as in GoNB, in the session's
// own folder).
func cutCommand(text string) (name, args string) {
	if strings.HasPrefix(text, "!") {
		if strings.HasPrefix(text, "!*") && lookupCommand("!*") != nil {
			return "!*", strings.TrimSpace(text[2:])
		}
		return "!", strings.TrimSpace(text[1:])
	}
	if i := strings.IndexAny(text, " \t"); i > 0 {
		return text[:i], strings.TrimSpace(text[i:])
	}
	return text, ""
}

// lexer follows Go text line by line just well enough to know whether the next line starts inside something.
type lexer struct {
	raw, comment bool
	depth        int  // open ( and [
	last         byte // last byte of code
}

func (lx *lexer) inside() bool { return lx.raw || lx.comment }

// continued says whether the next line goes on with an expression.
func (lx *lexer) continued() bool {
	return lx.depth > 0 || (lx.last != 0 && strings.IndexByte("&|=,+-*/<>(", lx.last) >= 0)
}

func (lx *lexer) feed(line string) {
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case lx.raw:
			lx.raw = c != '`'
			continue
		case lx.comment:
			if c == '*' && i+1 < len(line) && line[i+1] == '/' {
				lx.comment = false
				i++
			}
			continue
		}
		switch c {
		case '`':
			lx.raw = true
		case '"', '\'':
			for i++; i < len(line) && line[i] != c; i++ {
				if line[i] == '\\' {
					i++
				}
			}
		case '/':
			if i+1 < len(line) && line[i+1] == '/' {
				return
			}
			if i+1 < len(line) && line[i+1] == '*' {
				lx.comment = true
				i++
				continue
			}
		case '(', '[':
			lx.depth++
		case ')', ']':
			lx.depth = max(0, lx.depth-1)
		}
		if c != ' ' && c != '\t' && c != '\r' {
			lx.last = c
		}
	}
}

// helpQuery recognises a cell that only asks for help: ?name, name?, and with two marks for the source.
func helpQuery(src string) (name string, detail int, ok bool) {
	s := strings.TrimSpace(src)
	if strings.ContainsAny(s, "\n`\"'/") || len(s) < 2 {
		return "", 0, false
	}
	name = strings.Trim(s, "?")
	marks := len(s) - len(name)
	if marks == 0 || marks > 2 || strings.Contains(name, "?") || (s[0] == '?') == (s[len(s)-1] == '?') {
		return "", 0, false
	}
	name = strings.TrimSpace(name)
	return name, marks - 1, helpName.MatchString(name)
}

// helpName is what help can be asked for: a command, or names joined by dots.
var helpName = regexp.MustCompile(`^(%{0,2}[\pL_][\pL\d_]*(\.[\pL_][\pL\d_]*)*|!)$`)
