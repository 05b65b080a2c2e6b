package sim

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// held is a type or a version that is stopped: one of both is set.
type held struct {
	typ     string
	version catalog.Version
}

func (h held) has(r *run) bool {
	return h.typ != "" && r.typ == h.typ || h.typ == "" && r.version == h.version
}

// stopJob is what a job of a stop has: runs with a born below from are done.
type stopJob struct {
	of       held
	lifts    bool
	from, to uint64
}

// stopped reports whether runs of a type on a version may not run.
func (m *Model) stopped(typ string, version catalog.Version) bool {
	return m.stops[held{typ: typ}] > 0 || m.stops[held{version: version}] > 0
}

// holdBack pauses a run that runs although it is stopped.
func (m *Model) holdBack(r *run) bool {
	if r.status != history.StatusRunning || !m.stopped(r.typ, r.version) {
		return false
	}
	m.append(r, new(history.WorkflowPaused))
	r.void, r.stopped = 0, true
	if r.deadline > m.now && r.beginsAt == 0 {
		r.timeLeft, r.deadline = r.deadline-m.now, 0
	}
	return true
}

// resume lets a paused run go on.
func (m *Model) resume(r *run) {
	m.append(r, new(history.WorkflowResumed))
	r.stopped = false
	if r.timeLeft > 0 {
		r.deadline, r.timeLeft = m.now+r.timeLeft, 0
	}
}

// stoppable resolves what a stop is about.
func (m *Model) stoppable(typ, version string) (h held, code string) {
	switch {
	case m.level < 5:
		return h, fenced
	case typ != "":
		h.typ = typ
		known := m.stops[h] > 0
		for _, p := range m.loaded { // any order: is there one
			known = known || carries(p, typ)
		}
		for _, r := range m.runs { // likewise
			known = known || r.typ == typ
		}
		if !known {
			return h, "unknown_workflow_type"
		}
		return h, ok
	}
	for _, p := range known {
		if h.version = p.Version; strings.HasPrefix(p.Version.String(), version) && (m.stops[h] > 0 || m.loaded[p.Version] != nil) {
			return h, ok
		}
	}
	return held{}, "unknown_version"
}

func (m *Model) stopRuns(c *fsm.StopRuns, r *fsm.Result) (code, why string) {
	h, code := m.stoppable(c.Type, c.Version)
	if code != ok {
		return code, ""
	}
	before := m.stops[h]
	if before == 0 {
		m.stops[h] = m.index
		m.beginStop(h, false)
	}
	if a, is := r.Answer.(*fsm.StopAnswer); is && (a.Changed != (before == 0) || a.Stop.Index != cmp.Or(before, m.index) || a.Stop.Type != h.typ || a.Stop.Version != h.version || (a.Job != 0) != a.Changed) {
		return ok, fmt.Sprintf("stopping %+v answered %+v; it was stopped at %d", h, a, before)
	}
	return ok, ""
}

func (m *Model) liftStop(c *fsm.LiftStop, r *fsm.Result) (code, why string) {
	h, code := m.stoppable(c.Type, c.Version)
	if code != ok {
		return code, ""
	}
	before := m.stops[h]
	delete(m.stops, h)
	if c.Resume {
		m.beginStop(h, true)
	}
	if a, is := r.Answer.(*fsm.StopAnswer); is && (a.Changed != (before > 0) || a.Stop.Index != before || (a.Job != 0) != c.Resume) {
		return ok, fmt.Sprintf("lifting the stop of %+v answered %+v; it was stopped at %d", h, a, before)
	}
	return ok, ""
}

func (m *Model) beginStop(h held, lifts bool) {
	m.jobs++
	if m.started == 0 {
		return // there is no run yet: it is over as it begins
	}
	m.pending = append(m.pending, &job{id: m.jobs, stop: &stopJob{of: h, lifts: lifts, from: 1, to: uint64(m.started) + 1}})
}

// carryStop executes the next piece of a job of a stop: the answer says how far it came, and the
// model knows what is to be done on the way.
func (m *Model) carryStop(j *job, a *fsm.ContinueAnswer) (why string) {
	s, n := j.stop, uint64(0)
	next := a.From
	if a.From == 0 {
		next = s.to
	}
	if next <= s.from || next > s.to {
		return fmt.Sprintf("job %d of a stop has come from %d to %d of %d", j.id, s.from, a.From, s.to)
	}
	if m.stops[s.of] == 0 && !s.lifts {
		next, s.from = s.to, s.to // nothing is held any more
	}
	for _, id := range m.order {
		r := m.runs[id]
		if r == nil || uint64(r.born) < s.from || uint64(r.born) >= next || !s.of.has(r) {
			continue
		}
		switch {
		case !s.lifts && m.holdBack(r):
			n++
		case s.lifts && r.status == history.StatusPaused && r.stopped && !m.stopped(r.typ, r.version):
			m.resume(r)
			n++
		}
	}
	if s.from = next; next == s.to {
		at := slices.Index(m.pending, j)
		m.pending = slices.Delete(m.pending, at, at+1)
	}
	if a.Changed != n || a.Closed != 0 || a.Waiting != 0 || a.From == 0 && next != s.to {
		return fmt.Sprintf("a piece of job %d of a stop answered %+v, want %d runs", j.id, a, n)
	}
	return ""
}

// stopsAreNot compares what is stopped.
func (m *Model) stopsAreNot(v fsm.View) string {
	if why := cmp.Or(m.quotasAreNot(v), m.batchesAreNot(v)); why != "" {
		return why
	}
	stops := v.Stops()
	if len(stops) != len(m.stops) || slices.ContainsFunc(stops, func(s rows.Stop) bool { return m.stops[held{s.Type, s.Version}] != s.Index }) {
		return fmt.Sprintf("stopped are %+v, want %+v", stops, m.stops)
	}
	return ""
}

// submitStop stops a type or a version, or lifts a stop: soon, so that worlds do not stand still.
// Until level 5 is reached it is raised now and then.
func (w *World) submitStop(n *node, rng *rand.Rand) bool {
	m := w.model
	if m.level < fsm.NewestLevel && !odds(rng, 12) {
		return odds(rng, 3) && w.forward(n, &call{envelope: fsm.Envelope{Command: &fsm.RaiseLevel{Level: fsm.NewestLevel}}})
	}
	if len(w.calls) >= atOnce {
		return false
	}
	if odds(rng, 3) {
		return w.send(n, w.drawQuota(rng), rng)
	}
	h := held{typ: one(rng, types)}
	if odds(rng, 2) {
		h = held{version: one(rng, packages).Version}
		if routed := m.routes[one(rng, types)].now; !routed.IsZero() && odds(rng, 2) { // what continues as new goes there
			h.version = routed
		}
	}
	all := slices.SortedFunc(maps.Keys(m.stops), func(a, b held) int {
		return cmp.Or(cmp.Compare(a.typ, b.typ), slices.Compare(a.version[:], b.version[:]))
	})
	lifts := odds(rng, 6)
	if len(all) > 0 && !odds(rng, 3) {
		h, lifts = one(rng, all), true
	}
	ref := ""
	if h.typ == "" {
		ref = h.version.String()[:one(rng, []int{64, 64, 10, 6})]
	}
	var c fsm.Command = &fsm.StopRuns{Type: h.typ, Version: ref, Reason: "stop"}
	if lifts {
		c = &fsm.LiftStop{Type: h.typ, Version: ref, Resume: !odds(rng, 3)}
	}
	return w.send(n, c, rng)
}
