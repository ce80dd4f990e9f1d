package assist

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// server is one gopls process and the documents that it was given. Documents exist in its memory only.
type server struct {
	*conn
	cmd  *exec.Cmd
	dir  string
	docs map[string]*openDoc // by file name
}

type openDoc struct {
	text    string
	version int
}

// settings that matter: nothing is checked while nobody asks, and answers do not depend on what was typed before.
var settings = map[string]any{
	"completionBudget":               "200ms",
	"matcher":                        "CaseInsensitive",
	"completeFunctionCalls":          false,
	"completeUnimported":             false,
	"deepCompletion":                 false,
	"experimentalPostfixCompletions": false,
	"hoverKind":                      "FullDocumentation",
	"linksInHover":                   false,
	"diagnosticsTrigger":             "Save",
	"diagnosticsDelay":               "30s",
	"semanticTokens":                 false,
	"staticcheck":                    false,
	"vulncheck":                      "Off",
	"templateExtensions":             []string{},
	"codelenses":                     map[string]bool{"generate": false, "regenerate_cgo": false, "run_govulncheck": false, "tidy": false, "upgrade_dependency": false, "vendor": false},
}

// startServer runs gopls in dir, a folder with a go.mod. It returns when gopls has loaded nothing yet but answers.
func startServer(ctx context.Context, program, dir string, env []string) (*server, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	if real, err := filepath.EvalSymlinks(dir); err == nil {
		dir = real
	}
	cmd := exec.Command(program, "serve")
	cmd.Dir = dir
	cmd.Env = append(append(os.Environ(), env...), "GOTELEMETRY=off")
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	quietly(cmd)
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, dir: dir, docs: map[string]*openDoc{}}
	s.conn = newConn(out, in, answer)
	go func() {
		<-s.done
		cmd.Wait()
	}()
	root := fileURI(dir)
	err = s.call(ctx, "initialize", map[string]any{
		"processId":             os.Getpid(),
		"rootUri":               root,
		"workspaceFolders":      []any{map[string]any{"uri": root, "name": "session"}},
		"initializationOptions": settings,
		"capabilities": map[string]any{
			"workspace": map[string]any{"configuration": true, "workspaceFolders": true},
			"textDocument": map[string]any{
				"completion": map[string]any{"completionItem": map[string]any{"snippetSupport": false, "documentationFormat": []string{"plaintext"}}},
				"hover":      map[string]any{"contentFormat": []string{"markdown"}},
			},
		},
	}, nil)
	if err != nil {
		s.kill()
		return nil, fmt.Errorf("start %s: %w", program, err)
	}
	return s, s.notify("initialized", map[string]any{})
}

// answer serves what gopls asks of its client.
func answer(method string, params json.RawMessage) any {
	if method != "workspace/configuration" {
		return nil
	}
	var p struct{ Items []json.RawMessage }
	if json.Unmarshal(params, &p) != nil {
		return nil
	}
	list := make([]any, len(p.Items))
	for i := range list {
		list[i] = settings
	}
	return list
}

func (s *server) kill() {
	s.out.Close()
	if s.cmd.Process != nil {
		s.cmd.Process.Kill()
	}
}

// stop asks gopls to end and makes it after a second.
func (s *server) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if s.call(ctx, "shutdown", nil, nil) == nil {
		s.notify("exit", nil)
	}
	select {
	case <-s.done:
	case <-ctx.Done():
	}
	s.kill()
}

// set gives the document of that name a text.
func (s *server) set(name, text string) error {
	d := s.docs[name]
	uri := s.uri(name)
	if d == nil {
		s.docs[name] = &openDoc{text: text, version: 1}
		return s.notify("textDocument/didOpen", map[string]any{"textDocument": map[string]any{
			"uri": uri, "languageId": "go", "version": 1, "text": text}})
	}
	if d.text == text {
		return nil
	}
	from, to, fresh := difference(d.text, text)
	start, end := position(d.text, from), position(d.text, to)
	d.text = text
	d.version++
	return s.notify("textDocument/didChange", map[string]any{
		"textDocument":   map[string]any{"uri": uri, "version": d.version},
		"contentChanges": []any{map[string]any{"range": lspRange{start, end}, "text": fresh}}})
}

// difference is the smallest replacement old[from:to] by fresh that gives text.
func difference(old, text string) (from, to int, fresh string) {
	n := min(len(old), len(text))
	for from < n && old[from] == text[from] {
		from++
	}
	for from > 0 && from < len(old) && !utf8.RuneStart(old[from]) {
		from--
	}
	tail := 0
	for tail < n-from && old[len(old)-1-tail] == text[len(text)-1-tail] {
		tail++
	}
	for tail > 0 && !utf8.RuneStart(old[len(old)-tail]) {
		tail--
	}
	return from, len(old) - tail, text[from : len(text)-tail]
}

func (s *server) uri(name string) string { return fileURI(filepath.Join(s.dir, name)) }

func fileURI(path string) string {
	return (&url.URL{Scheme: "file", Path: filepath.ToSlash(path)}).String()
}

// uriFile is the path of a file URI, "" for others.
func uriFile(uri string) string {
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "file" {
		return ""
	}
	return filepath.FromSlash(u.Path)
}

// lspPosition counts lines and UTF-16 units from zero.
type lspPosition struct {
	Line      int `json:"line"`
	Character int `json:"character"`
}

type lspRange struct {
	Start lspPosition `json:"start"`
	End   lspPosition `json:"end"`
}

// position turns a byte offset in text into LSP's form.
func position(text string, at int) lspPosition {
	at = min(at, len(text))
	line := strings.Count(text[:at], "\n")
	start := strings.LastIndexByte(text[:at], '\n') + 1
	n := 0
	for _, r := range text[start:at] {
		n += utf16.RuneLen(r)
	}
	return lspPosition{line, n}
}

// offset turns LSP's form into a byte offset.
func offset(text string, p lspPosition) int {
	at := 0
	for range p.Line {
		i := strings.IndexByte(text[at:], '\n')
		if i < 0 {
			return len(text)
		}
		at += i + 1
	}
	for n := 0; n < p.Character && at < len(text) && text[at] != '\n'; {
		r, size := utf8.DecodeRuneInString(text[at:])
		n += utf16.RuneLen(r)
		at += size
	}
	return at
}

func (s *server) at(name string, off int) map[string]any {
	return map[string]any{
		"textDocument": map[string]any{"uri": s.uri(name)},
		"position":     position(s.docs[name].text, off),
	}
}

// FindGopls looks for gopls: $GOSFT_HOME/bin (home), then the PATH, then $GOBIN and GOPATH/bin. It returns "" when there is none.
func FindGopls(home string) string {
	places := []string{filepath.Join(home, "bin", "gopls")}
	if p, err := exec.LookPath("gopls"); err == nil {
		places = append(places, p)
	}
	if b := os.Getenv("GOBIN"); b != "" {
		places = append(places, filepath.Join(b, "gopls"))
	}
	if h, err := os.UserHomeDir(); err == nil {
		places = append(places, filepath.Join(h, "go", "bin", "gopls"))
	}
	i := slices.IndexFunc(places, func(p string) bool {
		st, err := os.Stat(p)
		return err == nil && st.Mode().IsRegular() && st.Mode()&0o111 != 0
	})
	if i < 0 {
		return ""
	}
	return places[i]
}

// quietly keeps gopls' log lines out of the kernel's own stderr.
func quietly(cmd *exec.Cmd) { cmd.Stderr = io.Discard }
