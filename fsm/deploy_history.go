package fsm

import (
	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/fsm/store"
	"aion.dev/aion/internal/namespace"
)

// The deploy history keeps the newest deploysKept acts, and as many refusals: each kind has a
// window of its own, so that a caller who is refused again and again pushes no act out. Both stand
// in one family, in the order of the log.
const deploysKept = 10_000

// Kinds of records, each with a window.
const (
	kindAct     = 0
	kindRefusal = 1
)

func kindOf(d *rows.DeployRecord) int {
	if d.Outcome == OutcomeOK {
		return kindAct
	}
	return kindRefusal
}

// windows are the places of the records that are kept, oldest first, by kind. They are few and
// follow from the rows, so they are in memory only.
type windows [2][]rows.Place

// chained links an act to the one before it, from level 1 on. Whoever knows a chain can tell
// whether any act up to that one was changed, dropped or put between later.
//
// It is called before the routes that the act sets are stored: their rows are what was routed until
// then.
func (t *step) chained(d *rows.DeployRecord) {
	if t.level() < 1 || kindOf(d) != kindAct {
		d.Fresh, d.SignedBy = false, nil
		return
	}
	t.routing(d)
	d.Chain = d.Link(t.s.chain)
	t.s.chain = d.Chain
}

// routing notes in an act what it did to the route of its type.
func (t *step) routing(d *rows.DeployRecord) {
	if kindOf(d) != kindAct {
		d.Fresh = false
		return
	}
	var now, before catalog.Route
	if r, _, _, routed := t.s.catalog.Resolve(d.Type); routed {
		now = r
	}
	t.Read(rows.TextKey(rows.FamilyRoute, d.Type), &before)
	if d.Routed = now.Version != before.Version; d.Routed {
		d.Before = before.Version
	}
}

// The operations of deploy records.
const (
	opLoad     = "load"
	opRoute    = "route"
	opUnroute  = "unroute"
	opRollback = "rollback"
	OpUnload   = "unload"

	opDeployment        = "deployment" // refused as a whole, not for one of its changes
	opUnloadWhenDrained = "unload_when_drained"
	opCancelUnload      = "cancel_unload"

	opCanary        = "canary"
	opCanaryPromote = "canary_promote"
	opCanaryAbort   = "canary_abort"
)

// record adds a line to the deploy history. The caller sets what was done to which type; the rest
// follows from the command.
func (t *step) record(d rows.DeployRecord) {
	request := ""
	if t.who.Request != nil {
		request = t.who.Request.ID
	}
	t.recordFor(d, t.who.Actor, request)
}

// recordFor is record for somebody who asked earlier.
func (t *step) recordFor(d rows.DeployRecord, actor, request string) {
	d.Index, d.N, d.At, d.Actor, d.RequestID = t.index, t.deployN, t.now, actor, request
	t.deployN++
	if space := namespace.Of(d.Type); space != "" && t.level() >= 4 {
		t.recordIn(space, d)
		return
	}
	t.chained(&d)
	t.Put(rows.PlaceKey(rows.FamilyDeploy, d.Index, d.N), rows.Encoded(d))
	t.meta.Deploys++
	w, kind := &t.s.windows, kindOf(&d)
	w[kind] = append(w[kind], rows.Place{Index: d.Index, N: d.N})
	full := len(w[kind]) > t.s.cfg.Keep.deploys()
	if t.s.limits == (rows.Limits{}) && t.level() < 1 { // builds that share one window among both kinds may still take part
		full = t.meta.Deploys > uint64(t.s.cfg.Keep.deploys())
		if len(w[1-kind]) > 0 && (len(w[kind]) == 0 || w[1-kind][0].Before(w[kind][0])) {
			kind = 1 - kind
		}
	}
	if full {
		oldest := w[kind][0]
		w[kind] = w[kind][1:]
		t.Del(rows.PlaceKey(rows.FamilyDeploy, oldest.Index, oldest.N))
		t.meta.Deploys--
	}
	t.meta.DeploysFrom = w.first()
}

// first is the place of the oldest record.
func (w *windows) first() (first rows.Place) {
	for _, places := range w {
		if len(places) > 0 && (first == rows.Place{} || places[0].Before(first)) {
			first = places[0]
		}
	}
	return first
}

// load reads where the records stand, and returns the chain of the newest act.
func (w *windows) load(from store.Reader) (chain catalog.Digest, err error) {
	*w = windows{}
	err = store.Each(from, rows.FamilyDeploy, func(k []byte, d rows.DeployRecord) {
		w[kindOf(&d)] = append(w[kindOf(&d)], rows.PlaceOf(k))
		if kindOf(&d) == kindAct {
			chain = d.Chain
		}
	})
	return chain, err
}

// deploy is what a deploy operation concerns, for the records of its refusal.
type deploy struct {
	operation string
	types     []string
	version   catalog.Version // zero when it names none
	ref       string          // the version as the caller wrote it
	message   string
}

// refuse records a refused deploy operation, once for each type, tells the feed, and returns err as
// the refusal that it is.
func (t *step) refuse(d deploy, err error) Refusal {
	r := err.(Refusal)
	if len(d.message) > maxText {
		d.message = ""
	}
	d.types, d.ref = d.types[:min(len(d.types), catalog.MaxMembers)], clip(d.ref)
	for _, typ := range d.types {
		t.record(rows.DeployRecord{Operation: d.operation, Type: clip(typ), Version: d.version, Outcome: r.Code(), Message: d.message})
	}
	e := deployRefused{Operation: d.operation, Version: d.ref, Code: r.Code(), Detail: r.Error(), refusal: r}
	if !d.version.IsZero() {
		e.Version = d.version.String()
	}
	if len(d.types) > 0 {
		e.WorkflowType = clip(d.types[0])
	}
	t.announce(feedDeployRefused, e)
	return r
}

// named resolves a version that a refused operation names, for its record: zero when it names none
// that is loaded.
func (t *step) named(typ, ref string) catalog.Version {
	if v, err := t.s.catalog.FindFor(typ, ref); err == nil {
		return v
	}
	v, _ := catalog.ParseVersion(ref)
	return v
}

// OutcomeOK is the outcome of an operation that was carried out.
const OutcomeOK = "ok"

// DeployChain implements View.
func (p *picture) DeployChain() catalog.Digest {
	if p.foreign() {
		return p.chainIn(*p.space)
	}
	return p.chain
}

// Deploys implements View.
func (p *picture) Deploys(typ string, limit int, before DeployCursor) (records []rows.DeployRecord, next DeployCursor) {
	if p.foreign() {
		return p.deploysIn(*p.space, typ, limit, before)
	}
	end := rows.Key(rows.FamilyDeploy + 1)
	if before != (DeployCursor{}) {
		end = rows.PlaceKey(rows.FamilyDeploy, before.Index, before.N)
	}
	p.ScanBack(rows.PlaceKey(rows.FamilyDeploy, p.meta.DeploysFrom.Index, p.meta.DeploysFrom.N), end, func(_, b []byte) bool { return p.addRecord(b, typ, limit, &records, &next) })
	return records, next
}

// addRecord adds a row to a page, and reports whether to go on.
func (p *picture) addRecord(b []byte, typ string, limit int, records *[]rows.DeployRecord, next *DeployCursor) bool {
	var d rows.DeployRecord
	switch {
	case !p.row(b, &d):
		return false
	case typ != "" && d.Type != typ:
		return true
	case len(*records) == pageSize(limit):
		last := (*records)[len(*records)-1]
		*next = DeployCursor{last.Index, last.N}
		return false
	}
	*records = append(*records, d)
	return true
}
