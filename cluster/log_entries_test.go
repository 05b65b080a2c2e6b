package cluster

import "testing"

func TestSnapshotEntriesFollowTheState(t *testing.T) {
	const mib = 1 << 20
	for state, want := range map[uint64]uint64{0: 100, 64 * mib: 100, 127 * mib: 100, 128 * mib: 200, 500 * mib: 700, 512 * mib: 800, 1 << 40: 800} {
		if got := snapshotEntries(100, state); got != want {
			t.Errorf("a state of %d bytes is written after %d entries, want %d", state, got, want)
		}
	}
}
