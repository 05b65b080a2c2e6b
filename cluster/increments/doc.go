// Package increments keeps many backups of a cluster in one store, a folder or a bucket, and sends
// what is there already only once.
//
// The content of a backup (its archives and the stream of the state) is cut into blocks that are
// named by their SHA-256; a manifest, written last, lists the blocks of one backup, and a checksum
// of itself. There is no chain: each manifest stands alone, so any of the others can be lost or
// pruned. The bytes of a backup file are made anew from a manifest, so whatever reads files
// (verify, restore) reads increments, and checks the same.
//
// It decides what is sent, what counts as a backup, and what may be deleted. It does not know what
// a store is (package place does), nor what is in a state.
//
// Begin with manifest.go, then write.go; prune.go says why two writers do not harm each other.
package increments

import (
	"context"
	"fmt"
	"iter"
	"time"
)

// Store keeps objects by name. Names consist of a-z, A-Z, 0-9, '-', '.' and '/'.
type Store interface {
	// Put writes an object, whole or not at all, in the place of one that is there. It has been
	// made durable when Put returns.
	Put(ctx context.Context, name string, content []byte) error
	// Get reads an object. The error is a *None if there is none.
	Get(ctx context.Context, name string) ([]byte, error)
	// Stat describes an object. The error is a *None if there is none.
	Stat(ctx context.Context, name string) (Object, error)
	// List yields the objects whose names begin with a prefix that ends with '/', in any order.
	List(ctx context.Context, prefix string) iter.Seq2[Object, error]
	// Remove removes an object. That there is none is no error.
	Remove(ctx context.Context, name string) error
}

// Object is what a store has.
type Object struct {
	Name  string
	Bytes int64
	At    time.Time // when it was written last, by the store's clock
}

// None says that a store does not have an object.
type None struct{ Name string }

// Error implements error.
func (n *None) Error() string { return fmt.Sprintf("%s is not in the store", n.Name) }

// The names of objects.
const (
	manifestsAt = "manifests/" // one for each backup
	retiredAt   = "retired/"   // those whose backups are given up; their blocks still stay for a while
	blocksAt    = "blocks/"
	clockAt     = "clock/" // written to learn what time it is there
)
