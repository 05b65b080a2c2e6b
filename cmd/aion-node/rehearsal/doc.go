// Package rehearsal runs the tests of a project (`aion-node test`). Each runs on the real engine
// and the real state machine in one process, in a world of its own, where time skips.
//
// It decides when a test may go on (when nothing is ready or in progress), when time skips and how
// far, how activities get the outcomes from the test, and that every history of a test can be
// replayed, cut anywhere. startest defines what a test can do; the engine defines what a workflow
// does. The package prints nothing.
//
// Begin with rehearse.go, then world.go and idle.go (a world, and when it is idle), then
// cuts.go.
package rehearsal
