package fsm

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// TestReclaimGivesBackWhatWasDeleted, and changes nothing of the state.
func TestReclaimGivesBackWhatWasDeleted(t *testing.T) {
	w := newWorld(t)
	w.s.cfg.Check = nil
	w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
	w.do(&SetRetention{Rule: rows.Retention{Age: history.Duration(time.Hour)}})
	for i := range 20 {
		id := fmt.Sprint(i)
		w.start(id, "order")
		// Random enough not to be compressed away.
		var b strings.Builder
		for j := range 20_000 {
			fmt.Fprintf(&b, "%x", (i*20_000+j)*2654435761)
		}
		w.propose(Envelope{Command: &SignalRun{Run: RunRef{WorkflowID: id}, Name: "go", Payload: history.Payload(`"` + b.String() + `"`), MaxWaiting: 10}})
		w.do(&TerminateRun{Run: RunRef{WorkflowID: id}})
	}
	if err := w.s.Reclaim(t.Context()); err != nil { // everything is in tables now
		t.Fatal(err)
	}
	full := w.s.DiskBytes()
	w.now = w.now.Add(2 * time.Hour)
	var ids []history.RunID
	w.view(func(v View) { ids = v.ExpiredRuns(w.now, maxRows) })
	if n := w.do(&PurgeRuns{Runs: ids}).(*PurgeAnswer).Purged; n != 20 || w.s.Freed() == 0 {
		t.Fatalf("%d runs were deleted, %d bytes freed", n, w.s.Freed())
	}
	index, digest := w.s.Digest()
	if err := w.s.Reclaim(t.Context()); err != nil {
		t.Fatal(err)
	}
	if i, d := w.s.Digest(); i != index || d != digest {
		t.Error("the state is another")
	}
	if err := Audit(w.s); err != nil {
		t.Error(err)
	}
	// Pebble removes files that nobody needs any more in a goroutine of its own, and tells nobody.
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(30 * time.Second); w.s.DiskBytes() > full/4; {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%d of %d bytes are left on disk", w.s.DiskBytes(), full)
		}
	}
	if w.s.Freed() != 0 {
		t.Errorf("%d bytes are still to be freed", w.s.Freed())
	}
}
