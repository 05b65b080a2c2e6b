// Package cluster replicates the log.
//
// It decides who leads and who is a member, which command comes next in the log, when an outcome is
// certain, when a read is fresh, and when this node must stop instead of going on with a wrong
// state. It never looks into a workflow, a package or a command beyond its kind. It never decides
// what a command does; fsm does. And it never trusts gossip: gossip suggests addresses, Raft
// decides.
//
// Begin with cluster.go (the parts of a node), then propose.go and commit.go (how a command gets
// into the log), replica.go (how entries reach the state; the only type that knows both raft and
// fsm) and leadership.go (win, barrier, lead, lost). read_confirm.go explains why a read is fresh;
// outcome.go maps each failure to an outcome.
//
// The layers below a node are packages of their own, which do not know Cluster: folder (the
// identity of the data), logstore (raft's log on disk), port (connections between nodes), blobs
// (archives) and gossip (addresses of other nodes).
package cluster
