// Package regress keeps schedules of package sim that once failed, shrunk, as files that a test
// replays. `jepsen sim` writes them here; each begins with the promise that it broke. A file is
// removed only together with its promise.
//
// A file named after a planted bug (jepsen/gate/bugs) was found by planting it. A test plants each
// bug again and expects its file to fail. So it notices a schedule that no longer finds its bug
// because steps draw differently, and that must be found anew.
package regress
