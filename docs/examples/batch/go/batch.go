// Batch is fan-out and fan-in: it processes many items, at most a few at a time, and gathers what
// became of each. One bad item does not spoil the others.
package main

import (
	"cmp"
	"time"

	"aion.dev/aion/sdk/go/workflow"
)

const width = 10

// Input is what there is to do.
type Input struct {
	Items []Item `json:"items"`
	Width int    `json:"width"` // items at a time; 0 = 10
}

// Item is one of them.
type Item struct {
	ID    int `json:"id"`
	Pages int `json:"pages"`
}

// Result tells what became of the items.
type Result struct {
	Processed int      `json:"processed"`
	Words     int      `json:"words"`
	Failed    []Failed `json:"failed"`
}

// Failed is an item that was not processed.
type Failed struct {
	ID   int    `json:"id"`
	Kind string `json:"kind"`
}

type done struct {
	Words int `json:"words"`
}

type progress struct {
	Items int `json:"items"`
	Begun int `json:"begun"`
	Done  int `json:"done"`
}

// Batch is the workflow.
func Batch(ctx workflow.Context, in Input) (Result, error) {
	var futures []*workflow.Future[done]
	workflow.OnQuery(ctx, "progress", func(workflow.None) (progress, error) {
		p := progress{Items: len(in.Items), Begun: len(futures)}
		for _, f := range futures {
			if f.Done() {
				p.Done++
			}
		}
		return p, nil
	})

	room := cmp.Or(in.Width, width)
	for i, item := range in.Items {
		if i >= room {
			futures[i-room].Outcome(ctx) // a window: it moves on when its oldest item is over
		}
		// A worker that dies in the middle of an item has told with its heartbeats how far it was:
		// the next one goes on from there. An item that kills every worker ends with its total
		// time.
		futures = append(futures, workflow.StartActivity[done](ctx, "process_item", item,
			workflow.Retry{Backoff: 200 * time.Millisecond, MaxBackoff: 10 * time.Second}, workflow.Heartbeat(10*time.Second), workflow.TotalTimeout(time.Hour)))
	}

	result := Result{Failed: []Failed{}}
	for i, o := range workflow.Settled(ctx, futures...) { // waits for all, and fails and cancels nothing
		if o.Err != nil {
			result.Failed = append(result.Failed, Failed{in.Items[i].ID, workflow.Kind(o.Err)})
			continue
		}
		result.Processed++
		result.Words += o.Value.Words
	}
	return result, nil
}

func main() { workflow.RegisterFunc(Batch) }
