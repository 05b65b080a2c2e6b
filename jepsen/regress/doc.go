// Package regress keeps schedules of package sim that once failed, shrunk, as files that a test
// replays. `jepsen sim` writes them here; each begins with what it broke. A file leaves only when
// the promise that it is about does.
//
// A file named after a planted bug (jepsen/gate/bugs) was found by planting it: a test plants each
// again and expects its file to fail, so that a schedule which lost its bite, because what steps
// draw has changed, is noticed and found anew. It decides nothing else.
package regress
