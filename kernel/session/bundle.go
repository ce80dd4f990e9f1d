package session

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// wireBundle turns a bundle into what goes on the wire and into notebooks: bytes of text types become strings, other
// bytes base64, and a value that JSON cannot hold (NaN, a channel) is left out with a word in text/plain.
func wireBundle(b Bundle) (data Bundle, meta map[string]any) {
	data, meta = make(Bundle, len(b)+1), map[string]any{}
	var bad []string
	for mime, v := range b {
		switch v := v.(type) {
		case string:
			data[mime] = strings.ToValidUTF8(v, "\uFFFD")
		case []byte:
			switch {
			case isJSON(mime) && json.Valid(v):
				data[mime] = json.RawMessage(v)
			case isText(mime) && utf8.Valid(v):
				data[mime] = string(v)
			default:
				data[mime] = base64.StdEncoding.EncodeToString(v)
			}
		default:
			raw, err := json.Marshal(v)
			if err != nil {
				bad = append(bad, fmt.Sprintf("(%s could not be shown: %v)", mime, err))
				continue
			}
			data[mime] = json.RawMessage(raw)
		}
	}
	text, ok := data["text/plain"].(string)
	if !ok && b != nil {
		text = "<" + strings.Join(slices.Sorted(maps.Keys(b)), ", ") + ">"
	}
	if len(bad) > 0 {
		text = strings.TrimSpace(text + "\n" + strings.Join(bad, "\n"))
	}
	if b != nil {
		data["text/plain"] = text
	}
	return data, meta
}

func isJSON(mime string) bool { return mime == "application/json" || strings.HasSuffix(mime, "+json") }

func isText(mime string) bool {
	return strings.HasPrefix(mime, "text/") || strings.HasSuffix(mime, "+xml") || mime == "application/javascript"
}
