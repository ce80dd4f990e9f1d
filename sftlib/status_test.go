package sftlib

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestGoMLXVersionIsTheOneInGoMod(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`github.com/gomlx/gomlx (v\S+)`).FindSubmatch(mod)
	if m == nil || string(m[1]) != GoMLXVersion {
		t.Errorf("GoMLXVersion is %s, go.mod says %s", GoMLXVersion, m)
	}
}

func TestStatusNamesTheBackend(t *testing.T) {
	t.Setenv("GOMLX_BACKEND", "go")
	s := Status()
	for _, want := range []string{"GoSFT " + Version, "go1.", GoMLXVersion, "Go backend", "GOMLX_BACKEND"} {
		if !strings.Contains(string(s), want) {
			t.Errorf("status %q lacks %q", s, want)
		}
	}
	b := s.MimeBundle()
	if b["text/plain"] != string(s) || !strings.Contains(b["text/html"].(string), "GoSFT") {
		t.Errorf("bundle %v", b)
	}
}
