//go:build unix

package folder

import "syscall"

// DiskRoom returns how many bytes of the disk under dir this process may still use, and the size of
// the disk.
func DiskRoom(dir string) (free, size uint64, err error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), uint64(s.Blocks) * uint64(s.Bsize), nil
}
