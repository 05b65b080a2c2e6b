package solo

import (
	"context"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/audit"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

var (
	_ engine.Log    = (*Skipping)(nil)
	_ engine.Clock  = (*Skipping)(nil)
	_ engine.Alarms = (*Skipping)(nil)
	_ engine.Blobs  = (*Blobs)(nil)
)

func skipping(t *testing.T, start history.Time) *Skipping {
	t.Helper()
	state, err := NewState(audit.Check)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := state.Close(); err != nil {
			t.Error(err)
		}
	})
	return NewSkipping(state, start)
}

func rang(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestTimeStandsStillUntilItSkips(t *testing.T) {
	s := skipping(t, 1000)
	early, _ := s.Alarm(1010)
	late, free := s.Alarm(1020)
	dropped, drop := s.Alarm(1005)
	drop()
	if past, _ := s.Alarm(1000); !rang(past) {
		t.Error("an alarm whose time had come did not ring")
	}
	s.Skip(1010)
	if s.Now() != 1010 || !rang(early) || rang(late) || rang(dropped) {
		t.Errorf("at %d early rang %v, late %v, dropped %v", s.Now(), rang(early), rang(late), rang(dropped))
	}
	s.Skip(900)
	if s.Now() != 1010 {
		t.Errorf("time ran back to %d", s.Now())
	}
	s.Skip(2000)
	if !rang(late) || len(s.alarms) != 0 {
		t.Errorf("late rang %v, %d alarms are left", rang(late), len(s.alarms))
	}
	free()
}

// Entries are stamped with the time that was skipped to.
func TestEntriesHaveTheTimeOfTheLog(t *testing.T) {
	s := skipping(t, history.At(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)))
	propose := func() fsm.Result {
		res, err := s.Propose(context.Background(), fsm.Envelope{Command: &fsm.AnnounceNode{
			Node: rows.Node{ID: "n", RaftAddress: "n:1", HTTPAddress: "n:2", Version: "test"}, ClusterID: "solo",
		}})
		if err != nil || res.Refusal != nil {
			t.Fatal(err, res.Refusal)
		}
		return res
	}
	propose()
	s.Skip(s.Now().Add(time.Hour))
	res := propose()
	s.View(func(v fsm.View) {
		if v.Now() != s.Now() || v.Index() != res.Index || s.Entries() != 2 {
			t.Errorf("the state is at %s, index %d; the log at %s, index %d of %d entries", v.Now(), v.Index(), s.Now(), res.Index, s.Entries())
		}
	})
}
