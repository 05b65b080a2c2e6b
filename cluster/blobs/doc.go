// Package blobs keeps archives of workflow code on this node's disk, and on a majority of the
// others'.
//
// It decides when a majority has an archive, whether one may be named by an entry, from whom a
// missing one is fetched, and when one that nothing names is removed. It never decides what is
// named (Config.Named says it, from applied state) nor who is a member (Config.Members), and
// never looks into an archive: its name is the hash of its bytes.
//
// Begin with blobs.go (put and get), then store.go (one node's disk), majority.go and
// reconcile.go. wire.go is how archives travel over the node port.
package blobs
