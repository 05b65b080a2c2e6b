// Package node puts a node together: cluster, engine and HTTP server, in that order, and takes it
// apart in the reverse.
//
// It decides what depends on what, and what happens in which order when a node ends: it refuses new
// deploys, hands leadership on, lets calls under way finish, and only then leaves the log. It
// decides nothing about what callers, code or other nodes may do; each part does that itself.
//
// Begin with node.go (Open), then run.go. The command serve and tests boot the same Node.
package node
