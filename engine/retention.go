package engine

import (
	"context"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// SetRetention sets how long closed runs of a type are kept. An empty type means all types without
// a rule of their own; an age of 0 means forever. Without any rule they are kept forever. Runs that
// a rule no longer keeps are deleted in the background.
func (e *Engine) SetRetention(ctx context.Context, c Call, typ string, age time.Duration) (Answered, error) {
	if at := history.Duration(age); at != 0 && (at < fsm.MinRetention || at > fsm.MaxRetention) {
		return Answered{}, invalid("age", "is %s; 0s (for ever) and %s to %s are allowed", age, fsm.MinRetention, fsm.MaxRetention)
	}
	return e.proposeRetention(ctx, c, &fsm.SetRetention{Rule: rows.Retention{Type: typ, Age: history.Duration(age)}})
}

// RemoveRetention removes the rule of a type, so that the default rule applies to it again. If
// there is no such rule it changes nothing.
func (e *Engine) RemoveRetention(ctx context.Context, c Call, typ string) (Answered, error) {
	return e.proposeRetention(ctx, c, &fsm.SetRetention{Rule: rows.Retention{Type: typ}, Remove: true})
}

func (e *Engine) proposeRetention(ctx context.Context, c Call, cmd *fsm.SetRetention) (Answered, error) {
	if namespace.Bare(cmd.Rule.Type) != "" {
		if err := checkType("type", cmd.Rule.Type); err != nil {
			return Answered{}, err
		}
	}
	_, a, err := propose[*fsm.Done](ctx, e, c, cmd)
	select {
	case e.retained <- struct{}{}: // even if the outcome is not known: looking costs nothing
	default:
	}
	return a, err
}

// Retention lists the rules by type, starting with the default rule.
func (e *Engine) Retention(ctx context.Context, rd Read) (rules []rows.Retention, index uint64, err error) {
	err = e.read(ctx, rd, func(v fsm.View) { rules, index = v.Retention(), v.Index() })
	return rules, index, err
}
