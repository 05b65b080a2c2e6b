package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// The JSON of every event of the feed. It is stored, so neither the order of the members nor what
// is left out when it is empty may change; testdata/feed.golden holds us to it.

// versionText is a version in JSON; nothing for the zero one.
func versionText(v catalog.Version) string {
	if v.IsZero() {
		return ""
	}
	return v.String()
}

func (e packageLoaded) json() []byte {
	return jsonObject(nil).text("version", versionText(e.Version)).list("workflow_types", e.WorkflowTypes).
		text("workflow_type", e.WorkflowType).flag("freshly_loaded", e.FreshlyLoaded).end()
}

func (e routeChanged) json() []byte {
	return jsonObject(nil).text("workflow_type", e.WorkflowType).some("version", versionText(e.Version)).
		some("previous", versionText(e.Previous)).end()
}

func (e versionUnloaded) json() []byte {
	return jsonObject(nil).text("version", versionText(e.Version)).list("workflow_types", e.WorkflowTypes).end()
}

func (e versionDrained) json() []byte {
	return jsonObject(nil).list("workflow_types", e.WorkflowTypes).text("version", versionText(e.Version)).number("index", e.Index).end()
}

func (e canaryChange) json() []byte {
	counts := func(c rows.CanaryCounts) []byte {
		return jsonObject(nil).number("started", c.Started).number("completed", c.Completed).number("failed", c.Failed).end()
	}
	return jsonObject(nil).text("type", e.Type).text("version", versionText(e.Version)).number("share", e.Share).
		raw("counts", jsonObject(nil).raw("canary", counts(e.Counts)).raw("routed", counts(e.Routed)).end()).end()
}

func (e policyChanged) json() []byte {
	o := jsonObject(nil).text("change", e.Change).some("key", e.Key).some("public_key", e.PublicKey)
	if e.Prefix != nil {
		o = o.text("type_prefix", *e.Prefix)
	}
	return o.some("by", e.By).end()
}

func (e stopChange) json() []byte {
	return jsonObject(nil).some("workflow_type", e.Type).some("version", versionText(e.Version)).some("reason", e.Reason).some("by", e.By).end()
}

func (e deployRefused) json() []byte {
	return jsonObject(nil).text("operation", e.Operation).text("workflow_type", e.WorkflowType).
		some("version", e.Version).text("code", e.Code).text("detail", e.Detail).end()
}

func (e readinessChanged) json() []byte {
	return jsonObject(nil).text("version", versionText(e.Version)).text("node", e.Node).flag("ready", e.Ready).
		some("problem", e.Problem).end()
}

func (e leaderChanged) json() []byte {
	return jsonObject(nil).text("node", e.Node).number("term", e.Term).end()
}

func (e memberChanged) json() []byte {
	return jsonObject(nil).text("node", e.Node).text("change", e.Change).some("raft_address", e.RaftAddress).
		some("http_address", e.HTTPAddress).some("version", e.Version).end()
}

func (e workflowClosed) json() []byte {
	o := jsonObject(nil).some("workflow_id", e.WorkflowID)
	id := ""
	if !e.RunID.IsZero() {
		id = e.RunID.String()
	}
	o = o.text("run_id", id).some("workflow_type", e.WorkflowType).some("version", versionText(e.Version)).text("status", e.Status.String())
	if e.Purged {
		o = o.flag("purged", true)
	}
	return o.end()
}
