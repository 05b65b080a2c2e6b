package fsm

import (
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2/vfs"
)

func benchRun(n uint64) (id history.RunID) {
	binary.BigEndian.PutUint64(id[:], n+1) // like UUIDv7: rising
	binary.BigEndian.PutUint64(id[8:], n*0x9e3779b97f4a7c15)
	return id
}

var benchPackage = catalog.Package{
	Version: catalog.Version{0xab, 0xcd, 0xef, 1}, Members: []catalog.Member{{Type: "order", EntryModule: "order", EntryFunction: "run"}},
}

func openBench(b *testing.B, fs vfs.FS, dir string) *State {
	s, err := Open(Config{Dir: dir, FS: fs})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	mustApply(b, s, 1, Envelope{Command: &LoadPackage{Package: benchPackage, Route: true}})
	return s
}

func mustApply(b *testing.B, s *State, index uint64, e ...Envelope) {
	entry, err := EncodeEntry(Entry{At: history.Time(index) * 1e6, Commands: e})
	if err != nil {
		b.Fatal(err)
	}
	results, err := s.Apply(index, entry)
	if err != nil {
		b.Fatal(err)
	}
	for _, r := range results {
		if r.Refusal != nil {
			b.Fatal(r.Refusal)
		}
	}
}

// cpuTime is what this process has used of all cores: unlike elapsed time it tells something on a
// machine that others use too.
func cpuTime(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func reportCPU(b *testing.B) func() {
	before := cpuTime(b)
	return func() { b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(b.N), "cpu-us/op") }
}

// noOps makes entries that start runs and entries that complete them: two commands a run.
func noOps(from, runs, batch int, request bool) (entries [][]byte) {
	for i := 0; i < runs; i += batch {
		var starts, turns []Envelope
		for n := i; n < min(i+batch, runs); n++ {
			id := benchRun(uint64(from + n))
			e := Envelope{Actor: "bench", Command: &StartRun{WorkflowID: fmt.Sprintf("order-%08d", from+n), RunID: id, Type: "order", Input: history.Payload(`{"id":12345,"card":"4111-1111"}`)}}
			if request {
				e.Request = &Request{ID: fmt.Sprintf("request-%08d", from+n), Short: true}
			}
			starts = append(starts, e)
			turns = append(turns, Envelope{Command: &RecordTurn{RunID: id, N: 1, Through: 1, Limits: rows.RunLimits{Events: 50000, HistoryBytes: 64 << 20, Signals: 10000},
				Asked: []history.Event{{Data: &history.WorkflowCompleted{Result: history.Payload(`"done"`)}}}}})
		}
		for _, c := range [][]Envelope{starts, turns} {
			e, err := EncodeEntry(Entry{Commands: c})
			if err != nil {
				panic(err)
			}
			entries = append(entries, e)
		}
	}
	return entries
}

func BenchmarkApplyNoOp(b *testing.B) {
	for _, batch := range []int{1, 16, 256, 1024} {
		for _, request := range []bool{false, true} {
			b.Run(fmt.Sprintf("batch=%d/request=%v", batch, request), func(b *testing.B) {
				s := openBench(b, nil, b.TempDir())
				entries := noOps(0, b.N, batch, request)
				b.ResetTimer()
				before := cpuTime(b)
				for i, e := range entries {
					results, err := s.Apply(uint64(i)+2, e)
					if err != nil {
						b.Fatal(err)
					}
					for _, r := range results {
						if r.Refusal != nil {
							b.Fatal(r.Refusal)
						}
					}
				}
				b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds(), "commands/s")
				b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/(2*float64(b.N)), "cpu-us/command") // on all cores, with flushes and compactions
			})
		}
	}
}

// starts makes entries that start runs from to from+runs-1, 1,000 to an entry.
func applyStarts(b *testing.B, s *State, from, runs int, turn bool) {
	for i := from; i < from+runs; i += 1000 {
		var starts, turns []Envelope
		for n := i; n < min(i+1000, from+runs); n++ {
			starts = append(starts, Envelope{Command: &StartRun{WorkflowID: fmt.Sprintf("order-%08d", n), RunID: benchRun(uint64(n)), Type: "order"}})
			turns = append(turns, Envelope{Command: &RecordTurn{RunID: benchRun(uint64(n)), N: 1, Through: 1, Asked: []history.Event{{Data: &history.TimerStarted{ID: 1, Duration: 1e15}}}}})
		}
		mustApply(b, s, s.Applied()+1, starts...)
		if turn {
			mustApply(b, s, s.Applied()+1, turns...)
		}
	}
}

func applyTerminates(b *testing.B, s *State, from, runs int) {
	for i := from; i < from+runs; i += 1000 {
		var ends []Envelope
		for n := i; n < min(i+1000, from+runs); n++ {
			ends = append(ends, Envelope{Command: &TerminateRun{Run: RunRef{RunID: benchRun(uint64(n))}}})
		}
		mustApply(b, s, s.Applied()+1, ends...)
	}
}

