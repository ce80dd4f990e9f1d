package session

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// words splits a command's arguments at spaces. Text in double or single quotes stays together; in double quotes \ takes
// the next character as it is.
func words(s string) ([]string, error) {
	var list []string
	var word strings.Builder
	inWord := false
	var quote byte
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote == '"' && c == '\\' && i+1 < len(s):
			i++
			word.WriteByte(s[i])
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			word.WriteByte(c)
		case c == '"' || c == '\'':
			quote, inWord = c, true
		case c == ' ' || c == '\t':
			if inWord {
				list = append(list, word.String())
				word.Reset()
				inWord = false
			}
		default:
			inWord = true
			word.WriteByte(c)
		}
	}
	if quote != 0 {
		return nil, errors.New("a quote " + string(quote) + " is not closed")
	}
	if inWord {
		list = append(list, word.String())
	}
	return list, nil
}

// expand replaces ~ at the begin and $NAME or ${NAME} in a path.
func expand(path string) string {
	if path == "~" || strings.HasPrefix(path, "~/") {
		if home, err := os.UserHomeDir(); err == nil {
			path = home + path[1:]
		}
	}
	return os.ExpandEnv(path)
}

// completePaths gives the files and folders that a half-typed path may mean; folders end with a slash.
func completePaths(arg string, foldersOnly bool) []string {
	word := arg[strings.LastIndexAny(arg, " \t")+1:]
	dir, base := filepath.Split(word)
	entries, err := os.ReadDir(expand(orDot(dir)))
	if err != nil {
		return nil
	}
	var list []string
	for _, e := range entries {
		name := e.Name()
		if !strings.HasPrefix(name, base) || base == "" && strings.HasPrefix(name, ".") {
			continue
		}
		isDir := e.IsDir()
		if e.Type()&os.ModeSymlink != 0 {
			if st, err := os.Stat(filepath.Join(expand(orDot(dir)), name)); err == nil {
				isDir = st.IsDir()
			}
		}
		if isDir {
			name += "/"
		} else if foldersOnly {
			continue
		}
		list = append(list, dir+name)
	}
	return list
}

func orDot(dir string) string {
	if dir == "" {
		return "."
	}
	return dir
}
