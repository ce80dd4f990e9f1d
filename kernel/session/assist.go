package session

import (
	"context"
	"errors"
)

// ErrBusy is Inspect's error when nothing was found in time, but would be perhaps by asking again: what is asked still
// reads packages.
var ErrBusy = errors.New("help is still being prepared: ask again in a moment")

// Assist answers questions about code while it is typed; kernel/assist implements it. It never waits for a running
// cell. Positions count Unicode code points from the start of the text, as Jupyter does.
type Assist interface {
	Complete(ctx context.Context, code string, pos int) (Completion, error)
	// Inspect documents what stands at pos; detail 1 also gives the source. Found is false when there is nothing.
	// It does not wait long and returns ErrBusy then.
	Inspect(ctx context.Context, code string, pos, detail int) (Inspection, error)
	IsComplete(ctx context.Context, code string) Completeness
}

// Completion is the answer to a completion: the text from Start to End is to be replaced by one of Matches.
type Completion struct {
	Matches    []string
	Start, End int
	Items      []CompletionItem // with types, for JupyterLab's completer; as many as Matches or none
}

// CompletionItem is a match with its kind ("function", "type", "field", "command"...) and signature.
type CompletionItem struct {
	Text, Type, Signature string
	Start, End            int
}

// Inspection is documentation of what stands at the cursor; Data has text/plain and usually text/markdown.
type Inspection struct {
	Found bool
	Data  Bundle
}

// Completeness says whether Enter runs the text: Status is "complete", "incomplete", "invalid" or "unknown"; Indent is
// what to put on the next line when incomplete.
type Completeness struct {
	Status, Indent string
}

// noAssist stands in where no Assist is given: it knows nothing and says so.
type noAssist struct{}

func (noAssist) Complete(_ context.Context, _ string, pos int) (Completion, error) {
	return Completion{Start: pos, End: pos}, nil
}
func (noAssist) Inspect(context.Context, string, int, int) (Inspection, error) {
	return Inspection{}, nil
}
func (noAssist) IsComplete(context.Context, string) Completeness {
	return Completeness{Status: "unknown"}
}
