// Package place keeps the objects of increments in a folder, or in a bucket of an S3-compatible
// store.
//
// It decides how an object becomes durable and whole at its place. It does not know what objects
// mean.
package place

import (
	"context"
	"strings"

	"aion.dev/aion/cluster/increments"
)

// IsBucket reports whether a target names a bucket, and not a folder or file.
func IsBucket(target string) bool { return strings.HasPrefix(target, "s3://") }

// Open opens a store: s3://BUCKET/PREFIX, or a folder, which must exist.
func Open(ctx context.Context, target string, environ func(string) string) (increments.Store, error) {
	if IsBucket(target) {
		return openBucket(target, environ)
	}
	return openFolder(target)
}
