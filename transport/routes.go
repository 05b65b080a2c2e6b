package transport

import (
	"context"
	"net/http"

	"aion.dev/aion/transport/console"
	"aion.dev/aion/transport/wire"
	"github.com/danielgtaylor/huma/v2"
)

// route is one address and what it takes to be served there.
type route struct {
	method, path string
	id, summary  string
	group        string // heading in /openapi.json
	status       int    // of success; 0 = 200
	open         bool   // anybody may call
	leader       bool   // only the leader serves it, or any node with ?consistency=stale if it is a read
	write        bool   // it changes something
	slow         bool   // it may take as long as a deploy
	archive      bool   // its body is an archive
	limit        int64  // bytes of its body; 0 = it takes none
	body         any    // pointer to the type of its body, for /openapi.json
}

// changes reports whether a lost answer leaves the outcome open.
func (r *route) changes() bool { return r.write }

// answer is what a handler returns.
type answer[T any] struct {
	Index         uint64 `header:"Aion-Index" doc:"Log index that the answer reflects"`
	LeaderContact string `header:"Aion-Leader-Contact" doc:"Of stale reads: how long ago this node heard from the leader, or never"`
	Body          T
}

// plain is an answer that reflects no index.
type plain[T any] struct{ Body T }

// routes lists every address.
func (s *Server) routes() {
	payload := s.cfg.Limits.PayloadBytes + bodySlack

	add(s, route{method: "POST", path: "/v1/packages", id: "load", summary: "Load a package", group: "Deploy", leader: true, write: true, slow: true,
		archive: true, limit: s.cfg.Limits.ArchiveBytes}, s.load)
	add(s, route{method: "GET", path: "/v1/versions", id: "versions", summary: "List what is loaded", group: "Deploy", leader: true}, s.versions)
	add(s, route{method: "DELETE", path: "/v1/versions/{type}/{version}", id: "unload", summary: "Unload a version", group: "Deploy", leader: true, write: true}, s.unload)
	add(s, route{method: "GET", path: "/v1/versions/{type}/{version}/pins", id: "pins", summary: "Tell what pins a version", group: "Deploy", leader: true}, s.pins)
	add(s, route{method: "PUT", path: "/v1/routes/{type}", id: "route", summary: "Route a workflow type to a version", group: "Deploy", leader: true, write: true,
		limit: smallBody, body: new(wire.RouteRequest)}, s.route)
	add(s, route{method: "DELETE", path: "/v1/routes/{type}", id: "unroute", summary: "Remove a route", group: "Deploy", leader: true, write: true}, s.unroute)
	add(s, route{method: "POST", path: "/v1/routes/{type}/rollback", id: "rollback", summary: "Route to the version routed before", group: "Deploy", leader: true, write: true,
		limit: smallBody, body: new(wire.RouteChange)}, s.rollback)
	add(s, route{method: "GET", path: "/v1/deploys", id: "deploys", summary: "Tell the deploy history", group: "Deploy", leader: true}, s.deploys)

	add(s, route{method: "POST", path: "/v1/workflows", id: "start", summary: "Start a run", group: "Runs", status: http.StatusCreated, leader: true, write: true,
		limit: payload, body: new(wire.StartRequest)}, s.start)
	add(s, route{method: "GET", path: "/v1/workflows", id: "list", summary: "List runs", group: "Runs", leader: true}, s.list)
	add(s, route{method: "GET", path: "/v1/workflows/{id}", id: "describe", summary: "Describe a run", group: "Runs", leader: true}, s.describe)
	add(s, route{method: "GET", path: "/v1/workflows/{id}/result", id: "result", summary: "Tell a run's result; 202 while it is open", group: "Runs", leader: true}, s.result)
	add(s, route{method: "GET", path: "/v1/workflows/{id}/history", id: "history", summary: "Read a run's history", group: "Runs", leader: true}, s.history)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/signals/{name}", id: "signal", summary: "Signal a run; the body is the payload", group: "Runs", leader: true, write: true,
		limit: payload, body: new(any)}, s.signal)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/queries/{name}", id: "query", summary: "Query a run", group: "Runs", leader: true,
		limit: payload, body: new(wire.QueryRequest)}, s.query)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/cancel", id: "cancel", summary: "Ask a run to end", group: "Runs", leader: true, write: true,
		limit: smallBody, body: new(wire.Reason)}, s.cancel)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/terminate", id: "terminate", summary: "Close a run at once", group: "Runs", leader: true, write: true,
		limit: smallBody, body: new(wire.Reason)}, s.terminate)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/pause", id: "pause", summary: "Stop a run's turns", group: "Runs", leader: true, write: true,
		limit: smallBody, body: new(wire.Reason)}, s.pause)
	add(s, route{method: "POST", path: "/v1/workflows/{id}/resume", id: "resume", summary: "Let a paused run go on", group: "Runs", leader: true, write: true}, s.resume)

	add(s, route{method: "GET", path: "/v1/events", id: "events", summary: "Stream the cluster's events (text/event-stream)", group: "Cluster"}, s.events)
	add(s, route{method: "GET", path: "/v1/cluster", id: "cluster", summary: "Tell how this node sees the cluster", group: "Cluster"}, s.cluster)
	add(s, route{method: "POST", path: "/v1/cluster/transfer", id: "transfer", summary: "Hand leadership to a node", group: "Cluster", leader: true, write: true,
		limit: smallBody, body: new(wire.NodeRequest)}, s.transfer)
	add(s, route{method: "POST", path: "/v1/cluster/remove", id: "remove", summary: "Remove a node", group: "Cluster", leader: true, write: true,
		limit: smallBody, body: new(wire.NodeRequest)}, s.remove)
	add(s, route{method: "POST", path: "/v1/cluster/drain", id: "drain", summary: "Refuse new deploys on this node and hand leadership on", group: "Cluster", write: true,
		limit: smallBody, body: new(wire.NodeRequest)}, s.drain)

	add(s, route{method: "GET", path: "/health/live", id: "live", summary: "The process serves", group: "Node", open: true}, s.live)
	add(s, route{method: "GET", path: "/health/ready", id: "ready", summary: "The node has a leader and has applied what was committed", group: "Node", open: true}, s.ready)

	s.mux.Handle("GET /metrics", s.metrics.handler)
	s.mux.HandleFunc("GET /openapi.json", s.openapi)
	s.mux.Handle("GET /{$}", console.Handler())
	s.mux.HandleFunc("/", s.notFound)
}

// add registers a route with its handler, behind its gate.
func add[I, O any](s *Server, r route, handler func(context.Context, *I) (*O, error)) {
	op := huma.Operation{
		OperationID: r.id, Method: r.method, Path: r.path, Summary: r.summary, Tags: []string{r.group},
		DefaultStatus: r.status, Middlewares: huma.Middlewares{s.gate(&r)},
	}
	if r.open {
		op.Security = []map[string][]string{}
	}
	huma.Register(s.api, op, handler)
	s.document(&r)
}
