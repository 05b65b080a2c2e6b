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

type backtestOf struct {
	Files   map[string]string `json:"files,omitempty" jsonschema:"all files of the project to try, as for check; or"`
	Version string            `json:"version,omitempty" jsonschema:"a loaded version to try"`
	Types   []string          `json:"types,omitempty" jsonschema:"only runs of these types; empty = all that the code carries"`
	Runs    string            `json:"runs,omitempty" jsonschema:"open, closed or all; empty = all"`
	Since   string            `json:"since,omitempty" jsonschema:"only runs that started since then: a duration such as 24h, or a time in RFC 3339"`
	Limit   int               `json:"limit,omitempty" jsonschema:"only the newest so many runs"`
	Wait    string            `json:"wait,omitempty" jsonschema:"how long to wait for the end, such as 30s; at most 60s; ask on with backtest_result"`
}

type backtestResultOf struct {
	ID   string `json:"backtest_id" jsonschema:"as backtest answered"`
	Wait string `json:"wait,omitempty" jsonschema:"how long to wait for the end, such as 30s; at most 60s"`
	page
}

// try adds the tools that say what a change would do, before it is made.
func (t *tools) try() {
	several(t, "check", "Compile a project", reads, "Compile a project and validate all that its files determine; change nothing. Says the version that it would have, or the file and line of what is wrong.",
		func(ctx context.Context, h http.Header, in files) (answered, bool, error) {
			return t.load(ctx, h, in, query("dry_run", "true", "route", "false"), "")
		})
	several(t, "plan", "Plan a deploy", reads, "What a deploy of a project would change: versions, routes from and to, types that it drops, what stays pinned, schedules whose input would not fit, activities that no worker asks for. Changes nothing.",
		func(ctx context.Context, h http.Header, in planOf) (answered, bool, error) {
			id, _, failed, err := t.store(ctx, h, in.files)
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
	several(t, "backtest", "Replay what runs recorded", reads, "Replay the recorded histories of runs on a project, or on a loaded version, that need not be routed: which would go on as they did, and where the others would not, with file and line. Changes nothing.",
		func(ctx context.Context, h http.Header, in backtestOf) (answered, bool, error) {
			r := wire.BacktestRequest{Version: in.Version, Types: in.Types, Runs: in.Runs, Since: in.Since, Limit: uint64(max(in.Limit, 0))}
			if len(in.Files) > 0 || in.Version == "" {
				id, _, failed, err := t.store(ctx, h, files{in.Files})
				if id == "" {
					return failed, false, err
				}
				r.Archive = id
			}
			started, err := t.do(ctx, h, call{method: http.MethodPost, path: []string{"backtests"}, body: r})
			if err != nil || started.failed() || in.Wait == "" {
				return started, false, err
			}
			var s wire.BacktestStarted
			if err := json.Unmarshal(started.body, &s); err != nil {
				return answered{}, false, err
			}
			a, err := t.do(ctx, h, get(query("wait", in.Wait), "backtests", s.BacktestID))
			return a, false, err
		})
	one(t, "backtest_result", "Read a backtest", reads, "How far a backtest has come, and its verdicts. Ask the node that began it.",
		func(in backtestResultOf) call {
			q := in.page.query()
			if in.Wait != "" {
				q.Set("wait", in.Wait)
			}
			return get(q, "backtests", in.ID)
		})
}

// store packs a project and stores its archive, for calls that name it. It returns its workflow
// types too. An empty id comes with why.
func (t *tools) store(ctx context.Context, h http.Header, f files) (id string, types []string, failed answered, err error) {
	built, err := f.pack()
	if err != nil {
		failed, _, err = refused(err)
		return "", nil, failed, err
	}
	a, err := t.do(ctx, h, call{method: http.MethodPut, path: []string{"archives"}, body: built.Archive})
	if err != nil || a.failed() {
		return "", nil, a, err
	}
	var stored struct {
		Archive catalog.Digest `json:"archive"`
		Types   []string       `json:"workflow_types"`
	}
	if err := json.Unmarshal(a.body, &stored); err != nil {
		return "", nil, answered{}, err
	}
	return stored.Archive.String(), stored.Types, answered{}, nil
}
