package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
)

// Ephemeral versions came along with a run (StartPackage). The entry after which no run pins one
// unloads it, as if somebody had asked for that (version_facts.go). It becomes an ordinary version,
// for good, when somebody wants it for its own sake: a route or a canary points at it, or it is
// loaded by a deploy or by a start that does not call it ephemeral.

// The most that there may be at a time. One entry can close the runs of all of them, and has to
// unload them then.
const (
	MaxEphemeral       = 1_000
	MaxEphemeralTypes  = 2_000 // workflow types of all of them
	MaxEphemeralOwners = 64    // of one
)

const byLastRun = "its last run closed"

// EphemeralUse is what an owner has of ephemeral versions now.
type EphemeralUse struct {
	Versions uint64
	Bytes    uint64 // of their archives
}

// ephemerals are the ephemeral versions, with what follows from their rows.
type ephemerals struct {
	of    map[catalog.Version]*rows.Ephemeral
	use   map[string]EphemeralUse // by owner
	types int                     // of all of them
}

func newEphemerals() ephemerals {
	return ephemerals{of: map[catalog.Version]*rows.Ephemeral{}, use: map[string]EphemeralUse{}}
}

// add counts a version of a package with so many types.
func (a *ephemerals) add(v catalog.Version, e *rows.Ephemeral, types int) {
	a.of[v] = e
	a.types += types
	for _, owner := range e.Owners {
		use := a.use[owner]
		a.use[owner] = EphemeralUse{use.Versions + 1, use.Bytes + e.Bytes}
	}
}

func (a *ephemerals) remove(v catalog.Version, types int) {
	e := a.of[v]
	delete(a.of, v)
	a.types -= types
	for _, owner := range e.Owners {
		use := EphemeralUse{a.use[owner].Versions - 1, a.use[owner].Bytes - e.Bytes}
		if a.use[owner] = use; use == (EphemeralUse{}) {
			delete(a.use, owner)
		}
	}
}

// typesOf is how many types a loaded version has.
func typesOf(c *catalog.Catalog, v catalog.Version) int {
	p, ok := c.Package(v)
	if !ok {
		return 0
	}
	return len(p.Members)
}

// putEphemeral marks a loaded version, or changes its mark.
func (t *step) putEphemeral(v catalog.Version, e *rows.Ephemeral) {
	types := typesOf(t.s.catalog, v)
	if t.s.ephemeral.of[v] != nil {
		t.s.ephemeral.remove(v, types)
	}
	t.s.ephemeral.add(v, e, types)
	t.Put(rows.VersionKey(rows.FamilyEphemeral, v), rows.Encoded(e))
}

// stays makes a loaded version an ordinary one, or takes away the mark of one that is being
// unloaded.
func (t *step) stays(v catalog.Version) {
	if t.s.ephemeral.of[v] != nil {
		t.s.ephemeral.remove(v, typesOf(t.s.catalog, v))
		t.Del(rows.VersionKey(rows.FamilyEphemeral, v))
	}
}

// leaving is who wants a version unloaded that nothing pins any more; nil = nobody does.
func (t *step) leaving(v catalog.Version, asked *rows.UnloadAsked) *rows.UnloadAsked {
	if e := t.s.ephemeral.of[v]; asked == nil && e != nil {
		return &rows.UnloadAsked{Actor: e.Actor, RequestID: e.RequestID, Message: byLastRun}
	}
	return asked
}

// Ephemeral implements View.
func (p *picture) Ephemeral(v catalog.Version) (e rows.Ephemeral, ok bool) {
	ok = p.row(p.Get(rows.VersionKey(rows.FamilyEphemeral, v)), &e)
	return e, ok
}
