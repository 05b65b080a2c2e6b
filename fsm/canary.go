package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// SetCanary begins a canary of a type, or changes the one that there is: its share, thresholds and
// time. Everything that is absent is no threshold. Refused: unknown_version, invalid_input,
// unknown_workflow_type (no route), canary_active (of another version), not_found (no version named
// and no canary there). Level 1.
type SetCanary struct {
	Type          string           `cbor:"1,keyasint"`
	Version       string           `cbor:"2,keyasint,omitempty"` // full or prefix; empty = that of the canary there is
	Share         uint64           `cbor:"3,keyasint"`           // of catalog.CanaryWhole
	Salt          uint64           `cbor:"4,keyasint"`           // drawn by the proposer; of one that begins
	Key           string           `cbor:"5,keyasint,omitempty"` // attribute; cannot be changed later
	AbortFailures uint64           `cbor:"6,keyasint,omitempty"`
	PromoteAfter  uint64           `cbor:"7,keyasint,omitempty"`
	For           history.Duration `cbor:"8,keyasint,omitempty"` // from now
	Message       string           `cbor:"9,keyasint,omitempty"`
}

// EndCanary promotes or aborts the canary of a type. Refused: not_found. Level 1.
type EndCanary struct {
	Type    string `cbor:"1,keyasint"`
	Promote bool   `cbor:"2,keyasint,omitempty"`
	Message string `cbor:"3,keyasint,omitempty"`
	// Due ends the canary that began at the entry Index, if its time is over: proposed by the
	// leader, and fenced otherwise.
	Due   bool   `cbor:"4,keyasint,omitempty"`
	Index uint64 `cbor:"5,keyasint,omitempty"`
}

// CanaryAnswer is a canary as it is, or as it was when it ended.
type CanaryAnswer struct {
	Canary rows.Canary     `cbor:"1,keyasint"`
	Routed catalog.Version `cbor:"2,keyasint"`           // now
	Ended  string          `cbor:"3,keyasint,omitempty"` // promoted, aborted
}

// NoCanary refuses what is about the canary of a type that has none.
type NoCanary struct {
	Type string `cbor:"1,keyasint"`
}

// Error implements error.
func (r *NoCanary) Error() string {
	return fmt.Sprintf("workflow type %s has no canary", catalog.Quote(clip(r.Type)))
}

// Code implements Refusal.
func (r *NoCanary) Code() string { return "not_found" }

// Facts implements Refusal.
func (r *NoCanary) Facts() map[string]any { return map[string]any{"workflow_type": r.Type} }

// Kind implements Command.
func (*SetCanary) Kind() Kind { return KindSetCanary }
func (*EndCanary) Kind() Kind { return KindEndCanary }
func (*CanaryAnswer) answer() {}

// Ends of a canary.
const (
	canaryPromoted = "promoted"
	canaryAborted  = "aborted"
)

func (c *SetCanary) apply(t *step) (Answer, Refusal) {
	this := deploy{opCanary, []string{c.Type}, t.named(c.Type, c.Version), c.Version, c.Message}
	old := t.s.canaries[c.Type]
	canary, err := c.onto(t.s.catalog, old, t.index, t.now)
	if err != nil {
		return nil, t.refuse(this, err)
	}
	began := old == nil
	if began {
		canary.Serial, canary.Actor = t.meta.Serial, t.who.Actor
	}
	t.s.canaries[c.Type] = canary
	t.s.catalog.PutCanary(canary.Rule())
	t.watch(c.Type)
	t.record(rows.DeployRecord{Operation: opCanary, Type: c.Type, Version: canary.Version, Outcome: OutcomeOK, Message: c.Message})
	name := byte(feedCanaryChanged)
	if began {
		name = feedCanaryStarted
		t.came(canary.Type, canary.Version)
	}
	t.announce(name, canaryChange{c.Type, canary.Version, canary.Share, canary.Counts, canary.Routed})
	return &CanaryAnswer{Canary: *canary, Routed: t.s.catalog.Routed(c.Type)}, nil
}

