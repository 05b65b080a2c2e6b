package fsm

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
)

// BenchmarkCatalog tells the CPU time of entries of 1,024 commands that look something up among
// 10,000 packages, all of one type. What they cost in units does not show that.
func BenchmarkCatalog(b *testing.B) {
	for name, of := range map[string]func(i int) Command{
		"route by a prefix": func(i int) Command {
			return &RouteType{Type: "a", Version: versionOf(fmt.Sprint("v", i)).String()[:12]}
		},
		"route to nothing":  func(i int) Command { return &RouteType{Type: "a", Version: "ffffffffffff"} },
		"unload the routed": func(i int) Command { return &UnloadVersion{Type: "a", Version: versionOf("v0").String()} },
		"unload": func(i int) Command {
			return &UnloadVersion{Type: "a", Version: versionOf(fmt.Sprint("v", i+1)).String()}
		},
		"load":             func(i int) Command { return &LoadPackage{Package: pack(fmt.Sprint("w", i), "a"), Route: true} },
		"load and look":    loadAndLook,
		"start an unknown": func(i int) Command { return &StartRun{WorkflowID: "x", RunID: history.RunID{1}, Type: "b"} },
		"start by a version": func(i int) Command {
			return &StartRun{WorkflowID: fmt.Sprint(i), RunID: history.RunID{1, byte(i), byte(i >> 8)}, Type: "a", Version: versionOf("v7").String()}
		},
		"start a known type": func(i int) Command {
			return &StartRun{WorkflowID: fmt.Sprint(i), RunID: history.RunID{1, byte(i), byte(i >> 8)}, Type: "a"}
		},
	} {
		b.Run(name, func(b *testing.B) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			var spent time.Duration
			for range b.N {
				w := newWorld(b)
				w.s.cfg.Check = nil
				var batch []Envelope
				for i := range 10_000 {
					batch = append(batch, Envelope{Command: &LoadPackage{Package: pack(fmt.Sprint("v", i), "a"), Route: i == 0}})
				}
				w.propose(batch...)
				entry := entryOf(w, func(*world) (list []Command) {
					for i := range 1024 {
						list = append(list, of(i))
					}
					return list
				})
				runtime.GC()
				before := threadTime()
				if _, err := w.s.Apply(uint64(len(w.log))+1, entry); err != nil {
					b.Fatal(err)
				}
				spent += threadTime() - before
			}
			b.ReportMetric(float64(spent.Microseconds())/1e3/float64(b.N), "cpu-ms/entry")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// loadAndLook changes what is looked through between the looks.
func loadAndLook(i int) Command {
	if i%2 == 0 {
		return &LoadPackage{Package: pack(fmt.Sprint("w", i), "a")}
	}
	return &RouteType{Type: "a", Version: catalog.Version{0xff, 1}.String()}
}
