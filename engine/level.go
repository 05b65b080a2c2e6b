package engine

import (
	"context"
	"fmt"
	"strings"

	"aion.dev/aion/engine/replay"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// Levels is an optional interface of a Log with members that are upgraded one by one.
type Levels interface {
	// Behind returns the members that keep the level of the state from being raised, each with the
	// reason, as far as the leader knows.
	Behind() []string
}

// atLevel returns nil once the state is at a level, and otherwise that the cluster is being
// upgraded. Operations whose commands only later levels know ask it before they propose.
func (e *Engine) atLevel(level uint64) error {
	var now uint64
	e.cfg.Log.View(func(v fsm.View) { now = v.Level() })
	if now >= level {
		return nil
	}
	why := fmt.Sprintf("the cluster is being upgraded: it is at level %d, and this needs level %d", now, level)
	if l, ok := e.cfg.Log.(Levels); ok {
		if behind := l.Behind(); len(behind) > 0 {
			why += "; it waits for " + strings.Join(behind, ", ")
		}
	}
	return &Unavailable{Why: why}
}

// proposeAt is propose for commands that only a level of the state knows.
func proposeAt[A fsm.Answer](ctx context.Context, e *Engine, c Call, level uint64, cmd fsm.Command) (answer A, a Answered, err error) {
	if err := e.atLevel(level); err != nil {
		return answer, a, err
	}
	return propose[A](ctx, e, c, cmd)
}

// rules returns the rules of new turns (history.Rules): those that all nodes know.
func (e *Engine) rules() uint64 {
	if !e.raised.Load() {
		var level uint64
		e.cfg.Log.View(func(v fsm.View) { level = v.Level() })
		switch {
		case level < 4:
			return 2
		case level < 5:
			return 3
		}
		if level < 6 {
			return 4
		}
		e.raised.Store(true)
	}
	return history.Rules
}

// most is how long a history may be.
func (e *Engine) most() replay.Most {
	return replay.Most{Events: e.limits.HistoryEvents, Bytes: e.limits.HistoryBytes}
}
