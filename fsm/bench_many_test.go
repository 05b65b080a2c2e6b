package fsm

import (
	"fmt"
	"testing"

	"aion.dev/aion/catalog"
)

// BenchmarkManyRuns is what the deploy plane costs the state machine over a thousand open runs and
// over a million: which version a start gets while there is a canary, and a deployment of twenty
// packages of two types each, which also routes them. BenchmarkUnload has pins.
//
//	go test ./fsm -run '^$' -bench ManyRuns -benchtime 2000x
func BenchmarkManyRuns(b *testing.B) {
	for _, runs := range []int{1_000, 1_000_000} {
		s, err := Open(Config{Dir: b.TempDir(), Level: NewestLevel})
		if err != nil {
			b.Fatal(err)
		}
		defer s.Close()
		other := benchPackage
		other.Version[0] ^= 1
		mustApply(b, s, 1, Envelope{Command: &LoadPackage{Package: benchPackage, Route: true}})
		applyStarts(b, s, 0, runs, false)
		mustApply(b, s, s.Applied()+1, Envelope{Command: &LoadPackage{Package: other}}, Envelope{Command: &SetCanary{Type: "order", Version: other.Version.String(), Share: 1_000, Salt: 5}})

		b.Run(fmt.Sprintf("resolve/runs=%d", runs), func(b *testing.B) {
			s.View(func(v View) {
				taken, cat := 0, v.Catalog()
				for i := range b.N {
					if version, _, _, _ := cat.ResolveFor("order", StartLot(fmt.Sprint("order-", i), nil)); version == other.Version {
						taken++
					}
				}
				if b.N > 1_000 && (taken < b.N/20 || taken > b.N/5) {
					b.Errorf("the canary takes %d of %d", taken, b.N)
				}
			})
		})
		b.Run(fmt.Sprintf("deploy20/runs=%d", runs), func(b *testing.B) {
			defer reportCPU(b)()
			for i := range b.N {
				c := &Deploy{Message: "release"}
				for p := range 20 {
					pkg := catalog.Package{Version: catalog.Version{byte(p), byte(i % 2), 0xbe}}
					for m := range 2 {
						pkg.Members = append(pkg.Members, catalog.Member{Type: fmt.Sprint("many-", p, "-", m), EntryModule: "many", EntryFunction: "run"})
					}
					c.Changes = append(c.Changes, Change{Load: &LoadPackage{Package: pkg, Route: true}})
				}
				mustApply(b, s, s.Applied()+1, Envelope{Command: c})
			}
		})
	}
}
