package mcp

import (
	"context"
	"encoding/json"
	"net/http"
)

// keyed are the fields of everything that changes something.
type keyed struct {
	RequestID string `json:"request_id,omitempty" jsonschema:"your own name for this change, 1 to 200 characters: a change that is repeated under it happens once"`
}

type messaged struct {
	Message string `json:"message,omitempty" jsonschema:"why, for the deploy history"`
}

type deployOf struct {
	files
	Route  bool     `json:"route" jsonschema:"whether new runs get this version from now on"`
	Expect []string `json:"expect,omitempty" jsonschema:"conditions on routes, each TYPE=VERSION or TYPE=none: nothing happens unless all hold"`
	messaged
	keyed
}

type routeOf struct {
	versionOf
	Expect string `json:"expect,omitempty" jsonschema:"version that must be routed now, or none"`
	messaged
	keyed
}

type rollbackOf struct {
	Type string `json:"type" jsonschema:"workflow type"`
	messaged
	keyed
}

type unloadOf struct {
	versionOf
	keyed
}

type startOf struct {
	Type    string `json:"type" jsonschema:"workflow type"`
	Version string `json:"version,omitempty" jsonschema:"version to run; empty = the routed one"`
	startOptions
	Wait string `json:"wait,omitempty" jsonschema:"how long to wait for the result, such as 10s; at most 60s"`
	keyed
}

type signalOf struct {
	runOf
	Name    string `json:"name" jsonschema:"signal"`
	Payload any    `json:"payload,omitempty" jsonschema:"what it carries"`
	keyed
}

type endOf struct {
	runOf
	Reason string `json:"reason,omitempty" jsonschema:"why, for the history"`
	keyed
}

type resetBody struct {
	To        string `json:"to,omitempty" jsonschema:"number of the last turn that is kept; or start, last or failure"`
	ToEvent   uint64 `json:"to_event,omitempty" jsonschema:"seq of the last event that is kept, in place of to"`
	ToVersion string `json:"to_version,omitempty" jsonschema:"in place of to: the last turn before the run was moved to this version"`
	On        string `json:"on,omitempty" jsonschema:"version with which it goes on; default: its own"`
	Drop      bool   `json:"drop_signals,omitempty" jsonschema:"do not deliver the later signals again"`
	Reason    string `json:"reason,omitempty" jsonschema:"why, for the history"`
	DryRun    bool   `json:"dry_run,omitempty" jsonschema:"change nothing, and say what would be kept and redone"`
}

type resetOf struct {
	runOf
	resetBody
	keyed
}

type forkOf struct {
	resetOf
	As string `json:"as" jsonschema:"workflow id of the copy"`
}

func (r resetOf) to(operation string) call {
	return call{method: http.MethodPost, path: []string{"workflows", r.ID, operation}, query: r.query(), key: r.RequestID, body: r.resetBody}
}

// act adds the tools that change something.
func (t *tools) act() {
	several(t, "deploy", "Deploy a project", adds, "Compile a project, load it on every node and, if route is true, give it to new runs of its types. Runs that are open stay on their versions.",
		func(ctx context.Context, h http.Header, in deployOf) (answered, bool, error) {
			q := query("message", in.Message)
			q.Set("route", yesNo(in.Route))
			q["expect_route"] = in.Expect
			return t.load(ctx, h, in.files, q, in.RequestID)
		})
	one(t, "route", "Route a type", adds, "Give new runs of a type to a loaded version.",
		func(in routeOf) call {
			return call{method: http.MethodPut, path: []string{"routes", in.Type}, key: in.RequestID, body: struct {
				Version string `json:"version"`
				Expect  string `json:"expect,omitempty"`
				Message string `json:"message,omitempty"`
			}{in.Version, in.Expect, in.Message}}
		})
	one(t, "rollback", "Roll a type back", adds, "Give new runs of a type to the version that was routed before.",
		func(in rollbackOf) call {
			return call{method: http.MethodPost, path: []string{"routes", in.Type, "rollback"}, key: in.RequestID, body: in.messaged}
		})
	one(t, "unload", "Unload a version", destroys, "Remove a version for good. Refused while it is routed or a run is on it; list_pins says which.",
		func(in unloadOf) call {
			return call{method: http.MethodDelete, path: []string{"versions", in.Type, in.Version}, key: in.RequestID}
		})
	one(t, "start_run", "Start a run", adds, "Start a run, and wait for its result if asked to.",
		func(in startOf) call {
			return call{method: http.MethodPost, path: []string{"workflows"}, query: query("wait", in.Wait), key: in.RequestID, body: struct {
				Type    string `json:"type"`
				Version string `json:"version,omitempty"`
				startOptions
			}{in.Type, in.Version, in.startOptions}}
		})
	one(t, "signal_run", "Signal a run", adds, "Send a signal to an open run.",
		func(in signalOf) call {
			payload, _ := json.Marshal(in.Payload) // it came as JSON
			return call{method: http.MethodPost, path: []string{"workflows", in.ID, "signals", in.Name}, query: in.query(), key: in.RequestID, body: payload}
		})
	one(t, "cancel_run", "Cancel a run", destroys, "Ask a run to end: its code may clean up first.",
		func(in endOf) call { return in.to("cancel") })
	one(t, "terminate_run", "Terminate a run", destroys, "Close a run at once: its code learns nothing of it.",
		func(in endOf) call { return in.to("terminate") })
	one(t, "pause_run", "Pause a run", adds, "Stop a run's code; signals, timers and activities go on being recorded.",
		func(in endOf) call { return in.to("pause") })
	one(t, "resume_run", "Resume a run", adds, "Let a paused run, or one whose code did not fit its history, go on.",
		func(in endOf) call {
			c := in.to("resume")
			c.body = nil
			return c
		})
	one(t, "reopen_run", "Reopen a run", adds, "Open a failed, cancelled, terminated or timed-out run again where it stood.",
		func(in endOf) call { return in.to("reopen") })
	one(t, "reset_run", "Reset a run", destroys, "Start a run anew with the beginning of its history: steps after the point are forgotten, and done again. An open run is ended with it. Look with dry_run first.",
		func(in resetOf) call { return in.to("reset") })
	one(t, "fork_run", "Fork a run", adds, "Start a copy of a run beside it, with the beginning of its history. Its steps are done once more, by the copy.",
		func(in forkOf) call {
			c := in.to("fork")
			c.body = struct {
				resetBody
				As string `json:"as"`
			}{in.resetBody, in.As}
			return c
		})
}

func (e endOf) to(operation string) call {
	return call{method: http.MethodPost, path: []string{"workflows", e.ID, operation}, query: e.query(), key: e.RequestID, body: struct {
		Reason string `json:"reason,omitempty"`
	}{e.Reason}}
}

func yesNo(b bool) string {
	if b {
		return "true"
	}
	return "false"
}
