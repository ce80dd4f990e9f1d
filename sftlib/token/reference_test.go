package token

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"gosft/sftlib/internal/testenv"
)

// request is one call of the reference; see testdata/reference.py.
type request struct {
	File    string         `json:"file"`
	Options map[string]any `json:"options"`
	A       []string       `json:"a"`
	B       []string       `json:"b,omitempty"`
}

// options are the Go options of a request.
func (r request) options(t *Tokenizer) []Option {
	out := []Option{ReturnOverflowingTokens()}
	for k, v := range r.Options {
		switch k {
		case "as_file":
			out = append(out, t.FileOptions()...)
		case "max_length":
			out = append(out, MaxLength(v.(int)))
		case "stride":
			out = append(out, Stride(v.(int)))
		case "strategy":
			out = append(out, Truncation(TruncationStrategy(v.(string))))
		case "truncate":
			out = append(out, TruncateLeft())
		case "pad":
			out = append(out, Padding(PaddingStrategy(v.(string))))
		case "pad_side":
			out = append(out, PadLeft())
		case "multiple":
			out = append(out, PadToMultipleOf(v.(int)))
		case "bare":
			out = append(out, WithoutSpecialTokens())
		}
	}
	return out
}

// ask runs the reference in one Python process and returns a raw answer for each request.
func ask(t *testing.T, requests []request) []json.RawMessage {
	t.Helper()
	var in bytes.Buffer
	enc := json.NewEncoder(&in)
	for _, r := range requests {
		if err := enc.Encode(r); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(t.TempDir(), "requests.jsonl")
	if err := os.WriteFile(file, in.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("testdata/reference.py")
	if err != nil {
		t.Fatal(err)
	}
	out := testenv.RunPython(t, string(script), file)
	var answers []json.RawMessage
	lines := bufio.NewReader(bytes.NewReader(out))
	for {
		line, err := lines.ReadBytes('\n')
		if len(bytes.TrimSpace(line)) > 0 {
			answers = append(answers, line)
		}
		if err != nil {
			break
		}
	}
	if len(answers) != len(requests) {
		t.Fatalf("%d answers to %d requests", len(answers), len(requests))
	}
	return answers
}

// flatten gives an Encoding the reference's form.
func flatten(e *Encoding) []any {
	offsets := make([]int32, 0, 2*e.Len())
	for _, o := range e.Offsets {
		offsets = append(offsets, o.Start, o.End)
	}
	overflow := []any{}
	for i := range e.Overflow {
		overflow = append(overflow, flatten(&e.Overflow[i]))
	}
	some := func(s []int32) []int32 { return append([]int32{}, s...) } // [] instead of null
	return []any{some(e.IDs), some(e.TypeIDs), some(e.AttentionMask), some(e.SpecialTokensMask), offsets, some(e.Words), some(e.Sequences), overflow}
}

// differences compares encodings with an answer and returns how many differ; it shows the first few.
func differences(t *testing.T, r request, got []Encoding, answer json.RawMessage) int {
	t.Helper()
	var want []json.RawMessage
	if err := json.Unmarshal(answer, &want); err != nil {
		t.Fatalf("the reference failed: %.300s", answer)
	}
	if len(got) != len(want) {
		t.Fatalf("%d encodings, the reference has %d", len(got), len(want))
	}
	bad := 0
	for i := range got {
		text, err := json.Marshal(flatten(&got[i]))
		if err != nil {
			t.Fatal(err)
		}
		var a, b any
		if bytes.Equal(want[i], text) {
			continue
		}
		if err := json.Unmarshal(want[i], &b); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(text, &a); err != nil {
			t.Fatal(err)
		}
		if reflect.DeepEqual(a, b) {
			continue
		}
		if bad++; bad <= 3 {
			pair := ""
			if r.B != nil {
				pair = r.B[i]
			}
			t.Logf("%v %q %q\n got %.400s\nwant %.400s", r.Options, r.A[i], pair, text, want[i])
		}
	}
	return bad
}

// sharedTexts are all texts of the shared data sets by name.
func sharedTexts(t testing.TB) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, f := range []string{"sst2/train.csv", "sst2/dev.csv", "sst2/test.csv", "banking77/train.csv", "banking77/test.csv", "waimai/waimai_10k.csv"} {
		file, err := os.Open(testenv.Shared(t, "data/"+f))
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(file).ReadAll()
		file.Close()
		if err != nil {
			t.Fatal(err)
		}
		col := 0
		if rows[0][0] == "label" {
			col = 1
		}
		name := f[:strings.IndexByte(f, '/')]
		for _, row := range rows[1:] {
			out[name] = append(out[name], row[col])
		}
	}
	return out
}

func open(t testing.TB, path string) *Tokenizer {
	t.Helper()
	tok, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}
