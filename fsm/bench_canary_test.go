package fsm

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"aion.dev/aion/catalog"
)

// BenchmarkCanary is what starts cost while their type has a canary, as a ratio to what they cost
// on a state without one: four states take the same starts in turn, an entry of 64 each, in this
// one process; the ratio is that of the medians of all entries. "exact" has no canary: every tenth
// start names the other version, so its ratio is what starts on two versions cost anyway.
//
//	go test ./fsm -run '^$' -bench 'BenchmarkCanary$' -benchtime 60000x
func BenchmarkCanary(b *testing.B) {
	other := benchPackage
	other.Version[0] ^= 1
	arms := []*canaryArm{{name: "none"}, {name: "exact"}, {name: "0%", share: 0, canary: true}, {name: "10%", share: 1_000, canary: true}}
	for _, arm := range arms {
		s, err := Open(Config{Dir: b.TempDir(), Level: NewestLevel})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		arm.s = s
		mustApply(b, s, 1, Envelope{Command: &LoadPackage{Package: benchPackage, Route: true}})
		mustApply(b, s, 2, Envelope{Command: &LoadPackage{Package: other}})
		if arm.canary {
			mustApply(b, s, 3, Envelope{Command: &SetCanary{Type: "order", Version: other.Version.String(), Share: arm.share, Salt: 5}})
		} else {
			mustApply(b, s, 3, Envelope{Command: &Check{}})
		}
	}
	const each = 64
	b.ResetTimer()
	for from, index := 0, uint64(4); from < b.N; from, index = from+each, index+1 {
		for i := range arms {
			arm := arms[(i+int(index))%len(arms)] // whoever is first finds caches as the others left them
			var e []Envelope
			for i := from; i < from+each; i++ {
				start := &StartRun{WorkflowID: fmt.Sprint("order-", i), RunID: benchRun(uint64(i)), Type: "order"}
				if arm.name == "exact" && i%10 == 0 {
					start.Version = other.Version.String()
				}
				e = append(e, Envelope{Command: start})
			}
			began := time.Now()
			mustApply(b, arm.s, index, e...)
			arm.took = append(arm.took, time.Since(began))
		}
	}
	b.StopTimer()
	for _, arm := range arms {
		slices.Sort(arm.took)
		arm.median = arm.took[len(arm.took)/2]
		if arm.name == "none" {
			b.ReportMetric(float64(arm.median.Nanoseconds())/1000/each, "us/start")
			continue
		}
		b.ReportMetric(float64(arm.median)/float64(arms[0].median), arm.name+"/none")
	}
}

type canaryArm struct {
	name   string
	share  uint64
	canary bool
	s      *State
	took   []time.Duration
	median time.Duration
}

// BenchmarkCanaryDraw is what drawing for one start costs.
func BenchmarkCanaryDraw(b *testing.B) {
	rule := catalog.Canary{Share: 1_000, Salt: 5}
	taken := 0
	for i := range b.N {
		if rule.Takes(StartLot([]string{"order-1234567", "order-7654321"}[i%2], nil)) {
			taken++
		}
	}
}
