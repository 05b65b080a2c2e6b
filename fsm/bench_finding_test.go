package fsm

import (
	"fmt"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// populate makes runs that have completed, a thousand to an entry: every thousandth has attribute
// rare, every hundredth has another customer, all have a region and an amount of their own.
func populate(b *testing.B, s *State, runs int) {
	for i := 0; i < runs; i += 1000 {
		var starts, ends []Envelope
		for n := i; n < min(i+1000, runs); n++ {
			c := &StartRun{WorkflowID: fmt.Sprintf("order-%08d", n), RunID: benchRun(uint64(n)), Type: "order", Attributes: history.Attributes{
				"customer": history.Payload(fmt.Sprint(n / 100)), "region": history.Payload([]string{`"eu"`, `"us"`}[n%2]),
				"amount": history.Payload(fmt.Sprint(n * 7919 % runs)), // any order
			}}
			if n%1000 == 0 {
				c.Attributes["rare"] = history.Payload("true")
			}
			starts = append(starts, Envelope{Command: c})
			ends = append(ends, Envelope{Command: &RecordTurn{RunID: c.RunID, N: 1, Through: 1, Asked: []history.Event{{Data: &history.WorkflowCompleted{}}}}})
		}
		mustApply(b, s, s.Applied()+1, starts...)
		mustApply(b, s, s.Applied()+1, ends...)
	}
}

// BenchmarkFinding: a page found, and a count, among a million runs must cost what they cost among
// a thousand.
func BenchmarkFinding(b *testing.B) {
	for _, runs := range []int{10_000, benchRuns()} {
		s := openBench(b, nil, b.TempDir())
		mustApply(b, s, 2, Envelope{Command: &RaiseLevel{Level: NewestLevel}})
		populate(b, s, runs)
		attr := func(name, value string) history.Attributes { return history.Attributes{name: history.Payload(value)} }
		amount := func(op rows.Op, n int) rows.Condition {
			return rows.Condition{Field: rows.OfAttribute, Op: op, Name: "amount", Value: history.Payload(fmt.Sprint(n))}
		}
		half := history.Time(s.Applied()/2) * 1e6
		for _, c := range []struct {
			name string
			f    RunFilter
		}{
			{"all", RunFilter{}},
			{"by-customer", RunFilter{Attributes: attr("customer", "33")}},
			{"rare", RunFilter{Attributes: attr("rare", "true")}},
			{"rare-in-eu-of-type", RunFilter{Type: "order", Attributes: history.Attributes{"rare": history.Payload("true"), "region": history.Payload(`"eu"`)}}},
			{"rare-in-us", RunFilter{Attributes: history.Attributes{"rare": history.Payload("true"), "region": history.Payload(`"us"`)}}}, // none
			{"completed-of-version", RunFilter{Version: benchPackage.Version, Status: history.StatusCompleted}},
			{"running", RunFilter{Status: history.StatusRunning}},
			{"started-in-the-middle", RunFilter{StartedFrom: half, StartedBefore: half + 2e6}},
			{"closed-in-the-middle", RunFilter{ClosedFrom: half, ClosedBefore: half + 2e6}},
			{"closed-in-the-first-half", RunFilter{ClosedBefore: half}},
			{"amount-of-a-hundred", RunFilter{Where: []rows.Condition{amount(rows.Below, 100)}}},
			{"amount-of-ten-thousand-in-eu", RunFilter{Attributes: attr("region", `"eu"`), Where: []rows.Condition{amount(rows.Below, 10_000)}}},
			{"amount-above-the-middle", RunFilter{Where: []rows.Condition{amount(rows.AtLeast, runs/2)}}},
			{"region-begins", RunFilter{Where: []rows.Condition{{Field: rows.OfAttribute, Op: rows.Prefix, Name: "region", Text: "e"}}}},
			{"by-amount", RunFilter{Sort: rows.Sort{Field: rows.OfAttribute, Name: "amount", Down: true}}},
			{"by-amount-of-customer", RunFilter{Attributes: attr("customer", "33"), Sort: rows.Sort{Field: rows.OfAttribute, Name: "amount"}}},
			{"by-time-of-closing", RunFilter{Sort: rows.Sort{Field: rows.OfClosed, Down: true}}},
		} {
			b.Run(fmt.Sprintf("%s/runs=%d", c.name, runs), func(b *testing.B) {
				defer reportCPU(b)()
				found := 0
				for range b.N {
					s.View(func(v View) {
						page, _ := v.ListRuns(c.f, 100, "")
						found = len(page)
					})
				}
				b.ReportMetric(float64(found), "found")
			})
		}
		b.Run(fmt.Sprintf("count/runs=%d", runs), func(b *testing.B) {
			defer reportCPU(b)()
			for range b.N {
				s.View(func(v View) {
					if v.CountRuns(RunFilter{})[0].Count == 0 {
						b.Fatal("no runs")
					}
				})
			}
		})
		for by, c := range map[string]RunFilter{"region": {}, "customer": {Where: []rows.Condition{amount(rows.Below, 10_000)}}} {
			b.Run(fmt.Sprintf("count-by-%s/runs=%d", by, runs), func(b *testing.B) {
				defer reportCPU(b)()
				for range b.N {
					s.View(func(v View) {
						if counts, tooMuch := v.CountFound(c, by); len(counts) == 0 && tooMuch == "" {
							b.Fatal("nothing is counted")
						}
					})
				}
			})
		}
		s.Close()
	}
}

// BenchmarkPurge deletes expired runs in batches of 250 while nothing else happens, and while runs
// start between the batches.
func BenchmarkPurge(b *testing.B) {
	for _, starts := range []int{0, 250} {
		b.Run(fmt.Sprintf("starts=%d", starts), func(b *testing.B) {
			s := openBench(b, nil, b.TempDir())
			runs := benchRuns()
			populate(b, s, runs)
			mustApply(b, s, s.Applied()+1, Envelope{Command: &SetRetention{Rule: rows.Retention{Age: 1e9}}})
			mustApply(b, s, s.Applied()+2000, Envelope{Command: &Check{}}) // 2 s later
			b.ResetTimer()
			defer reportCPU(b)()
			var looked, applied, worst time.Duration
			purged := 0
			for n := runs; b.N > 0 && purged < min(runs, b.N*250); n += starts {
				began := time.Now()
				var ids []history.RunID
				s.View(func(v View) { ids = v.ExpiredRuns(v.Now(), 250) })
				looked += time.Since(began)
				began = time.Now()
				mustApply(b, s, s.Applied()+1, Envelope{Command: &PurgeRuns{Runs: ids}})
				worst = max(worst, time.Since(began))
				applied += time.Since(began)
				purged += len(ids)
				if starts > 0 {
					applyStarts(b, s, n, starts, true)
				}
			}
			b.ReportMetric(float64(purged)/(looked+applied).Seconds(), "runs/s")
			b.ReportMetric(float64(looked.Microseconds())/float64(b.N), "look-us/op")
			b.ReportMetric(float64(worst.Microseconds()), "worst-us")
		})
	}
}

// BenchmarkPurgeLong deletes runs with long histories.
func BenchmarkPurgeLong(b *testing.B) {
	for _, events := range []int{100, 1_000, 4_000, 49_000} {
		b.Run(fmt.Sprintf("events=%d", events), func(b *testing.B) {
			s := openBench(b, nil, b.TempDir())
			runs := max(2, min(b.N, 2_000_000/events))
			applyStarts(b, s, 0, runs, false)
			for n := range runs {
				for i := 0; i < events; i += min(500, events) {
					var signals []Envelope
					for range min(500, events) {
						signals = append(signals, Envelope{Command: &SignalRun{Run: RunRef{RunID: benchRun(uint64(n))}, Name: "go", Payload: history.Payload(`{"some":"bytes of a signal"}`), MaxWaiting: 1 << 20}})
					}
					mustApply(b, s, s.Applied()+1, signals...)
				}
			}
			applyTerminates(b, s, 0, runs)
			mustApply(b, s, s.Applied()+1, Envelope{Command: &SetRetention{Rule: rows.Retention{Age: 1e9}}})
			mustApply(b, s, s.Applied()+2000, Envelope{Command: &Check{}})
			b.ResetTimer()
			before := cpuTime(b)
			defer func() { b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(runs), "cpu-us/run") }()
			var worst, total, start time.Duration
			purged := 0
			for purged < runs {
				var ids []history.RunID
				s.View(func(v View) { ids = v.ExpiredRuns(v.Now(), 250) })
				began := time.Now()
				entry, err := EncodeEntry(Entry{Commands: []Envelope{{Command: &PurgeRuns{Runs: ids}}}})
				if err != nil {
					b.Fatal(err)
				}
				results, err := s.Apply(s.Applied()+1, entry)
				if err != nil {
					b.Fatal(err)
				}
				took := time.Since(began)
				worst, total = max(worst, took), total+took
				purged += int(results[0].Answer.(*PurgeAnswer).Purged)
				began = time.Now()
				applyStarts(b, s, runs+purged, 1, true) // what a caller's entry takes meanwhile
				start += time.Since(began)
			}
			b.ReportMetric(float64(purged*events)/total.Seconds(), "events/s")
			b.ReportMetric(float64(worst.Microseconds()), "worst-us")
			b.ReportMetric(float64(start.Microseconds())/float64(purged), "start-us/run")
		})
	}
}
