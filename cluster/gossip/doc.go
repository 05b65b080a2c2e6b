// Package gossip finds other nodes by memberlist, and suggests where they are.
//
// It decides which of a stranger's bytes memberlist may see, how many nodes it keeps in mind,
// and when one counts as alive, suspect or left. It never decides who is a member or who leads:
// what it says may be late, wrong or missing.
//
// Begin with gossip.go. What comes from the network passes wire.go, then check.go and stream.go;
// what it would make this node remember passes known.go.
package gossip
