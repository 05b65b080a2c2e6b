// Package fsm says what is true, and the only ways to change it.
//
// It decides every mutation: State.Apply takes one committed log entry, a batch of commands, and
// applies each in one step: check, change, answer or refuse. It reads no clock, no randomness, no
// environment and no map order, so that every node that applies the same entries holds the same
// state, byte for byte, and gives the same refusals. It never talks to the network, compiles code
// or opens an archive.
//
// Begin with command.go (what an entry is) and apply.go (how one is applied), then any command's
// file: fields, refusals, apply. Files named after a noun in the plural (index_ready.go,
// index_timers.go, index_children.go, request.go, ...) and index_pins.go are indexes: projections
// of events, written by nothing else, each with the part of View that reads it; families_test.go
// says which file writes which rows. step.go is the entry at work, picture.go what readers see;
// run_close.go and run_carry_on.go are the two places where one run's end moves others. What the
// rows are is said below, in package rows, and in docs/STATE.md; package store keeps them on disk
// and folds them into the digest; package audit recounts them.
//
// Where a start is refused: in run_start.go, at the entry's place in the log; package engine
// refuses before the log what limits and the input's schema do not allow. Where a task waits for a
// worker: in a lane of offers of its queue, queue_offers.go. Who writes the pin index:
// index_pins.go, and nothing else.
package fsm