// benchPins measures what operators do to a version with many runs: the counts, the first page of
// holders, and an unload that is refused naming ten.
func benchPins(b *testing.B, s *State, name string) {
	v := benchPackage.Version
	b.Run(name+"/pins", func(b *testing.B) {
		defer reportCPU(b)()
		for range b.N {
			s.View(func(view View) {
				if view.Pins(v).Total() == 0 {
					b.Fatal("no pins")
				}
				if holders, _ := view.PinHolders(v, 10, ""); len(holders) == 0 {
					b.Fatal("no holders")
				}
			})
		}
	})
	b.Run(name+"/unload", func(b *testing.B) {
		defer reportCPU(b)()
		for range b.N {
			entry, err := EncodeEntry(Entry{Commands: []Envelope{{Command: &UnloadVersion{Type: "order", Version: v.String()}}}})
			if err != nil {
				b.Fatal(err)
			}
			results, err := s.Apply(s.Applied()+1, entry)
			if err != nil || results[0].Refusal.Code() != "version_pinned" {
				b.Fatal(results, err)
			}
		}
	})
	b.Run(name+"/ready-and-timers", func(b *testing.B) {
		defer reportCPU(b)()
		for range b.N {
			s.View(func(view View) {
				view.Ready(ReadyCursor{}, 1)
				view.NextTimer()
			})
		}
	})
}

// benchSizes are how many runs BenchmarkUnload compares; AION_BENCH_RUNS sets the larger one where
// a million would take too long.
var benchSizes = []int{1_000, benchRuns()}

func benchRuns() int {
	if n, err := strconv.Atoi(os.Getenv("AION_BENCH_RUNS")); err == nil {
		return n
	}
	return 1_000_000
}

// BenchmarkUnload: a million open runs must not make pins or unload slower than a thousand, nor
// must a million that were closed.
func BenchmarkUnload(b *testing.B) {
	for _, runs := range benchSizes {
		s := openBench(b, nil, b.TempDir())
		applyStarts(b, s, 0, runs, true)
		mustApply(b, s, s.Applied()+1, Envelope{Command: &UnrouteType{Type: "order"}})
		benchPins(b, s, fmt.Sprintf("open=%d", runs))
		applyTerminates(b, s, 1, runs-2) // the first and the last stay
		benchPins(b, s, fmt.Sprintf("closed=%d", runs-2))
		b.Run(fmt.Sprintf("closed=%d/list-running", runs-2), func(b *testing.B) {
			for range b.N {
				s.View(func(view View) {
					if list, _ := view.ListRuns(RunFilter{Status: history.StatusRunning}, 10, ""); len(list) != 2 {
						b.Fatal(len(list))
					}
				})
			}
		})
		s.Close()
	}
}

// BenchmarkSnapshot1M writes out and restores a state of a million closed runs (see benchRuns).
func BenchmarkSnapshot1M(b *testing.B) {
	s := openBench(b, nil, b.TempDir())
	for i, e := range noOps(0, benchRuns(), 1000, false) {
		if _, err := s.Apply(uint64(i)+2, e); err != nil {
			b.Fatal(err)
		}
	}
	var size int64
	b.Run("write", func(b *testing.B) {
		for range b.N {
			snap, err := s.Snapshot()
			if err != nil {
				b.Fatal(err)
			}
			if size, err = snap.WriteTo(io.Discard); err != nil {
				b.Fatal(err)
			}
			snap.Release()
			b.SetBytes(size)
		}
	})
	file := filepath.Join(b.TempDir(), "snapshot")
	f, err := os.Create(file)
	if err != nil {
		b.Fatal(err)
	}
	snap, err := s.Snapshot()
	if err != nil {
		b.Fatal(err)
	}
	if _, err := snap.WriteTo(f); err != nil {
		b.Fatal(err)
	}
	snap.Release()
	b.Run("restore", func(b *testing.B) {
		for range b.N {
			if _, err := f.Seek(0, io.SeekStart); err != nil {
				b.Fatal(err)
			}
			if err := s.Restore(f); err != nil {
				b.Fatal(err)
			}
			b.SetBytes(size)
		}
	})
	f.Close()
}

// BenchmarkView measures what a reader pays for a picture, and what a driver pays for a run's row
// and its history.
func BenchmarkView(b *testing.B) {
	s := openBench(b, nil, b.TempDir())
	applyStarts(b, s, 0, 10_000, true)
	b.Run("empty", func(b *testing.B) {
		for range b.N {
			s.View(func(View) {})
		}
	})
	b.Run("run-and-events", func(b *testing.B) {
		for i := range b.N {
			s.View(func(v View) {
				id := benchRun(uint64(i % 10_000))
				if _, ok := v.Run(id); !ok || len(v.Events(id, 1, 100)) != 2 {
					b.Fatal("missing")
				}
			})
		}
	})
}
