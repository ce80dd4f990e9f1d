package session

import (
	"fmt"
	"strconv"
	"strings"
)

func init() {
	RegisterCommand(Command{Name: "%limit", Usage: "%limit [SIZE]",
		Help: "Sets how much text a cell may show before its middle is cut out, such as 64M or 500K, or says what the limit is.\n\nAll of a longer output goes to a file that a note names.",
		Run:  limitCommand})
}

func limitCommand(c *Call) error {
	if c.Args == "" {
		c.Printf("A cell shows at most %s of text.\n", size(c.Session.OutputLimit()))
		return nil
	}
	n, err := parseSize(c.Args)
	if err != nil {
		return err
	}
	c.Session.SetOutputLimit(n)
	return nil
}

// parseSize reads a number of bytes with an optional unit: 1000, 64K, 64 kB, 16M, 1G.
func parseSize(text string) (int, error) {
	s := strings.ToLower(strings.ReplaceAll(text, " ", ""))
	s = strings.TrimSuffix(strings.TrimSuffix(s, "b"), "i")
	unit := 1
	if n := len(s); n > 0 {
		if u, ok := map[byte]int{'k': 1 << 10, 'm': 1 << 20, 'g': 1 << 30}[s[n-1]]; ok {
			s, unit = s[:n-1], u
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	if bytes := f * float64(unit); err == nil && bytes >= 1<<10 && bytes <= 4<<30 {
		return int(bytes), nil
	}
	return 0, fmt.Errorf("%q is no size between 1K and 4G: write it as 64M or 500K", text)
}
