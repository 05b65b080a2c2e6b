// Package startest is the language of *_test.star: what a test of a project can say, and what its
// words mean.
//
// It decides which functions of a file are tests, what t and a run offer to them, and what a failed
// test reports. It never runs a workflow and knows no engine: a World does what a test asks for,
// and asks Test.Perform for the outcomes of activities. It reads no files and no clock.
//
// Begin with suite.go (a file of tests, and one test), then world.go (what it needs), then test.go
// (what t offers) and run.go (what a run offers).
package startest
