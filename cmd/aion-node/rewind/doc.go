// Package rewind goes through a recorded run turn by turn, forwards and backwards.
//
// It decides how somebody moves through the turns of a recording, and how they look on a terminal.
// What a turn was is found by aion.dev/aion/engine/rewind. It changes nothing and asks no node.
//
// Begin with session.go.
package rewind
