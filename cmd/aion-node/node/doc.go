// Package node assembles a node from cluster, engine and HTTP server, in that order, and shuts it
// down in reverse order.
//
// It decides what depends on what, and in which order a node ends: it refuses new deploys,
// transfers leadership, lets calls in progress finish, and only then leaves the log. It decides
// nothing about what callers, code or other nodes may do; each part does that itself.
//
// Begin with node.go (Open), then run.go. The command serve and tests boot the same Node.
package node
