//go:build !unix

package vet

// cage does nothing on systems without resource limits; the soft limit of Go's runtime and the
// timeout remain.
func cage(int64) error { return nil }
