package engine

import (
	"context"
	"errors"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// Signal appends a signal to an open run.
func (e *Engine) Signal(ctx context.Context, c Call, ref fsm.RunRef, name string, payload history.Payload) (*fsm.RunAnswer, Answered, error) {
	if err := checkRef(ref); err != nil {
		return nil, Answered{}, err
	}
	if err := checkName(name); err != nil {
		return nil, Answered{}, err
	}
	if err := e.checkPayload("payload", payload); err != nil {
		return nil, Answered{}, err
	}
	began := time.Now()
	answer, a, err := e.proposeToOpenRun(ctx, c, &fsm.SignalRun{Run: ref, Name: name, Payload: payload, MaxWaiting: e.limits.WaitingSignals}, func(c *convoy) {
		c.add(c.d.foreseeNews(e.runOf(ref), &history.SignalReceived{Name: name, Payload: payload}), 0)
	})
	if err == nil && e.cfg.Tracer != nil {
		e.cfg.Tracer.Reached(ctx, answer.RunID, answer.WorkflowID, "", false, began)
	}
	return answer, a, err
}

// Cancel requests cancellation: the run's code decides how to end.
func (e *Engine) Cancel(ctx context.Context, c Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, Answered, error) {
	return e.proposeControl(ctx, c, ref, reason, &fsm.CancelRun{Run: ref, Reason: reason, Tell: true})
}

// closingWait bounds how long a caller waits for a run that is about to close.
const closingWait = 5 * time.Second

// proposeToOpenRun proposes a command that the run's code must see. While the run is about to close
// it retries: a moment later the run has either closed or accepts the command.
func (e *Engine) proposeToOpenRun(ctx context.Context, c Call, cmd fsm.Command, foresee func(*convoy)) (*fsm.RunAnswer, Answered, error) {
	most, cancel := context.WithTimeout(ctx, closingWait)
	defer cancel()
	wait := backoff{first: 5 * time.Millisecond, most: 200 * time.Millisecond}
	for {
		answer, a, err := proposeAhead[*fsm.RunAnswer](ctx, e, c, cmd, foresee)
		var closes *fsm.RunCloses
		if !errors.As(err, &closes) || wait.pause(most) != nil {
			return answer, a, err
		}
	}
}

// runOf returns the run that ref addresses now, zero if there is none.
func (e *Engine) runOf(ref fsm.RunRef) (id history.RunID) {
	if id = ref.RunID; id.IsZero() {
		e.cfg.Log.View(func(v fsm.View) { id, _ = v.Latest(ref.WorkflowID) })
	}
	return id
}

// Terminate closes a run at once, without running its code.
func (e *Engine) Terminate(ctx context.Context, c Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, Answered, error) {
	return e.proposeControl(ctx, c, ref, reason, &fsm.TerminateRun{Run: ref, Reason: reason})
}

// Pause stops a run's turns; signals and timers are still recorded.
func (e *Engine) Pause(ctx context.Context, c Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, Answered, error) {
	return e.proposeControl(ctx, c, ref, reason, &fsm.PauseRun{Run: ref, Reason: reason, Still: true})
}

// Resume continues the turns of a paused run, including a quarantined one.
func (e *Engine) Resume(ctx context.Context, c Call, ref fsm.RunRef) (*fsm.RunAnswer, Answered, error) {
	return e.proposeControl(ctx, c, ref, "", &fsm.ResumeRun{Run: ref})
}

func (e *Engine) proposeControl(ctx context.Context, c Call, ref fsm.RunRef, reason string, cmd fsm.Command) (*fsm.RunAnswer, Answered, error) {
	if err := checkRef(ref); err != nil {
		return nil, Answered{}, err
	}
	if err := checkText("reason", reason, MaxMessage); err != nil {
		return nil, Answered{}, err
	}
	return e.proposeToOpenRun(ctx, c, cmd, nothingAhead)
}
