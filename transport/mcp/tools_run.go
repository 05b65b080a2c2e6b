package mcp

import (
	"context"
	"net/http"
)

type runFilesOf struct {
	files
	Type string `json:"type,omitempty" jsonschema:"workflow type to run; may be left out if the project has only one"`
	startOptions
	Keep bool   `json:"keep,omitempty" jsonschema:"leave the version loaded, without a route, when its runs have ended"`
	Wait string `json:"wait,omitempty" jsonschema:"how long to wait for the result, such as 10s; at most 60s"`
	keyed
}

// run adds the tool that runs code which need not be deployed.
func (t *tools) run() {
	several(t, "run", "Run a project", adds, "Compile a project and start a run on it in one step, without deploying it: no other run gets it. Unless keep is true the version goes when the last run on it has ended; history, result and logs stay.",
		func(ctx context.Context, h http.Header, in runFilesOf) (answered, bool, error) {
			id, types, failed, err := t.store(ctx, h, in.files)
			if id == "" {
				return failed, false, err
			}
			if in.Type == "" && len(types) == 1 {
				in.Type = types[0]
			}
			a, err := t.do(ctx, h, call{method: http.MethodPost, path: []string{"workflows"}, query: query("wait", in.Wait), key: in.RequestID, body: struct {
				Type      string `json:"type"`
				Archive   string `json:"archive"`
				Ephemeral bool   `json:"ephemeral,omitempty"`
				startOptions
			}{in.Type, id, !in.Keep, in.startOptions}})
			return a, false, err
		})
}
