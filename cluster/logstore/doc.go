// Package logstore keeps raft's log, its vote and its snapshots on this node's disk.
//
// It decides when an entry counts as written, what a node mends that was killed or lost its
// power, that an entry which the disk has changed is never read as sound, and which cuts of the
// log it refuses. It never decides what is in the log, who leads or when a snapshot is due, and
// never goes on after a store has failed: it tells Config.Fatal, which ends the process.
//
// Begin with stores.go: Open stacks the layers, from the disk up guard (with seal), weighed and
// tail. recover.go runs before them. Kept lies on top, between raft and what Open returns, and
// knows how far the state is.
package logstore
