// Package transport serves the engine of one node over HTTP.
//
// It decides who may call (auth.go), where a call is served (forward.go: on this node, or one hop
// away on the leader), how a request becomes a call of the engine and its answer becomes JSON
// (deploy.go, run.go, convert.go; parts.go lists what it needs from the engine), and how much
// anybody may send, ask for or wait for (limits.go). Every error leaves as a problem document, by
// the one table in transport/wire. The package holds no state: it computes the request print that
// makes repeated requests safe (request.go), and the state machine keeps it.
//
// It never decides what an operation means, never retries a mutation, and never buffers a body that
// it forwards.
//
// The hot face is served beside (hot_face.go): its calls come from package hot, and are answered by
// the handlers of these routes.
//
// Begin with routes.go: every address in one list.
package transport
