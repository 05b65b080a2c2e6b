package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// rehearsal carries out a deployment on a copy of the catalog. It writes nothing, so a view can do
// it as well as apply. Each op has a function of its own, which refuses whatever the command of the
// same name refuses.
type rehearsal struct {
	catalog   *catalog.Catalog // a copy
	index     uint64
	now       history.Time
	pinned    func(catalog.Version) rows.PinCounts
	holders   func(catalog.Version) []PinHolder // the first ten
	schedule  func(id string) *rows.Schedule    // nil = there is none
	schedules uint64                            // how many there are
	level     uint64                            // of the state
	put       map[string]bool                   // schedules that a change has put
	canary    func(typ string) *rows.Canary     // before the deployment; nil = there is none
	canaries  map[string]*rows.Canary           // that changes have begun or changed
	signing   *signing
	// of a version before the deployment; and of those that changes have loaded or unloaded
	signatures func(catalog.Version) []rows.VersionSignature
	signed     map[catalog.Version][]rows.VersionSignature
}

// refusedChange is why a deployment is refused.
type refusedChange struct {
	change int // -1: a condition, or the deployment as a whole
	err    Refusal
}

// asRefusal is what the caller gets.
func (r *refusedChange) asRefusal(c *Deploy) Refusal {
	if r.change < 0 {
		return r.err
	}
	return &ChangeRefused{Change: uint32(r.change), Op: c.Changes[r.change].Op(), Outcome: encodeOutcome(Result{Refusal: r.err})}
}

// Rehearse returns what a deployment would be answered if it were the next entry after the state of
// v, and what would be loaded and routed then.
func (c *Deploy) Rehearse(v View) (*DeployAnswer, *catalog.Catalog, Refusal) {
	r := &rehearsal{
		catalog: v.Catalog().Clone(), index: v.Index() + 1, now: v.Now(), level: v.Level(), pinned: v.Pins, put: map[string]bool{},
		holders: func(version catalog.Version) []PinHolder {
			holders, _ := v.PinHolders(version, 10, "")
			return holders
		},
		schedule: func(id string) *rows.Schedule {
			if s, ok := v.Schedule(id); ok {
				return &s
			}
			return nil
		},
		canary: func(typ string) *rows.Canary {
			if c, ok := v.Canary(typ); ok {
				return &c
			}
			return nil
		},
		canaries: map[string]*rows.Canary{},
		signing:  signingOf(v), signatures: v.Signatures, signed: map[catalog.Version][]rows.VersionSignature{},
	}
	answer, refused := r.deploy(c)
	if refused != nil {
		return nil, nil, refused.asRefusal(c)
	}
	return answer, r.catalog, nil
}

func (r *rehearsal) deploy(c *Deploy) (*DeployAnswer, *refusedChange) {
	whole := func(err Refusal) (*DeployAnswer, *refusedChange) { return nil, &refusedChange{-1, err} }
	types, signatures := 0, 0
	for i := range c.Changes {
		types += c.Changes[i].Types()
		if load := c.Changes[i].Load; load != nil {
			signatures += len(load.Signatures)
		}
	}
	switch {
	case len(c.Message) > maxText:
		return whole(tooLong("message", len(c.Message)))
	case len(c.Changes) > MaxChanges:
		return whole(&ResourceExhausted{What: "changes of one deployment", Limit: MaxChanges})
	case types > MaxChangedTypes:
		return whole(&ResourceExhausted{What: "workflow types of one deployment", Limit: MaxChangedTypes})
	case signatures > MaxDeploySignatures:
		return whole(&ResourceExhausted{What: "signatures of one deployment", Limit: MaxDeploySignatures})
	}
	for _, x := range c.Expect {
		if err := r.catalog.CheckExpect(x); err != nil {
			return whole(err.(Refusal))
		}
	}
	answer := new(DeployAnswer)
	for i := range c.Changes {
		a, err := r.change(&c.Changes[i])
		if err != nil {
			return nil, &refusedChange{i, err.(Refusal)}
		}
		answer.Changes = append(answer.Changes, a)
	}
	return answer, nil
}

