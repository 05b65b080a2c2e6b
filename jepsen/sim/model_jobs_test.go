package sim

import "testing"

// TestWorldsLeaveJobs: entries of these worlds are often too small for the trees that they close,
// and jobs continue them over changes of leader, crashes and snapshots.
func TestWorldsLeaveJobs(t *testing.T) {
	var all Stats
	for seed := uint64(200); seed < 212; seed++ {
		stats, v := Run(Schedule(seed, 2000, Nodes))
		if v != nil {
			t.Fatalf("seed %d: %v", seed, v)
		}
		all.Add(stats)
	}
	if all.Jobs < 6 {
		t.Errorf("%d worlds left %d jobs", all.Worlds, all.Jobs)
	}
}
