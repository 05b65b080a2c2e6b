package rehearsal

import (
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// page bounds one read of a view.
const page = 1000

// allEvents reads a whole history.
func allEvents(v fsm.View, id history.RunID) (all []history.Event) {
	for {
		events := v.Events(id, uint64(len(all))+1, page)
		if all = append(all, events...); len(events) < page {
			return all
		}
	}
}

// allTurns reads all turns of a run.
func allTurns(v fsm.View, id history.RunID) (all []history.Turn) {
	for {
		turns := v.Turns(id, uint64(len(all))+1, page)
		if all = append(all, turns...); len(turns) < page {
			return all
		}
	}
}
