package transport

import (
	"testing"

	"aion.dev/aion/engine"
)

// TestSince: what a start's own entry has made of its run is read where that entry is applied; the
// first outcome of a repeated request may be as old as its key.
func TestSince(t *testing.T) {
	if rd := since(engine.Answered{Index: 7}); !rd.Stale || rd.MinIndex != 7 {
		t.Errorf("after an entry of its own: %+v, want a read of what has index 7", rd)
	}
	if rd := since(engine.Answered{Index: 7, Deduplicated: true}); rd.Stale {
		t.Errorf("after a repeated request: %+v, want a linearizable read", rd)
	}
}
