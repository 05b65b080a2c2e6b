package sim

import "testing"

// BenchmarkWorld runs one world of the usual size after another and tells what an effective step
// costs.
func BenchmarkWorld(b *testing.B) {
	var all Stats
	began := cpuTime()
	for seed := uint64(1000); b.Loop(); seed++ {
		stats, v := Run(Schedule(seed, 5000, Nodes))
		if v != nil {
			b.Fatalf("seed %d: %v", seed, v)
		}
		all.Add(stats)
	}
	b.ReportMetric(float64(all.Steps)/(cpuTime()-began).Seconds(), "steps/cpu-s")
	b.ReportMetric(float64(all.Commands)/(cpuTime()-began).Seconds(), "commands/cpu-s")
}
