package sim

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/audit"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// checkNode compares everything that a node shows with the model, if both are at the same index. A
// node that is behind is only compared by digest, at every entry.
func (w *World) checkNode(n *node, rng *rand.Rand) bool {
	if n.state == nil || n.state.Applied() != w.model.index {
		return false
	}
	w.stats.Looks++
	n.state.View(func(v fsm.View) {
		why := cmp.Or(w.model.catalogIsNot(v), w.model.factsAreNot(v), w.model.canariesAreNot(v), w.model.fingerprintsAreNot(v), w.model.tokensAreNot(v), w.model.policyIsNot(v))
		if why == "" {
			why = w.model.schedulesAreNot(v)
		}
		if why == "" {
			why = w.model.waitingAreNot(v)
		}
		if why == "" {
			why = cmp.Or(w.model.jobsAreNot(v), w.model.queuesAreNot(v), w.model.clusterIsNot(w, v), w.model.labelsAreNot(v, one(rng, labels), one(rng, values)))
		}
		for range min(4, len(w.model.order)) {
			if why == "" {
				why = w.model.runIsNot(v, one(rng, w.model.order))
			}
		}
		why = cmp.Or(why, w.model.pagesAreNot(v, rng), w.model.requestsAreNot(v, rng), w.model.deploysAreNot(v, rng), w.model.feedIsNot(v, rng), w.model.rowsAreNot(v, rng))
		if why != "" {
			w.failf("node %d at index %d: %s", n.index, v.Index(), why)
		}
	})
	return true
}

// audit makes a node recount its own invariants.
func (w *World) audit(n *node) bool {
	if n.state == nil {
		return false
	}
	w.stats.Audits++
	if err := audit.Check(n.state); err != nil {
		w.failf("node %d at index %d: %v", n.index, n.state.Applied(), err)
	}
	return true
}

func (m *Model) catalogIsNot(v fsm.View) string {
	cat := v.Catalog()
	if got := len(cat.Packages()); got != len(m.loaded) {
		return fmt.Sprintf("%d versions are loaded, want %d", got, len(m.loaded))
	}
	for i := range known {
		version := known[i].Version
		if _, loaded := cat.Package(version); loaded != (m.loaded[version] != nil) {
			return fmt.Sprintf("version %s loaded %v, want %v", version.Short(), loaded, !loaded)
		}
		if got, want := v.Pins(version), m.pins(version); got != want {
			return fmt.Sprintf("version %s is pinned by %+v, want %+v", version.Short(), got, want)
		}
	}
	for _, typ := range append([]string{"gate"}, types...) {
		var got catalog.Version
		if route, _, _, found := cat.Resolve(typ); found {
			got = route.Version
		}
		if want := m.routes[typ].now; got != want {
			return fmt.Sprintf("type %s is routed to %s, want %s", typ, got.Short(), want.Short())
		}
	}
	return ""
}

func (m *Model) schedulesAreNot(v fsm.View) string {
	for _, id := range append([]string{"g1"}, schedules...) {
		s, found := v.Schedule(id)
		want := m.schedules[id]
		if found != (want != nil) {
			return fmt.Sprintf("schedule %s exists %v, want %v", id, found, !found)
		}
		if found {
			if why := want.isNot(&s); why != "" {
				return why
			}
			if string(s.Input) != string(want.input) {
				return fmt.Sprintf("schedule %s has input %s, want %s", id, s.Input, want.input)
			}
		}
	}
	return ""
}

// compareTouched compares the runs that an entry has changed, and the events that it has written,
// with the model: at once, on the first node that applies the entry. Digests then show that the
// other nodes wrote the same.
func (w *World) compareTouched(n *node) {
	if len(w.model.touched) == 0 {
		return
	}
	n.state.View(func(v fsm.View) {
		if why := w.model.jobsAreNot(v); why != "" {
			w.failf("node %d at index %d: %s", n.index, v.Index(), why)
		}
		for _, id := range w.model.touched {
			want := w.model.runs[id]
			if want != nil && want.compared == len(want.lines) && want.comparedAt == w.model.index {
				continue
			}
			why := ""
			if got, found := v.Run(id); want == nil || !found {
				if found != (want != nil) {
					why = fmt.Sprintf("run %s exists %v, want %v", id, found, !found)
				}
			} else if why = want.rowIsNot(&got); why == "" {
				from := want.compared
				w.stats.Compared += len(want.lines) - from
				want.compared, want.comparedAt = len(want.lines), w.model.index
				why = want.linesAreNot(v, from)
			}
			if why != "" {
				w.failf("node %d at index %d: %s", n.index, v.Index(), why)
			}
		}
	})
}

func (r *run) rowIsNot(got *rows.Run) string {
	if got.Stopped != r.stopped {
		return fmt.Sprintf("run %s is paused by a stop: %v, want %v", r.id, got.Stopped, r.stopped)
	}
	if got.Status == r.status && got.Turns == r.turns && got.Through == r.through && got.Events == uint64(len(r.lines)) && got.Version == r.version &&
		slices.Equal(got.Reopened, r.reopened) && maps.EqualFunc(got.Attributes, r.attrs, func(a, b history.Payload) bool { return string(a) == string(b) }) {
		return ""
	}
	return fmt.Sprintf("run %s is %+v, want %s with %d turns through %d and %d events on %s, reopened at %v, with attributes %s",
		r.id, *got, r.status, r.turns, r.through, len(r.lines), r.version.Short(), r.reopened, r.attrs)
}

