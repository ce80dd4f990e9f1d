package session

import (
	"context"
	"strings"
)

// Complete completes commands from their table and Go text through Assist.
func (s *Session) Complete(ctx context.Context, code string, pos int) (Completion, error) {
	runes := []rune(code)
	pos = min(max(pos, 0), len(runes))
	line, start := lineAt(runes, pos)
	if inBody(code, strings.Count(string(runes[:start]), "\n")) {
		return arguments(completePaths(line, false), line, pos), nil
	}
	text, isCmd := commandText(line)
	if !isCmd && !isCommandPrefix(line) {
		return s.assist.Complete(ctx, code, pos)
	}
	at := start + len([]rune(line)) - len([]rune(text)) // where the command's sign stands
	if !isCmd {
		text, at = "", start+len([]rune(line))
	}
	if strings.HasSuffix(line, " ") && isCmd {
		text += " "
		at = start + len([]rune(line)) - len([]rune(text))
	}
	name, arg, hasArg := strings.Cut(text, " ")
	if strings.HasPrefix(text, "!") {
		name, arg, hasArg = "!", text[1:], true
	}
	if !hasArg {
		return matchNames(name, at, pos), nil
	}
	cmd := lookupCommand(name)
	if cmd == nil || cmd.Complete == nil {
		if name == "%time" || name == "%timeit" || name == "%capture" {
			return s.assist.Complete(ctx, code, pos)
		}
		return Completion{Start: pos, End: pos}, nil
	}
	return arguments(cmd.Complete(s, arg), arg, pos), nil
}

// arguments is the completion of the last word of arg, which ends at pos.
func arguments(matches []string, arg string, pos int) Completion {
	word := arg[strings.LastIndexAny(arg, " \t")+1:]
	c := Completion{Start: pos - len([]rune(word)), End: pos}
	for _, m := range matches {
		c.Matches = append(c.Matches, m)
		c.Items = append(c.Items, CompletionItem{Text: m, Type: "argument", Start: c.Start, End: c.End})
	}
	return c
}

// inBody says whether a line of the cell, counted from 0, is text that a command takes and that is not Go.
func inBody(code string, line int) bool {
	cmds, _ := splitCell(code)
	if len(cmds) != 1 || !strings.HasPrefix(cmds[0].name, "%%") || len(cmds[0].name) == 2 || line < cmds[0].line {
		return false
	}
	cmd := lookupCommand(cmds[0].name)
	return cmd != nil && !cmd.GoBody
}

func matchNames(prefix string, at, pos int) Completion {
	c := Completion{Start: at, End: pos}
	for _, k := range Commands() {
		if strings.HasPrefix(k.Name, prefix) {
			c.Matches = append(c.Matches, k.Name)
			c.Items = append(c.Items, CompletionItem{Text: k.Name, Type: "command", Signature: k.Usage, Start: at, End: pos})
		}
	}
	return c
}

// lineAt returns the text of the line before pos and where the line starts.
func lineAt(runes []rune, pos int) (string, int) {
	start := pos
	for start > 0 && runes[start-1] != '\n' {
		start--
	}
	return string(runes[start:pos]), start
}

func isCommandPrefix(line string) bool {
	for _, p := range prefixes {
		if line == p {
			return true
		}
	}
	return false
}

// commandAt finds the command whose name stands at pos.
func (s *Session) commandAt(code string, pos int) *Command {
	runes := []rune(code)
	pos = min(max(pos, 0), len(runes))
	end := pos
	for end < len(runes) && runes[end] != '\n' && runes[end] != ' ' {
		end++
	}
	line, _ := lineAt(runes, end)
	text, ok := commandText(line)
	if !ok {
		return nil
	}
	name, args := cutCommand(text)
	if args != "" && name != "!" {
		return nil
	}
	return lookupCommand(name)
}
