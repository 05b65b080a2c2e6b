package fsm

import (
	"encoding/json"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// mailFor starts a run and fills its mailbox with n signals.
func (w *world) mailFor(id string, n, size int) {
	defer w.unchecked()()
	w.start(id, "a")
	payload := history.Payload(`"` + strings.Repeat("x", size) + `"`)
	for n > 0 {
		var e []Envelope
		for ; n > 0 && len(e) < 500; n-- {
			e = append(e, Envelope{Command: &SignalRun{Run: RunRef{WorkflowID: id}, Name: "s", Payload: payload, MaxWaiting: 1 << 20}})
		}
		w.propose(e...)
	}
}

// continues is the turn that continues id as new and carries the signals whose seqs keep says.
func (w *world) continues(id string, keep func(seq uint64) bool) *RecordTurn {
	e, r := new(history.WorkflowContinuedAsNew), w.latest(id)
	w.view(func(v View) {
		for from := uint64(1); from <= r.Events; {
			for _, event := range v.Events(r.RunID, from, maxRows) {
				if _, is := event.Data.(*history.SignalReceived); is && keep(event.Seq) {
					e.Carry = append(e.Carry, event.Seq)
				}
				from = event.Seq + 1
			}
		}
	})
	c := w.turnOf(id, e)
	c.Rules = history.Rules
	return c
}

func all(uint64) bool      { return true }
func none(uint64) bool     { return false }
func even(seq uint64) bool { return seq%2 == 0 }

// TestCarriedIsAsCopied continues runs as new with turns of these rules and of those that stored
// every signal again, and expects the same histories, however they are read.
func TestCarriedIsAsCopied(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		worlds := [2]*world{newWorld(t), newWorld(t)}
		for _, w := range worlds {
			defer w.s.Close()
			w.do(packA())
			w.start("run", "a")
		}
		both := func(of func(w *world, rules uint64) Command) {
			for i, w := range worlds {
				w.propose(Envelope{Command: of(w, uint64(1+i))})
			}
		}
		for range rapid.IntRange(1, 30).Draw(rt, "acts") {
			for _, w := range worlds {
				w.now = w.now.Add(1e9)
			}
			switch rapid.IntRange(0, 5).Draw(rt, "act") {
			case 0, 1:
				payload := history.Payload(fmt.Sprintf("%q", rapid.StringN(0, 20, -1).Draw(rt, "payload")))
				both(func(*world, uint64) Command {
					return &SignalRun{Run: RunRef{WorkflowID: "run"}, Name: "s", Payload: payload, MaxWaiting: 100}
				})
			case 2:
				both(func(*world, uint64) Command { return &CancelRun{Run: RunRef{WorkflowID: "run"}} })
			default:
				r := worlds[0].latest("run")
				through := rapid.Uint64Range(r.Through, r.Events).Draw(rt, "through")
				var asked []history.Event
				if rapid.Bool().Draw(rt, "sends") {
					asked = append(asked, history.Event{Data: &history.SignalSent{WorkflowID: "run", Name: "own"}})
				}
				if rapid.IntRange(0, 3).Draw(rt, "continues") > 0 {
					e := new(history.WorkflowContinuedAsNew)
					for seq := uint64(1); seq <= through; seq++ {
						if rapid.IntRange(0, 2).Draw(rt, "carry") > 0 {
							e.Carry = append(e.Carry, seq)
						}
					}
					asked = append(asked, history.Event{Data: e})
				}
				both(func(_ *world, rules uint64) Command {
					return &RecordTurn{RunID: r.RunID, N: r.Turns + 1, Through: through, Asked: slices.Clone(asked), Rules: rules}
				})
			}
		}
		from, limit := rapid.Uint64Range(0, 20).Draw(rt, "from"), rapid.IntRange(1, 10).Draw(rt, "limit")
		var told [2]string
		for i, w := range worlds {
			w.view(func(v View) {
				runs, _ := v.ListRuns(RunFilter{}, 1000, "")
				for _, r := range runs {
					events, _ := json.Marshal(v.Events(r.RunID, 0, maxRows))
					page, _ := json.Marshal(v.Events(r.RunID, from, limit))
					told[i] += fmt.Sprintf("%+v\n%s\n%s\n%d unread\n", r, events, page, v.UnreadSignals(r.RunID))
				}
			})
			w.checkReplay(rapid.SampledFrom(replays).Draw(rt, "replay"))
		}
		if told[0] != told[1] {
			rt.Fatalf("copied:\n%s\ncarried:\n%s", told[0], told[1])
		}
	})
}

