package folder

import (
	"os"
	"path/filepath"

	"github.com/hashicorp/go-hclog"
)

// MakePrivate takes the data folder, and what lies directly in it, away from the machine's other
// users: it holds every input and result. A folder that was made for the node (StateDirectory=, a
// volume) is often open to all. Where the node may not change that, because the folder is another
// user's, it says so and goes on: what it makes inside is private.
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
			log.Warn("other users of this machine can read the node's data, and this process may not change that", "path", path, "mode", info.Mode(), "error", err)
			continue
		}
		log.Info("took the node's data away from other users of this machine", "path", path, "mode", info.Mode())
	}
	return nil
}

func paths(dir string, names []os.DirEntry) (all []string) {
	for _, n := range names {
		all = append(all, filepath.Join(dir, n.Name()))
	}
	return all
}
