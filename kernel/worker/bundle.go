package worker

import (
	"encoding/json"

	"gosft/kernel/display"
	"gosft/kernel/worker/wire"
)

// Bundle is the display package's form of what came over the pipe. JSON data stays as json.RawMessage.
func Bundle(b wire.Bundle) display.Bundle {
	if b == nil {
		return nil
	}
	out := make(display.Bundle, len(b))
	for mime, v := range b {
		switch {
		case v.Text != nil:
			out[mime] = *v.Text
		case v.JSON != nil:
			out[mime] = v.JSON
		default:
			out[mime] = v.Bytes
		}
	}
	return out
}

// unmarshal reads JSON that the worker made; what does not fit is left out.
func unmarshal(b []byte, v any) { _ = json.Unmarshal(b, v) }
