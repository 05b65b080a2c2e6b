package fsm

import (
	"encoding/binary"
	"fmt"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
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
			turns = append(turns, Envelope{Command: &RecordTurn{RunID: id, N: 1, Through: 1, Limits: RunLimits{50000, 64 << 20, 10000},
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
			})
		}
	}
}
