// Package logstore stores raft's log, its vote and its snapshots on this node's disk.
//
// It decides when an entry counts as written, what is repaired after a kill or a power loss, and
// which cuts of the log it refuses. It ensures that an entry changed by the disk is never read as
// sound. It never decides what is in the log, who leads or when a snapshot is due. It never
// continues after a store has failed: it calls Config.Fatal, which ends the process.
//
// Begin with stores.go: Open stacks the layers guard (with seal), weighed and tail, from the disk
// upwards. recover.go runs before them. Parallel and Kept lie on top, between raft and what Open
// returns: Parallel lets a leader send what it is still writing, Kept knows how far the state has
// come.
package logstore
