package mcp

import (
	"net/http"

	"aion.dev/aion/transport/wire"
)

type setCanaryOf struct {
	Type          string `json:"type" jsonschema:"workflow type; it is routed"`
	Version       string `json:"version,omitempty" jsonschema:"loaded version to try on new runs, or its first 6 or more digits; empty = that of the canary there is"`
	Share         string `json:"share" jsonschema:"of new runs, such as 10% or 0.25%"`
	Key           string `json:"key,omitempty" jsonschema:"attribute whose value decides which version a run gets; empty = the workflow id. Cannot be changed later"`
	AbortFailures uint64 `json:"abort_failures,omitempty" jsonschema:"so many failed runs of the canary abort it; 0 = none do"`
	PromoteAfter  uint64 `json:"promote_after,omitempty" jsonschema:"so many completed runs of the canary promote it; 0 = none do"`
	For           string `json:"for,omitempty" jsonschema:"it is promoted after so long, such as 2h; empty = never by time"`
	messaged
	keyed
}

type endCanaryOf struct {
	Type string `json:"type" jsonschema:"workflow type"`
	messaged
	keyed
}

// lookAtCanaries adds the tool that shows canaries.
func (t *tools) lookAtCanaries() {
	one(t, "canary_status", "Look at canaries", reads, "Canaries: versions that get a share of new runs, with what became of the runs of both versions since. Of one type, or all.",
		func(in typeOnly) call {
			if in.Type == "" {
				return get(nil, "canaries")
			}
			return get(nil, "canaries", in.Type)
		})
}

// actOnCanaries adds the tools that begin, change and end canaries.
func (t *tools) actOnCanaries() {
	one(t, "set_canary", "Begin or change a canary", adds, "Give a share of new runs of a routed type to another loaded version, and say how many failures abort that and how many completed runs promote it. What is not given is no threshold.",
		func(in setCanaryOf) call {
			return call{method: http.MethodPut, path: []string{"canaries", in.Type}, key: in.RequestID, body: wire.CanaryRequest{
				Version: in.Version, Share: in.Share, Key: in.Key, AbortFailures: in.AbortFailures, PromoteAfter: in.PromoteAfter, For: in.For, Message: in.Message,
			}}
		})
	one(t, "promote_canary", "Promote a canary", adds, "End the canary of a type: all new runs get its version.",
		func(in endCanaryOf) call {
			return call{method: http.MethodPost, path: []string{"canaries", in.Type, "promote"}, key: in.RequestID, body: in.messaged}
		})
	one(t, "abort_canary", "Abort a canary", adds, "End the canary of a type: all new runs get the routed version again. Runs that are on the canary stay on it.",
		func(in endCanaryOf) call {
			return call{method: http.MethodDelete, path: []string{"canaries", in.Type}, query: query("message", in.Message), key: in.RequestID}
		})
}