// TestSignalsOutliveTheRunThatReceivedThem: what retention deletes of a chain takes nothing from
// the runs that are left, goes in order, and leaves nothing behind.
func TestSignalsOutliveTheRunThatReceivedThem(t *testing.T) {
	w := newWorld(t)
	w.do(packA())
	w.do(&SetRetention{Rule: rows.Retention{Age: 1e9}})
	w.mailFor("run", 8, 10)
	chain := []history.RunID{w.latest("run").RunID}
	for i := range 4 {
		w.do(&SignalRun{Run: RunRef{WorkflowID: "run"}, Name: "late", MaxWaiting: 100})
		w.do(w.continues("run", func(seq uint64) bool { return seq%4 != uint64(i) }))
		chain = append(chain, w.latest("run").RunID)
	}
	want := w.history(chain[4])
	if len(want) < 4 {
		t.Fatalf("the last run shows %v", want)
	}
	w.now = w.now.Add(2e9)
	if n := w.do(&PurgeRuns{Runs: []history.RunID{chain[3], chain[1], chain[0]}}).(*PurgeAnswer).Purged; n != 1 {
		t.Errorf("%d runs were deleted: the second and the fourth show what the first and the third received", n)
	}
	for i := range 3 {
		var due []history.RunID
		w.view(func(v View) { due = v.ExpiredRuns(w.now, maxRows) })
		if len(due) != 3-i || due[0] != chain[i+1] {
			t.Fatalf("expired: %v, the chain is %v", due, chain)
		}
		w.do(&PurgeRuns{Runs: due[:1]})
		if got := w.history(chain[4]); !reflect.DeepEqual(got, want) {
			t.Fatalf("after %d runs were deleted, the last one shows %v, want %v", i+2, got, want)
		}
	}
	last := w.turnOf("run", new(history.WorkflowCompleted))
	w.do(last)
	w.now = w.now.Add(2e9)
	w.do(&PurgeRuns{Runs: chain[4:]})
	w.view(func(v View) {
		v.(*picture).Scan(rows.Key(rows.FamilyEvent), rows.Key(rows.FamilyEvent+1), func(k, _ []byte) bool {
			t.Errorf("row %x is left", k)
			return true
		})
	})
	w.checkReplays()
}

// TestCarriedRowsThatAreBroken: bytes that are no such row are an error, as everything is that a
// node cannot read.
func TestCarriedRowsThatAreBroken(t *testing.T) {
	good := rows.Carried{At: 5, List: []rows.Stretch{{Serial: 1, First: 2, Count: 3}, {Serial: 300, First: 4, Count: 1}}}
	b := good.Encode()
	if got, err := rows.DecodeCarried(b); err != nil || !reflect.DeepEqual(got, good) || fmt.Sprintf("%x", b) != "ff0000000000000005010203ac020401" {
		t.Errorf("%x is read as %v, %v", b, got, err)
	}
	for _, bad := range [][]byte{nil, {1}, b[:8], b[:len(b)-1], append(b[:len(b):len(b)], 0x80)} {
		if got, err := rows.DecodeCarried(bad); err == nil {
			t.Errorf("%x is read as %v", bad, got)
		}
	}
}

// BenchmarkContinue tells what it costs to continue a run as new whose mailbox holds so many
// signals, of which its code took one.
func BenchmarkContinue(b *testing.B) {
	for _, size := range []int{10, 6_400} {
		for _, n := range []int{0, 100, 1_000, 4_000, 10_000} {
			b.Run(fmt.Sprintf("%d signals of %d bytes", n, size), func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				w := newWorld(b)
				w.s.cfg.Check = nil
				w.do(packA())
				w.mailFor("run", n, size)
				var units, spent float64
				for i := range b.N {
					c := w.continues("run", func(seq uint64) bool { return seq > 2 || i > n/2 })
					entry, err := EncodeEntry(Entry{At: w.now, Budget: EntryBudget, Commands: []Envelope{{Command: c}}})
					if err != nil {
						b.Fatal(err)
					}
					w.log = append(w.log, entry)
					before := threadTime()
					results, err := w.s.Apply(uint64(len(w.log)), entry)
					if err != nil || results[0].Refusal != nil {
						b.Fatal(err, results[0].Refusal)
					}
					spent += float64(threadTime() - before)
					units += float64(w.s.Work())
				}
				b.ReportMetric(spent/1e6/float64(b.N), "cpu-ms/entry")
				b.ReportMetric(units/float64(b.N), "units/entry")
			})
		}
	}
}

func packA() *LoadPackage { return &LoadPackage{Package: pack("v1", "a"), Route: true} }
