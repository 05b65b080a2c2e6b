package fsm

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"github.com/cockroachdb/pebble/v2"
)

// benchKeys is how many request keys BenchmarkRequestTable remembers: AION_BENCH_RUNS, or 3
// million.
func benchKeys() int {
	if n, err := strconv.Atoi(os.Getenv("AION_BENCH_RUNS")); err == nil {
		return n
	}
	return 3_000_000
}

// BenchmarkRequestTable: what a table of given keys takes on disk and in memory, and whether the
// last tenth of the keys is taken as fast as the first. Each key belongs to a start with a
// generated workflow id, the dearest kind; the starts' own rows are counted apart.
func BenchmarkRequestTable(b *testing.B) {
	const batch = 1000
	dir, keys := b.TempDir(), benchKeys()
	s := openBench(b, nil, dir)
	var heap [2]runtime.MemStats
	readHeap(&heap[0])
	var first, last time.Duration // of CPU, for the first and the last tenth
	for from := 0; from < keys; from += batch {
		entry := keyedStarts(b, from, batch)
		before := cpuTime(b)
		results, err := s.Apply(s.Applied()+1, entry)
		if err != nil {
			b.Fatal(err)
		}
		for _, r := range results {
			if r.Refusal != nil {
				b.Fatal(r.Refusal)
			}
		}
		switch took := cpuTime(b) - before; {
		case from < keys/10:
			first += took
		case from >= keys/10*9:
			last += took
		}
	}
	if err := s.db.Flush(); err != nil {
		b.Fatal(err)
	}
	readHeap(&heap[1])
	var use RequestUse
	s.View(func(v View) { use = v.RequestUse()[rows.ClassGiven] })
	if use.Keys != uint64(keys) {
		b.Fatalf("%d keys are remembered, not %d", use.Keys, keys)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	disk := onDisk(b, filepath.Join(dir, "live"), rows.FamilyRemembered, rows.FamilyForget)
	each := func(n float64) float64 { return n / float64(keys) }
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(each(float64(use.Bytes)), "counted-B/key")
	b.ReportMetric(each(float64(disk)), "disk-B/key")
	b.ReportMetric(each(float64(heap[1].HeapAlloc)-float64(heap[0].HeapAlloc)), "heap-B/key")
	b.ReportMetric(10*each(float64(first.Microseconds())), "first-cpu-us/key")
	b.ReportMetric(10*each(float64(last.Microseconds())), "last-cpu-us/key")
}

// onDisk is what the rows of families take in a database that nobody has open.
func onDisk(b *testing.B, folder string, families ...byte) (bytes uint64) {
	db, err := pebble.Open(folder, &pebble.Options{ReadOnly: true})
	if err != nil {
		b.Fatal(err)
	}
	for _, family := range families {
		n, err := db.EstimateDiskUsage(rows.Key(family), rows.Key(family+1))
		if err != nil {
			b.Fatal(err)
		}
		bytes += n
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
	return bytes
}

func readHeap(m *runtime.MemStats) {
	runtime.GC()
	runtime.ReadMemStats(m)
}

func keyedStarts(b *testing.B, from, n int) []byte {
	var starts []Envelope
	for i := from; i < from+n; i++ {
		id := benchRun(uint64(i))
		q := &Request{ID: fmt.Sprintf("request-%08d", i), Owner: "bench"}
		copy(q.Print[:], q.key())
		starts = append(starts, Envelope{Request: q, Command: &StartRun{WorkflowID: id.String(), RunID: id, Type: "order"}})
	}
	entry, err := EncodeEntry(Entry{At: history.Time(from) * 1e6, Commands: starts})
	if err != nil {
		b.Fatal(err)
	}
	return entry
}
