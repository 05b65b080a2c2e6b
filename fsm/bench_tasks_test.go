package fsm

import (
	"fmt"
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// taskBench is a state with one long-lived run for each hundred tasks at a time, and the tokens in
// the hands of workers.
type taskBench struct {
	b       *testing.B
	s       *State
	runs    int
	ordinal uint64
	tokens  []TaskToken
}

func newTaskBench(b *testing.B, runs int) *taskBench {
	t := &taskBench{b: b, s: openBench(b, nil, b.TempDir()), runs: runs}
	applyStarts(b, t.s, 0, runs, false)
	return t
}

func (t *taskBench) apply(e ...Envelope) []Result {
	entry, err := EncodeEntry(Entry{At: history.Time(t.s.Applied()+1) * 1e6, Commands: e})
	if err != nil {
		t.b.Fatal(err)
	}
	results, err := t.s.Apply(t.s.Applied()+1, entry)
	if err != nil {
		t.b.Fatal(err)
	}
	for _, r := range results {
		if r.Refusal != nil {
			t.b.Fatal(r.Refusal)
		}
	}
	return results
}

// schedule makes each run ask for n activities.
func (t *taskBench) schedule(n int) {
	for i := range t.runs {
		c := &RecordTurn{RunID: benchRun(uint64(i)), Limits: rows.RunLimits{Events: 1 << 40, HistoryBytes: 1 << 50}}
		t.s.View(func(v View) {
			r, _ := v.Run(c.RunID)
			c.N, c.Through = r.Turns+1, r.Events
		})
		for range n {
			t.ordinal++
			c.Asked = append(c.Asked, history.Event{Data: &history.ActivityScheduled{
				ID: t.ordinal, Activity: fmt.Sprint("activity-", t.ordinal%3), Queue: "default", Input: history.Payload(`{"card":"4111-1111"}`), Retry: &history.Retry{MaxAttempts: 5}, Timeout: 300e9,
			}})
		}
		t.apply(Envelope{Command: c})
	}
}

// lease takes n tasks, batch to a command and polls commands to an entry.
func (t *taskBench) lease(n, batch, polls int) {
	for n > 0 {
		var e []Envelope
		for range polls {
			if want := min(batch, n); want > 0 {
				e = append(e, Envelope{Command: &LeaseTasks{Queue: "default", Activities: []string{"activity-0", "activity-1", "activity-2"}, Worker: "w1", Max: uint32(want), Lease: 30e9, Named: true}})
				n -= want
			}
		}
		for _, r := range t.apply(e...) {
			for _, l := range r.Answer.(*LeaseAnswer).Tasks {
				t.tokens = append(t.tokens, l.Token)
			}
		}
	}
}

// complete settles all that was taken.
func (t *taskBench) complete(batch, polls int) {
	for len(t.tokens) > 0 {
		var e []Envelope
		for range polls {
			c := new(CompleteTasks)
			for _, token := range t.tokens[:min(batch, len(t.tokens))] {
				c.Results = append(c.Results, TaskOutput{Token: token, Output: history.Payload(`{"receipt":12345}`)})
			}
			t.tokens = t.tokens[len(c.Results):]
			e = append(e, Envelope{Command: c})
		}
		for _, r := range t.apply(e...) {
			for _, reply := range r.Answer.(*TaskAnswer).Replies {
				if reply.Lost != "" {
					t.b.Fatal(reply.Lost)
				}
			}
		}
	}
}

// BenchmarkTasks: one operation is one activity. A million that went through before must not make
// the next ones slower, nor the search for the oldest offer.
func BenchmarkTasks(b *testing.B) {
	for _, before := range []int{0, benchRuns()} {
		t := newTaskBench(b, 100)
		for left := before; left > 0; left -= 10_000 {
			t.schedule(100)
			t.lease(10_000, 100, 10)
			t.complete(100, 10)
		}
		for _, shape := range [][2]int{{1, 1}, {1, 64}, {10, 16}} { // tasks to a command, commands to an entry
			name := fmt.Sprintf("before=%d/batch=%d/commands=%d", before, shape[0], shape[1])
			b.Run(name+"/lease", func(b *testing.B) {
				t.b = b
				t.schedule(1 + b.N/t.runs)
				b.ResetTimer()
				done := reportCPU(b)
				t.lease(b.N, shape[0], shape[1])
				done()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
				b.StopTimer()
				t.complete(1000, 1)
				t.lease((1+b.N/t.runs)*t.runs-b.N, 1000, 1)
				t.complete(1000, 1)
			})
			b.Run(name+"/complete", func(b *testing.B) {
				t.b = b
				t.schedule(1 + b.N/t.runs)
				t.lease((1+b.N/t.runs)*t.runs, 1000, 1)
				b.ResetTimer()
				done := reportCPU(b)
				t.complete(shape[0], shape[1])
				done()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "tasks/s")
			})
		}
		b.Run(fmt.Sprintf("before=%d/offered", before), func(b *testing.B) {
			t.b = b
			t.schedule(1)
			b.ResetTimer()
			for range b.N {
				t.s.View(func(v View) {
					if _, ok := v.Offered("default", []string{"activity-none", "activity-1"}); !ok {
						b.Fatal("nothing is offered")
					}
				})
			}
			b.StopTimer()
			t.lease(t.runs, 1000, 1)
			t.complete(1000, 1)
		})
	}
}

