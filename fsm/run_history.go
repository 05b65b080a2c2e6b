package fsm

import (
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// maxRows bounds every page that a View returns.
const maxRows = 10_000

func pageSize(limit int) int { return min(max(limit, 1), maxRows) }

func (p *picture) serial(id history.RunID) (uint64, bool) {
	b := p.Get(rows.RunIDKey(id))
	if b == nil {
		return 0, false
	}
	return rows.U64(b), true
}

func (p *picture) run(id history.RunID) *row {
	serial, ok := p.serial(id)
	if !ok {
		return nil
	}
	return p.runAt(serial)
}

func (p *picture) runAt(serial uint64) *row {
	r := new(row)
	if !p.row(p.Get(rows.RunKey(serial)), &r.RunRow) {
		return nil
	}
	return r
}

// Latest implements View.
func (p *picture) Latest(workflowID string) (history.RunID, bool) {
	b := p.Get(rows.TextKey(rows.FamilyLatest, workflowID))
	if b == nil {
		return history.RunID{}, false
	}
	return history.RunID(b), true
}

// Run implements View.
func (p *picture) Run(id history.RunID) (rows.Run, bool) {
	if run, ok := p.tails.stand(id, p.meta.Index); ok {
		return run, true
	}
	r := p.run(id)
	if r == nil {
		return rows.Run{}, false
	}
	return r.Run, true
}

// Events implements View.
func (p *picture) Events(id history.RunID, from uint64, limit int) (events []history.Event) {
	if events, ok := p.tails.events(id, p.meta.Index, from, pageSize(limit)); ok {
		return events
	}
	serial, ok := p.serial(id)
	if !ok {
		return nil
	}
	p.s.fail(eachEvent(p.snap.Reader, serial, from, func(e history.Event, _ int) bool {
		events = append(events, e)
		return len(events) < pageSize(limit)
	}))
	return events
}

// UnreadSignals implements View.
func (p *picture) UnreadSignals(id history.RunID) uint64 {
	if r := p.run(id); r != nil && r.Signals > r.Consumed {
		return r.Signals - r.Consumed
	}
	return 0
}

// Turns implements View.
func (p *picture) Turns(id history.RunID, from uint64, limit int) (turns []history.Turn) {
	serial, ok := p.serial(id)
	if !ok {
		return nil
	}
	p.Scan(rows.TurnKey(serial, from), rows.NumberKey(rows.FamilyTurn, serial+1), func(_, b []byte) bool {
		var turn history.Turn
		if !p.row(b, &turn) {
			return false
		}
		turns = append(turns, turn)
		return len(turns) < pageSize(limit)
	})
	return turns
}
