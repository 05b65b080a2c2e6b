package folder

import (
	"os"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
)

// MakePrivate removes other users' access to the data folder and to what lies directly in it,
// because it holds every input and result. A folder created for the node by others
// (StateDirectory=, a volume) is often open to all. If another user owns the folder, the node
// cannot change that: it warns and goes on, and what it creates inside is private.
func MakePrivate(dir string, log hclog.Logger) error {
	names, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, path := range append([]string{dir}, paths(dir, names)...) {
		info, err := os.Lstat(path)
		if err != nil {
			return err
		}
		open := info.Mode().Perm() & 0o077
		if open == 0 || !info.IsDir() && !info.Mode().IsRegular() {
			continue
		}
		if err := os.Chmod(path, info.Mode().Perm()&^0o077); err != nil {
			log.Warn("other users of this machine can read the node's data, and this process is not allowed to change that", "path", path, "mode", info.Mode(), "error", err)
			continue
		}
		log.Info("removed other users' access to the node's data", "path", path, "mode", info.Mode())
	}
	return nil
}

func paths(dir string, names []os.DirEntry) (all []string) {
	for _, n := range names {
		all = append(all, filepath.Join(dir, n.Name()))
	}
	return all
}
