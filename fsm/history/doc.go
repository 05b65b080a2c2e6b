// Package history says what happened to a run: the ids, the payloads, the events and how a status
// follows from them.
//
// It decides the names and the bytes of events, and which fields of an event code asked for and
// which the state machine filled in. It never decides what happens next (engine/replay does) nor
// stores anything (fsm does). Of ours it imports only catalog, for the type of a version.
//
// Begin with event.go: an Event is a line of a run's history, and a new kind of event begins with
// its number and its row there (docs/DEVELOPMENT.md lists the rest). Then turn.go: a Turn is one
// deterministic step and the events it asked for.
package history
