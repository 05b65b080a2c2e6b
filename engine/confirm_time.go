package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// TimeKeeper is an optional interface of a Log with a Clock: it moves log time forward to this
// node's wall clock after an operator confirmed that the clock is right. It refuses a time that
// this node's clock does not show.
type TimeKeeper interface {
	ConfirmTime(ctx context.Context, at time.Time) error
}

// ConfirmTime moves log time to the time that the operator and the leader's clock agree on, and
// returns it. Log time that is not behind does not change.
func (e *Engine) ConfirmTime(ctx context.Context, c Call, at time.Time) (*fsm.TimeAnswer, Answered, error) {
	res, ok, err := e.firstOutcome(c)
	if err != nil {
		return nil, Answered{}, err
	}
	if !ok {
		k, can := e.cfg.Log.(TimeKeeper)
		if !can {
			return nil, Answered{}, &Unavailable{Why: "the log time of this node follows nothing that could be confirmed"}
		}
		if err := k.ConfirmTime(ctx, at); err != nil {
			return nil, Answered{}, err
		}
		return propose[*fsm.TimeAnswer](ctx, e, c, &fsm.ConfirmTime{At: history.At(at)})
	}
	return outcome[*fsm.TimeAnswer](c, res)
}
