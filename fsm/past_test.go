package fsm

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"testing"

	"aion.dev/aion/fsm/history"
)

// A Past tells what a View tells, in whatever order runs are asked for and however much of each:
// where its iterators stand from the one before changes nothing.
func TestPastAnswersAsViewDoes(t *testing.T) {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	var ids []history.RunID
	for i := range uint64(12) {
		name := fmt.Sprint("run-", i)
		ids = append(ids, w.start(name, "order"))
		for n := range i % 5 {
			w.turn(name, &history.TimerStarted{ID: n + 1, Duration: 1e18})
			w.do(&SignalRun{Run: RunRef{WorkflowID: name}, Name: "go", MaxWaiting: 1e6})
		}
	}
	ids = append(ids, history.RunID{1}) // there is no such run
	r := rand.New(rand.NewPCG(1, 2))
	w.view(func(v View) {
		past := v.Past()
		defer past.Close()
		for i := range 20_000 {
			id := ids[r.IntN(len(ids))]
			if i%3 > 0 { // mostly in order
				id = ids[(i/3)%len(ids)]
			}
			run, there := v.Run(id)
			if past.Open(id) != there {
				t.Fatalf("run %s: there %v", id, there)
			}
			if !there {
				continue
			}
			from, turn, limit := 1+uint64(r.IntN(4)), 1+uint64(r.IntN(4)), 1+r.IntN(4)
			to := from + uint64(r.IntN(int(run.Events)+2))
			got := past.Events(from, to)
			var want []history.Event
			for _, e := range v.Events(id, from, 1000) {
				if e.Seq <= to {
					want = append(want, e)
				}
			}
			if len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
				t.Fatalf("%s %d to %d: %d events, want %d", run.WorkflowID, from, to, len(got), len(want))
			}
			if got, want := past.Turns(turn, limit), v.Turns(id, turn, limit); len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
				t.Fatalf("%s: %d turns from %d, want %d", run.WorkflowID, len(got), turn, len(want))
			}
		}
	})
}
