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
	return e.heard(ctx, c, &fsm.SignalRun{Run: ref, Name: name, Payload: payload, MaxWaiting: e.limits.WaitingSignals})
}

// Cancel asks a run's code to end.
func (e *Engine) Cancel(ctx context.Context, c Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, Answered, error) {
	return e.control(ctx, c, ref, reason, &fsm.CancelRun{Run: ref, Reason: reason, Tell: true})
}

// closingWait is how long a caller waits for a run that is about to close.
const closingWait = 5 * time.Second

// heard proposes what a run's code has to see, again while the run is about to close: a moment
// later it has closed, or takes it.
func (e *Engine) heard(ctx context.Context, c Call, cmd fsm.Command) (*fsm.RunAnswer, Answered, error) {
	most, cancel := context.WithTimeout(ctx, closingWait)
	defer cancel()
	wait := backoff{first: 5 * time.Millisecond, most: 200 * time.Millisecond}
	for {
		answer, a, err := propose[*fsm.RunAnswer](ctx, e, c, cmd)
		var closes *fsm.RunCloses
		if !errors.As(err, &closes) || wait.pause(most) != nil {
			return answer, a, err
		}
	}
}

// Terminate closes a run at once; its code sees nothing.
func (e *Engine) Terminate(ctx context.Context, c Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, Answered, error) {
	return e.control(ctx, c, ref, reason, &fsm.TerminateRun{Run: ref, Reason: reason})
}

// Pause stops a run's turns; signals and timers are still recorded.
func (e *Engine) Pause(ctx context.Context, c Call, ref fsm.RunRef, reason string) (*fsm.RunAnswer, Answered, error) {
	return e.control(ctx, c, ref, reason, &fsm.PauseRun{Run: ref, Reason: reason, Still: true})
}

// Resume lets a paused run's turns go on, also a quarantined one's.
func (e *Engine) Resume(ctx context.Context, c Call, ref fsm.RunRef) (*fsm.RunAnswer, Answered, error) {
	return e.control(ctx, c, ref, "", &fsm.ResumeRun{Run: ref})
}

func (e *Engine) control(ctx context.Context, c Call, ref fsm.RunRef, reason string, cmd fsm.Command) (*fsm.RunAnswer, Answered, error) {
	if err := checkRef(ref); err != nil {
		return nil, Answered{}, err
	}
	if err := checkText("reason", reason, MaxMessage); err != nil {
		return nil, Answered{}, err
	}
	return e.heard(ctx, c, cmd)
}
