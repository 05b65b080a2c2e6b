// Package startest defines the language of *_test.star: what a project's tests can do, and what its
// functions mean.
//
// It decides which functions of a file are tests, what t and a run offer them, and what a failed
// test reports. It never runs a workflow and does not know the engine: a World does what a test
// asks for, and calls Test.Perform for the outcomes of activities. It reads no files and no clock.
//
// Begin with suite.go (a file of tests, and one test), then world.go (what a test needs), then
// test.go (what t offers) and run.go (what a run offers).
package startest
