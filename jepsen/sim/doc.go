// Package sim drives the real state machine through histories that a seed decides: one goroutine,
// an abstract log, replicas that crash.
//
// A World has a few replicas, each a real fsm.State on its own disk in memory, and a log that
// stands for raft: it commits a proposal, loses it, or commits it after its proposer was deposed.
// Clients talk to any replica, lose answers, and repeat their requests under the same request id.
// The leader's loops record turns, fire timers, lease tasks and purge, from a picture that may be
// old. It also proposes a command and the turns that follow from it in one entry, before it knows
// what the command comes to. Turns are drawn, or made by real code that any replica replays from
// its history. Model is the expected result, written from docs/STATE.md and the promises without
// any code of the state machine: it predicts the outcome of every command and every event of every
// history.
//
// After every entry the model's prediction is compared with each outcome, with the row of every run
// that the entry changed and with every event that it wrote; and every replica must have the same
// digest and the same outcomes. Indexes, tasks, queues, catalog, schedules, node table and whole
// histories are compared with the model when a Look step reads a node (two steps in a hundred) and
// at a world's end. A replica recounts all its invariants (fsm/audit) at an Audit step
// (one in a thousand), after installing a snapshot and at the end, when the replicas' rows are also
// compared byte by byte.
//
// Runs are reset and forked, open and closed ones, at any point between their turns: what a copy
// has under way is found as engines find it, by replay in runs of real code, and the model tells
// from the lines of the old history what the new one must be.
//
// Some entries have so small a budget that jobs have to finish closing their trees, the request
// table is often full, and the deploy history and the event stream keep little, so that every world
// reaches all these limits.
//
// The seed does not control one thing: when Pebble flushes its memory, and therefore what a crash
// loses. The results must not depend on it.
//
// The package decides whether a schedule of steps breaks a promise, and shrinks a schedule that
// does. It makes no assumption about raft except that a committed entry stays committed;
// cluster/clustertest simulates clusters of real raft. Begin with step.go, then world.go, then
// model.go.
package sim
