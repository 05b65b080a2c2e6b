package fault

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"aion.dev/aion/jepsen/nodes"
)

func init() {
	register(Kind{
		Name: "bits-scrub", Family: "bits", What: "flip bits in an archive of a node that runs, and that reads its archives again every second",
		Min: 3 * time.Second, Max: 4 * time.Second, Fault: Func(scrub),
	})
}

// scrub checks that a node finds what its disk has changed without being asked for it.
func scrub(ctx context.Context, c *nodes.Cluster, r *rand.Rand) (string, func(context.Context) error, error) {
	n := anyOne(ctx, c, r)[0]
	release, why := claim(c, n)
	if why != "" {
		return why, nil, nil
	}
	return meanwhile(ctx, "flip bits in an archive of "+n.Name+" while it runs", func(ctx context.Context) error {
		defer release()
		n.With("--disk-scrub-every", "1s")
		defer n.With()
		err := n.Offline(func() error { return nil })
		if err == nil {
			err = n.Start()
		}
		if err == nil {
			err = ready(ctx, n)
		}
		if err != nil {
			return err
		}
		did, err := flipBits(n.Data, "blob", r)
		if errors.Is(err, errNoBits) {
			return nil
		}
		if err != nil {
			return err
		}
		life := n.Starts()
		for end := time.Now().Add(15 * time.Second); ; wait(ctx, 200*time.Millisecond) {
			damaged := damagedArchives(n.Data)
			switch {
			case len(damaged) == 0 || !n.Running() || n.Starts() != life:
				return nil
			case time.Now().After(end):
				return fmt.Errorf(Broken+" %s, and 15 s later %s still has %v, though it reads all archives every second", did, n.Name, damaged)
			}
		}
	})
}

// damagedArchives lists the archives of a node whose bytes are not those of their names.
func damagedArchives(dir string) (names []string) {
	files, _ := filepath.Glob(filepath.Join(dir, "blobs", "*")) // the pattern is well formed
	for _, path := range files {
		want, err := hex.DecodeString(filepath.Base(path))
		if err != nil || len(want) != sha256.Size {
			continue // half-written, or set aside
		}
		b, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if got := sha256.Sum256(unfolded(filepath.Dir(path), b)); string(got[:]) != string(want) {
			names = append(names, filepath.Base(path))
		}
	}
	return names
}

// unfolded puts the bytes of an archive together of whose file large parts are kept elsewhere;
// whatever does not fit stays as it is. The format stands in cluster/blobs.
func unfolded(dir string, file []byte) []byte {
	const head, size, entry = "aion/folded/1\n", 8 + 4, 8 + 8 + sha256.Size
	b, ok := bytes.CutPrefix(file, []byte(head))
	if !ok || len(b) < size {
		return file
	}
	count := int(binary.BigEndian.Uint32(b[8:]))
	if count > (len(b)-size)/entry {
		return file
	}
	entries, rest := b[size:size+count*entry], b[size+count*entry:]
	var archive []byte
	for ; len(entries) > 0; entries = entries[entry:] {
		literal := int(binary.BigEndian.Uint64(entries)) - len(archive)
		part, err := os.ReadFile(filepath.Join(dir, "parts", hex.EncodeToString(entries[16:entry])))
		if err != nil || literal < 0 || literal > len(rest) {
			return file
		}
		archive, rest = append(append(archive, rest[:literal]...), part...), rest[literal:]
	}
	return append(archive, rest...)
}
