// Package rehearsal runs the tests of a project (`aion-node test`): each on the real engine and the
// real state machine in one process, in a world of its own in which time skips.
//
// It decides when a test may go on (when nothing is ready or under way), when time skips and how
// far, how activities get the outcomes that the test gives them, and that every history which a
// test produced can be replayed, cut anywhere. What a test can say is startest's business; what a
// workflow does is the engine's. It prints nothing.
//
// Begin with rehearse.go, then world.go and settle.go (a world, and how it comes to rest), then
// cuts.go.
package rehearsal
