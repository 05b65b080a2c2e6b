package mcp

import (
	"context"
	"encoding/json"
	"net/http"

	"aion.dev/aion/catalog"
	"aion.dev/aion/transport/wire"
)

type planOf struct {
	files
	Expect map[string]string `json:"expect,omitempty" jsonschema:"by workflow type: the version that is routed, or none; fails if it is not so"`
}

// try adds the tools that say what a change would do, before it is made.
func (t *tools) try() {
	several(t, "check", "Compile a project", reads, "Compile a project and validate all that its files determine; change nothing. Says the version that it would have, or the file and line of what is wrong.",
		func(ctx context.Context, h http.Header, in files) (answered, bool, error) {
			return t.load(ctx, h, in, query("dry_run", "true", "route", "false"), "")
		})
	several(t, "plan", "Plan a deploy", reads, "What a deploy of a project would change: versions, routes from and to, types that it drops, what stays pinned, schedules whose input would not fit, activities that no worker asks for. Changes nothing.",
		func(ctx context.Context, h http.Header, in planOf) (answered, bool, error) {
			id, failed, err := t.store(ctx, h, in.files)
			if id == "" {
				return failed, false, err
			}
			d := wire.Deployment{Changes: []wire.Change{{Op: "load", Archive: id}}, DryRun: true}
			if len(in.Expect) > 0 {
				d.Expect = &wire.DeployCondition{Routes: in.Expect}
			}
			a, err := t.do(ctx, h, call{method: http.MethodPost, path: []string{"deployments"}, body: d})
			return a, false, err
		})
}

// store packs a project and stores its archive, for calls that name it. An empty id comes with why.
func (t *tools) store(ctx context.Context, h http.Header, f files) (id string, failed answered, err error) {
	built, err := f.pack()
	if err != nil {
		failed, _, err = refused(err)
		return "", failed, err
	}
	a, err := t.do(ctx, h, call{method: http.MethodPut, path: []string{"archives"}, body: built.Archive})
	if err != nil || a.failed() {
		return "", a, err
	}
	var stored struct {
		Archive catalog.Digest `json:"archive"`
	}
	if err := json.Unmarshal(a.body, &stored); err != nil {
		return "", answered{}, err
	}
	return stored.Archive.String(), answered{}, nil
}
