// Package blobs stores archives of workflow code on this node's disk and on a majority of the other
// nodes.
//
// It decides when a majority has an archive, whether an entry may name it, which peer supplies a
// missing one, and when an archive that nothing names is removed. It never decides which archives
// are named (Config.Named returns those of the applied state) nor who is a member (Config.Members).
// An archive's name is the hash of its bytes; only folded.go looks into one, for what it shares
// with others.
//
// Begin with blobs.go (put and get), then store.go (one node's disk), majority.go and reconcile.go.
// wire.go sends archives over the node port.
package blobs
