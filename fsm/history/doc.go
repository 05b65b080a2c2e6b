// Package history says what happened to a run: the ids, the payloads, the events and how a status
// follows from them.
//
// It decides the names and the bytes of events, and which fields of an event code asked for and
// which the state machine filled in. It never decides what happens next (engine/replay does) nor
// stores anything (fsm does). It imports nothing of ours.
//
// Begin with event.go: an Event is a line of a run's history; then turn.go: a Turn is one
// deterministic step and the events it asked for.
package history
