// Package cluster says who replicates the log, and how.
//
// It decides who leads and who is a member, which command comes next in the log, when an outcome is
// certain, when a read is fresh, and when this node must stop rather than go on with a wrong state.
// It never looks into a workflow, a package or a command beyond its kind, never decides what a
// command does (fsm does), and never takes gossip for truth: gossip suggests addresses, Raft
// decides.
//
// Begin with cluster.go (what a node is made of), then propose.go and commit.go (the way of a
// command into the log), replica.go (the way back out, and the only type that knows both raft and
// fsm) and leadership.go (win, barrier, lead, lost). read_confirm.go says why a read is fresh, and
// outcome.go which failure means what.
//
// What a node stands on has rooms of its own, which know nothing of Cluster: folder (whose data
// these are), logstore (raft's log on disk), port (the way between nodes), blobs (archives) and
// gossip (where others may be).
package cluster
