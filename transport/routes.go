package transport

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/console"
	"aion.dev/aion/transport/grant"
	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// route is one address and how it is served.
type route struct {
	method, path string
	id, summary  string
	group        string // heading in /openapi.json
	status       int    // of success; 0 = 200
	open         bool   // callable without a token
	needs        access // of the caller, unless it is open
	bootstraps   bool   // it makes the first token: callable without one from the node's machine
	leader       bool   // only the leader serves it, or any node with ?consistency=stale if it is a read
	write        bool   // it changes something
	slow         bool   // it may take as long as a deploy
	waits        bool   // it may wait as long as its body asks
	archive      bool   // its body is an archive
	upload       bool   // its body is a file of any size, which its handler reads as it arrives
	deploys      bool   // it deploys, without an archive
	stream       bool   // its answer lasts: it has limits and deadlines of its own
	whole        bool   // it hands out everything that the cluster keeps: not for tokens that only read
	beyond       bool   // it is about the cluster, and of no namespace
	ephemeral    bool   // a token for ephemeral versions may call it; its handler refuses what goes beyond
	payload      bool   // its body's limit follows limits.payload_bytes
	limit        int64  // maximum bytes of its body; 0 = no body
	body         any    // pointer to the type of its body, for /openapi.json
}

// changes reports whether a lost answer leaves the outcome unknown.
func (r *route) changes() bool { return r.write }

// answer is what a handler returns.
type answer[T any] struct {
	Index         uint64 `header:"Aion-Index" doc:"Log index that the answer reflects"`
	LeaderContact string `header:"Aion-Leader-Contact" doc:"In stale reads: how long ago this node heard from the leader, or never"`
	Body          T
}

// plain is an answer that reflects no index.
type plain[T any] struct{ Body T }

