package fault

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"aion.dev/aion/jepsen/nodes"
)

func TestBitsFlipOnlyWhatIsUsedOfTheirArea(t *testing.T) {
	for area, name := range map[string]string{"log": "raft/wal/1.wal", "state": "state/live/000002.log", "snapshot": "raft/snapshots/1-2-3/state.bin", "blob": "blobs/abc"} {
		dir := t.TempDir()
		was := append(bytes.Repeat([]byte{7}, 100), make([]byte, 1000)...)
		others := []string{"raft/stable.db", "raft/wal/wal-meta.db", "identity.json", "state/live/LOCK", name}
		for _, other := range others {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, other)), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(dir, other), was, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		did, err := flipBits(dir, area, rand.New(rand.NewPCG(1, 2)))
		if err != nil || !strings.Contains(did, name) {
			t.Fatalf("%s: %q, %v", area, did, err)
		}
		for _, other := range others {
			now, err := os.ReadFile(filepath.Join(dir, other))
			if err != nil {
				t.Fatal(err)
			}
			if flipped := !bytes.Equal(now, was); flipped != (other == name) || !bytes.Equal(now[100:], was[100:]) || len(now) != len(was) {
				t.Errorf("%s: %s: flipped %t, %d bytes", area, other, flipped, len(now))
			}
		}
	}
}

func TestBitsWithoutFiles(t *testing.T) {
	for area := range areas {
		if did, err := flipBits(t.TempDir(), area, rand.New(rand.NewPCG(1, 2))); !errors.Is(err, errNoBits) {
			t.Errorf("%s: %q, %v", area, did, err)
		}
	}
}

func TestClaimLeavesAMajority(t *testing.T) {
	c := nodes.Plain(3)
	release, why := claim(c, c.Nodes()[0])
	if why != "" {
		t.Fatal("one of three may be sick")
	}
	for _, n := range c.Nodes() {
		if _, why := claim(c, n); why == "" {
			t.Errorf("%s may be sick beside the first", n.Name)
		}
	}
	release()
	release()
	if _, why := claim(c, c.Nodes()[1]); why != "" {
		t.Error("nobody is sick any more, and one may not be")
	}
}
