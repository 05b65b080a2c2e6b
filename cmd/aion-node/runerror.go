package main

import (
	"encoding/json"
	"fmt"
	"io"

	"aion.dev/aion/transport/wire"
)

// tellError writes why a run failed: kind and message, then the call stack of its code, outermost
// call first, or what else its details hold.
func tellError(w io.Writer, e *wire.RunError) {
	fmt.Fprintln(w, printable(e.Error()))
	tellDetails(w, e.Details)
}

func tellDetails(w io.Writer, details json.RawMessage) {
	if len(details) == 0 {
		return
	}
	stack := stackOf(details)
	for _, frame := range stack {
		fmt.Fprintf(w, "  %s\n", printable(frame))
	}
	if stack == nil {
		fmt.Fprintln(w, printable(string(details)))
	}
}

// stackOf reads the call stack that the details of code's own errors consist of; nil if they hold
// anything else.
func stackOf(details json.RawMessage) []string {
	var only map[string][]string
	if json.Unmarshal(details, &only) != nil || len(only) != 1 {
		return nil
	}
	return only["stack"]
}

// tellEnd writes what an event says about why a run does not go on, for which a line of a table has
// no room; of other events nothing.
func tellEnd(w io.Writer, e wire.Event) {
	var data struct {
		Error       *wire.RunError `json:"error"`
		Reason      string         `json:"reason"`
		Quarantined bool           `json:"quarantined"`
	}
	if e.Type != "WorkflowFailed" && e.Type != "WorkflowPaused" || json.Unmarshal(e.Data, &data) != nil {
		return
	}
	switch {
	case data.Error != nil:
		fmt.Fprintf(w, "event %d: ", e.Seq)
		tellError(w, data.Error)
	case data.Quarantined:
		fmt.Fprintf(w, "event %d: quarantined: %s\n", e.Seq, printable(data.Reason))
	}
}
