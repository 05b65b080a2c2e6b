//go:build !unix

package node

// openFiles returns how many files this process may open: other systems allow far more.
func openFiles() (uint64, error) { return 1 << 16, nil }
