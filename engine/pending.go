package engine

import (
	"context"

	"aion.dev/aion/fsm"
)

// CountTasks counts the pending activities of a run. It reads each of them, of which a run has at most as many as its limits allow.
func (e *Engine) CountTasks(ctx context.Context, rd Read, ref fsm.RunRef) (n uint64, err error) {
	if err := checkRef(ref); err != nil {
		return 0, err
	}
	var missing error
	err = e.read(ctx, rd, func(v fsm.View) {
		var run fsm.Run
		if run, missing = find(v, ref); missing != nil {
			return
		}
		for from := uint64(0); ; {
			page := v.Tasks(run.RunID, from, MaxPage)
			n += uint64(len(page))
			if len(page) < MaxPage {
				return
			}
			from = page[len(page)-1].ID + 1
		}
	})
	if err != nil {
		return 0, err
	}
	return n, missing
}
