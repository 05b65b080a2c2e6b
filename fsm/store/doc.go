// Package store keeps the rows of the state on one disk.
//
// It decides what is in the folder and which database is the live one, what an entry sees of its
// own changes while it is applied, that they become visible and durable together, what the running
// digest covers, and how a snapshot is written out and takes the place of what was there.
//
// It knows rows as keys and values. It never decides when a row comes, changes or goes, and knows
// no command, no run and no catalog but for the type of a digest. The one row that it reads itself
// is Meta, to see where a state stands. What families are like (rows looked up by key, rows written
// once) decides how fast something is, never what it does; nor does the filter that knows most new
// keys to be new (seen.go), nor when the database gets the newest entries (backlog.go).
//
// The database has no log of its own: what a crash takes away, the replicated log applies again.
// Only this package knows Pebble.
//
// Begin with overlay.go, then db.go and layout.go.
package store
