package main

import (
	"encoding/json"
	"fmt"
	"io"

	"aion.dev/aion/transport/wire"
)

// printRunError prints why a run failed: kind and message, then the call stack of its code,
// outermost call first, or other details.
func printRunError(w io.Writer, e *wire.RunError) {
	fmt.Fprintln(w, printable(e.Error()))
	printDetails(w, e.Details)
}

func printDetails(w io.Writer, details json.RawMessage) {
	if text := string(details); text == "" || text == "{}" { // an error of the code without a place
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

// stackOf returns the call stack in the details of code's own errors; nil if the details are
// something else.
func stackOf(details json.RawMessage) []string {
	var only map[string][]string
	if json.Unmarshal(details, &only) != nil || len(only) != 1 {
		return nil
	}
	return only["stack"]
}

// printEnd prints why an event stops a run, which does not fit into a table row; it prints nothing
// for other events.
func printEnd(w io.Writer, e wire.Event) {
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
		printRunError(w, data.Error)
	case data.Quarantined:
		fmt.Fprintf(w, "event %d: quarantined: %s\n", e.Seq, printable(data.Reason))
	}
}
