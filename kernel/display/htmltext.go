package display

import (
	"html"
	"regexp"
	"strings"
)

// visible are elements that show something without text.
var visible = regexp.MustCompile(`(?i)<(img|svg|canvas|iframe|video|audio|input|button|select|progress|object|embed)\b`)

// plainFromHTML is the text of a piece of HTML: tags, scripts and styles left out, blocks on lines of their own.
// It is for the text/plain twin only, and not a parser to trust with anything else.
func plainFromHTML(source string) string {
	whole := source
	var out strings.Builder
	for source != "" {
		i := strings.IndexByte(source, '<')
		if i < 0 {
			i = len(source)
		}
		out.WriteString(html.UnescapeString(strings.ReplaceAll(source[:i], "\n", " ")))
		source = source[i:]
		if source == "" {
			break
		}
		end := tagEnd(source)
		tag := source[1:end]
		source = source[min(end+1, len(source)):]
		closing := strings.HasPrefix(tag, "/")
		name := strings.ToLower(strings.TrimPrefix(tag, "/"))
		if j := strings.IndexAny(name, " \t\n/>"); j >= 0 {
			name = name[:j]
		}
		switch {
		case !closing && (name == "script" || name == "style"):
			if j := strings.Index(strings.ToLower(source), "</"+name); j >= 0 {
				source = source[j:]
			} else {
				source = ""
			}
		case name == "br" || name == "p" || name == "div" || name == "tr" || name == "li" || name == "pre" || len(name) == 2 && name[0] == 'h':
			out.WriteByte('\n')
		case name == "td" || name == "th":
			out.WriteByte('\t')
		}
	}
	var lines []string
	for line := range strings.SplitSeq(out.String(), "\n") {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, line)
		}
	}
	if text := cut(strings.Join(lines, "\n"), maxText); text != "" {
		return text
	}
	if visible.MatchString(whole) {
		return "<HTML>"
	}
	return ""
}

// tagEnd is the index of the > that ends the tag at the begin of s, or of the end of a comment; len(s) where it is left open.
func tagEnd(s string) int {
	if strings.HasPrefix(s, "<!--") {
		if i := strings.Index(s, "-->"); i >= 0 {
			return i + 2
		}
		return len(s)
	}
	var quote byte
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return i
		}
	}
	return len(s)
}
