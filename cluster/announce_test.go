package cluster

import (
	"errors"
	"testing"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
)

// A leader that was killed and started again is still asked to propose for others, before it has
// read its log.
func TestRowsAreRefusedBeforeRaftRuns(t *testing.T) {
	err := new(Cluster).checkRow(&fsm.AnnounceNode{})
	var refused *engine.Unavailable
	if !errors.As(err, &refused) {
		t.Errorf("it answers %v", err)
	}
}
