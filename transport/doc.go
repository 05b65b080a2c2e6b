// Package transport says who asks: it serves the engine of one node over HTTP.
//
// It decides who may call (auth.go), where a call is served (forward.go: on this node, or by one
// hop on the leader), how a request becomes a call of the engine and its answer JSON (deploy.go,
// run.go, convert.go; parts.go lists what is asked of it), and how much anybody may send, ask for
// or wait for (limits.go). Every error leaves as a problem document by the one table in
// transport/wire. It holds no state of its own: the request print that makes repeated requests safe
// is computed here (request.go) and kept by the state machine.
//
// It never decides what an operation means, never retries a mutation, and never buffers a body that
// it passes on.
//
// Begin with routes.go: every address in one list.
package transport
