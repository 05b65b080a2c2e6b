package replay

import (
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm/history"
	"pgregory.net/rapid"
)

// naive computes the state of a wait by checking everything that it waits for.
func naive(l *ledger, mode runtime.Mode, ids []uint64) runtime.Awaited {
	done, first, failed := 0, -1, -1
	for i, id := range ids {
		f := l.find(id)
		if !f.Done {
			continue
		}
		done++
		if first < 0 || f.place < l.find(ids[first]).place {
			first = i
		}
		if f.Failed() && (failed < 0 || f.place < l.find(ids[failed]).place) {
			failed = i
		}
	}
	switch {
	case mode == runtime.All && failed >= 0:
		return runtime.Awaited{Done: true, At: failed}
	case mode == runtime.All || mode == runtime.Settled:
		return runtime.Awaited{Done: done == len(ids), At: -1}
	}
	return runtime.Awaited{Done: first >= 0, At: first}
}

// A wait that is updated by resolved futures agrees with one that is computed from scratch, in its
// list of what it waits for and in what code has looked at.
func TestWaitsStandAsTheyLook(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLedger(Config{Program: nothing{}}, new(history.WorkflowStarted))
		n := rapid.IntRange(1, 12).Draw(rt, "futures")
		resolve := func(label string) {
			id := rapid.Uint64Range(1, uint64(n)).Draw(rt, label)
			if f := l.find(id); !f.Done {
				o := runtime.Future{}
				switch rapid.IntRange(0, 3).Draw(rt, "how") {
				case 0:
					o.Error = &history.RunError{Kind: "broken"}
				case 1:
					o.Error, o.Late = &history.RunError{Kind: "timeout"}, true
				}
				l.resolve(f, o)
			}
		}
		for range n {
			if _, err := l.start(timer, ""); err != nil {
				rt.Fatal(err)
			}
		}
		for range rapid.IntRange(1, 4).Draw(rt, "waits") {
			for range rapid.IntRange(0, 3).Draw(rt, "before") {
				resolve("early")
			}
			mode := runtime.Mode(rapid.IntRange(0, 4).Draw(rt, "mode"))
			ids := rapid.SliceOfN(rapid.Uint64Range(1, uint64(n)), 1, 15).Draw(rt, "ids")
			if mode == runtime.One {
				ids = ids[:1]
			}
			for range 2 * n {
				want := naive(l, mode, ids)
				got, err := l.Await(mode, ids)
				if err != nil || got != want {
					rt.Fatalf("mode %d of %v is %+v, %v, want %+v", mode, ids, got, err, want)
				}
				if got.Done {
					for _, id := range ids {
						if f := l.find(id); f.Done && !f.looked && f.Error != nil && f.Error.Kind != history.KindCancelled {
							rt.Fatalf("code was told how %d stands", id)
						}
					}
					break
				}
				seen := map[uint64]bool{}
				var open []uint64
				for _, id := range ids {
					if !l.find(id).Done && !seen[id] {
						seen[id] = true
						open = append(open, id)
					}
				}
				waits := l.waiting()
				if len(waits) != len(open) {
					rt.Fatalf("waits for %v, said %v", open, waits)
				}
				for i, w := range waits {
					if w.ID != open[i] {
						rt.Fatalf("waits for %v, said %v", open, waits)
					}
				}
				for range rapid.IntRange(1, 3).Draw(rt, "turn") {
					resolve("late")
				}
			}
			l.waits = waits{} // one that may never be over
		}
	})
}

// At most a hundred waits are listed; others follow as these resolve.
func TestWaitingIsBounded(t *testing.T) {
	l := newLedger(Config{Program: nothing{}}, new(history.WorkflowStarted))
	ids := make([]uint64, 1000)
	for i := range ids {
		f, err := l.start(timer, "")
		if err != nil {
			t.Fatal(err)
		}
		ids[i] = f.id
	}
	if a, err := l.Await(runtime.Settled, ids); err != nil || a.Done {
		t.Fatal(a, err)
	}
	for n := range ids {
		waits := l.waiting()
		if want := min(maxWaiting, len(ids)-n); len(waits) != want || waits[0].ID != ids[n] || waits[want-1].ID != ids[n+want-1] {
			t.Fatalf("after %d, %d waits are told, from %d to %d", n, len(waits), waits[0].ID, waits[len(waits)-1].ID)
		}
		l.resolve(l.find(ids[n]), runtime.Future{})
	}
	if a, err := l.Await(runtime.Settled, ids); err != nil || !a.Done {
		t.Fatal(a, err)
	}
	if waits := l.waiting(); waits != nil {
		t.Errorf("waits for %v after all", waits)
	}
}

// nothing is a program that is never started.
type nothing struct{ runtime.Program }

func (nothing) Declares(string) bool     { return true }
func (nothing) Version() catalog.Version { return catalog.Version{1} }
