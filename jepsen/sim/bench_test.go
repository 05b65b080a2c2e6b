package sim

import "testing"

// BenchmarkWorld runs worlds of the usual size and reports the cost of an effective step.
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
