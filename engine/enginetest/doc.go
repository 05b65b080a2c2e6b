// Package enginetest runs the engine on the real state machine without Raft: it fakes by removing a
// layer, not by imitating it.
//
// It decides which faults happen (lost answers, lost leadership, missing archives) on solo's log.
// That log uses the clock's time, so time skips inside testing/synctest bubbles. It never decides
// what an entry does: fsm.State does, opened in memory with its invariants checked after every
// entry.
//
// Begin with node.go: New returns a node that leads; its methods speak the domain.
package enginetest
