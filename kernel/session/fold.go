package session

// FoldReturns gives what a terminal would show of text whose lines are overwritten after carriage returns, as progress
// bars do. Front ends that keep text use it on what they join.
func FoldReturns(text string) string { return string(foldReturns([]byte(text), false)) }

// foldReturns removes what a carriage return lets later text of the same line overwrite whole, as a progress bar does.
// midLine says that the text goes on with a line that was published before; its first piece is kept then.
func foldReturns(text []byte, midLine bool) []byte {
	folded := make([]byte, 0, len(text))
	for len(text) > 0 {
		line := text
		if i := indexByte(text, '\n'); i >= 0 {
			line = text[:i+1]
		}
		text = text[len(line):]
		folded = append(folded, foldLine(line, midLine)...)
		midLine = false
	}
	return folded
}

func foldLine(line []byte, midLine bool) []byte {
	body, end := line, []byte(nil)
	if n := len(line); n > 0 && line[n-1] == '\n' {
		cut := n - 1
		for cut > 0 && line[cut-1] == '\r' {
			cut--
		}
		body, end = line[:cut], []byte("\n")
		if cut < n-1 {
			end = []byte("\r\n")
		}
	}
	if indexByte(body, '\r') < 0 {
		return line
	}
	// body is pieces between returns, each of which starts at the line's left edge.
	var pieces [][]byte
	for rest := body; ; {
		i := indexByte(rest, '\r')
		if i < 0 {
			pieces = append(pieces, rest)
			break
		}
		pieces = append(pieces, rest[:i])
		rest = rest[i+1:]
	}
	keep := make([]bool, len(pieces))
	covered := -1 // widest piece that comes later
	for i := len(pieces) - 1; i >= 0; i-- {
		w := width(pieces[i])
		keep[i] = w > covered || i == len(pieces)-1 || (i == 0 && midLine)
		covered = max(covered, w)
	}
	if len(pieces[len(pieces)-1]) == 0 { // ends in a return: the cursor stands left, the text before it is seen
		keep[len(pieces)-2] = true
	}
	var out []byte
	started := false
	for i, p := range pieces {
		if !keep[i] {
			continue
		}
		if started || (i > 0 && midLine) {
			out = append(out, '\r')
		}
		out = append(out, p...)
		started = true
	}
	return append(out, end...)
}

// width counts characters that take room; colour codes take none.
func width(b []byte) int {
	n, esc := 0, false
	for _, r := range string(b) {
		switch {
		case esc:
			esc = !(r >= '@' && r <= '~' && r != '[')
		case r == 0x1b:
			esc = true
		default:
			n++
		}
	}
	return n
}

func indexByte(b []byte, c byte) int {
	for i, x := range b {
		if x == c {
			return i
		}
	}
	return -1
}
