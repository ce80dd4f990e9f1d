package wire

import (
	"net/url"
	"path"
	"strings"
)

// A Frame is a place in the user's code, or (in answer to OpWhere) in another file.
type Frame struct {
	Package string `json:",omitempty"` // import path, "" for a cell's
	Func    string
	File    string // "In[7]" for a cell, else the name of a file of the package
	Line    int
}

// IsCell tells a cell's file, "In[7]", from others. The compiler may have put a folder before it.
func IsCell(file string) bool { return strings.HasPrefix(path.Base(file), "In[") }

// UserFrame makes a frame of what Go's runtime says of a call, as "gosft/cell.(*sampleꞏ2).size". It is false for frames that are
// certainly not the user's: those of the runtime, of this program and of modules that were downloaded. Which of the others are packages
// of the user's own module the engine knows.
func UserFrame(function, file string, line int) (Frame, bool) {
	plain, _, _ := strings.Cut(function, "[") // type arguments have paths too
	start := strings.LastIndex(plain, "/") + 1
	pkg, name := function, ""
	if dot := strings.IndexByte(plain[start:], '.'); dot >= 0 {
		pkg, name = function[:start+dot], function[start+dot+1:]
	}
	f := Frame{Func: Clean(name), File: path.Base(file), Line: line}
	if IsCell(file) {
		return f, true
	}
	if plain, err := url.PathUnescape(pkg); err == nil { // the linker writes a dot in the last element as %2e, a marker in the same way
		pkg = plain
	}
	f.Package = Clean(pkg)
	top, _, _ := strings.Cut(pkg, "/")
	return f, top != "runtime" && top != "reflect" && !strings.HasPrefix(pkg, "gosft/kernel/") && !strings.Contains(file, "@")
}
