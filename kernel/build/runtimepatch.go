package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// For every plugin that is opened the runtime puts the types of all modules into a table, in order to find those that the
// plugin has again. With everything preloaded that are some 50 ms a cell. These edits of a copy of runtime/type.go keep the
// table, so that each module's types go into it once: 6 ms are left.
var runtimeEdits = []edit{
	{"type.go", "typehash := make(map[uint32][]*_type, len(firstmoduledata.typelinks))", `if typelinksKept == nil {
		typelinksKept = make(map[uint32][]*_type, len(firstmoduledata.typelinks))
		typelinksDone = make(map[*moduledata]bool)
	}
	typehash := typelinksKept`},
	{"type.go", "for _, tl := range prev.typelinks {", "for _, tl := range typelinksOnce(prev) {"},
	{"type.go", "func typelinksinit() {", `func typelinksOnce(md *moduledata) []int32 {
	if typelinksDone[md] {
		return nil
	}
	typelinksDone[md] = true
	return md.typelinks
}

var (
	typelinksKept map[uint32][]*_type
	typelinksDone map[*moduledata]bool
)

func typelinksinit() {`},
}

// runtimeOverlay writes the edited file and the overlay for the go command below home and returns the overlay's path. The
// folder's name is made of the contents, so that the go command's cache serves the next start.
func runtimeOverlay(t *Toolchain, home string) (string, error) {
	path := filepath.Join(t.Root, "src/runtime/type.go")
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text := string(b)
	for _, e := range runtimeEdits {
		if n := strings.Count(text, e.old); n != 1 {
			return "", fmt.Errorf("the runtime of %s has another shape: %q stands %d times in %s", t.Version, e.old, n, e.file)
		}
		text = strings.Replace(text, e.old, e.new, 1)
	}
	sum := sha256.Sum256([]byte(path + text))
	dir := filepath.Join(home, "overlay-"+hex.EncodeToString(sum[:6]))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	file := filepath.Join(dir, "type.go")
	if err := writeWhole(file, []byte(text)); err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{path: file}})
	if err != nil {
		return "", err
	}
	out := filepath.Join(dir, "overlay.json")
	return out, writeWhole(out, overlay)
}
