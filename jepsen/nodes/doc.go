// Package nodes runs a cluster as processes of the real binary behind links: it starts, kills,
// stops, freezes and restarts them, and keeps their output.
//
// It never looks into a node's data and only talks to nodes over HTTP. Begin with Cluster.
package nodes
