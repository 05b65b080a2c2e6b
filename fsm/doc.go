// Package fsm says what is true, and the only ways to change it.
//
// It decides every mutation: State.Apply takes one committed log entry, a batch of commands, and applies each in one step: check, change, answer
// or refuse. It reads no clock, no randomness, no environment and no map order, so that every node that applies the same entries holds the same
// state, byte for byte, and gives the same refusals. It never talks to the network, compiles code or opens an archive.
//
// Begin with command.go (what an entry is), then any command's file: fields, refusals, apply, next to its test. Files named after a noun in the plural
// (pins.go, timers.go, ready.go) are indexes: projections of events, written by nothing else.
package fsm
