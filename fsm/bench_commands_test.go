package fsm

import (
	"fmt"
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// BenchmarkCommands is what apply costs a command, of runs as the engine proposes them: turns made
// ahead in the entry of what they follow from, each call with a made-up request key of an owner.
// One operation is one run. Reported is CPU of all cores, with flushes and compactions, and what is
// allocated.
func BenchmarkCommands(b *testing.B) {
	for _, shape := range []struct {
		name    string
		entries func(c *callers, from, runs int) [][]byte
	}{{"noop", (*callers).noOps}, {"activity", (*callers).activities}, {"signal", (*callers).signals}} {
		for _, batch := range []int{1, 16, 256} {
			b.Run(fmt.Sprintf("%s/runs=%d", shape.name, batch), func(b *testing.B) {
				b.ReportAllocs()
				s := openBench(b, nil, b.TempDir())
				mustApply(b, s, 2, Envelope{Command: &AnnounceNode{Node: rows.Node{ID: "a"}}})
				mustApply(b, s, 3, Envelope{Command: &SetLimits{Node: "a", Limits: rows.Limits{RequestBytes: 1 << 32}}})
				var entries [][]byte
				c := new(callers)
				for from := 0; from < b.N; from += batch {
					entries = append(entries, shape.entries(c, from, min(batch, b.N-from))...)
				}
				b.ResetTimer()
				before := cpuTime(b)
				for i, e := range entries {
					results, err := s.Apply(uint64(i)+4, e)
					if err != nil {
						b.Fatal(err)
					}
					for _, r := range results {
						if r.Refusal != nil {
							b.Fatal(r.Refusal)
						}
					}
				}
				b.ReportMetric(float64((cpuTime(b)-before).Microseconds())/float64(c.commands), "cpu-us/command")
			})
		}
	}
}

// callers makes entries, a millisecond of log time apart.
type callers struct {
	at       history.Time
	asked    int // request keys
	commands int
}

func (c *callers) entry(e ...Envelope) []byte {
	c.at += 1e6
	c.commands += len(e)
	b, err := EncodeEntry(Entry{At: c.at, Budget: 1 << 20, Commands: e})
	if err != nil {
		panic(err)
	}
	return b
}

func (c *callers) call(command Command) Envelope {
	c.asked++
	q := &Request{ID: benchRun(uint64(c.asked)).String(), Short: true, Owner: "bench"}
	copy(q.Print[:], q.ID)
	return Envelope{Request: q, Actor: "bench", Command: command}
}

func (c *callers) start(n int) Envelope {
	id := benchRun(uint64(n))
	return c.call(&StartRun{WorkflowID: id.String(), RunID: id, Type: "order", Input: history.Payload(`{"id":12345,"card":"4111-1111"}`)})
}

// turn is the nth turn of a run, made ahead of the command before it.
func (c *callers) turn(run int, n, after, through uint64, asked history.Data, waiting ...history.Wait) Envelope {
	t := &RecordTurn{
		RunID: benchRun(uint64(run)), N: n, Through: through, Waiting: waiting, Rules: history.Rules, Checked: true, Foreseen: &Foresight{Back: 1, After: after},
		Limits: rows.RunLimits{Events: 50000, HistoryBytes: 64 << 20, Signals: 10000},
	}
	if after == 0 {
		t.Foreseen.Version = benchPackage.Version
	}
	if asked != nil {
		t.Asked = []history.Event{{Data: asked}}
	}
	return Envelope{Command: t}
}

var benchDone = &history.WorkflowCompleted{Result: history.Payload(`"done"`)}

func (c *callers) noOps(from, runs int) [][]byte {
	var e []Envelope
	for n := from; n < from+runs; n++ {
		e = append(e, c.start(n), c.turn(n, 1, 0, 1, benchDone))
	}
	return [][]byte{c.entry(e...)}
}

// activities makes each run's step a task that is leased in the same entry, and answered in the
// next.
func (c *callers) activities(from, runs int) [][]byte {
	var starts, ends []Envelope
	for n := from; n < from+runs; n++ {
		starts = append(starts, c.start(n),
			c.turn(n, 1, 0, 1, &history.ActivityScheduled{ID: 1, Activity: "charge", Queue: "default", Input: history.Payload(`{"card":"4111-1111"}`), Retry: &history.Retry{MaxAttempts: 5}, Timeout: 300e9},
				history.Wait{Kind: "activity", ID: 1, Name: "charge"}),
			Envelope{Command: &LeaseTasks{Queue: "default", Activities: []string{"charge"}, Worker: "worker-1", Max: 1, Lease: 30e9}})
		ends = append(ends, c.call(&CompleteTasks{Results: []TaskOutput{{Token: TaskToken{RunID: benchRun(uint64(n)), ID: 1, Attempt: 1}, Output: history.Payload(`{"receipt":12345}`)}}}),
			c.turn(n, 2, 3, 4, benchDone))
	}
	return [][]byte{c.entry(starts...), c.entry(ends...)}
}

func (c *callers) signals(from, runs int) [][]byte {
	var starts, ends []Envelope
	for n := from; n < from+runs; n++ {
		starts = append(starts, c.start(n), c.turn(n, 1, 0, 1, nil, history.Wait{Kind: "signal", ID: 1, Name: "go"}))
		ends = append(ends, c.call(&SignalRun{Run: RunRef{RunID: benchRun(uint64(n))}, Name: "go", Payload: history.Payload(`{"ok":true}`), MaxWaiting: 10000}),
			c.turn(n, 2, 1, 2, benchDone))
	}
	return [][]byte{c.entry(starts...), c.entry(ends...)}
}
