// Package desk matches polls of workers with tasks: it decides which poll asks for how many tasks,
// and when.
//
// It decides the order in which polls are served, and how much each of them asks for, from what the
// state offers and what is already being asked for. It gives out nothing: applying the entry
// decides a lease, and the engine proposes that entry. A desk holds nothing but polls, for one term
// of a leader. It does not know the engine: its Config says how to read the state and the log's
// clock. A task waits in the state (fsm/queue_offers.go), never here; what waits here is a poll.
//
// Begin with desk.go, then line.go: how one queue is served.
package desk
