package mcp

import (
	"encoding/json"
	"net/http"
)

type batchOf struct {
	Operation string   `json:"operation" jsonschema:"cancel, terminate, pause, resume, signal, reopen, move or reset"`
	Where     []string `json:"where" jsonschema:"conditions, such as type=order or amount>=100: runs that meet all, and started before the batch"`
	DryRun    bool     `json:"dry_run" jsonschema:"only count the runs"`
	Rate      int      `json:"rate,omitempty" jsonschema:"runs a second, at most; default 100"`
	Reason    string   `json:"reason,omitempty" jsonschema:"why, for the histories; of cancel, terminate, pause, reopen and reset"`
	Signal    string   `json:"signal,omitempty" jsonschema:"name of the signal"`
	Payload   any      `json:"payload,omitempty" jsonschema:"what the signal carries"`
	To        string   `json:"to,omitempty" jsonschema:"version that a move goes to, or that runs go on with after a reset; default of a reset: their own"`
	Point     string   `json:"point,omitempty" jsonschema:"of a reset: the last turn of each run that is kept, a number, start, last (all but the one that closed it) or failure (before the step that failed last)"`
	keyed
}

type batchID struct {
	ID     string `json:"batch_id" jsonschema:"batch"`
	Cursor string `json:"cursor,omitempty" jsonschema:"next_cursor of the page of failures before"`
}

type endBatchOf struct {
	ID string `json:"batch_id" jsonschema:"batch"`
	keyed
}

type updateOf struct {
	runOf
	Name     string `json:"name" jsonschema:"update that the run's code handles"`
	Args     any    `json:"args,omitempty" jsonschema:"what the handler gets"`
	UpdateID string `json:"update_id,omitempty" jsonschema:"your own name for it: the same id has one effect and one answer"`
	Wait     string `json:"wait,omitempty" jsonschema:"how long to wait for the answer, such as 10s; at most 60s"`
	keyed
}

type updateStateOf struct {
	runOf
	UpdateID string `json:"update_id" jsonschema:"update"`
	Wait     string `json:"wait,omitempty" jsonschema:"how long to wait for the answer, such as 10s; at most 60s"`
}

type stopOf struct {
	Type    string `json:"type,omitempty" jsonschema:"workflow type; this or version"`
	Version string `json:"version,omitempty" jsonschema:"version, with all types that it carries; a prefix of at least 6 digits will do"`
	Reason  string `json:"reason,omitempty" jsonschema:"why: starts that are refused say it"`
	keyed
}

type unstopOf struct {
	Type    string `json:"type,omitempty" jsonschema:"workflow type; this or version"`
	Version string `json:"version,omitempty" jsonschema:"version"`
	Resume  bool   `json:"resume" jsonschema:"whether the runs go on that the stop has paused"`
	keyed
}

// lookAtMany adds the tools that read what concerns many runs.
func (t *tools) lookAtMany() {
	one(t, "list_batches", "List batches", reads, "Operations on many runs, newest first: what they do, to which runs, how far they have come.",
		func(in page) call { return get(in.query(), "batches") })
	one(t, "describe_batch", "Describe a batch", reads, "How far a batch has come, and a page of the runs to which it could not do its operation, with the reason of each.",
		func(in batchID) call { return get(query("cursor", in.Cursor), "batches", in.ID) })
	one(t, "update_state", "Look at an update", reads, "Where an update of a run stands, with its answer if there is one.",
		func(in updateStateOf) call {
			q := in.query()
			if in.Wait != "" {
				q.Set("wait", in.Wait)
			}
			return get(q, "workflows", in.ID, "updates", in.UpdateID)
		})
	one(t, "list_stops", "List stops", reads, "Workflow types and versions that are stopped, since when, by whom and why.",
		func(nothing) call { return get(nil, "stops") })
}

// actOnMany adds the tools that change many runs, and those that ask one for an answer.
func (t *tools) actOnMany() {
	one(t, "update_run", "Ask a run for something", adds, "Send an update to an open run and, if asked to, wait for the answer of its code.",
		func(in updateOf) call {
			q := in.query()
			if in.Wait != "" {
				q.Set("wait", in.Wait)
			}
			return call{method: http.MethodPost, path: []string{"workflows", in.ID, "updates", in.Name}, query: q, key: in.RequestID, body: struct {
				Args     any    `json:"args,omitempty"`
				UpdateID string `json:"update_id,omitempty"`
			}{in.Args, in.UpdateID}}
		})
	one(t, "start_batch", "Do something to many runs", destroys, "Do one operation to all runs that started before and meet the conditions. It goes on by itself: describe_batch tells how far it has come. Begin with dry_run = true, which counts the runs.",
		func(in batchOf) call {
			body := map[string]any{"operation": in.Operation, "where": in.Where, "dry_run": in.DryRun}
			for name, text := range map[string]string{"reason": in.Reason, "signal": in.Signal, "to": in.To} { // any order: it is an object
				if text != "" {
					body[name] = text
				}
			}
			if in.Rate > 0 {
				body["rate"] = in.Rate
			}
			if in.Point != "" {
				body["point"] = map[string]string{"to": in.Point}
			}
			if in.Signal != "" {
				body["payload"] = in.Payload
			}
			text, _ := json.Marshal(body) // it came as JSON
			return call{method: http.MethodPost, path: []string{"batches"}, key: in.RequestID, body: text}
		})
	one(t, "stop_batch", "Stop a batch", adds, "End a batch where it stands: what was done stays done.",
		func(in endBatchOf) call {
			return call{method: http.MethodDelete, path: []string{"batches", in.ID}, key: in.RequestID}
		})
	one(t, "stop", "Stop a type or a version", destroys, "Let nothing of a workflow type or a version start or make a turn, from now on, and pause its open runs: for what has to end at once. Routes and what is loaded stay.",
		func(in stopOf) call {
			return call{method: http.MethodPost, path: []string{"stops"}, key: in.RequestID, body: struct {
				Type    string `json:"type,omitempty"`
				Version string `json:"version,omitempty"`
				Reason  string `json:"reason,omitempty"`
			}{in.Type, in.Version, in.Reason}}
		})
	one(t, "unstop", "Lift a stop", adds, "Let a workflow type or a version run again that was stopped. Its runs stay paused unless resume is true.",
		func(in unstopOf) call {
			q := query("type", in.Type, "version", in.Version)
			q.Set("resume", yesNo(in.Resume))
			return call{method: http.MethodDelete, path: []string{"stops"}, query: q, key: in.RequestID}
		})
}
