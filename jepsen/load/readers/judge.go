package readers

import (
	"encoding/json"
	"slices"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// described: a description names its index and shows the diary as of that index. A linearizable one
// shows what was acknowledged before it was asked for; one with min_index shows at least that
// index.
func (x *readings) described(o *op.Op) {
	var h how
	if err := json.Unmarshal(o.Value, &h); err != nil {
		x.bad(o, "%v", err)
		return
	}
	d := x.of(o.Key)
	if o.Outcome == op.Refused {
		switch {
		case o.Code != "not_found":
			x.bad(o, "is refused: %s", o.Error)
		case !h.Stale && h.MinIndex == 0 && d.start.before(o.Invoke):
			x.bad(o, "is not found; its start was acknowledged before")
		case h.MinIndex > 0 && !d.start.unsure && d.start.index > 0 && d.start.index <= h.MinIndex:
			x.bad(o, "is not found from index %d on; it was started at %d", h.MinIndex, d.start.index)
		}
		return
	}
	var got described
	if err := json.Unmarshal(o.Answer, &got); err != nil {
		x.bad(o, "%v", err)
		return
	}
	if o.Index < h.MinIndex {
		x.bad(o, "is answered at index %d, though %d was to be waited for", o.Index, h.MinIndex)
	}
	certain, possible := 1, 1 // the number of events that it must have at this index, and may have
	for _, c := range d.entries {
		at := c.acked > 0 && c.index <= o.Index && !c.unsure
		if !h.Stale && h.MinIndex == 0 {
			at = at || c.before(o.Invoke)
		}
		if at {
			certain++
		}
		if c.until(o.Return) && (c.acked == 0 || c.unsure || c.index <= o.Index) {
			possible++
		}
	}
	if possible > d.count {
		possible++ // its end
	}
	if n := int(got.Events); n < certain || n > possible {
		x.bad(o, "has %d events at index %d (%+v); it must have %d, and cannot have more than %d", n, o.Index, h, certain, possible)
	}
}

// queried is the answer to one query of a diary.
type queried struct {
	n        int
	returned int64
	o        *op.Op
}

// queried: answers never go backwards, and never show what nobody has written yet.
func (x *readings) queried(o *op.Op, newest map[string]queried) {
	if o.Outcome == op.Refused {
		if o.Code == "not_found" && x.of(o.Key).start.before(o.Invoke) || o.Code != "not_found" && o.Code != "query_failed" {
			x.bad(o, "is refused: %s", o.Error)
		}
		return
	}
	var n int
	if err := json.Unmarshal(o.Answer, &n); err != nil {
		x.bad(o, "answers %s", o.Answer)
		return
	}
	d := x.of(o.Key)
	possible := 0
	for _, c := range d.entries {
		if c.until(o.Return) {
			possible++
		}
	}
	if n > min(possible, d.count) {
		x.bad(o, "counts %d entries; %d had been written", n, possible)
	}
	if d.closed > 0 && d.closed < o.Invoke && n != d.count {
		x.bad(o, "counts %d entries of a diary that was closed with %d", n, d.count)
	}
	if before, ok := newest[o.Key]; ok && before.returned < o.Invoke && n < before.n {
		x.bad(o, "counts %d entries; operation %d counted %d before", n, before.o.ID, before.n)
	}
	if before, ok := newest[o.Key]; !ok || n > before.n {
		newest[o.Key] = queried{n, o.Return, o}
	}
}

// drawn: a run draws the same numbers in every replay, on whichever node.
func (x *readings) drawn(o *op.Op, first map[string]*op.Op) {
	if o.Outcome != op.OK {
		return
	}
	before := first[o.Key]
	if before == nil {
		first[o.Key] = o
	} else if string(before.Answer) != string(o.Answer) {
		x.bad(o, "has drawn %s; it told operation %d that it had drawn %s", o.Answer, before.ID, before.Answer)
	}
}

func (x *readings) counted(o *op.Op) {
	var n counted
	if o.Outcome != op.OK || json.Unmarshal(o.Answer, &n) != nil {
		return
	}
	certain, possible := uint64(0), uint64(0)
	for _, d := range x.diaries { // any order: sums
		if d.start.before(o.Invoke) {
			certain++
		}
		if d.start.until(o.Return) {
			possible++
		}
	}
	if n.Total < certain || n.Total > possible || n.Sum != n.Total {
		x.bad(o, "counts %d diaries, %d by status; there must be %d, and cannot be more than %d", n.Total, n.Sum, certain, possible)
	}
}

// listed: pages contain everything that existed when the first was asked for, once, and nothing
// that nobody started.
func (x *readings) listed(o *op.Op) {
	var ids []string
	if o.Outcome != op.OK || json.Unmarshal(o.Answer, &ids) != nil {
		return
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if seen[id] {
			x.bad(o, "%s is listed twice", id)
			return
		}
		seen[id] = true
		if o.Key == "diary" && !x.of(id).start.until(o.Return) {
			x.bad(o, "%s is listed, and nobody had started it", id)
		}
	}
	if o.Key != "diary" {
		return
	}
	for id, d := range x.diaries { // any order: each error has its own name
		if d.start.before(o.Invoke) && !seen[id] {
			x.bad(o, "%s is left out; its start was acknowledged before", id)
		}
	}
}

// queues: the limit of a queue is the last acknowledged one, or one requested since.
func (x *readings) queues(o *op.Op) {
	var got map[string]uint64
	if o.Outcome != op.OK || json.Unmarshal(o.Answer, &got) != nil {
		return
	}
	for name, asked := range x.limits { // any order: each error has its own name
		var certain, possible uint64
		sure := true // a change with an unknown outcome may still take effect later, and reset the limit
		for _, l := range asked {
			if l.until(o.Return) {
				possible = max(possible, l.value)
				sure = sure && (l.acked > 0 && !l.unsure && l.acked < o.Invoke || l.value == possible)
			}
			if l.before(o.Invoke) {
				certain = max(certain, l.value)
			}
		}
		n := got[name]
		if n > possible || sure && n < certain {
			x.bad(o, "%s has the limit %d; it must have at least %d, and cannot have more than %d", name, n, certain, possible)
		}
	}
}

// schedules: a schedule has started what its back-fills were acknowledged for.
func (x *readings) schedules(o *op.Op) {
	var got map[string]uint64
	if o.Outcome != op.OK || json.Unmarshal(o.Answer, &got) != nil {
		return
	}
	certain, possible := map[string]uint64{}, map[string]uint64{}
	for _, f := range x.backfill { // any order: sums
		if f.before(o.Invoke) {
			certain[f.schedule] += uint64(len(f.runs))
		}
		if f.until(o.Return) {
			possible[f.schedule] += uint64(len(f.runs))
		}
	}
	for id, most := range possible { // any order: each error has its own name
		if n := got[id]; n < certain[id] || n > most {
			x.bad(o, "%s has started %d runs; it must have %d, and cannot have more than %d", id, n, certain[id], most)
		}
	}
}

// quick: a caller that starts a run and waits is told its own result.
func (x *readings) quick(o *op.Op) {
	var a wire.StartAnswer
	if o.Outcome != op.OK || json.Unmarshal(o.Answer, &a) != nil {
		return
	}
	if a.Status != "" && !wire.Open(a.Status) && (a.Status != "completed" || string(a.Result) != string(o.Value)) {
		x.bad(o, "is told %s %s; its input, and so its result, is %s", a.Status, a.Result, o.Value)
	}
}

// backfills: the answer names a run for each time, and at the end each of them exists once.
func (x *readings) backfills(ops []op.Op) {
	var all []string
	var list *op.Op
	for i := range ops {
		o := &ops[i]
		if o.Workload != "readers" || o.Outcome != op.OK {
			continue
		}
		switch {
		case o.F == "all" && o.Key == "quick":
			list = o
			json.Unmarshal(o.Answer, &all)
		case o.F == "backfill":
			var runs []wire.RunName
			var ids []string
			json.Unmarshal(o.Answer, &runs)
			for _, r := range runs {
				ids = append(ids, r.WorkflowID)
			}
			if want := x.backfill[o.Request].runs; !slices.Equal(ids, want) {
				x.bad(o, "started %v, want %v", ids, want)
			}
		}
	}
	if list == nil {
		return
	}
	there := map[string]bool{}
	for _, id := range all {
		there[id] = true
	}
	for request, f := range x.backfill { // any order: each error has its own name
		for _, id := range f.runs {
			if f.acked > 0 && !there[id] {
				x.bad(list, "%s is missing, which %s started", id, request)
			}
		}
	}
}
