package fsm

import (
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// A stop keeps a workflow type, or a version with all types that it carries, from running. From the
// entry on that stops it, no run of it starts, whoever asks for it (callers, schedules, parents),
// and no turn of one is recorded. A job pauses those that are open (run_stop_job.go); that none of
// them slips through does not depend on how fast it is. A run that continues as new onto what is
// stopped is born paused. Level 5.

// MaxStops is how many types and versions may be stopped at a time.
const MaxStops = 1_000

// StopRuns stops a type or a version. What is stopped stays as it is. Refused:
// unknown_workflow_type, unknown_version, invalid_input, resource_exhausted.
type StopRuns struct {
	Type    string `cbor:"1,keyasint,omitempty"` // one of both
	Version string `cbor:"2,keyasint,omitempty"` // full or prefix
	Reason  string `cbor:"3,keyasint,omitempty"`
}

// LiftStop lets a type or a version start runs again. Resume: a job resumes the runs that are
// paused because of this stop, or of one that was lifted before, unless another stop holds them.
// What is not stopped stays as it is. Refused as StopRuns is.
type LiftStop struct {
	Type    string `cbor:"1,keyasint,omitempty"`
	Version string `cbor:"2,keyasint,omitempty"`
	Resume  bool   `cbor:"3,keyasint,omitempty"`
}

// StopAnswer is a stop as it stands now, or stood when it was lifted.
type StopAnswer struct {
	Stop    rows.Stop `cbor:"1,keyasint"`
	Changed bool      `cbor:"2,keyasint,omitempty"` // false: it was stopped before, or was not
	Job     uint64    `cbor:"3,keyasint,omitempty"` // that pauses or resumes runs; 0 = none does
}

// Stopped refuses a start, or letting a run go on, because of a stop.
type Stopped struct {
	Type    string          `cbor:"1,keyasint,omitempty"` // one of both
	Version catalog.Version `cbor:"2,keyasint,omitzero"`
	Reason  string          `cbor:"3,keyasint,omitempty"`
}

func (r *Stopped) Error() string {
	what := "workflow type " + catalog.Quote(r.Type)
	if r.Type == "" {
		what = "version " + r.Version.Short()
	}
	if r.Reason != "" {
		return what + " is stopped: " + r.Reason
	}
	return what + " is stopped"
}

// Code implements Refusal.
func (*Stopped) Code() string { return history.KindStopped }

// Facts implements Refusal.
func (r *Stopped) Facts() map[string]any {
	facts := map[string]any{"reason": r.Reason}
	if r.Type != "" {
		facts["workflow_type"] = r.Type
	} else {
		facts["version"] = r.Version.String()
	}
	return facts
}

// Kind implements Command.
func (*StopRuns) Kind() Kind { return KindStopRuns }

// Kind implements Command.
func (*LiftStop) Kind() Kind { return KindLiftStop }
func (*StopAnswer) answer()  {}

func (c *StopRuns) apply(t *step) (Answer, Refusal) {
	if len(c.Reason) > maxText {
		return nil, tooLong("reason", len(c.Reason))
	}
	s, refusal := t.stoppable(c.Type, c.Version)
	if refusal != nil {
		return nil, refusal
	}
	if at, is := t.s.stops.find(&s); is {
		return &StopAnswer{Stop: *t.s.stops[at]}, nil
	}
	if len(t.s.stops) >= MaxStops {
		return nil, &ResourceExhausted{What: "types and versions that are stopped", Limit: MaxStops}
	}
	s.Reason, s.Actor, s.At, s.Index = c.Reason, clip(t.who.Actor), t.now, t.index
	j := t.beginStop(rows.JobStop, &s, history.StatusRunning)
	s.Open = j.open
	t.putStop(&s)
	t.announce(feedStopped, stopChange{s.Type, s.Version, s.Space, s.Reason, s.Actor})
	return &StopAnswer{Stop: s, Changed: true, Job: j.ID}, nil
}

func (c *LiftStop) apply(t *step) (Answer, Refusal) {
	s, refusal := t.stoppable(c.Type, c.Version)
	if refusal != nil {
		return nil, refusal
	}
	a := &StopAnswer{Stop: s}
	if at, is := t.s.stops.find(&s); is {
		a.Stop, a.Changed = *t.s.stops[at], true
		t.dropStop(at)
		t.announce(feedStopLifted, stopChange{s.Type, s.Version, s.Space, a.Stop.Reason, clip(t.who.Actor)})
	}
	if c.Resume {
		a.Job = t.beginStop(rows.JobLift, &a.Stop, history.StatusPaused).ID
	}
	return a, nil
}

// stoppable resolves what a command is about.
func (t *step) stoppable(typ, version string) (s rows.Stop, refusal Refusal) {
	only := t.who.Only
	s.Space = only.In()
	switch {
	case t.level() < 5:
		return s, &Fenced{Why: "nodes of an earlier build are not replaced yet"}
	case (typ == "") == (version == ""):
		return s, &catalog.InvalidInput{Field: "type", Reason: "and version: exactly one of them is to be given"}
	case typ != "":
		if s.Type = typ; !only.HasType(typ) || !t.knowsType(typ) {
			return s, &catalog.UnknownWorkflowType{Type: clip(typ)}
		}
		return s, nil
	}
	for _, old := range t.s.stops { // of a version that is not loaded any more, too
		if old.Type == "" && old.Space == s.Space && len(version) >= catalog.MinRefDigits && strings.HasPrefix(old.Version.String(), version) {
			s.Version = old.Version
			return s, t.mayStop(old.Version)
		}
	}
	v, err := t.s.catalog.In(s.Space).Find(version)
	if err != nil {
		return s, err.(Refusal)
	}
	s.Version = v
	return s, t.mayStop(v)
}

// mayStop refuses a version with a type that the caller may not touch, as if it were not there.
func (t *step) mayStop(v catalog.Version) Refusal {
	if p, loaded := t.s.catalog.Package(v); loaded && slices.ContainsFunc(p.Types(), func(typ string) bool { return !t.who.Only.HasType(typ) }) {
		return &catalog.UnknownVersion{Ref: v.String()}
	}
	return nil
}

// knowsType reports whether there is, or was, anything of a type.
func (t *step) knowsType(typ string) bool {
	if _, stopped := t.s.stops.find(&rows.Stop{Type: typ}); stopped || len(t.s.catalog.Carrying(typ)) > 0 {
		return true
	}
	return slices.ContainsFunc(t.s.census.cohorts, func(k rows.Cohort) bool { return k.Type == typ && t.s.census.of[k] > 0 })
}

// stopped refuses a run of a type to start or to go on on a version.
func (t *step) stopped(typ string, version catalog.Version) Refusal {
	if s := t.stopOf(typ, version); s != nil {
		return &Stopped{Type: s.Type, Version: s.Version, Reason: s.Reason}
	}
	return nil
}

// holdBack pauses a run that runs although it is stopped.
func (t *step) holdBack(r *row) bool {
	s := t.stopOf(r.Run.Type, r.Run.Version)
	if s == nil || r.Run.Status != history.StatusRunning {
		return false
	}
	t.pause(r, &history.WorkflowPaused{Reason: s.Reason, Stopped: true}, true)
	return true
}
