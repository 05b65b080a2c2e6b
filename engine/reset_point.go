package engine

import (
	"slices"
	"strconv"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// Point says up to where a history is kept. One of its fields is given.
type Point struct {
	// To is the number of a turn, which is kept with all before it; or one of the words
	//
	//	start    nothing but the input is kept
	//	last     all turns, but for the one that closed the run
	//	failure  up to the turn that began the step whose failure is the newest
	To      string
	Event   uint64 // this event is kept, with all before it; in the middle of a turn, with the rest of that turn
	Version string // up to the last turn before the run was moved to this version, or a prefix of it

	version catalog.Version
}

// place is a point in one history.
type place struct {
	event, turn uint64 // the newest that are kept
	rounded     bool
}

func (p *Point) check() error {
	given := 0
	for _, is := range []bool{p.To != "", p.Event != 0, p.Version != ""} {
		if is {
			given++
		}
	}
	if given != 1 {
		return invalid("to", "to_event and to_version: give one of them")
	}
	switch p.To {
	case "", "start", "last", "failure":
		return nil
	}
	if n, err := strconv.ParseUint(p.To, 10, 64); err != nil || strconv.FormatUint(n, 10) != p.To {
		return invalid("to", "is %s; want the number of a turn, start, last or failure", catalog.QuoteStart(p.To, 40))
	}
	return nil
}

// resolve finds the version.
func (p *Point) resolve(v fsm.View) (err error) {
	if p.Version != "" {
		p.version, err = versionOf(v, p.Version)
	}
	return inField("to_version", err)
}

// in finds the point in the history of a run.
func (p *Point) in(v fsm.View, run rows.Run) (at place, err error) {
	turns := v.Turns(run.RunID, 1, int(min(run.Turns, fsm.MaxKept)))
	for n := uint64(len(turns)); n > 0 && n < min(run.Turns, fsm.MaxKept); n = uint64(len(turns)) {
		more := v.Turns(run.RunID, n+1, int(min(run.Turns, fsm.MaxKept)-n))
		if len(more) == 0 {
			break
		}
		turns = append(turns, more...)
	}
	k := known{v: v, run: run, turns: turns}
	switch {
	case p.Event != 0:
		at, err = k.event(p.Event)
	case p.Version != "":
		at, err = k.beforeMove(p.version)
	case p.To == "start":
		at = k.turn(0)
	case p.To == "last":
		at = k.turn(k.last())
	case p.To == "failure":
		at, err = k.failure()
	default:
		n, _ := strconv.ParseUint(p.To, 10, 64) // checked
		if n > run.Turns {
			return at, invalid("to", "is turn %d, and the run has made %d", n, run.Turns)
		}
		at = k.turn(n)
	}
	if err != nil {
		return at, err
	}
	for _, e := range v.Events(run.RunID, at.event, 1) {
		if history.Closes(e.Data) {
			return at, invalid("to", "is event %d, with which the run closed: keep less of it", at.event)
		}
	}
	return at, nil
}

// known is a history with its turns.
type known struct {
	v     fsm.View
	run   rows.Run
	turns []history.Turn
}

// end is the newest event that is kept with a turn.
func end(turn history.Turn) uint64 { return turn.FirstSeq + turn.Count - 1 }

func (k *known) turn(n uint64) place {
	if n == 0 || n > uint64(len(k.turns)) {
		return place{event: 1}
	}
	return place{event: end(k.turns[n-1]), turn: n}
}

// event is the point after an event, or after the turn that asked for it.
func (k *known) event(seq uint64) (place, error) {
	if seq > k.run.Events {
		return place{}, invalid("to_event", "is %d, and the run has %d events", seq, k.run.Events)
	}
	at := place{event: seq}
	for _, turn := range k.turns {
		if turn.Count > 0 && turn.FirstSeq <= seq && seq < end(turn) {
			at.event, at.rounded = end(turn), true
		}
		if end(turn) > at.event {
			break
		}
		at.turn = turn.N
	}
	return at, nil
}

// before is the last turn that ended before an event.
func (k *known) before(seq uint64) uint64 {
	n, _ := slices.BinarySearchFunc(k.turns, seq, func(turn history.Turn, seq uint64) int {
		if end(turn) < seq {
			return -1
		}
		return 1
	})
	return uint64(n)
}

// last is the newest turn that did not close the run.
func (k *known) last() uint64 {
	n := uint64(len(k.turns))
	for ; n > 0; n-- {
		turn := k.turns[n-1]
		if turn.Count == 0 {
			break
		}
		if e := k.v.Events(k.run.RunID, end(turn), 1); len(e) == 0 || !history.Closes(e[0].Data) {
			break
		}
	}
	return n
}

// beforeMove is the last turn before the run was moved to a version.
func (k *known) beforeMove(to catalog.Version) (at place, err error) {
	found := false
	k.back(func(e history.Event) bool {
		if d, ok := e.Data.(*history.WorkflowMoved); ok && d.To == to {
			at, found = k.turn(k.before(e.Seq)), true
		}
		return !found
	})
	if !found {
		return at, invalid("to_version", "is version %s, to which the run was not moved", namespace.Version(spaceOf(&k.run), to).Short())
	}
	return at, nil
}

// failure is the turn that began the step whose failure is the newest.
func (k *known) failure() (at place, err error) {
	var id uint64
	kind := history.TypeActivityScheduled
	found := false
	k.back(func(e history.Event) bool {
		switch d := e.Data.(type) {
		case *history.ActivityFailed:
			if id == 0 {
				id = d.ID
			}
		case *history.ChildWorkflowFailed:
			if id == 0 {
				id, kind = d.ID, history.TypeChildWorkflowStarted
			}
		case *history.ResultReceived:
			if id == 0 && d.Error != nil {
				id, kind = d.ID, history.TypeResultAwaited
			}
		case *history.ResultAwaited:
			found = id != 0 && d.ID == id && kind == history.TypeResultAwaited
		case *history.ActivityScheduled:
			found = id != 0 && d.ID == id && kind == history.TypeActivityScheduled
		case *history.ChildWorkflowStarted:
			found = id != 0 && d.ID == id && kind == history.TypeChildWorkflowStarted && k.asked(e.Seq)
		}
		if found {
			at, err = k.event(e.Seq)
			at.rounded = false
		}
		return !found
	})
	if !found && err == nil {
		err = &NoFailure{WorkflowID: k.run.WorkflowID, RunID: k.run.RunID}
	}
	return at, err
}

// asked reports whether a turn asked for an event.
func (k *known) asked(seq uint64) bool {
	n := k.before(seq)
	return n < uint64(len(k.turns)) && k.turns[n].FirstSeq <= seq
}

// back calls f with the events of the history, the newest first, until f returns false.
func (k *known) back(f func(e history.Event) bool) {
	const few = 512
	for to := k.run.Events; to > 0; {
		from := to - min(to, few) + 1
		for _, e := range slices.Backward(eventsUpTo(k.v, k.run.RunID, from, to)) {
			if !f(e) {
				return
			}
		}
		to = from - 1
	}
}

// NoFailure means that a run is to be reset to before a failure, and none of its steps has failed.
type NoFailure struct {
	WorkflowID string
	RunID      history.RunID
}

func (e *NoFailure) Error() string {
	return "no activity and no child of run " + e.RunID.String() + " of workflow " + catalog.Quote(e.WorkflowID) + " has failed"
}

// Code implements fsm.Refusal.
func (e *NoFailure) Code() string { return "invalid_state" }

// Facts implements fsm.Refusal.
func (e *NoFailure) Facts() map[string]any {
	return map[string]any{"workflow_id": e.WorkflowID, "run_id": e.RunID.String()}
}
