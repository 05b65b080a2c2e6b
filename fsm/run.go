package fsm

import "aion.dev/aion/fsm/rows"

// row is the row of a run with what Apply remembers beside it.
type row struct {
	rows.RunRow

	dirty     bool            // changed by the command being applied
	stale     bool            // changed by the entry being applied
	neighbour neighbours[row] // in the cache's order of use
	added     []line          // events that the entry being applied appended
	printed   printed         // after the newest command that changed it
}

func (r *row) neighbours() *neighbours[row] { return &r.neighbour }
