// Package nodes runs a cluster as processes of the real binary behind links: it starts, kills,
// stops, freezes and restarts them, and keeps what they say.
//
// It never looks into a node's data and never talks to a node but over HTTP. Begin with Cluster.
package nodes