// routes lists every address.
func (s *Server) routes() {
	payload := s.cfg.Limits.PayloadBytes + bodySlack
	batch := max(payload, wire.MaxTaskBytes)

	add(s, route{method: "POST", path: "/v1/packages", id: "load", summary: "Load a package", needs: needs(ofBody, grant.Deploy), group: "Deploy", leader: true, write: true, slow: true,
		archive: true, ephemeral: true, limit: s.cfg.Limits.ArchiveBytes}, s.load)
	add(s, route{method: "PUT", path: "/v1/archives", id: "store_archive", summary: "Store an archive, for calls that name it", needs: needs(ofAny, grant.Deploy), group: "Deploy", leader: true, write: true, slow: true,
		archive: true, ephemeral: true, limit: s.cfg.Limits.ArchiveBytes}, s.storeArchive)
	add(s, route{method: "POST", path: "/v1/deployments", id: "deploy", summary: "Make several changes in one step", needs: needs(ofBody, grant.Deploy), group: "Deploy", leader: true, write: true, slow: true,
		deploys: true, ephemeral: true, limit: payload, payload: true, body: new(wire.Deployment)}, s.deploy)
	add(s, route{method: "GET", path: "/v1/versions", id: "versions", summary: "List what is loaded", needs: needs(ofTypeAsked, grant.Read), group: "Deploy", leader: true}, s.versions)
	add(s, route{method: "DELETE", path: "/v1/versions/{type}/{version}", id: "unload", summary: "Unload a version", needs: needs(ofVersion, grant.Deploy), group: "Deploy", leader: true, write: true}, s.unload)
	add(s, route{method: "DELETE", path: "/v1/versions/{type}/{version}/unload", id: "cancel_unload", summary: "Take an unload back that waits until the version is drained", needs: needs(ofVersion, grant.Deploy), group: "Deploy", leader: true, write: true}, s.cancelUnload)
	add(s, route{method: "GET", path: "/v1/versions/{type}/{version}", id: "version", summary: "Show a version", needs: needs(ofVersion, grant.Read), group: "Deploy", leader: true}, s.version)
	add(s, route{method: "GET", path: "/v1/versions/{type}/{version}/archive", id: "archive", summary: "Fetch the archive of a version", needs: needs(ofVersion, grant.Read), group: "Deploy", leader: true, slow: true}, s.archive)
	add(s, route{method: "GET", path: "/v1/versions/{type}/{version}/modules/{name}", id: "module", summary: "Read a module of a version", needs: needs(ofVersion, grant.Read), group: "Deploy", leader: true}, s.module)
	add(s, route{method: "GET", path: "/v1/versions/{type}/{version}/pins", id: "pins", summary: "List what pins a version", needs: needs(ofVersion, grant.Read), group: "Deploy", leader: true}, s.pins)
	add(s, route{method: "PUT", path: "/v1/routes/{type}", id: "route", summary: "Route a workflow type to a version", needs: needs(ofType, grant.Deploy), group: "Deploy", leader: true, write: true,
		limit: smallBody, body: new(wire.RouteRequest)}, s.route)
	add(s, route{method: "DELETE", path: "/v1/routes/{type}", id: "unroute", summary: "Remove a route", needs: needs(ofType, grant.Deploy), group: "Deploy", leader: true, write: true}, s.unroute)
	add(s, route{method: "POST", path: "/v1/routes/{type}/rollback", id: "rollback", summary: "Route to the version routed before", needs: needs(ofType, grant.Deploy), group: "Deploy", leader: true, write: true,
		limit: smallBody, body: new(wire.RouteChange)}, s.rollback)
	add(s, route{method: "GET", path: "/v1/canaries", id: "canaries", summary: "List canaries", needs: needs(ofAny, grant.Read), group: "Deploy", leader: true}, s.canaries)
	add(s, route{method: "GET", path: "/v1/canaries/{type}", id: "canary", summary: "Show the canary of a workflow type", needs: needs(ofType, grant.Read), group: "Deploy", leader: true}, s.canary)
	add(s, route{method: "PUT", path: "/v1/canaries/{type}", id: "set_canary", summary: "Begin or change the canary of a workflow type", needs: needs(ofType, grant.Deploy), group: "Deploy", leader: true, write: true,
		limit: smallBody, body: new(wire.CanaryRequest)}, s.setCanary)
	add(s, route{method: "DELETE", path: "/v1/canaries/{type}", id: "abort_canary", summary: "Abort the canary of a workflow type", needs: needs(ofType, grant.Deploy), group: "Deploy", leader: true, write: true}, s.abortCanary)
	add(s, route{method: "POST", path: "/v1/canaries/{type}/promote", id: "promote_canary", summary: "Route a workflow type to its canary", needs: needs(ofType, grant.Deploy), group: "Deploy", leader: true, write: true,
		limit: smallBody, body: new(wire.CanaryEnd)}, s.promoteCanary)
	add(s, route{method: "GET", path: "/v1/deploys", id: "deploys", summary: "List the deploy history", needs: needs(ofTypeAsked, grant.Read), group: "Deploy", leader: true}, s.deploys)

	s.tokenRoutes()
	s.policyRoutes()
	s.namespaceRoutes()
	s.backtestRoutes()
	s.moveRoutes()
	s.batchRoutes(payload)
	s.stopRoutes()
	s.auditRoutes()
	s.quotaRoutes()

	add(s, route{method: "POST", path: "/v1/workflows", id: "start", summary: "Start a run", needs: needs(ofBody, grant.Start), group: "Runs", status: http.StatusCreated, leader: true, write: true,
		ephemeral: true, limit: payload, payload: true, body: new(wire.StartRequest)}, s.start)
	add(s, route{method: "POST", path: "/v1/workflows:batch", id: "start_many", summary: "Start many runs, each by itself", needs: needs(ofBody, grant.Start), group: "Runs", leader: true, write: true,
		limit: batch, payload: batch == payload, body: new(wire.StartBatch)}, s.startMany)
	add(s, route{method: "GET", path: "/v1/workflows", id: "list", summary: "List runs", needs: needs(ofTypeAsked, grant.Read), group: "Runs", leader: true}, s.list)
	add(s, route{method: "GET", path: "/v1/workflows/{id}", id: "describe", summary: "Describe a run", needs: needs(ofRun, grant.Read), group: "Runs", leader: true}, s.describe)
	add(s, route{method: "GET", path: "/v1/workflows/{id}/result", id: "result", summary: "Get a run's result; 202 while it is open", needs: needs(ofRun, grant.Read, grant.Payload), group: "Runs", leader: true}, s.result)
	add(s, route{method: "GET", path: "/v1/workflows/{id}/history", id: "history", summary: "Read a run's history", needs: needs(ofRun, grant.Read), group: "Runs", leader: true}, s.history)
	add(s, route{method: "GET", path: "/v1/workflows/{id}/logs", id: "logs", summary: "Read what a run's code logged", needs: needs(ofRun, grant.Read, grant.Payload), group: "Runs", leader: true}, s.logs)
	add(s, route{method: "GET", path: "/v1/workflows/{id}/turns", id: "turns", summary: "Replay a run, and show what its code did turn by turn", needs: needs(ofRun, grant.Read, grant.Payload), group: "Runs", leader: true}, s.turns)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/signals/{name}", id: "signal", summary: "Signal a run; the body is the payload", needs: needs(ofRun, grant.Signal), group: "Runs", leader: true, write: true, ephemeral: true,
		limit: payload, payload: true, body: new(any)}, s.signal)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/updates/{name}", id: "update", summary: "Ask a run for something, and wait for its answer", needs: needs(ofRun, grant.Signal), group: "Runs", leader: true, write: true,
		limit: payload, payload: true, body: new(wire.UpdateRequest)}, s.update)
	add(s, route{method: "GET", path: "/v1/workflows/{id}/updates/{update}", id: "update_state", summary: "Show where an update stands", needs: needs(ofRun, grant.Read, grant.Payload), group: "Runs", leader: true}, s.updateState)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/queries/{name}", id: "query", summary: "Query a run", needs: needs(ofRun, grant.Read, grant.Payload), group: "Runs", leader: true,
		limit: payload, payload: true, body: new(wire.QueryRequest)}, s.query)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/cancel", id: "cancel", summary: "Ask a run to end", needs: needs(ofRun, grant.Signal), group: "Runs", leader: true, write: true, ephemeral: true,
		limit: smallBody, body: new(wire.Reason)}, s.cancel)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/terminate", id: "terminate", summary: "Close a run at once", needs: needs(ofRun, grant.Operate), group: "Runs", leader: true, write: true, ephemeral: true,
		limit: smallBody, body: new(wire.Reason)}, s.terminate)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/pause", id: "pause", summary: "Stop a run's turns", needs: needs(ofRun, grant.Operate), group: "Runs", leader: true, write: true,
		limit: smallBody, body: new(wire.Reason)}, s.pause)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/resume", id: "resume", summary: "Let a paused run go on", needs: needs(ofRun, grant.Operate), group: "Runs", leader: true, write: true}, s.resume)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/reopen", id: "reopen", summary: "Open a closed run again", needs: needs(ofRun, grant.Operate), group: "Runs", leader: true, write: true,
		limit: smallBody, body: new(wire.Reason)}, s.reopen)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/reset", id: "reset", summary: "Start a run anew from a point of its history", needs: needs(ofRun, grant.Operate), group: "Runs", leader: true, write: true, slow: true,
		limit: smallBody, body: new(wire.ResetRequest)}, s.reset)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/fork", id: "fork", summary: "Start a copy of a run beside it", needs: needs(ofRun, grant.Operate), group: "Runs", leader: true, write: true, slow: true,
		limit: smallBody, body: new(wire.ForkRequest)}, s.fork)
	add(s, route{method: "GET", path: "/v1/counts", id: "counts", summary: "Count runs by type, version and status", needs: needs(ofTypeAsked, grant.Read), group: "Runs", leader: true}, s.count)
	add(s, route{method: "GET", path: "/v1/jobs", id: "jobs", summary: "List what is left to do of commands that were too large for one entry", needs: needs(ofAll, grant.Read), group: "Runs", leader: true}, s.jobs)
	add(s, route{method: "GET", path: "/v1/retention", id: "retention", summary: "Show how long closed runs are kept", needs: needs(ofAny, grant.Read), group: "Runs", leader: true}, s.retention)
	add(s, route{method: "GET", path: "/v1/retention/versions", id: "version_retention", summary: "Show which drained versions are unloaded", needs: needs(ofAny, grant.Read), group: "Deploy", leader: true}, s.versionRetention)
	add(s, route{method: "PUT", path: "/v1/retention/versions", id: "retain_versions", summary: "Set which drained versions are unloaded", needs: needs(ofAll, grant.Deploy), group: "Deploy", leader: true, write: true,
		limit: smallBody, body: new(wire.VersionRetentionRequest)}, s.retainVersions)
	add(s, route{method: "PUT", path: "/v1/retention", id: "retain_all", summary: "Set how long closed runs are kept whose type has no rule", needs: needs(ofAll, grant.Operate), group: "Runs", leader: true, write: true,
		limit: smallBody, body: new(wire.RetentionRequest)}, s.retainAll)
	add(s, route{method: "PUT", path: "/v1/retention/{type}", id: "retain", summary: "Set how long closed runs of a type are kept", needs: needs(ofType, grant.Operate), group: "Runs", leader: true, write: true,
		limit: smallBody, body: new(wire.RetentionRequest)}, s.retain)
	add(s, route{method: "DELETE", path: "/v1/retention", id: "unretain_all", summary: "Keep closed runs for ever whose type has no rule", needs: needs(ofAll, grant.Operate), group: "Runs", leader: true, write: true},
		s.unretainAll)
	add(s, route{method: "DELETE", path: "/v1/retention/{type}", id: "unretain", summary: "Remove the rule of a type", needs: needs(ofType, grant.Operate), group: "Runs", leader: true, write: true}, s.unretain)

	add(s, route{method: "POST", path: "/v1/queues/{queue}/poll", id: "poll", summary: "Take tasks", needs: needs(ofQueue, grant.Work), group: "Activities", leader: true, write: true, waits: true,
		limit: pollBody, body: new(wire.PollRequest)}, s.pollTasks)
	add(s, route{method: "POST", path: "/v1/tasks/complete", id: "complete", summary: "Complete attempts", needs: needs(ofTasks, grant.Work), group: "Activities", leader: true, write: true,
		limit: batch, payload: batch == payload, body: new(wire.CompleteRequest)}, s.completeTasks)
	add(s, route{method: "POST", path: "/v1/tasks/fail", id: "fail", summary: "Fail attempts", needs: needs(ofTasks, grant.Work), group: "Activities", leader: true, write: true,
		limit: batch, payload: batch == payload, body: new(wire.FailRequest)}, s.failTasks)
	add(s, route{method: "POST", path: "/v1/tasks/heartbeat", id: "heartbeat", summary: "Extend the leases of attempts", needs: needs(ofTasks, grant.Work), group: "Activities", leader: true, write: true,
		limit: batch, payload: batch == payload, body: new(wire.HeartbeatRequest)}, s.beatTasks)
	add(s, route{method: "POST", path: "/v1/tasks/later", id: "later", summary: "Let go of attempts whose outcome comes later", needs: needs(ofTasks, grant.Work), group: "Activities", leader: true, write: true,
		limit: batch, payload: batch == payload, body: new(wire.HeartbeatRequest)}, s.deferTasks)
	add(s, route{method: "POST", path: "/v1/runs/{run}/activities/{activity}/complete", id: "complete_activity", summary: "End an activity by its ids", needs: needs(ofTasks, grant.Work), group: "Activities", leader: true, write: true,
		limit: payload, payload: true, body: new(wire.ActivityCompletion)}, s.completeActivity)
	add(s, route{method: "POST", path: "/v1/runs/{run}/activities/{activity}/fail", id: "fail_activity", summary: "Let an activity fail by its ids", needs: needs(ofTasks, grant.Work), group: "Activities", leader: true, write: true,
		limit: payload, payload: true, body: new(wire.ActivityFailure)}, s.failActivity)
	add(s, route{method: "POST", path: "/v1/runs/{run}/activities/{activity}/heartbeat", id: "heartbeat_activity", summary: "Say by its ids that an activity goes on", needs: needs(ofTasks, grant.Work), group: "Activities", leader: true, write: true,
		limit: payload, payload: true, body: new(wire.ActivityBeat)}, s.beatActivity)
	add(s, route{method: "POST", path: "/v1/tasks/release", id: "release", summary: "Give attempts back", needs: needs(ofTasks, grant.Work), group: "Activities", leader: true, write: true,
		limit: batch, payload: batch == payload, body: new(wire.HeartbeatRequest)}, s.releaseTasks)
	add(s, route{method: "GET", path: "/v1/queues", id: "queues", summary: "List queues", needs: needs(ofAll, grant.Read), group: "Activities", leader: true}, s.queues)
	add(s, route{method: "GET", path: "/v1/queues/{queue}", id: "queue", summary: "Show the state of a queue", needs: needs(ofQueueSeen, grant.Read), group: "Activities", leader: true}, s.queue)
	add(s, route{method: "PUT", path: "/v1/queues/{queue}", id: "limit_queue", summary: "Set all limits of a queue", needs: needs(ofQueue, grant.Operate), group: "Activities", leader: true, write: true,
		limit: smallBody, body: new(wire.QueueLimits)}, s.limitQueue)

	add(s, route{method: "POST", path: "/v1/schedules", id: "create_schedule", summary: "Create a schedule", needs: needs(ofBody, grant.Start), group: "Schedules", status: http.StatusCreated, leader: true, write: true,
		limit: payload, payload: true, body: new(wire.ScheduleSpec)}, s.createSchedule)
	add(s, route{method: "GET", path: "/v1/schedules", id: "schedules", summary: "List schedules", needs: needs(ofAll, grant.Read), group: "Schedules", leader: true}, s.schedules)
	add(s, route{method: "GET", path: "/v1/schedules/{id}", id: "schedule", summary: "Describe a schedule", needs: needs(ofSchedule, grant.Read), group: "Schedules", leader: true}, s.describeSchedule)
	add(s, route{method: "PUT", path: "/v1/schedules/{id}", id: "replace_schedule", summary: "Replace the definition of a schedule", needs: needs(ofSchedule, grant.Start), group: "Schedules", leader: true, write: true,
		limit: payload, payload: true, body: new(wire.ScheduleSpec)}, s.replaceSchedule)
	add(s, route{method: "DELETE", path: "/v1/schedules/{id}", id: "delete_schedule", summary: "Remove a schedule", needs: needs(ofSchedule, grant.Start), group: "Schedules", leader: true, write: true}, s.deleteSchedule)
	add(s, route{method: "POST", path: "/v1/schedules/{id}/pause", id: "pause_schedule", summary: "Stop a schedule from firing", needs: needs(ofSchedule, grant.Start), group: "Schedules", leader: true, write: true,
		limit: smallBody, body: new(wire.Reason)}, s.pauseSchedule)
	add(s, route{method: "POST", path: "/v1/schedules/{id}/resume", id: "resume_schedule", summary: "Let a schedule fire again", needs: needs(ofSchedule, grant.Start), group: "Schedules", leader: true, write: true},
		s.resumeSchedule)
	add(s, route{method: "POST", path: "/v1/schedules/{id}/trigger", id: "trigger_schedule", summary: "Fire a schedule now", needs: needs(ofSchedule, grant.Start), group: "Schedules", leader: true, write: true,
		limit: smallBody, body: new(wire.TriggerRequest)}, s.triggerSchedule)
	add(s, route{method: "POST", path: "/v1/schedules/{id}/backfill", id: "backfill_schedule", summary: "Fire a schedule for times that have passed", needs: needs(ofSchedule, grant.Start), group: "Schedules", leader: true,
		write: true, limit: smallBody, body: new(wire.BackfillRequest)}, s.backfillSchedule)

	add(s, route{method: "GET", path: "/v1/events", id: "events", summary: "Stream the cluster's events (text/event-stream)", needs: needs(ofAll, grant.Read), group: "Cluster", stream: true}, s.events)
	add(s, route{method: "GET", path: "/v1/backup", id: "backup", beyond: true, summary: "Stream a backup of this node's state with every archive", needs: needs(ofAll, grant.Admin), group: "Cluster", stream: true, whole: true}, s.backup)
	add(s, route{method: "POST", path: "/v1/backup/kept", id: "note_backup", beyond: true, summary: "Tell a node that a backup has arrived where it is kept", needs: needs(ofAll, grant.Admin), group: "Cluster", write: true,
		limit: smallBody, body: new(wire.BackupKept)}, s.noteBackup)
	add(s, route{method: "GET", path: "/v1/cluster", id: "cluster", beyond: true, summary: "Show the cluster as this node sees it", needs: needs(ofAny, grant.Read), group: "Cluster"}, s.cluster)
	add(s, route{method: "POST", path: "/v1/cluster/transfer", id: "transfer", beyond: true, summary: "Transfer leadership to a node", needs: needs(ofAll, grant.Operate), group: "Cluster", leader: true, write: true,
		limit: smallBody, body: new(wire.NodeRequest)}, s.transfer)
	add(s, route{method: "POST", path: "/v1/cluster/clock", id: "confirm_time", beyond: true, summary: "Confirm what time it is, so that log time makes a step that it holds back", needs: needs(ofAll, grant.Operate), group: "Cluster",
		leader: true, write: true, limit: smallBody, body: new(wire.TimeRequest)}, s.confirmTime)
	add(s, route{method: "POST", path: "/v1/cluster/remove", id: "remove", beyond: true, summary: "Remove a node", needs: needs(ofAll, grant.Operate), group: "Cluster", leader: true, write: true,
		limit: smallBody, body: new(wire.NodeRequest)}, s.remove)
	add(s, route{method: "POST", path: "/v1/cluster/promote", id: "promote", beyond: true, summary: "Make a non-voter a voter", needs: needs(ofAll, grant.Operate), group: "Cluster", leader: true, write: true,
		limit: smallBody, body: new(wire.NodeRequest)}, s.promote)
	add(s, route{method: "POST", path: "/v1/cluster/demote", id: "demote", beyond: true, summary: "Make a voter a non-voter that stays one", needs: needs(ofAll, grant.Operate), group: "Cluster", leader: true, write: true,
		limit: smallBody, body: new(wire.NodeRequest)}, s.demote)
	add(s, route{method: "POST", path: "/v1/cluster/replace", id: "replace_node", beyond: true, summary: "Put a node in the place of a dead one", needs: needs(ofAll, grant.Operate), group: "Cluster", leader: true, write: true,
		limit: smallBody, body: new(wire.ReplaceRequest)}, s.replaceNode)
	add(s, route{method: "POST", path: "/v1/cluster/join-tokens", id: "issue_join_token", beyond: true, summary: "Make a token that lets nodes into the cluster", needs: needs(ofAll, grant.Admin), group: "Cluster", leader: true, write: true,
		limit: smallBody, body: new(wire.JoinTokenRequest)}, s.issueJoinToken)
	add(s, route{method: "GET", path: "/v1/cluster/join-tokens", id: "join_tokens", beyond: true, summary: "List the join tokens", needs: needs(ofAll, grant.Operate), group: "Cluster", leader: true}, s.joinTokens)
	add(s, route{method: "DELETE", path: "/v1/cluster/join-tokens/{id}", id: "revoke_join_token", beyond: true, summary: "Revoke a join token", needs: needs(ofAll, grant.Operate), group: "Cluster", leader: true, write: true}, s.revokeJoinToken)
	add(s, route{method: "POST", path: "/v1/cluster/restore", id: "restore", beyond: true, summary: "Restore a backup into this cluster, which must be empty", needs: needs(ofAll, grant.Admin), group: "Cluster",
		leader: true, write: true, upload: true, limit: s.cfg.Limits.RestoreBytes}, s.restore)
	add(s, route{method: "POST", path: "/v1/cluster/drain", id: "drain", beyond: true, summary: "Drain a node: no deploys, no leadership", needs: needs(ofAll, grant.Operate), group: "Cluster", write: true,
		limit: smallBody, body: new(wire.NodeRequest)}, s.drain)
	add(s, route{method: "POST", path: "/v1/cluster/undrain", id: "undrain", beyond: true, summary: "Reverse a drain", needs: needs(ofAll, grant.Operate), group: "Cluster", write: true,
		limit: smallBody, body: new(wire.NodeRequest)}, s.undrain)

	add(s, route{method: "GET", path: "/health/live", id: "live", summary: "The process serves", group: "Node", open: true}, s.live)
	add(s, route{method: "GET", path: "/health/ready", id: "ready", summary: "The node has a leader and has applied what was committed", group: "Node", open: true}, s.ready)

	s.describePages()
	s.describeSchemas()
	s.mux.Handle("/mcp", newAgents(s))
	s.mux.Handle("GET /metrics", s.metrics.handler)
	s.mux.HandleFunc("GET "+confirmPath, s.confirmIndex)
	s.mux.HandleFunc("GET /openapi.json", s.openapi)
	pages := console.Handler()
	s.mux.Handle("GET /{$}", pages)
	s.mux.Handle("GET /console", pages)
	s.mux.Handle("GET /console/{page...}", pages)
	s.mux.HandleFunc("/", s.notFound)
}

