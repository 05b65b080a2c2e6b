// Package gossip finds other nodes with memberlist and suggests their addresses.
//
// It decides which of a stranger's bytes memberlist may see, how many nodes it remembers, and when
// a node counts as alive, suspect or left. It never decides who is a member or who leads: its
// information may be late, wrong or missing.
//
// Begin with gossip.go. Network input passes wire.go, then check.go and stream.go; known.go limits
// what this node remembers because of it.
package gossip
