package session

import (
	"fmt"
	"html"
	"slices"
	"strings"

	"gosft/kernel/display"
)

func init() {
	RegisterCommand(Command{Name: "%help", Usage: "%help [COMMAND]", Help: "Lists all commands, or explains one.", Run: helpCommand,
		Complete: func(_ *Session, arg string) []string {
			var list []string
			for _, c := range Commands() {
				if strings.HasPrefix(c.Name, arg) || strings.HasPrefix(strings.TrimLeft(c.Name, "%"), arg) {
					list = append(list, c.Name)
				}
			}
			return list
		}})
}

// gonbMark begins the help of commands that are there for notebooks made with GoNB.
const gonbMark = "(GoNB) "

func helpCommand(c *Call) error {
	if c.Args != "" {
		for _, name := range []string{c.Args, "%" + c.Args, "%%" + c.Args} {
			if k := lookupCommand(name); k != nil {
				c.Show(Bundle{"text/plain": k.Usage + "\n\n" + k.Help,
					"text/markdown": "```\n" + k.Usage + "\n```\n\n" + k.Help})
				return nil
			}
		}
		return fmt.Errorf("there is no command %s%s", c.Args, didYouMean(c.Args))
	}
	var own, gonb display.Table
	for _, k := range Commands() {
		first, _, _ := strings.Cut(k.Help, "\n")
		if rest, ok := strings.CutPrefix(first, gonbMark); ok {
			gonb.Rows = append(gonb.Rows, []string{k.Usage, rest})
		} else {
			own.Rows = append(own.Rows, []string{k.Usage, first})
		}
	}
	own.Columns, gonb.Columns = []string{"command", "what it does"}, []string{"for notebooks of GoNB", "what it does"}
	const more = "Commands stand at the begin of a line and run before the cell's Go. //gosft:%vars is the same as %vars, " +
		"so that a notebook kept as a .go file stays valid Go. ?name or name? shows help for a name, ??name its source."
	a, b := own.Bundle(), gonb.Bundle()
	c.Show(Bundle{
		"text/plain": a.Text() + "\n\n" + b.Text() + "\n\n" + more,
		"text/html":  fmt.Sprint(a["text/html"]) + "<br>" + fmt.Sprint(b["text/html"]) + "<p>" + html.EscapeString(more) + "</p>",
	})
	return nil
}

// elsewhere names what commands of IPython and evcxr are called here.
var elsewhere = map[string]string{
	"pip": "%get", "conda": "%get", "install": "%get", "dep": "%get", "who": "%vars", "whos": "%vars", "ls_vars": "%vars", "lsmagic": "%help",
	"magic": "%help", "quickref": "%help", "clear": "%reset", "sh": "%%bash", "system": "!", "sx": "!", "script": "%%script", "file": "%%writefile",
	"load_ext": "", "matplotlib": "", "autoreload": "", "autosave": "", "pylab": "",
	"prun": "%time", "lprun": "%time", "memit": "%vars", "del": "%rm", "cell": "%help", "exit": "%restart", "quit": "%restart",
	"set_env": "%env", "run": "!", "load": "%%writefile", "history": "", "hist": "",
}

// didYouMean suggests a command for one that does not exist: " (did you mean %vars?)", or "".
func didYouMean(name string) string {
	bare := strings.TrimLeft(name, "%")
	if to, ok := elsewhere[bare]; ok {
		if to == "" {
			return ": nothing of the kind is needed here, take the line out"
		}
		return ": here it is " + to
	}
	best, distance := "", 3
	for _, c := range Commands() {
		d := editDistance(bare, strings.TrimLeft(c.Name, "%"))
		if d < distance && d < len(bare) {
			best, distance = c.Name, d
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// editDistance counts letters to change, add, drop, or swap with a neighbour.
func editDistance(a, b string) int {
	x, y := []rune(a), []rune(b)
	rows := make([][]int, len(x)+1)
	for i := range rows {
		rows[i] = make([]int, len(y)+1)
		rows[i][0] = i
	}
	for j := range y {
		rows[0][j+1] = j + 1
	}
	for i := range x {
		for j := range y {
			cost := 1
			if x[i] == y[j] {
				cost = 0
			}
			rows[i+1][j+1] = slices.Min([]int{rows[i][j] + cost, rows[i][j+1] + 1, rows[i+1][j] + 1})
			if i > 0 && j > 0 && x[i] == y[j-1] && x[i-1] == y[j] {
				rows[i+1][j+1] = min(rows[i+1][j+1], rows[i-1][j-1]+1)
			}
		}
	}
	return rows[len(x)][len(y)]
}