// server answers a call that has passed the gate.
type server func(context.Context, *exchange)

// add registers a route with its handler, behind its gate.
func add[I, O any](s *Server, r route, handler func(context.Context, *I) (*O, error)) {
	if r.open == (r.needs.of > 0) || len(r.needs.kinds) == 0 && r.needs.of > ofNobody {
		panic("transport: the route " + r.id + " does not say what it needs of its callers")
	}
	op := huma.Operation{OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, Tags: []string{r.group}, DefaultStatus: r.status}
	if r.open {
		op.Security = []map[string][]string{}
	}
	huma.Register(s.api, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := called(ctx, in, handler)
		if err != nil {
			return nil, problem{exchangeOf(ctx).problem(err)} // which knows its headers
		}
		return out, nil
	})
	made := *s.made
	generic := func(ctx context.Context, x *exchange) {
		made.handle(huma.WithContext(humago.NewContext(made.op, x.r, x.w), ctx))
	}
	s.mux.HandleFunc(r.method+" "+r.path, s.gate(&r, made.op, direct(&r, handler, generic)))
	s.document(&r)
	s.listed[r.id] = &r
}

// made is huma's adapter: it keeps the handler that huma makes of an operation for add, which puts
// the gate before it.
type made struct {
	op     *huma.Operation
	handle func(huma.Context)
}

// Handle implements huma.Adapter.
func (m *made) Handle(op *huma.Operation, handle func(huma.Context)) { m.op, m.handle = op, handle }

// ServeHTTP implements huma.Adapter, which asks for it for tests of its own.
func (m *made) ServeHTTP(http.ResponseWriter, *http.Request) { panic("transport: huma serves nothing") }
