// Package recording is the file that a run's history is exported to: everything that a replay needs
// on a machine without a cluster.
//
// It decides what is in the file and whether a file is whole. It asks no node and runs no code.
//
// Begin with file.go.
package recording