// BenchmarkFanOut: one operation is one activity of a run that asks for as many at once; each step
// is to take the same time for each whatever their number.
func BenchmarkFanOut(b *testing.B) {
	for _, width := range []int{1_000, 10_000} {
		for _, step := range []string{"schedule", "lease", "complete", "close"} {
			b.Run(fmt.Sprintf("width=%d/%s", width, step), func(b *testing.B) {
				t := newTaskBench(b, b.N)
				t.runs = 1
				total := 0.0
				for i := range b.N {
					measure := func(name string, f func()) {
						b.StartTimer()
						before := b.Elapsed()
						f()
						if name == step {
							total += float64((b.Elapsed() - before).Nanoseconds()) / 1000
						}
						b.StopTimer()
					}
					b.StopTimer()
					t.ordinal = 0
					run := benchRun(uint64(i))
					c := &RecordTurn{RunID: run, N: 1, Through: 1}
					for id := range uint64(width) {
						c.Asked = append(c.Asked, history.Event{Data: &history.ActivityScheduled{ID: id + 1, Activity: "activity-0", Queue: "default"}})
					}
					measure("schedule", func() { t.apply(Envelope{Command: c}) })
					measure("lease", func() { t.lease(width/2, 10, 1) })
					measure("complete", func() { t.complete(10, 1) })
					measure("close", func() { t.apply(Envelope{Command: &TerminateRun{Run: RunRef{RunID: run}}}) })
				}
				b.ReportMetric(total/float64(b.N)/float64(width), "us/activity")
			})
		}
	}
}

