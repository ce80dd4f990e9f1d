package build

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// An edit replaces a text that must stand exactly once in a file of GOROOT/src/cmd/link/internal/ld.
type edit struct{ file, old, new string }

//go:embed wanted.go.txt
var wantedSymbols string

// The linker of Go 1.26 has two faults with -buildmode=plugin -linkshared and reads all symbols of the library (118,000)
// where a cell needs a few hundred. These edits of a copy mend that; a Go release that changes one of the places makes
// patchLinker fail, and the plain way is taken.
var linkerEdits = []edit{
	// runtime.addmoduledata lives in the shared library: it is no text of this plugin.
	{"ld.go", "if ctxt.BuildMode == BuildModePlugin {\n\t\tctxt.Textp", "if ctxt.BuildMode == BuildModePlugin && !ctxt.linkShared {\n\t\tctxt.Textp"},
	// Fingerprints are compared for packages that the plugin carries itself, not for the library's.
	{"symtab.go", "for i, l := range ctxt.Library {\n\t\t\t// pkghashes[i].name", "n := 0\n\t\tfor i, l := range ctxt.Library {\n\t\t\tif l.Shlib != \"\" {\n\t\t\t\tcontinue\n\t\t\t}\n\t\t\tn++"},
	{"symtab.go", "slice(pkghashes.Sym(), uint64(len(ctxt.Library)))", "slice(pkghashes.Sym(), uint64(n))"},
	// Of the library's symbols take those that the plugin's objects name, from the index beside the library.
	{"lib.go", "syms, err := f.DynamicSymbols()", "syms, err := wantedSymbols(ctxt, libpath)"},
	{"lib.go", "data, err := sect.Data()", "var data []byte"},
	// What the external linker knows needs no three starts of it.
	{"lib.go", "func linkerFlagSupported(arch *sys.Arch, linker, altLinker, flag string) bool {", `func linkerFlagSupported(arch *sys.Arch, linker, altLinker, flag string) bool {
	if os.Getenv("GOSFT_EXTLD") != "" {
		return flag != "-Qunused-arguments"
	}`},
	// Which words of a variable are pointers is read from its type's mask; the linker would walk through the fields' types,
	// whose relocations it does not have for the library's (train.Args, time.Time, mat.Dense as variables of a cell).
	{"data.go", "switch decodetypeKind(p.ctxt.Arch, typData) {", `kind := decodetypeKind(p.ctxt.Arch, typData)
	if ldr.SymType(typ) == sym.SDYNIMPORT && !decodetypeGCMaskOnDemand(p.ctxt.Arch, typData) {
		kind = abi.Invalid
	}
	switch kind {`},
	// The runtime takes a function whose name stands at the start of the table of names for one without a name.
	{"pcln.go", "var size int64\n\twalkFuncs(ctxt, funcs, func(s loader.Sym) {\n\t\tnameOffsets[s] = uint32(size)", "size := int64(1)\n\twalkFuncs(ctxt, funcs, func(s loader.Sym) {\n\t\tnameOffsets[s] = uint32(size)"},
	// Relocations of the library are not needed then: types in it are not decoded further.
	{"lib.go", "for len(data) > 0 {\n\t\tvar off, idx uint64", "for false && len(data) > 0 {\n\t\tvar off, idx uint64"},
}

// patchLinker makes the mended linker from the user's own GOROOT at out. It takes some 6 s.
func patchLinker(ctx context.Context, t *Toolchain, out string) error {
	tmp, err := os.MkdirTemp(filepath.Dir(out), ".link-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	text := map[string]string{}
	for _, e := range linkerEdits {
		path := filepath.Join(t.Root, "src/cmd/link/internal/ld", e.file)
		if _, ok := text[path]; !ok {
			b, err := os.ReadFile(path)
			if err != nil {
				return fmt.Errorf("the linker's sources: %w", err)
			}
			text[path] = string(b)
		}
		if n := strings.Count(text[path], e.old); n != 1 {
			return fmt.Errorf("the linker of %s has another shape: %q stands %d times in %s", t.Version, e.old, n, e.file)
		}
		text[path] = strings.Replace(text[path], e.old, e.new, 1)
	}
	text[filepath.Join(t.Root, "src/cmd/link/internal/ld/gosft.go")] = wantedSymbols
	replace := map[string]string{}
	for path, s := range text {
		replace[path] = filepath.Join(tmp, filepath.Base(path))
		if err := os.WriteFile(replace[path], []byte(s), 0o644); err != nil {
			return err
		}
	}
	overlay, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, "overlay.json"), overlay, 0o644); err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, t.Go, "build", "-overlay", filepath.Join(tmp, "overlay.json"), "-o", filepath.Join(tmp, "link"), "cmd/link")
	cmd.Env = append(t.env("GOWORK=off"), "GOEXPERIMENT=", "CGO_ENABLED=0")
	cmd.Dir = t.Root
	if b, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the linker: %w: %s", err, b)
	}
	return os.Rename(filepath.Join(tmp, "link"), out)
}
