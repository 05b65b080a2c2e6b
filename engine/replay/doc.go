// Package replay makes one turn, as a pure function: history and a program give the next events, or
// a report of how code and history disagree.
//
// It decides everything about a turn except the computation itself: ordinals, futures and the order
// in which they resolve, signals, cancellation, what code waits for, what it asked for, and whether
// a recorded turn asked for the same. It never reads a clock, randomness, the environment or the
// log, never writes anything, and never learns which language the code is written in
// (engine/runtime).
//
// Begin with machine.go (the API), then turn.go (what happens in a turn), then ledger.go (the books
// of a run).
package replay
