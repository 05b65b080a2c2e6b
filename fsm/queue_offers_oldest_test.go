package fsm

import (
	"testing"
	"time"

	"aion.dev/aion/fsm/history"
)

// TestOldestOffer: of all lanes of a queue, and only of that one; what is leased waits no more.
func TestOldestOffer(t *testing.T) {
	w := patient(t)
	oldest := func(queue string) (at history.Time, ok bool) {
		w.s.View(func(v View) { at, ok = v.OldestOffer(queue) })
		return at, ok
	}
	if at, ok := oldest("default"); ok {
		t.Fatalf("an offer from %s in a queue that nobody used", at)
	}
	w.start("one", "order")
	w.turn("one", activityOf(1, "b"))
	first := w.now
	if at, ok := oldest("default"); !ok || at != first {
		t.Errorf("%s, %v; want %s", at, ok, first)
	}
	w.now = w.now.Add(time.Second)
	w.start("two", "order")
	w.turn("two", activityOf(1, "a"))
	second := w.now
	if at, ok := oldest("default"); !ok || at != first {
		t.Errorf("%s, %v after a second offer in another lane; want %s", at, ok, first)
	}
	if _, ok := oldest("defaul"); ok {
		t.Error("another queue has an offer")
	}
	if leased := w.lease(1); len(leased) != 1 {
		t.Fatalf("%d leased", len(leased))
	}
	if at, ok := oldest("default"); !ok || at != second {
		t.Errorf("%s, %v after the first was taken; want %s", at, ok, second)
	}
	w.lease(1)
	if at, ok := oldest("default"); ok {
		t.Errorf("an offer from %s after all were taken", at)
	}
}
