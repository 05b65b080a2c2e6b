package fsm

import (
	"fmt"
	"testing"

	"aion.dev/aion/fsm/history"
)

// A turn that sets attributes again and again costs what it sets, however many attributes the run
// has.
func TestAttributesCostWhatIsSet(t *testing.T) {
	const sets = 5_000
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "a"), Route: true})
	w.start("run", "a")
	many := make(history.Attributes)
	for i := range 99 {
		many[fmt.Sprintf("k%d", i)] = history.Payload(fmt.Sprintf("%q", fmt.Sprint("value ", i)))
	}
	asked := []history.Data{&history.AttributesUpdated{Attributes: many}}
	for i := range sets {
		asked = append(asked, &history.AttributesUpdated{Attributes: history.Attributes{"k0": history.Payload(fmt.Sprint(i))}})
	}
	before := w.s.Progress()
	w.turn("run", asked...)
	if work := w.s.Work(); work > 6*sets {
		t.Errorf("%d updates of one attribute cost %d units, more than 6 each", sets, work)
	}
	if w.s.Progress()-before < sets {
		t.Errorf("progress grew by %d in an entry of %d updates", w.s.Progress()-before, sets)
	}
	w.checkReplays()
}
