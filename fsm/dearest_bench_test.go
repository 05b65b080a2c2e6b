package fsm

import (
	"maps"
	"runtime"
	"syscall"
	"testing"
	"time"
)

// BenchmarkDearest tells the CPU time of the most expensive entry of each kind.
func BenchmarkDearest(b *testing.B) {
	every := maps.Clone(dearestToo)
	for kind, of := range dearest {
		every[kind.String()] = of
	}
	for _, name := range sortedKeys(every) {
		b.Run(name, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			var spent, units time.Duration
			for range b.N {
				w := newWorld(b)
				w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
				entry := entryOf(w, every[name])
				w.s.cfg.Check = nil
				runtime.GC()
				before := threadTime()
				results, err := w.s.Apply(uint64(len(w.log))+1, entry)
				if err != nil || results[0].Refusal != nil {
					b.Fatal(err, results[0].Refusal)
				}
				spent, units = spent+threadTime()-before, units+time.Duration(w.s.Work())
			}
			b.ReportMetric(float64(spent.Microseconds())/1e3/float64(b.N), "cpu-ms/entry")
			b.ReportMetric(float64(units)/float64(b.N), "units/entry")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// threadTime is the CPU time of this thread.
func threadTime() time.Duration {
	var r syscall.Rusage
	const thread = 1 // RUSAGE_THREAD
	_ = syscall.Getrusage(thread, &r)
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}
