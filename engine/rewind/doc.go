// Package rewind shows what a recorded run did, turn by turn.
//
// It decides what a turn was: what it had seen, what its code asked for, and where the code waited
// afterwards, with its variables. It finds out by replaying the record, so it changes nothing.
// Where the record and the code come from, and how a turn is shown, is not its business.
//
// Begin with replayer.go.
package rewind
