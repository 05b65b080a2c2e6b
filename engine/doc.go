// Package engine validates, stamps, proposes and answers.
//
// It decides everything that must be settled before the log (parsing, hashing, compiling, ids,
// limits) and drives what the state asks for: the leader's loops take turns, fire timers, hand
// tasks to workers and sweep. It never changes state except through Log, and holds no truth of its
// own: a new leader starts the same loops and finds its work in the state. There is no recovery
// path.
//
// Begin with ports.go (what the engine needs of a cluster) and engine.go (how callers ask), then
// deploy.go (the seam this product is about), then lead.go and visit.go: how a turn is made and
// recorded. For workers begin with poll.go and package desk.
package engine