// BenchmarkActivity: one operation is a run with one activity, as the leader writes it: the start,
// the turn made ahead and the lease of a waiting poll in one entry, the outcome and the last turn
// in another, each with those of 63 other runs.
func BenchmarkActivity(b *testing.B) {
	t := newTaskBench(b, 0)
	limits := rows.RunLimits{Events: 50_000, HistoryBytes: 64 << 20, Signals: 10_000}
	b.ResetTimer()
	done := reportCPU(b)
	for n := 0; n < b.N; n += 64 {
		var begin, end []Envelope
		for i := n; i < min(n+64, b.N); i++ {
			id := benchRun(uint64(i))
			begin = append(begin,
				Envelope{Actor: "bench", Request: &Request{ID: fmt.Sprintf("request-%08d", i), Short: true}, Command: &StartRun{WorkflowID: fmt.Sprintf("order-%08d", i), RunID: id, Type: "order", Input: history.Payload(`{"id":12345,"card":"4111-1111"}`)}},
				Envelope{Command: &RecordTurn{RunID: id, N: 1, Through: 1, Limits: limits, Foreseen: &Foresight{Back: 1, Version: benchPackage.Version}, Asked: []history.Event{{Data: &history.ActivityScheduled{
					ID: 1, Activity: "charge", Queue: "default", Input: history.Payload(`{"card":"4111-1111"}`), Retry: &history.Retry{MaxAttempts: 5}, Timeout: 300e9}}}}},
				Envelope{Command: &LeaseTasks{Queue: "default", Activities: []string{"charge"}, Worker: "w1", Max: 1, Lease: 30e9, Named: true}})
		}
		results := t.apply(begin...)
		for i := n; i < min(n+64, b.N); i++ {
			leased := results[3*(i-n)+2].Answer.(*LeaseAnswer).Tasks[0]
			end = append(end,
				Envelope{Command: &CompleteTasks{Results: []TaskOutput{{Token: leased.Token, Output: history.Payload(`{"receipt":12345}`)}}}},
				Envelope{Command: &RecordTurn{RunID: leased.Token.RunID, N: 2, Through: 4, Limits: limits, Foreseen: &Foresight{Back: 1, After: 3}, Asked: []history.Event{{Data: &history.WorkflowCompleted{Result: history.Payload(`"done"`)}}}}})
		}
		t.apply(end...)
	}
	done()
}

// BenchmarkSequence: one operation is a step of a run with ten activities one after another, as the
// leader writes it: the outcome, the turn made ahead and the lease of a waiting poll in one entry,
// with those of 63 other runs out of 256, in the order in which their workers happen to be done.
func BenchmarkSequence(b *testing.B) {
	const width, batch, steps = 256, 64, 10
	t := newTaskBench(b, 0)
	turn := func(run history.RunID, n uint64) *RecordTurn {
		c := &RecordTurn{RunID: run, N: n, Through: 3*n - 2, Limits: rows.RunLimits{Events: 50_000, HistoryBytes: 64 << 20, Signals: 10_000}, Foreseen: &Foresight{Back: 1, Version: benchPackage.Version}}
		if n > 1 {
			c.Foreseen.After = 3 * (n - 1)
		}
		c.Asked = []history.Event{{Data: &history.ActivityScheduled{ID: n, Activity: "charge", Queue: "default", Input: history.Payload(`{"card":"4111-1111"}`), Retry: &history.Retry{MaxAttempts: 5}, Timeout: 300e9}}}
		if n > steps {
			c.Asked = []history.Event{{Data: &history.WorkflowCompleted{Result: history.Payload(`"done"`)}}}
		}
		return c
	}
	lease := Envelope{Command: &LeaseTasks{Queue: "default", Activities: []string{"charge"}, Worker: "w1", Max: 1, Lease: 30e9, Named: true}}
	b.ResetTimer()
	done := reportCPU(b)
	for n := 0; n < b.N; n += width * (steps + 1) {
		tokens := map[history.RunID]TaskToken{}
		for step := range uint64(steps + 1) {
			for part := 0; part < width; part += batch {
				var entry []Envelope
				for k := range batch {
					i := (part + k + int(step)) * 101 % width
					id := benchRun(uint64(n + i))
					if step == 0 {
						entry = append(entry, Envelope{Command: &StartRun{WorkflowID: fmt.Sprintf("order-%08d", n+i), RunID: id, Type: "order"}})
					} else {
						entry = append(entry, Envelope{Command: &CompleteTasks{Results: []TaskOutput{{Token: tokens[id], Output: history.Payload(`{"receipt":12345}`)}}}})
					}
					if entry = append(entry, Envelope{Command: turn(id, step+1)}); step < steps {
						entry = append(entry, lease)
					}
				}
				for _, r := range t.apply(entry...) {
					if leased, ok := r.Answer.(*LeaseAnswer); ok {
						tokens[leased.Tasks[0].Token.RunID] = leased.Tasks[0].Token
					}
				}
			}
		}
	}
	done()
}
