// Package rewind goes through a recorded run turn by turn, forwards and backwards.
//
// It decides what a turn was: what it had seen, what its code asked for, and where the code waited
// afterwards, with its variables. It finds out by replaying the recording, so it changes nothing
// and asks no node. How it is shown is not its business, except for the terminal in screen.go.
//
// Begin with session.go.
package rewind
