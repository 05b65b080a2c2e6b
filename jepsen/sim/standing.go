package sim

import (
	"slices"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// standings are what a run of drawn turns has begun, by ordinal.
type standings struct {
	ordinals []uint64                 // of all, in order
	began    map[uint64]history.Event // the newest beginning
	ended    map[uint64]bool          // those with an outcome, and whether that is a failure
	asked    map[uint64]bool          // those that were asked to end
}

// standingAt reads what a run of drawn turns had begun by an event, but for what its reopenings,
// and void, made void.
func standingAt(v fsm.View, r *rows.Run, upTo, void uint64) (s standings) {
	events, voids, forgot := v.Events(r.RunID, 1, int(upTo)), map[uint64]bool{}, map[uint64]uint64{}
	turns := v.Turns(r.RunID, 1, int(r.Turns))
	leaveOut := func(n uint64) {
		for _, t := range turns {
			for seq := t.FirstSeq; t.N == n && seq < t.FirstSeq+t.Count; seq++ {
				voids[seq] = true
			}
		}
	}
	leaveOut(void)
	for _, seq := range r.Reopened {
		if seq > upTo {
			break
		}
		e := events[seq-1].Data.(*history.WorkflowReopened)
		leaveOut(e.Turn)
		for _, id := range e.Forget {
			forgot[id] = seq
		}
	}
	s = standings{began: map[uint64]history.Event{}, ended: map[uint64]bool{}, asked: map[uint64]bool{}}
	end := func(e history.Event, begin history.Type, id uint64, failed bool) {
		if b, is := s.began[id]; is && b.Data.Type() == begin && e.Seq > forgot[id] {
			s.ended[id] = failed
		}
	}
	for _, e := range events {
		if voids[e.Seq] {
			continue
		}
		if id := begins(e.Data); id != 0 {
			s.began[id] = e
			delete(s.ended, id)
			delete(s.asked, id)
		}
		switch d := e.Data.(type) {
		case *history.TimerFired:
			end(e, history.TypeTimerStarted, d.ID, false)
		case *history.TimerCancelled:
			end(e, history.TypeTimerStarted, d.ID, false)
		case *history.ActivityCompleted:
			end(e, history.TypeActivityScheduled, d.ID, false)
		case *history.ActivityFailed:
			end(e, history.TypeActivityScheduled, d.ID, true)
		case *history.ActivityCancelled:
			end(e, history.TypeActivityScheduled, d.ID, false)
		case *history.ActivityCancelRequested:
			s.asked[d.ID] = true
		case *history.ChildWorkflowCancelRequested:
			s.asked[d.ID] = true
		case *history.ResultReceived:
			end(e, history.TypeResultAwaited, d.ID, d.Error != nil)
		case *history.AwaitCancelled:
			end(e, history.TypeResultAwaited, d.ID, false)
		case *history.ChildWorkflowCompleted:
			end(e, history.TypeChildWorkflowStarted, d.ID, false)
		case *history.ChildWorkflowFailed:
			end(e, history.TypeChildWorkflowStarted, d.ID, true)
		case *history.ChildWorkflowCancelled:
			end(e, history.TypeChildWorkflowStarted, d.ID, false)
		}
	}
	for id := range s.began { // any order: sorted below
		s.ordinals = append(s.ordinals, id)
	}
	slices.Sort(s.ordinals)
	return s
}
