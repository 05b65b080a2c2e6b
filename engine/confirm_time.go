package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// TimeKeeper is what a Log with a Clock may offer too: to move log time forward to this node's wall
// clock because somebody says that it shows the right time. It refuses a time that this node's
// clock does not show.
type TimeKeeper interface {
	ConfirmTime(ctx context.Context, at time.Time) error
}

// ConfirmTime moves log time to what the operator and the leader's clock say it is, and returns it.
// Log time that is not behind stays where it is.
func (e *Engine) ConfirmTime(ctx context.Context, c Call, at time.Time) (*fsm.TimeAnswer, Answered, error) {
	res, ok, err := e.known(c)
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
