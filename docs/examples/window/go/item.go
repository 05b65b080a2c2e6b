package main

import (
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

// Work is the input of an item.
type Work struct {
	Item   int    `json:"item"`
	Window string `json:"window"` // who hears of it
}

// Report tells what became of an item.
type Report struct {
	Item  int    `json:"item"`
	Words *int   `json:"words,omitempty"`
	Error string `json:"error,omitempty"`
}

type pages struct {
	ID    int `json:"id"`
	Pages int `json:"pages"`
}

type processed struct {
	Words int `json:"words"`
}

// Item is one item of a window. Whatever becomes of it, the window hears of it.
func Item(ctx workflow.Context, in Work) (Report, error) {
	report := Report{Item: in.Item}
	done, err := workflow.Activity[processed](ctx, "process_item", pages{in.Item, in.Item % 3}, workflow.Timeout(time.Minute),
		workflow.Retry{Backoff: 200 * time.Millisecond, MaxBackoff: 10 * time.Second})
	if err != nil {
		report.Error = workflow.Kind(err)
	} else {
		report.Words = &done.Words
	}
	workflow.SignalWorkflow(ctx, in.Window, "done", report)
	return report, nil
}