// linesAreNot compares the events after from with those expected, and returns the difference.
func (r *run) linesAreNot(v fsm.View, from int) string {
	got := v.Events(r.id, uint64(from)+1, len(r.lines)-from+1)
	if want := len(r.lines) - from; len(got) < want {
		return fmt.Sprintf("run %s has %d events after %d, want %d", r.id, len(got), from, want)
	}
	for i, e := range got {
		if at := from + i; at >= len(r.lines) || e.Seq != uint64(at)+1 || lineOf(e.Data) != r.lines[at] {
			return fmt.Sprintf("run %s: event %d is %s %+v, want %+v", r.id, e.Seq, e.Data.Type(), lineOf(e.Data), r.lines[min(at, len(r.lines)-1)])
		}
	}
	return ""
}

// runIsNot compares a run and its events with the model, and returns the difference.
func (m *Model) runIsNot(v fsm.View, id history.RunID) string {
	got, found := v.Run(id)
	want := m.runs[id]
	if want == nil || !found {
		if found != (want != nil) {
			return fmt.Sprintf("run %s exists %v, want %v", id, found, !found)
		}
		return ""
	}
	if why := cmp.Or(want.rowIsNot(&got), want.linesAreNot(v, 0), want.updatesAreNot(v), m.familyIsNot(v, want, &got), m.awaitsAreNot(v, want)); why != "" {
		return why
	}
	tasks := v.Tasks(id, 0, 1000)
	slices.SortFunc(want.tasks, func(a, b *task) int { return cmp.Compare(a.id, b.id) })
	if !slices.EqualFunc(tasks, want.tasks, func(a rows.Task, b *task) bool {
		return a.ID == b.id && a.State == b.state && a.Attempt == b.attempt && a.Due == b.due && a.Failures == b.failures && a.Deferred == b.deferred
	}) {
		return fmt.Sprintf("run %s has tasks %+v, want %d others", id, tasks, len(want.tasks))
	}
	return ""
}

// waitingAreNot compares the indexes of waiting things with the runs: no run that needs a turn and
// no armed timer may be missing.
func (m *Model) waitingAreNot(v fsm.View) string {
	var ready, want []history.RunID
	due := map[fsm.TimerRef]bool{}
	for _, id := range m.order {
		r := m.runs[id]
		if r == nil {
			continue
		}
		if r.status == history.StatusRunning && r.beginsAt == 0 && (r.woken > r.through || r.cut) {
			want = append(want, id)
		}
		if r.deadline != 0 {
			due[fsm.TimerRef{FireAt: r.deadline, RunID: id}] = true
		}
		for _, t := range r.timers {
			due[fsm.TimerRef{FireAt: t.at, RunID: id, ID: t.id}] = true
		}
		for _, t := range r.tasks {
			if t.due != 0 {
				due[fsm.TimerRef{FireAt: t.due, RunID: id, ID: t.id}] = true
			}
		}
	}
	for cursor := (fsm.ReadyCursor{}); ; {
		page, next := v.Ready(cursor, 500)
		for _, r := range page {
			ready = append(ready, r.RunID)
		}
		if len(page) == 0 {
			break
		}
		cursor = next
	}
	order := func(a, b history.RunID) int { return slices.Compare(a[:], b[:]) }
	slices.SortFunc(ready, order)
	slices.SortFunc(want, order)
	if !slices.Equal(ready, want) {
		return fmt.Sprintf("%d runs are ready, want %d", len(ready), len(want))
	}
	armed := v.DueTimers(1<<62, 1000)
	for _, ref := range armed {
		if !due[ref] {
			return fmt.Sprintf("timer %+v is armed", ref)
		}
	}
	if len(armed) < min(len(due), 1000) {
		return fmt.Sprintf("%d timers are armed, want %d", len(armed), len(due))
	}
	return ""
}

// finish brings everything to an end: proposals are committed, callers with unknown outcomes ask
// again, all nodes catch up. Then all nodes hold the same rows, and those match the whole model.
func (w *World) finish() {
	w.budget = min(w.budget, 1) // 1: at the end, too, jobs do their work in many small pieces
	for range 1000 {
		for _, n := range w.nodes {
			n.start()
			w.hear(n)
		}
		for len(w.calls) > 0 && w.retry(w.nodes[0], 1) {
		}
		w.loop(w.nodes[w.leader], Carry, dice(1))
		for w.propose(w.nodes[w.leader]) {
		}
		for w.commit() {
		}
		for _, n := range w.nodes {
			for n.apply() {
			}
		}
		if len(w.calls) == 0 && len(w.nodes[w.leader].pending) == 0 && len(w.model.pending) == 0 {
			break
		}
	}
	if len(w.calls) > 0 {
		w.failf("%d calls have no answer although everything works", len(w.calls))
	}
	if n := len(w.model.pending); n > 0 {
		w.failf("%d jobs are not over although everything works", n)
	}
	var sum catalog.Digest
	for i, n := range w.nodes {
		got, err := n.state.Checksum()
		if err != nil {
			w.failf("node %d: %v", i, err)
		}
		if i == 0 {
			sum = got
		} else if got != sum {
			w.failf("node %d holds other rows than node 0 at index %d", i, n.state.Applied())
		}
	}
	n := w.nodes[w.step%len(w.nodes)]
	w.audit(n)
	n.state.View(func(v fsm.View) {
		why := cmp.Or(w.model.catalogIsNot(v), w.model.factsAreNot(v), w.model.canariesAreNot(v), w.model.fingerprintsAreNot(v), w.model.schedulesAreNot(v), w.model.waitingAreNot(v), w.model.jobsAreNot(v), w.model.queuesAreNot(v), w.model.clusterIsNot(w, v))
		for _, name := range labels {
			for _, value := range values {
				why = cmp.Or(why, w.model.labelsAreNot(v, name, value))
			}
		}
		for _, id := range w.model.order {
			why = cmp.Or(why, w.model.runIsNot(v, id))
		}
		if why != "" {
			w.failf("in the end, at index %d: %s", v.Index(), why)
		}
	})
}
