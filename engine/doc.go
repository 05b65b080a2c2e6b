// Package engine validates, stamps and proposes commands, and answers callers.
//
// It decides everything that must be known before the log (parsing, hashing, compiling, ids,
// limits), and does the work that the state asks for: the leader's loops make turns, fire timers,
// hand tasks to workers and sweep. It changes state only through Log, and holds no truth of its
// own: a new leader starts the same loops and finds its work in the state. There is no recovery
// path.
//
// Begin with ports.go (what the engine needs from a cluster) and engine.go (how callers ask), then
// deploy.go (the seam this product is about), then lead.go and visit.go: how a turn is made and
// recorded. For workers begin with poll.go and package desk.
package engine
