package mcp

import (
	"context"
	"net/http"
	"net/url"
	"strings"
)

type nothing struct{}

type page struct {
	Limit  int    `json:"limit,omitempty" jsonschema:"how many at most; 1 to 1000"`
	Cursor string `json:"cursor,omitempty" jsonschema:"next_cursor of the page before"`
}

type typeOnly struct {
	Type string `json:"type,omitempty" jsonschema:"workflow type; empty = all"`
}

type versionOf struct {
	Type    string `json:"type" jsonschema:"workflow type"`
	Version string `json:"version" jsonschema:"version, or its first 6 or more digits"`
}

type moduleOf struct {
	versionOf
	Module string `json:"module" jsonschema:"name of the module, as show_version lists it"`
}

type pinsOf struct {
	versionOf
	page
}

type deploysOf struct {
	typeOnly
	page
}

type runsOf struct {
	typeOnly
	Status     []string `json:"status,omitempty" jsonschema:"running, paused, quarantined, completed, failed, cancelled, terminated, timed_out, continued_as_new"`
	Version    string   `json:"version,omitempty" jsonschema:"version the run is on"`
	Attributes []string `json:"attributes,omitempty" jsonschema:"only runs with these attributes, each NAME=JSON, such as customer=\"acme\""`
	Where      []string `json:"where,omitempty" jsonschema:"conditions that all hold, each FIELD=VALUE or with != > >= < <= ^= (begins with) in place of =; FIELD is an attribute, type, status, version, parent, started or closed (times in RFC 3339)"`
	Sort       string   `json:"sort,omitempty" jsonschema:"started, closed or an attribute, with a - before it for the greatest first; empty = newest first"`
	page
}

type runOf struct {
	ID    string `json:"workflow_id" jsonschema:"workflow id"`
	RunID string `json:"run_id,omitempty" jsonschema:"one run of the id; empty = the newest"`
}

type eventsOf struct {
	runOf
	From  int `json:"from,omitempty" jsonschema:"first event; default 1"`
	Limit int `json:"limit,omitempty" jsonschema:"how many events at most"`
}

type resultOf struct {
	runOf
	Wait string `json:"wait,omitempty" jsonschema:"how long to wait for the end, such as 30s; at most 60s"`
}

type queryOf struct {
	runOf
	Name string `json:"name" jsonschema:"query"`
	Args any    `json:"args,omitempty" jsonschema:"arguments of the query"`
}

type argsOf struct {
	Args any `json:"args,omitempty"`
}

type guideOf struct {
	Topic string `json:"topic,omitempty" jsonschema:"workflows (the language), agents (how to work with these tools), testing, package, determinism; empty = agents"`
}

// look adds the tools that change nothing.
func (t *tools) look() {
	several(t, "guide", "Read the manual", reads, "The manual: how to write workflows, and how to work with these tools. Read topic \"workflows\" before you write code.",
		func(_ context.Context, _ http.Header, in guideOf) (answered, bool, error) { return guide(in.Topic) })
	several(t, "new_project", "Begin a project", reads, "The files of a small project that works, to begin with. Nothing is stored.",
		func(_ context.Context, _ http.Header, in nameOf) (answered, bool, error) { return newProject(in.Name) })

	one(t, "list_versions", "List versions", reads, "All loaded versions: which is routed, what pins each, and on which nodes it is ready.",
		func(in typeOnly) call { return get(query("type", in.Type), "versions") })
	one(t, "show_version", "Show a version", reads, "Manifest, labels, description and modules of a loaded version.",
		func(in versionOf) call { return get(nil, "versions", in.Type, in.Version) })
	several(t, "read_module", "Read source", reads, "The source of one module of a loaded version.",
		func(ctx context.Context, h http.Header, in moduleOf) (answered, bool, error) {
			a, err := t.do(ctx, h, get(nil, "versions", in.Type, in.Version, "modules", in.Module))
			return a, true, err
		})
	one(t, "list_pins", "List what holds a version", reads, "The runs because of which a version cannot be unloaded, oldest first.",
		func(in pinsOf) call { return get(in.page.query(), "versions", in.Type, in.Version, "pins") })
	one(t, "list_deploys", "Read the deploy history", reads, "Who loaded, routed or unloaded what and when, newest first, and what was refused and why.",
		func(in deploysOf) call {
			q := in.page.query()
			q["type"] = query("type", in.Type)["type"]
			return get(q, "deploys")
		})
	one(t, "list_runs", "Find runs", reads, "Runs, newest first, by type, status, version, attributes and other conditions.",
		func(in runsOf) call {
			q := in.page.query()
			for name, values := range map[string][]string{"type": nonEmpty(in.Type), "version": nonEmpty(in.Version), "status": in.Status, "attr": in.Attributes, "where": in.Where, "sort": nonEmpty(in.Sort)} {
				if len(values) > 0 {
					q[name] = values
				}
			}
			return get(q, "workflows")
		})
	one(t, "describe_run", "Describe a run", reads, "State of a run: input, result or error, what it waits for, attempts and failures of its activities, open children.",
		func(in runOf) call { return get(in.query(), "workflows", in.ID) })
	one(t, "run_history", "Read a run's history", reads, "The events of a run: everything that its code saw and asked for.",
		func(in eventsOf) call {
			q := in.query()
			for name, v := range map[string]string{"from": number(in.From), "limit": number(in.Limit)} {
				if v != "" {
					q.Set(name, v)
				}
			}
			return get(q, "workflows", in.ID, "history")
		})
	one(t, "run_logs", "Read a run's logs", reads, "What the code of a run logged, turn by turn.",
		func(in runOf) call { return get(in.query(), "workflows", in.ID, "logs") })
	one(t, "run_result", "Wait for a result", reads, "The result of a run, waiting for its end if asked to.",
		func(in resultOf) call {
			q := in.query()
			if in.Wait != "" {
				q.Set("wait", in.Wait)
			}
			return get(q, "workflows", in.ID, "result")
		})
	one(t, "query_run", "Query a run", reads, "Ask a run's code a question that it answers without changing anything.",
		func(in queryOf) call {
			return call{method: http.MethodPost, path: []string{"workflows", in.ID, "queries", in.Name}, query: in.query(), body: argsOf{in.Args}}
		})
	one(t, "list_queues", "List queues", reads, "Queues of activities: how many tasks wait, how long, who polls, and their limits.",
		func(nothing) call { return get(nil, "queues") })
	one(t, "list_schedules", "List schedules", reads, "Schedules: when they fire, what they start, what became of the last fire.",
		func(in page) call { return get(in.query(), "schedules") })
	one(t, "cluster_status", "Look at the cluster", reads, "Nodes, leader, how far each node is, disks and clocks.",
		func(nothing) call { return get(nil, "cluster") })
}

func get(q url.Values, path ...string) call {
	return call{method: http.MethodGet, path: path, query: q}
}

func (p page) query() url.Values  { return query("limit", number(p.Limit), "cursor", p.Cursor) }
func (r runOf) query() url.Values { return query("run_id", r.RunID) }

func nonEmpty(s string) []string {
	if strings.TrimSpace(s) == "" {
		return nil
	}
	return []string{s}
}
