// Package op records what the clients of a cluster under test asked and what they were told: the
// history that checkers read.
//
// It decides what an outcome means for the caller, and nothing else. It never talks to a cluster.
// Begin with Op, then Recorder.
package op
