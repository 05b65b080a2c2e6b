package engine_test

import (
	"testing"

	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
)

// TestTestsRunAtTheNewestLevel: what is tested on one node is what a cluster does once it is
// upgraded.
func TestTestsRunAtTheNewestLevel(t *testing.T) {
	n := enginetest.New(t)
	n.Log.View(func(v fsm.View) {
		if v.Level() != fsm.NewestLevel {
			t.Errorf("it runs at level %d", v.Level())
		}
	})
}
