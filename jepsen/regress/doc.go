// Package regress keeps schedules of package sim that once failed, shrunk, as files that a test replays. `jepsen sim` writes them here; each begins with what
// it broke. A file leaves only when the promise that it is about does.
package regress
