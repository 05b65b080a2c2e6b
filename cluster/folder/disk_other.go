//go:build !unix

package folder

// DiskRoom is not implemented here, so no threshold is ever reached.
func DiskRoom(string) (free, size uint64, err error) { return 0, 0, nil }
