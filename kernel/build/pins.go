package build

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/semver"
)

// One process holds one version of a module. Those that the worker holds are pinned in the session's go.work: what a cell
// fetches is compiled against them, whatever newer versions it asks for, and the user is told. Where it does not compile that
// way, or where the user asks for another version of a pinned module by name, the answer is an error that changes nothing.

// held are the versions of the modules that the library has packages of.
func (l *Library) held() map[string]string {
	all := map[string]string{}
	for _, p := range l.Packages {
		if mod, v, ok := strings.Cut(p.Module, "@"); ok && semver.IsValid(v) {
			all[mod] = v
		}
	}
	return all
}

// holder is the module among held that a package or module path belongs to, "" for none.
func holder(held map[string]string, path string) string {
	for p := path; p != "." && p != "/"; p = filepath.ToSlash(filepath.Dir(p)) {
		if held[p] != "" {
			return p
		}
	}
	return ""
}

// pins are the lines of a go.work that pin modules. What the user's own modules are, or replace themselves, is left to them.
func pins(held map[string]string, uses []string, replaces string) string {
	own := map[string]bool{}
	for _, line := range strings.Split(replaces, "\n") {
		if f := strings.Fields(line); len(f) > 1 {
			own[f[1]] = true
		}
	}
	for _, dir := range uses {
		name := filepath.Join(dir, "go.mod")
		b, err := os.ReadFile(name)
		if err != nil {
			continue // the go command says what is wrong with it
		}
		f, err := modfile.ParseLax(name, b, nil)
		if err != nil || f.Module == nil {
			continue
		}
		own[f.Module.Mod.Path] = true
		if f, err = modfile.Parse(name, b, nil); err == nil {
			for _, r := range f.Replace {
				own[r.Old.Path] = true
			}
		}
	}
	var lines []string
	for mod, v := range held {
		if !own[mod] {
			lines = append(lines, fmt.Sprintf("replace %s => %s %s\n", mod, mod, v))
		}
	}
	sort.Strings(lines)
	return strings.Join(lines, "")
}

// A selection is the version of a module that is asked for, and the one that is used.
type selection struct{ asked, used string }

// versions are the selected versions of all modules.
func (m *modules) versions(ctx context.Context) (map[string]selection, error) {
	out, err := m.goCommand(ctx, "list", "-m", "-f", "{{.Path}} {{.Version}} {{with .Replace}}{{.Path}} {{.Version}}{{end}}", "all")
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("the session's modules: %s", getReason(string(out)))
	}
	all := map[string]selection{}
	for _, line := range strings.Split(string(out), "\n") {
		mod, rest, ok := strings.Cut(line, " ")
		if !ok {
			continue
		}
		asked, replaced, _ := strings.Cut(rest, " ")
		s := selection{asked, asked}
		if path, v, _ := strings.Cut(strings.TrimSpace(replaced), " "); path == mod {
			s.used = v
		} else if path != "" {
			s.used += "=>" + path + "@" + v
		}
		all[mod] = s
	}
	return all, nil
}

// pinned says which modules are used in another version than is asked for: "module version (in use: version)".
func pinned(all map[string]selection) []string {
	var out []string
	for mod, s := range all {
		if semver.IsValid(s.asked) && semver.IsValid(s.used) && s.asked != s.used {
			out = append(out, fmt.Sprintf("%s %s (in use: %s)", mod, s.asked, s.used))
		}
	}
	sort.Strings(out)
	return out
}

// A ConflictError says that something needs other versions than those that the running worker holds. Nothing was changed.
type ConflictError struct {
	What  string
	Needs []string // "module version (in use: version)"
	Why   string   // what the compiler says without them; "" where it was not asked
}

func (e *ConflictError) Error() string {
	text := fmt.Sprintf("%s needs other versions than this session runs with: %s. Nothing was changed. Ask for a version that goes with them (%%get module@version); "+
		"a module that only your cells use can change after %%restart, which loses all values; one that is preloaded changes with gosft's own go.mod and `make setup`",
		e.What, strings.Join(e.Needs, ", "))
	if e.Why != "" {
		text += ". With the versions in use it does not compile:\n" + e.Why
	}
	return text
}
