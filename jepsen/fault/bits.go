package fault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	bits := func(area, what string) {
		register(Kind{
			Name: "bits-" + area, Family: "bits", What: "flip bits in " + what + " of one stopped node, start it, give it an empty disk in the end",
			Min: 2 * time.Second, Max: 6 * time.Second, Fault: flip(area),
		})
	}
	bits("log", "the raft log")
	bits("state", "the database")
	bits("snapshot", "the snapshots (the database when there are none)")
	bits("blob", "the archives")
}

// areas lists where the files with checksums of their own are. The vote (raft/stable.db) and the
// wal's list of segments are bolt files, whose pages have no checksums, so nobody can detect a
// flipped bit there.
var areas = map[string]func(path string) bool{
	"log":      func(path string) bool { return strings.HasPrefix(path, "raft/wal/") && strings.HasSuffix(path, ".wal") },
	"state":    func(path string) bool { return strings.HasPrefix(path, "state/live/") && filepath.Base(path) != "LOCK" },
	"snapshot": func(path string) bool { return strings.HasPrefix(path, "raft/snapshots/") },
	"blob":     func(path string) bool { return strings.HasPrefix(path, "blobs/") },
}

// flip flips bits of a node's files. While the fault lasts, the node either runs with the damaged
// files or has refused to. Damage that only reads detect may be detected at any time, so a damaged
// disk is replaced at the end; archives are repaired in place.
func flip(area string) Fault {
	return Func(func(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
		n := anyOne(ctx, c, r)[0]
		release, why := claim(c, n)
		if why != "" {
			return why, nil, nil
		}
		mend := func(ctx context.Context) error {
			defer release()
			if area != "blob" {
				return replace(ctx, c, n)
			}
			if err := n.Start(); err != nil {
				return err
			}
			return ready(ctx, n)
		}
		var did string
		err := n.Offline(func() (err error) {
			did, err = flipBits(n.Data, area, r)
			return err
		})
		if errors.Is(err, errNoBits) {
			release()
			return fmt.Sprintf("%s %s: %s", Nothing, n.Name, err), nil, n.Start()
		}
		did = n.Name + ": " + did
		if err != nil {
			return did, mend, err
		}
		if err := n.Start(); err != nil {
			n.Forgive()
			return did + "; it does not start: " + reason(n), mend, nil
		}
		if wait(ctx, time.Second); !n.Running() {
			n.Forgive()
			return did + "; it started and ended: " + reason(n), mend, nil
		}
		return did + "; it runs", func(ctx context.Context) error {
			n.Forgive()
			return mend(ctx)
		}, nil
	})
}

// errNoBits: there is no file to damage.
var errNoBits = errors.New("there is no file to flip bits in")

// reason returns the last line of a node's log.
func reason(n *nodes.Node) string {
	line := n.Tail(1)
	return line[:min(len(line), 400)]
}

// flipBits flips one to eight bits in one file of an area and returns which.
func flipBits(dir, area string, r *rand.Rand) (string, error) {
	files, err := filesOf(dir, area)
	if err == nil && len(files) == 0 && area == "snapshot" {
		files, err = filesOf(dir, "state")
	}
	if err != nil {
		return "", err
	}
	if len(files) == 0 {
		return "", errNoBits
	}
	name := files[r.IntN(len(files))]
	path := filepath.Join(dir, name)
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	used := len(b) // a preallocated file ends in zeros, where a flipped bit proves nothing
	for used > 0 && b[used-1] == 0 {
		used--
	}
	if used == 0 {
		return "", errNoBits
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return "", err
	}
	did := "flipped in " + name
	for range 1 + r.IntN(8) {
		at, bit := r.IntN(used), r.IntN(8)
		b[at] ^= 1 << bit
		_, werr := f.WriteAt(b[at:at+1], int64(at))
		err = errors.Join(err, werr)
		did += fmt.Sprintf(" %d.%d", at, bit)
	}
	return did + fmt.Sprintf(" of %d bytes", used), errors.Join(err, f.Close())
}

// filesOf lists the files of an area that are not empty, relative to the data folder, sorted.
func filesOf(dir, area string) ([]string, error) {
	var files []string
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil || !areas[area](filepath.ToSlash(name)) {
			return err
		}
		info, err := e.Info()
		if err == nil && info.Size() > 0 {
			files = append(files, name)
		}
		return err
	})
	slices.Sort(files)
	return files, err
}
