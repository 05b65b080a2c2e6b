package fsm

import (
	"fmt"
	"strings"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// Namespaces part what callers have: runs, versions, routes, queues, schedules, rules. In the state
// that is done by names (package namespace); what is beside it is a row for each namespace, what it
// has (namespace_use.go), its runs in order (namespace_runs.go), and logs of its own
// (namespace_logs.go). All of it is level 4, and nothing of it concerns default.

// CreateNamespace makes a namespace. Refused: invalid_input, invalid_state (there is one),
// resource_exhausted.
type CreateNamespace struct {
	Name        string      `cbor:"1,keyasint"`
	Description string      `cbor:"2,keyasint,omitempty"`
	Quotas      rows.Quotas `cbor:"3,keyasint,omitzero"`
}

// SetNamespace changes description and quotas; what is nil stays. From level 7 on there is
// ChangeNamespace in its place. Refused: not_found, invalid_input.
type SetNamespace struct {
	Name        string       `cbor:"1,keyasint"`
	Description *string      `cbor:"2,keyasint,omitempty"`
	Quotas      *rows.Quotas `cbor:"3,keyasint,omitempty"`
}

// DeleteNamespace removes a namespace that holds nothing, with its rules and logs. Refused:
// not_found, invalid_state (naming what it holds).
type DeleteNamespace struct {
	Name string `cbor:"1,keyasint"`
}

// NamespaceAnswer is a namespace as it is now, or was when it was deleted.
type NamespaceAnswer struct {
	Namespace rows.Namespace    `cbor:"1,keyasint"`
	Use       rows.NamespaceUse `cbor:"2,keyasint,omitzero"`
}

// Bounds of namespaces.
const (
	MaxNamespaces = 1_000
	MaxQuota      = 1 << 50
	maxStartRate  = 1_000_000
)

// NoNamespace refuses what is about a namespace that does not exist.
type NoNamespace struct {
	Name string `cbor:"1,keyasint"`
}

// NamespaceExists refuses to create a namespace that there is.
type NamespaceExists struct {
	Name string `cbor:"1,keyasint"`
}

// NamespaceHolds refuses to delete a namespace that something is in.
type NamespaceHolds struct {
	Name     string `cbor:"1,keyasint"`
	Runs     uint64 `cbor:"2,keyasint,omitempty"` // open and closed
	Open     uint64 `cbor:"3,keyasint,omitempty"`
	Versions uint64 `cbor:"4,keyasint,omitempty"`
	Schedule string `cbor:"5,keyasint,omitempty"` // one of them
	Queue    string `cbor:"6,keyasint,omitempty"`
}

// Kind implements Command.
func (*CreateNamespace) Kind() Kind { return KindCreateNamespace }
func (*SetNamespace) Kind() Kind    { return KindSetNamespace }
func (*DeleteNamespace) Kind() Kind { return KindDeleteNamespace }
func (*NamespaceAnswer) answer()    {}

// Error implements error.
func (r *NoNamespace) Error() string {
	return fmt.Sprintf("there is no namespace %s", catalog.Quote(r.Name))
}
func (r *NamespaceExists) Error() string {
	return fmt.Sprintf("there is a namespace %s already", catalog.Quote(r.Name))
}
func (r *NamespaceHolds) Error() string {
	var holds []string
	if r.Runs > 0 {
		holds = append(holds, fmt.Sprintf("%d runs (%d open)", r.Runs, r.Open))
	}
	if r.Versions > 0 {
		holds = append(holds, fmt.Sprintf("%d loaded versions", r.Versions))
	}
	if r.Schedule != "" {
		holds = append(holds, "schedules, such as "+catalog.Quote(r.Schedule))
	}
	if r.Queue != "" {
		holds = append(holds, "queues with limits or tasks, such as "+catalog.Quote(r.Queue))
	}
	return fmt.Sprintf("namespace %s holds %s", catalog.Quote(r.Name), strings.Join(holds, ", "))
}

// Code implements Refusal.
func (r *NoNamespace) Code() string     { return "not_found" }
func (r *NamespaceExists) Code() string { return "invalid_state" }
func (r *NamespaceHolds) Code() string  { return "invalid_state" }

// Facts implements Refusal.
func (r *NoNamespace) Facts() map[string]any     { return map[string]any{"namespace": r.Name} }
func (r *NamespaceExists) Facts() map[string]any { return map[string]any{"namespace": r.Name} }
func (r *NamespaceHolds) Facts() map[string]any {
	facts := map[string]any{"namespace": r.Name, "runs": r.Runs, "open_runs": r.Open, "versions": r.Versions}
	if r.Schedule != "" {
		facts["schedule_id"] = r.Schedule
	}
	if r.Queue != "" {
		facts["queue"] = r.Queue
	}
	return facts
}

func (c *CreateNamespace) apply(t *step) (Answer, Refusal) {
	if err := namespace.Check(c.Name); err != nil {
		return nil, &catalog.InvalidInput{Field: "name", Reason: err.Error()}
	}
	if refusal := checkNamespace(c.Description, c.Quotas); refusal != nil {
		return nil, refusal
	}
	if c.Name == namespace.Default || t.s.spaces.of(c.Name) != nil {
		return nil, &NamespaceExists{c.Name}
	}
	if len(t.s.spaces) >= MaxNamespaces {
		return nil, &ResourceExhausted{What: "namespaces", Limit: MaxNamespaces}
	}
	n := &rows.Namespace{Name: c.Name, Description: c.Description, Quotas: c.Quotas, Index: t.index, At: t.now, By: clip(t.who.Actor)}
	t.putNamespace(n)
	t.use(c.Name)
	return &NamespaceAnswer{Namespace: *n}, nil
}

// checkNamespace says what of a namespace makes no sense.
func checkNamespace(description string, q rows.Quotas) Refusal {
	if len(description) > maxText {
		return tooLong("description", len(description))
	}
	for _, f := range [...]struct {
		name      string
		is, limit uint64
	}{{"open_runs", q.OpenRuns, MaxQuota}, {"starts_per_second", q.StartsPerSecond, maxStartRate}, {"state_bytes", q.StateBytes, MaxQuota}} {
		if f.is > f.limit {
			return &catalog.InvalidInput{Field: f.name, Reason: fmt.Sprintf("is %d; 0 (no limit) to %d are allowed", f.is, f.limit)}
		}
	}
	return nil
}

func (c *SetNamespace) apply(t *step) (Answer, Refusal) {
	old := t.s.spaces.of(c.Name)
	if old == nil {
		return nil, &NoNamespace{clip(c.Name)}
	}
	n := *old
	if c.Description != nil {
		n.Description = *c.Description
	}
	if c.Quotas != nil {
		n.Quotas = *c.Quotas
	}
	if refusal := checkNamespace(n.Description, n.Quotas); refusal != nil {
		return nil, refusal
	}
	if n.Quotas.StartsPerSecond != old.Quotas.StartsPerSecond {
		t.use(c.Name).Free = 0 // what the old rate has used up is no debt to the new one
	}
	t.putNamespace(&n)
	return &NamespaceAnswer{Namespace: n, Use: *t.use(c.Name)}, nil
}

func (c *DeleteNamespace) apply(t *step) (Answer, Refusal) {
	n := t.s.spaces.of(c.Name)
	if n == nil {
		return nil, &NoNamespace{clip(c.Name)}
	}
	use := *t.use(c.Name)
	held := &NamespaceHolds{
		Name: c.Name, Runs: use.Runs, Open: use.Open, Versions: uint64(len(t.s.catalog.In(c.Name).Packages())),
		Schedule: t.firstSchedule(c.Name), Queue: t.firstQueue(c.Name),
	}
	if held.Runs+held.Versions > 0 || held.Schedule != "" || held.Queue != "" {
		return nil, held
	}
	t.forgetNamespace(n)
	return &NamespaceAnswer{Namespace: *n, Use: use}, nil
}

// firstNamed returns the bare name of the first row of a namespace in a family whose keys are
// names; empty if there is none.
func (t *step) firstNamed(family byte, space string) (name string) {
	first := rows.TextKey(family, namespace.Prefix(space))
	t.Scan(first, rows.After(first), func(k, _ []byte) bool {
		name = string(k[len(first):])
		return false
	})
	return name
}

// firstSchedule and firstQueue look also at what the entry has changed and is still to write.
func (t *step) firstSchedule(space string) string {
	for _, s := range t.schedules.stale {
		if !s.apart.deleted && namespace.Of(s.ID) == space {
			return namespace.Bare(s.ID)
		}
	}
	return t.firstNamed(rows.FamilySchedule, space)
}

func (t *step) firstQueue(space string) string {
	t.storeQueues()
	return t.firstNamed(rows.FamilyQueue, space)
}

// forgetNamespace removes everything that stays of a namespace that holds nothing.
func (t *step) forgetNamespace(n *rows.Namespace) {
	t.forgetBatches(n.Name)
	t.forgetStops(n.Name)
	t.forgetQuotas(n.Name)
	prefix := namespace.Prefix(n.Name)
	for _, typ := range t.s.catalog.ForgetRoutes(n.Name) {
		t.Del(rows.TextKey(rows.FamilyRoute, typ))
	}
	var rules rules
	for _, rule := range t.s.rules {
		if strings.HasPrefix(rule.Type, prefix) {
			t.Del(rows.TextKey(rows.FamilyRetention, rule.Type))
		} else {
			rules = append(rules, rule)
		}
	}
	t.s.rules = rules
	t.setVersionRetention(n.Name, nil)
	for _, log := range []byte{rows.SpaceDeploys, rows.SpaceFeed} {
		all := rows.SpaceLog(n.Name, log)
		t.DelRange(all, rows.After(all))
	}
	delete(t.s.logs, n.Name)
	t.dropUse(n.Name)
	t.dropNamespace(n.Name)
}

// absent refuses a command of a caller whose namespace is gone.
func (t *step) absent(e *Envelope) Refusal {
	if space := e.Only.In(); space != "" && t.s.spaces.of(space) == nil {
		return &NoNamespace{clip(space)}
	}
	return nil
}
