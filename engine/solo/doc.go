// Package solo is a cluster of one without Raft: it implements the engine's ports on the state
// machine alone, in memory.
//
// It decides when entries are applied (at once, in the order of proposals; concurrent proposals
// form one entry) and what time the log has: the clock's, or a time that stands still until it is
// told to skip. It never decides what an entry does, and keeps nothing on disk. enginetest adds
// faults and leadership to it; the tests that authors write for their workflows use it directly.
//
// Begin with log.go, then skip.go.
package solo
