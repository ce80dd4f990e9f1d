package serve

import (
	"encoding/json"
	"net/http/httptest"
	"testing"

	"gosft/sftlib/internal/testenv"
)

// Hugging Face's own client reads the answers.
func TestParityWithInferenceClient(t *testing.T) {
	server := httptest.NewServer(service(t, &lengthModel{}, Options{}))
	defer server.Close()
	out := testenv.RunPython(t, `
import os, sys, json
os.environ.pop("HF_HUB_OFFLINE", None)
for k in list(os.environ):
    if k.lower().endswith("_proxy"): del os.environ[k]
from huggingface_hub import InferenceClient
c = InferenceClient(model=sys.argv[1])
def shape(r): return [[x.label, round(x.score, 6)] for x in r]
res = [shape(c.text_classification("a rather long text")), shape(c.text_classification("hi", top_k=1)), shape(c.text_classification("hi", function_to_apply="sigmoid"))]
try: c.text_classification("hi", top_k=0); res.append("accepted")
except Exception as e: res.append(type(e).__name__)
print(json.dumps(res))
`, server.URL)
	var got []any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	want := `[[["long",0.9],["short",0.1]],[["short",0.9]],[["short",0.9],["long",0.1]],"BadRequestError"]`
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	different := 0.0
	if string(text) != want {
		different = 1
		t.Logf("got %s\nwant %s", text, want)
	}
	testenv.Parity(t, "answers as huggingface_hub's InferenceClient reads them, differences", different, 0)
}