// onto is the canary that c makes of what there is (nil = none), as the entry index would. Who
// began it, and after which run, the entry adds. It changes nothing.
func (c *SetCanary) onto(cat *catalog.Catalog, old *rows.Canary, index uint64, now history.Time) (*rows.Canary, error) {
	for _, text := range []struct{ field, text string }{{"message", c.Message}, {"key", c.Key}} {
		if len(text.text) > maxText {
			return nil, tooLong(text.field, len(text.text))
		}
	}
	if c.Share > catalog.CanaryWhole {
		return nil, &catalog.InvalidInput{Field: "share", Reason: fmt.Sprintf("is %d hundredths of a percent; at most %d are allowed", c.Share, catalog.CanaryWhole)}
	}
	if c.For < 0 || c.For > MaxRetention {
		return nil, &catalog.InvalidInput{Field: "for", Reason: fmt.Sprintf("is %s; 0s (no limit) to %s are allowed", c.For, MaxRetention)}
	}
	next := rows.Canary{
		Type: c.Type, Share: c.Share, Salt: c.Salt, Key: c.Key, AbortFailures: c.AbortFailures, PromoteAfter: c.PromoteAfter,
		Index: index, At: now,
	}
	if old == nil && c.Version == "" {
		return nil, &NoCanary{Type: c.Type}
	}
	if c.Version != "" {
		v, err := cat.FindFor(c.Type, c.Version)
		if err != nil {
			return nil, err
		}
		next.Version = v
	}
	routed := cat.Routed(c.Type)
	switch {
	case old != nil && c.Version != "" && next.Version != old.Version:
		return nil, &catalog.CanaryActive{Type: c.Type, Version: old.Version, Routed: routed}
	case old != nil && c.Key != "" && c.Key != old.Key:
		return nil, &catalog.InvalidInput{Field: "key", Reason: "cannot be changed: end the canary and begin another one"}
	case old != nil:
		kept := *old
		kept.Share, kept.AbortFailures, kept.PromoteAfter = next.Share, next.AbortFailures, next.PromoteAfter
		next = kept
	case routed.IsZero():
		return nil, cat.UnknownType(c.Type)
	case routed == next.Version:
		return nil, &catalog.InvalidInput{Field: "version", Reason: fmt.Sprintf("%s is routed: all starts go to it", namespace.Version(namespace.Of(c.Type), next.Version).Short())}
	}
	next.Until = 0
	if c.For > 0 {
		next.Until = rows.Due(now, c.For)
	}
	return &next, nil
}

func (c *EndCanary) apply(t *step) (Answer, Refusal) {
	operation := map[bool]string{true: opCanaryPromote, false: opCanaryAbort}[c.Promote]
	canary := t.s.canaries[c.Type]
	if c.Due {
		if canary == nil || canary.Index != c.Index || canary.Until == 0 || canary.Until > t.now {
			return nil, &Fenced{Why: fmt.Sprintf("the time of a canary of %s is not over", c.Type)}
		}
		return t.endCanary(canary, true, canary.Actor, "", fmt.Sprintf("its time was over: %s", said(canary))), nil
	}
	this := deploy{operation: operation, types: []string{c.Type}, message: c.Message}
	if len(c.Message) > maxText {
		return nil, t.refuse(this, tooLong("message", len(c.Message)))
	}
	if canary == nil {
		return nil, t.refuse(this, &NoCanary{Type: c.Type})
	}
	by := t.asking(c.Message)
	message := said(canary)
	if c.Message != "" {
		message = c.Message + ": " + message
	}
	return t.endCanary(canary, c.Promote, by.Actor, by.RequestID, message), nil
}

// endCanary ends a canary, for who asked for that or began it.
func (t *step) endCanary(canary *rows.Canary, promote bool, actor, request, message string) *CanaryAnswer {
	a := &CanaryAnswer{Canary: *canary, Ended: canaryAborted}
	d := rows.DeployRecord{Operation: opCanaryAbort, Type: canary.Type, Version: canary.Version, Outcome: OutcomeOK, Message: message}
	change := canaryChange{canary.Type, canary.Version, canary.Share, canary.Counts, canary.Routed}
	delete(t.s.canaries, canary.Type)
	t.Del(rows.TextKey(rows.FamilyCanary, canary.Type))
	if promote {
		rc := t.s.catalog.Promote(canary.Type, t.index)
		a.Ended, d.Operation, d.Previous = canaryPromoted, opCanaryPromote, rc.Previous
		t.recordFor(d, actor, request)
		t.announce(feedCanaryPromoted, change)
		t.rerouted(rc)
	} else {
		t.s.catalog.DropCanary(canary.Type)
		t.recordFor(d, actor, request)
		t.announce(feedCanaryAborted, change)
		t.left(canary.Type, canary.Version)
	}
	a.Routed = t.s.catalog.Routed(canary.Type)
	return a
}

// said is what became of the runs, for the deploy history.
func said(c *rows.Canary) string {
	return fmt.Sprintf("of the canary %d started, %d completed, %d failed; of the routed version %d, %d, %d",
		c.Counts.Started, c.Counts.Completed, c.Counts.Failed, c.Routed.Started, c.Routed.Completed, c.Routed.Failed)
}
