// Package sim drives the real state machine through histories that a seed decides: one goroutine,
// an abstract log, replicas that crash.
//
// A World holds a few replicas, each a real fsm.State on its own disk in memory, and a log that
// stands for raft: it commits a proposal, loses it, or commits it after its proposer was deposed.
// Clients speak to any replica, hear nothing, and repeat what they asked for under its request id;
// the leader's loops record turns, fire timers, lease tasks and purge, from a picture that may be
// old. Turns are drawn, or made by real code that any replica replays from its history. Model is
// what all of this has to come to, written from docs/STATE.md and the contract without a line of
// the state machine: it foretells the outcome of every command and every line of every history.
//
// After every entry the model foretells each outcome, and is held against the row of every run that
// the entry changed and every event that it wrote; every replica must come to the same digest and
// the same outcomes. Indexes, tasks, queues, catalog, schedules, node table and whole histories are
// held against the model when somebody looks (two steps in a hundred) and at a world's end; a
// replica recounts all of itself (State.CheckInvariants) at an audit (one step in a thousand),
// after installing a snapshot and at the end, when the replicas' rows are compared byte by byte,
// too.
//
// Some entries have so small a budget that the trees that they close are left to jobs, the table of
// request keys is often full, and of the deploy history and the event stream little is kept, so
// that every world comes to the edges of all of these.
//
// One thing is not in the hands of the seed: when Pebble writes its memory out, and so what a crash
// takes. What follows must not depend on it.
//
// It decides whether a schedule of steps breaks a promise, and makes a schedule that does smaller.
// It never decides what raft may do beyond that a committed entry stays: clusters of real raft are
// simulated in cluster/clustertest. Begin reading with step.go, then world.go, then model.go.
package sim
