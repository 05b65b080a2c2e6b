package fsm

import (
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// What a namespace has is counted with every event of its runs, so that a quota that is set later
// finds the number, and so that nothing is ever counted by reading. The numbers of an entry are
// stored once, at its end.

// QuotaReached refuses what would pass a quota of a namespace. It is not remembered: the same
// request may succeed later.
type QuotaReached struct {
	Quota     string `cbor:"1,keyasint"` // open_runs, starts_per_second, state_bytes
	Limit     uint64 `cbor:"2,keyasint"`
	Namespace string `cbor:"3,keyasint"`
}

// Error implements error.
func (r *QuotaReached) Error() string {
	return fmt.Sprintf("namespace %s has reached its quota %s of %d", catalog.Quote(r.Namespace), r.Quota, r.Limit)
}

// Code implements Refusal.
func (r *QuotaReached) Code() string { return "resource_exhausted" }

// Facts implements Refusal.
func (r *QuotaReached) Facts() map[string]any {
	return map[string]any{"quota": r.Quota, "limit": r.Limit, "namespace": r.Namespace}
}

// use returns what a namespace has, to be changed; it is stored at the end of the entry.
func (t *step) use(space string) *rows.NamespaceUse {
	u := t.s.uses[space]
	if u == nil {
		u = new(rows.NamespaceUse)
		t.s.uses[space] = u
	}
	if !slices.Contains(t.used, space) {
		t.used = append(t.used, space)
	}
	return u
}

func (t *step) dropUse(space string) {
	delete(t.s.uses, space)
	t.Del(rows.SpaceUseKey(space))
	t.used = slices.DeleteFunc(t.used, func(other string) bool { return other == space })
}

// storeUses writes what namespaces have, in the order in which the entry came to them.
func (t *step) storeUses() {
	for _, space := range t.used {
		t.Put(rows.SpaceUseKey(space), rows.Encoded(t.s.uses[space]))
	}
}

// grew counts what an event adds to its run's namespace.
func (t *step) grew(r *row, bytes uint64, was, is history.Status) {
	if space := namespace.Of(r.Run.WorkflowID); space != "" {
		use := t.use(space)
		use.Bytes += bytes
		switch {
		case is.Open() && !was.Open():
			use.Open++
		case was.Open() && !is.Open():
			use.Open--
		}
	}
}

// mayHave refuses another open run of a namespace, or more bytes, beyond its quotas.
func (t *step) mayHave(name string, run bool) Refusal {
	space := namespace.Of(name)
	if space == "" {
		return nil
	}
	n := t.s.spaces.of(space)
	if n == nil {
		return &NoNamespace{space}
	}
	q, use := n.Quotas, t.use(space)
	switch {
	case run && q.OpenRuns > 0 && use.Open >= q.OpenRuns:
		return &QuotaReached{"open_runs", q.OpenRuns, space}
	case q.StateBytes > 0 && use.Bytes >= q.StateBytes:
		return &QuotaReached{"state_bytes", q.StateBytes, space}
	}
	return nil
}

// mayStart is mayHave for a start that a caller asks for, which the rate counts, too. Up to a
// second's starts may come at once. more is false if the run comes in the place of another.
func (t *step) mayStart(name string, more bool) Refusal {
	if refusal := t.mayHave(name, more); refusal != nil {
		return refusal
	}
	space := namespace.Of(name)
	if space == "" {
		return nil
	}
	if rate := t.s.spaces.of(space).Quotas.StartsPerSecond; rate > 0 && max(t.use(space).Free, t.now)+each(rate) > t.now+history.Time(time.Second) {
		return &QuotaReached{"starts_per_second", rate, space}
	}
	return nil
}

// startCounts counts a start that a caller asked for against the rate.
func (t *step) startCounts(name string) {
	if n := t.s.spaces.of(namespace.Of(name)); n != nil && n.Quotas.StartsPerSecond > 0 {
		use := t.use(n.Name)
		use.Free = max(use.Free, t.now) + each(n.Quotas.StartsPerSecond)
	}
}

// each is how much of a second one start of a rate takes, rounded down: a second's starts fit into
// it.
func each(rate uint64) history.Time { return history.Time(uint64(time.Second) / rate) }
