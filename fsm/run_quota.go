package fsm

import (
	"fmt"
	"slices"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// A quota bounds how many runs of a type may be open, and how deep below the root of its tree a run
// of it may be; or both for all types of a namespace together. It is asked for whatever starts or
// is opened again, and never for what continues as new, which takes the place of another. What is
// open is counted with every event, so asking costs nothing. Level 5.

// MaxQuotas is how many there may be.
const MaxQuotas = 1_000

// SetRunQuota sets the quota of a type, or of a namespace as a whole; one of zeros removes it.
// Refused: invalid_input, resource_exhausted.
type SetRunQuota struct {
	Quota rows.RunQuota `cbor:"1,keyasint"`
}

// RunQuotaReached refuses a run beyond a quota. It is not remembered: the same request may succeed
// later.
type RunQuotaReached struct {
	Quota string `cbor:"1,keyasint"` // open_runs, depth
	Limit uint64 `cbor:"2,keyasint"`
	Type  string `cbor:"3,keyasint,omitempty"` // whose quota it is; empty = that of the namespace
}

func (r *RunQuotaReached) Error() string {
	of := "the namespace"
	if r.Type != "" {
		of = "workflow type " + catalog.Quote(r.Type)
	}
	return fmt.Sprintf("%s has reached its quota %s of %d", of, r.Quota, r.Limit)
}

// Code implements Refusal.
func (*RunQuotaReached) Code() string { return "resource_exhausted" }

// Facts implements Refusal.
func (r *RunQuotaReached) Facts() map[string]any {
	facts := map[string]any{"quota": r.Quota, "limit": r.Limit}
	if r.Type != "" {
		facts["workflow_type"] = r.Type
	}
	return facts
}

// kind is what a child fails with.
func (r *RunQuotaReached) kind() string {
	if r.Quota == quotaDepth {
		return history.KindTooDeep
	}
	return history.KindQuotaReached
}

const (
	quotaOpen  = "open_runs"
	quotaDepth = "depth"
)

// Kind implements Command.
func (*SetRunQuota) Kind() Kind { return KindSetRunQuota }

func (c *SetRunQuota) apply(t *step) (Answer, Refusal) {
	q := c.Quota
	bare := namespace.Bare(q.Name)
	at, known := t.s.quotas.find(q.Name)
	switch {
	case t.level() < 5:
		return nil, &Fenced{Why: "nodes of an earlier build are not replaced yet"}
	case len(bare) > catalog.MaxNameLength:
		return nil, &catalog.InvalidInput{Field: "type", Reason: fmt.Sprintf("has %d bytes, the limit is %d", len(bare), catalog.MaxNameLength)}
	case bare == "" && q.Name != "" && q.OpenRuns > 0:
		return nil, &catalog.InvalidInput{Field: "open_runs", Reason: "of a namespace but default is a quota of the namespace itself"}
	case q.OpenRuns > MaxQuota || q.Depth > MaxQuota:
		return nil, &catalog.InvalidInput{Field: "open_runs", Reason: fmt.Sprintf("and depth: 0 (no limit) to %d are allowed", uint64(MaxQuota))}
	case q.OpenRuns+q.Depth == 0:
		if known {
			t.dropQuota(at)
		}
		return new(Done), nil
	case !known && len(t.s.quotas) >= MaxQuotas:
		return nil, &ResourceExhausted{What: "quotas of runs", Limit: MaxQuotas}
	}
	t.Put(rows.QuotaKey(q.Name), rows.Encoded(q))
	t.s.quotas = slices.Clone(t.s.quotas)
	if !known {
		t.s.quotas = slices.Insert(t.s.quotas, at, q)
	}
	t.s.quotas[at] = q
	return new(Done), nil
}

// within refuses another open run of a type, at a depth below the root of its tree. Gives is the
// run that makes room for it; nil = none does.
func (t *step) within(typ string, depth uint64, gives *row) *RunQuotaReached {
	if len(t.s.quotas) == 0 {
		return nil
	}
	whole := namespace.Qualify(namespace.Of(typ), "")
	for _, name := range [...]string{typ, whole} {
		at, known := t.s.quotas.find(name)
		if !known {
			continue
		}
		q, of, open := t.s.quotas[at], name, t.s.open[name]
		if gives != nil && (gives.Run.Type == name || name == whole) {
			open--
		}
		if name == whole {
			of = ""
		}
		switch {
		case q.OpenRuns > 0 && open >= q.OpenRuns:
			return &RunQuotaReached{quotaOpen, q.OpenRuns, of}
		case q.Depth > 0 && depth > q.Depth:
			return &RunQuotaReached{quotaDepth, q.Depth, of}
		}
	}
	return nil
}

// mayOpen is within as a refusal.
func (t *step) mayOpen(typ string, depth uint64, gives *row) Refusal {
	if refusal := t.within(typ, depth, gives); refusal != nil {
		return refusal
	}
	return nil
}

// counts how many runs are open, by type and by namespace.
func (s *State) countOpen(typ string, by uint64) {
	for _, name := range [...]string{typ, namespace.Qualify(namespace.Of(typ), "")} {
		if s.open[name] += by; s.open[name] == 0 {
			delete(s.open, name)
		}
	}
}

// runQuotas are the quotas by name. Starts look them up, so they are in memory; pictures share
// them, so they are never changed in place.
type runQuotas []rows.RunQuota

func (all runQuotas) find(name string) (int, bool) {
	return slices.BinarySearchFunc(all, name, func(q rows.RunQuota, name string) int { return strings.Compare(q.Name, name) })
}

func (t *step) dropQuota(at int) {
	t.Del(rows.QuotaKey(t.s.quotas[at].Name))
	t.s.quotas = slices.Delete(slices.Clone(t.s.quotas), at, at+1)
}

// forgetQuotas drops those of a namespace that is being deleted.
func (t *step) forgetQuotas(space string) {
	for at := len(t.s.quotas) - 1; at >= 0; at-- {
		if namespace.Of(t.s.quotas[at].Name) == space {
			t.dropQuota(at)
		}
	}
}

// RunQuotas implements View.
func (p *picture) RunQuotas() (list []rows.RunQuota) {
	for _, q := range p.quotas {
		if p.shows(q.Name) {
			list = append(list, q)
		}
	}
	return list
}
