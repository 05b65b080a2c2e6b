package engine

import (
	"context"
	"fmt"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// replayTurns is how many recorded turns are read and replayed at a time, so that a long history is
// never in memory at once.
const replayTurns = 256

// isAtTurn reports whether m is at the newest turn that at names, and is of the run as it is now.
func isAtTurn(m *replay.Machine, at rows.Run) bool {
	return m.Turns() == at.Turns && isOf(m, at)
}

// isOf reports whether m knows all of the run's reopenings, and is on the version that the run is
// on: a run that was moved is replayed on its newest version from the beginning.
func isOf(m *replay.Machine, at rows.Run) bool {
	return m.Reopenings() == len(at.Reopened) && m.Version() == namespace.Version(spaceOf(&at), at.Version)
}

// rebuild makes a machine and replays the recorded turns up to the newest that at names. begins
// holds the run's first event, or nothing if it is still to be read. The caller closes the machine,
// even if there is an error.
func (e *Engine) rebuild(ctx context.Context, program runtime.Program, pkg *catalog.Package, at rows.Run, begins []history.Event, p *pace) (*replay.Machine, error) {
	member, ok := pkg.Member(at.Type)
	if !ok {
		return nil, fmt.Errorf("version %s does not carry %q", at.Version, at.Type)
	}
	var reopened []history.Event
	if len(begins) == 0 || len(at.Reopened) > 0 {
		e.cfg.Log.View(func(v fsm.View) {
			begins = v.Events(at.RunID, 1, 1)
			for _, seq := range at.Reopened {
				reopened = append(reopened, v.Events(at.RunID, seq, 1)...)
			}
		})
	}
	if len(begins) == 0 {
		return nil, fmt.Errorf("run %s has no history", at.RunID)
	}
	space := spaceOf(&at)
	begins, reopened = history.BareEvents(space, begins), history.BareEvents(space, reopened)
	m, err := replay.New(replay.Config{Program: program, Member: bareMember(member), Version: namespace.Version(space, at.Version), Limits: e.limits.Runtime, Log: e.codeLogger(at), Pace: p, Rules: e.rules, Most: e.most()}, begins[0], reopened...)
	if err != nil {
		return nil, err
	}
	return m, e.catchUp(ctx, m, at)
}

// catchUp replays the recorded turns on a machine, up to the newest that at names. After
// errBetweenTurns it may be called again.
func (e *Engine) catchUp(ctx context.Context, m *replay.Machine, at rows.Run) error {
	if m.Turns() == at.Turns {
		return nil
	}
	began := time.Now()
	defer func() { e.metrics.rebuilt(time.Since(began)) }()
	for m.Turns() < at.Turns {
		turns, events := e.recordedTurns(m, at)
		if len(turns) == 0 {
			return fmt.Errorf("run %s has no turn %d, although its newest is %d", at.RunID, m.Turns()+1, at.Turns)
		}
		if err := m.Replay(ctx, turns, events); err != nil {
			return err
		}
		e.metrics.replayed.Add(float64(len(events)))
	}
	return nil
}

// recordedTurns reads the turns that m replays next, with the events that they had seen and asked
// for. Events that arrived while a turn was made lie in between.
func (e *Engine) recordedTurns(m *replay.Machine, at rows.Run) (turns []history.Turn, events []history.Event) {
	e.cfg.Log.View(func(v fsm.View) {
		turns = v.Turns(at.RunID, m.Turns()+1, int(min(replayTurns, at.Turns-m.Turns())))
		if len(turns) == 0 {
			return
		}
		last := turns[len(turns)-1]
		end := last.Through
		if last.Count > 0 {
			end = last.FirstSeq + last.Count - 1
		}
		events = history.BareEvents(spaceOf(&at), eventsUpTo(v, at.RunID, m.Seen()+1, end))
	})
	return turns, events
}

// eventsUpTo reads the events in [from, to]. Limits bounds a history, and therefore this slice.
func eventsUpTo(v fsm.View, id history.RunID, from, to uint64) (all []history.Event) {
	const batch = 4096
	for from <= to {
		events := v.Events(id, from, int(min(batch, to-from+1)))
		if len(events) == 0 {
			break
		}
		if from += uint64(len(events)); all == nil {
			all = events
		} else {
			all = append(all, events...)
		}
	}
	return all
}

// codeLogger returns a function that writes what workflow code logs in new turns to this node's
// log.
func (e *Engine) codeLogger(at rows.Run) func(string) {
	space := spaceOf(&at)
	at.WorkflowID, at.Type, at.Version = namespace.Bare(at.WorkflowID), namespace.Bare(at.Type), namespace.Version(space, at.Version)
	return func(msg string) {
		said := []any{"msg", msg, "workflow", at.WorkflowID, "run", at.RunID.String()}
		if space != "" {
			said = append(said, "namespace", space)
		}
		e.log.Info("workflow says", said...)
		if e.cfg.Says != nil {
			e.cfg.Says(at, msg)
		}
	}
}
