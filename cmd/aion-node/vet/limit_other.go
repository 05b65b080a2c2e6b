//go:build !unix

package vet

// cage does nothing where there are no resource limits; the soft limit of Go's runtime and the
// timeout remain.
func cage(int64) error { return nil }