func (r *rehearsal) change(c *Change) (ChangeAnswer, error) {
	switch {
	case c.Load != nil:
		return r.load(c.Load)
	case c.Route != nil:
		return r.route(c.Route)
	case c.Unroute != nil:
		return r.unroute(c.Unroute)
	case c.Unload != nil:
		return r.unload(c.Unload)
	case c.Schedule != nil:
		return r.putSchedule(c.Schedule)
	case c.Canary != nil:
		return r.setCanary(c.Canary)
	}
	return ChangeAnswer{}, &catalog.InvalidInput{Field: "op", Reason: "is not known to this build"}
}

func (r *rehearsal) load(c *LoadPackage) (a ChangeAnswer, err error) {
	pkg := c.Package
	pkg.LoadedAt = int64(r.now)
	known, touched := r.signed[pkg.Version]
	if !touched {
		known = r.signatures(pkg.Version)
	}
	signing, refusal := r.signing.admits(&pkg, c.Signatures, known)
	if refusal != nil {
		return a, refusal
	}
	r.signed[pkg.Version] = signing.all
	change, err := r.catalog.Load(pkg, c.Route, c.Expect, r.index)
	a.Load = &LoadAnswer{Package: change.Package, FreshlyLoaded: change.FreshlyLoaded, Routes: change.Routes}
	return a, err
}

func (r *rehearsal) route(c *RouteType) (a ChangeAnswer, err error) {
	change, err := r.catalog.Route(c.Type, c.Version, c.Expect, r.index)
	a.Route = &RouteAnswer{Change: change}
	return a, err
}

func (r *rehearsal) unroute(c *UnrouteType) (a ChangeAnswer, err error) {
	change, err := r.catalog.Unroute(c.Type, c.Expect, r.index)
	a.Route = &RouteAnswer{Change: change}
	return a, err
}

func (r *rehearsal) unload(c *UnloadVersion) (a ChangeAnswer, err error) {
	p, err := r.catalog.CheckUnload(c.Type, c.Version)
	if err != nil {
		return a, err
	}
	if counts := r.pinned(p.Version); counts.Total() > 0 {
		return a, &VersionPinned{Version: p.Version, Counts: counts, Holders: r.holders(p.Version)}
	}
	r.signed[p.Version] = nil
	a.Unload = &UnloadAnswer{Version: p.Version, Types: p.Types()}
	return a, r.catalog.Remove(p.Version)
}

func (r *rehearsal) putSchedule(c *PutSchedule) (a ChangeAnswer, err error) {
	d := &c.Schedule
	if refusal := checkSchedule(d); refusal != nil {
		return a, refusal
	}
	switch s := r.schedule(d.ID); {
	case r.put[d.ID]:
		return a, &catalog.InvalidInput{Field: "schedule_id", Reason: fmt.Sprintf("%s is put by two changes of one deployment", catalog.Quote(d.ID))}
	case s != nil && d.Next != 0 && d.Next <= s.Last:
		return a, &Recheck{Type: s.Type}
	case r.level < d.Level():
		return a, &Fenced{Why: "nodes of an earlier build are not replaced yet"}
	case r.level >= 4 && namespace.Of(d.ID) != namespace.Of(d.Type):
		return a, &catalog.InvalidInput{Field: "type", Reason: "is of another namespace"}
	case d.Level() >= 5 && !c.Apart:
		return a, &Fenced{Why: "rows of the first layout do not have that"}
	case s == nil && r.schedules >= MaxSchedules:
		return a, &ResourceExhausted{What: "schedules", Limit: MaxSchedules}
	case s == nil:
		r.schedules++
		a.Schedule = &ScheduleAnswer{Schedule: *d}
		a.Schedule.Schedule.CreatedAt = r.now
	default:
		a.Schedule = &ScheduleAnswer{Schedule: *s}
		n := &a.Schedule.Schedule
		n.Redefine(d)
		n.Paused, n.Reason = d.Paused, d.Reason
	}
	r.put[d.ID] = true
	return a, nil
}

func (r *rehearsal) setCanary(c *SetCanary) (a ChangeAnswer, err error) {
	old := r.canaries[c.Type]
	if old == nil {
		old = r.canary(c.Type)
	}
	next, err := c.onto(r.catalog, old, r.index, r.now)
	if err != nil {
		return a, err
	}
	r.canaries[c.Type] = next
	r.catalog.PutCanary(next.Rule())
	a.Canary = &CanaryAnswer{Canary: *next, Routed: r.catalog.Routed(c.Type)}
	return a, nil
}
