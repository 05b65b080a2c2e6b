package engine

import (
	"context"
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm"
)

// replayTurns is how many recorded turns are read and shown at a time: long histories are never in memory at once.
const replayTurns = 256

// rebuild makes a machine that stands after the newest turn that at names, by showing it the recorded ones. The caller closes it, also if an error comes
// beside it.
func (e *Engine) rebuild(ctx context.Context, program runtime.Program, pkg *catalog.Package, at fsm.Run) (*replay.Machine, error) {
	member, ok := pkg.Member(at.Type)
	if !ok {
		return nil, fmt.Errorf("version %s does not carry %q", at.Version, at.Type)
	}
	log := e.log.With("workflow", at.WorkflowID, "run", at.RunID.String())
	cfg := replay.Config{Program: program, Member: *member, Limits: e.limits.Runtime, Log: func(msg string) { log.Info("workflow says", "msg", msg) }}
	var m *replay.Machine
	for m == nil || m.Turns() < at.Turns {
		var turns []history.Turn
		var events []history.Event
		var started []history.Event
		e.cfg.Log.View(func(v fsm.View) {
			from, seen := uint64(1), uint64(1)
			if m == nil {
				started = v.Events(at.RunID, 1, 1)
			} else {
				from, seen = m.Turns()+1, m.Seen()
			}
			turns = v.Turns(at.RunID, from, int(min(replayTurns, at.Turns-from+1)))
			if len(turns) == 0 {
				return
			}
			// What the turns had seen, and what they asked for; in between lies what came while a turn was made.
			last, end := turns[len(turns)-1], uint64(0)
			if end = last.Through; last.Count > 0 {
				end = last.FirstSeq + last.Count - 1
			}
			events = v.Events(at.RunID, seen+1, int(end-seen))
		})
		if m == nil {
			if len(started) == 0 {
				return nil, fmt.Errorf("run %s has no history", at.RunID)
			}
			var err error
			if m, err = replay.New(cfg, started[0]); err != nil {
				return nil, err
			}
		}
		if at.Turns == 0 {
			return m, nil
		}
		if len(turns) == 0 {
			return m, fmt.Errorf("run %s has no turn %d, although its newest is %d", at.RunID, m.Turns()+1, at.Turns)
		}
		if err := m.Replay(ctx, turns, events); err != nil {
			return m, err
		}
		e.metrics.replayed.Add(float64(len(events)))
	}
	return m, nil
}
