package session

import (
	"errors"
	"strings"

	"gosft/kernel/display"
)

func init() {
	for name, show := range map[string]struct{ mime, help string }{
		"%%html":     {display.MIMEHTML, "Shows the rest of the cell as HTML."},
		"%%markdown": {display.MIMEMarkdown, "Shows the rest of the cell as Markdown."},
		"%%latex":    {display.MIMELaTeX, "Shows the rest of the cell as LaTeX; formulas stand between $ signs."},
		"%%svg":      {display.MIMESVG, "Shows the rest of the cell as an SVG image."},
	} {
		RegisterCommand(Command{Name: name, Usage: name, Help: show.help, Run: func(c *Call) error {
			if strings.TrimSpace(c.Body) == "" {
				return errors.New("there is nothing below " + name)
			}
			c.Show(Bundle{show.mime: c.Body}.WithText())
			return nil
		}})
	}
}
