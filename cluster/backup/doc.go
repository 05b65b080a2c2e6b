// Package backup is the file of a backup: one consistent state of a cluster with every archive that
// it names.
//
// It decides how the bytes of such a file are framed and checksummed, and that a file which is cut
// off or changed anywhere is found. It decides which backups a node keeps open, how fast they are
// sent, and how one that broke off goes on. It never decides what is in a state, whether a caller
// may have it, or what is done with a file that was read: it hands out the header, each archive and
// the state in order, and whoever reads acts on them only once Read has returned without an error.
//
// Begin with block.go, then file.go and read.go. desk.go is the side of a node.
package backup
