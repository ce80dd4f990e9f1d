package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"gosft/kernel/display"
	"gosft/kernel/worker/wire"
)

// sink sends what the display package shows to the kernel.
type sink struct{}

// Display waits until the kernel has published the message after all that was printed before it.
func (sink) Display(m display.Message) {
	if m.Cell == 0 {
		m.Cell = CurrentCell()
	}
	flushC()
	var meta json.RawMessage
	if len(m.Metadata) > 0 {
		meta, _ = json.Marshal(m.Metadata)
	}
	server.call(wire.Event{Op: wire.EvDisplay, Cell: m.Cell, Display: &wire.Display{
		Kind: m.Kind, DisplayID: m.ID, Bundle: encode(m.Data), Metadata: meta,
	}})
}

func (sink) Input(prompt string, password bool) (string, error) {
	return server.ask(wire.Event{Op: wire.EvInput, Cell: CurrentCell(), Prompt: prompt, Password: password})
}

// Context is display.Context's answer in a cell.
func (sink) Context() context.Context { return Context() }

// encode makes a bundle ready for the pipe. A value that JSON cannot hold becomes a text that says so.
func encode(b display.Bundle) wire.Bundle {
	if b == nil {
		return nil
	}
	out := make(wire.Bundle, len(b))
	for mime, v := range b {
		switch v := v.(type) {
		case string:
			s := Clean(v)
			out[mime] = wire.Value{Text: &s}
		case []byte:
			out[mime] = wire.Value{Bytes: v}
		default:
			j, err := json.Marshal(v)
			if err != nil {
				s := fmt.Sprintf("%s cannot be sent: %v", mime, err)
				out["text/plain"] = wire.Value{Text: &s}
				continue
			}
			out[mime] = wire.Value{JSON: j}
		}
	}
	return out
}

var errNoKernel = errors.New("the kernel does not answer")
