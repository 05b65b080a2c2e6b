package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// SetRetention says how long closed runs of a type are kept; an empty type means all types without
// a rule of their own, an age of 0 for ever. Without any rule they are kept for ever. What a rule
// no longer keeps goes in the background.
func (e *Engine) SetRetention(ctx context.Context, c Call, typ string, age time.Duration) (Answered, error) {
	if at := history.Duration(age); at != 0 && (at < fsm.MinRetention || at > fsm.MaxRetention) {
		return Answered{}, invalid("age", "is %s; 0s (for ever) and %s to %s are allowed", age, fsm.MinRetention, fsm.MaxRetention)
	}
	return e.retain(ctx, c, &fsm.SetRetention{Rule: rows.Retention{Type: typ, Age: history.Duration(age)}})
}

// RemoveRetention takes the rule of a type away: the one of all others applies again. Without one
// it changes nothing.
func (e *Engine) RemoveRetention(ctx context.Context, c Call, typ string) (Answered, error) {
	return e.retain(ctx, c, &fsm.SetRetention{Rule: rows.Retention{Type: typ}, Remove: true})
}

func (e *Engine) retain(ctx context.Context, c Call, cmd *fsm.SetRetention) (Answered, error) {
	if cmd.Rule.Type != "" {
		if err := checkType("type", cmd.Rule.Type); err != nil {
			return Answered{}, err
		}
	}
	_, a, err := propose[*fsm.Done](ctx, e, c, cmd)
	select {
	case e.retained <- struct{}{}: // also when the outcome is not known: looking costs nothing
	default:
	}
	return a, err
}

// Retention lists the rules by type, that of all others first.
func (e *Engine) Retention(ctx context.Context, rd Read) (rules []rows.Retention, index uint64, err error) {
	err = e.read(ctx, rd, func(v fsm.View) { rules, index = v.Retention(), v.Index() })
	return rules, index, err
}
