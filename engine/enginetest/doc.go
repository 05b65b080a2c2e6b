// Package enginetest runs the engine on the real state machine without Raft: a fake by removing a
// layer, not by imitating it.
//
// It decides which faults happen (lost answers, lost leadership, missing archives) on solo's log,
// whose time is the clock's, so that it skips inside testing/synctest bubbles. It never decides
// what an entry does: that is fsm.State, opened in memory with its invariants checked after every
// entry.
//
// Begin with node.go: New gives a node that leads; its methods speak the domain.
package enginetest
