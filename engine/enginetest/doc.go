// Package enginetest runs the engine on the real state machine without Raft: a fake by removing a layer, not by imitating it.
//
// It decides when entries are applied (at once, in the order of proposing), what time the log has (the clock's, so that it skips inside testing/synctest
// bubbles) and which faults happen (lost answers, lost leadership, missing archives). It never decides what an entry does: that is fsm.State, opened in
// memory with its invariants checked after every entry.
//
// Begin with node.go: New gives a node that leads; its methods speak the domain.
package enginetest
