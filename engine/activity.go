package engine

import (
	"context"
	"math/rand/v2"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/clip"
)

// ActivityReport is what somebody reports on an activity by its ids: Output if it completed, Error
// if it failed, Details if it goes on.
type ActivityReport struct {
	RunID   history.RunID
	ID      uint64
	Attempt uint32 // only if this is the newest; 0 = whichever is
	GoesOn  bool
	Error   *history.RunError
	Output  history.Payload
	Details history.Payload
}

// ReportActivity ends an activity, or says that it goes on, as its worker would.
func (e *Engine) ReportActivity(ctx context.Context, c Call, r ActivityReport) (*fsm.ActivityAnswer, Answered, error) {
	if r.RunID.IsZero() || r.ID == 0 {
		return nil, Answered{}, invalid("activity_id", "is missing: an activity has a run id and a number above 0 within the run")
	}
	cmd := &fsm.ReportActivity{RunID: r.RunID, ID: r.ID, Attempt: r.Attempt, Beat: r.GoesOn, Output: r.Output, Details: r.Details}
	if err := e.checkPayload("output", r.Output); err != nil {
		return nil, Answered{}, err
	}
	if err := e.checkDetails(r.Details); err != nil {
		return nil, Answered{}, err
	}
	if r.Error != nil {
		failure := *r.Error
		if failure.Kind == "" {
			failure.Kind = history.KindFailed
		}
		failure.Message = clip.To(failure.Message, MaxFailure)
		if err := checkLabel("kind", failure.Kind); err != nil {
			return nil, Answered{}, err
		}
		if err := e.checkDetails(failure.Details); err != nil {
			return nil, Answered{}, err
		}
		cmd.Error, cmd.Jitter = &failure, rand.Uint32()
	}
	answer, a, err := proposeAt[*fsm.ActivityAnswer](ctx, e, c, 5, cmd)
	if err == nil && !a.Deduplicated {
		switch {
		case r.GoesOn:
			e.metrics.beats.Inc()
		case r.Error != nil:
			e.metrics.failed.Inc()
		default:
			e.metrics.completed.Inc()
		}
	}
	return answer, a, err
}
