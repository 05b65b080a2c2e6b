package stops

import (
	"cmp"
	"encoding/json"
	"slices"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
)

// step is what an entry did to the number of open runs, or to their quota.
type step struct {
	index uint64
	order int // within the entry, which may have done it in any order: what makes room comes first
	by    int
	limit uint64
	o     op.Op
}

// readCloses reads from the stream at which indexes runs of the type that has quotas closed.
func (j *judge) readCloses(ops []op.Op) {
	for _, o := range ops {
		var events []load.Event
		if o.Workload != "stops" || o.F != "stream" || o.Outcome != op.OK || json.Unmarshal(o.Answer, &events) != nil {
			continue
		}
		j.closes = []uint64{}
		for _, e := range events {
			var d struct {
				Type string `json:"workflow_type"`
			}
			if e.Name == "WorkflowClosed" && json.Unmarshal(e.Data, &d) == nil && d.Type == parents {
				j.closes = append(j.closes, e.Index)
			}
		}
	}
}

// full checks that a start that was refused because of a quota may have met as many open runs:
// those that had been asked for by the time of its answer, without those that had surely closed
// before it.
func (j *judge) full(o op.Op, since int64, limit uint64) {
	if j.closes == nil {
		return
	}
	open, passed := 0, j.floor.Before(since)
	for _, start := range j.begun { // any order: counted
		if typeOf(start.Key) == parents && j.first[start.Request] < o.Return {
			open++
		}
	}
	for _, index := range j.closes {
		if index <= passed {
			open--
		}
	}
	if uint64(max(0, open)) < limit {
		j.Bad(o, "the start of %s was refused by a quota of %d, and at most %d runs were open", o.Key, limit, open)
	}
}

// quotas counts the open runs of the type that has quotas, entry by entry: a start that was taken
// must have had room.
func (j *judge) quotas(ops []op.Op) {
	var steps []step
	seen := map[string]bool{}
	for _, o := range ops {
		if o.Workload != "stops" || o.Outcome != op.OK || o.F != "quota" || seen[o.Request] {
			continue
		}
		seen[o.Request] = true
		s := step{index: o.Index, order: 1, o: o}
		if json.Unmarshal(o.Value, &s.limit) == nil {
			steps = append(steps, s)
		}
	}
	for id, o := range j.begun { // any order: sorted below
		if j.known[id].WorkflowType == parents {
			steps = append(steps, step{index: o.Index, order: 2, by: 1, o: o})
		}
	}
	if j.closes == nil {
		return // the cluster did not recover, which is reported
	}
	for _, index := range j.closes {
		steps = append(steps, step{index: index, by: -1})
	}
	slices.SortStableFunc(steps, func(a, b step) int { return cmp.Or(cmp.Compare(a.index, b.index), cmp.Compare(a.order, b.order)) })
	open, at := 0, uint64(0)
	before, limits := []uint64{0}, []uint64{0} // those that may be set: the last entry that did may have set several
	for _, s := range steps {
		switch open += s.by; s.order {
		case 1:
			if s.index != at {
				at, before, limits = s.index, limits, nil
			}
			limits = append(limits, s.limit)
		case 2:
			may := limits
			if s.index == at { // it may stand before them
				may = slices.Concat(limits, before)
			}
			if most := slices.Max(may); !slices.Contains(may, 0) && uint64(open) > most {
				j.Bad(s.o, "%s was started at %d as the open run %d, and the quota was %d", s.o.Key, s.index, open, most)
			}
		}
	}
}
