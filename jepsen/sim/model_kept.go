package sim

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/transport/wire"
)

// kept is so little of the unbounded histories that every world reaches their limits.
var kept = fsm.Keep{Deploys: 9, Feed: 40, FeedSlack: 6}

// deployed is a record of the deploy history.
type deployed struct {
	index                   uint64
	operation, typ, outcome string
	linked                  bool            // it has a chain
	left                    catalog.Version // that the type was routed to before; zero = nothing moved
}

// closedAt is a run that an entry closed.
type closedAt struct {
	index uint64
	run   history.RunID
}

// concerns returns under which operation and types a deploy command is recorded. It is called
// before the command is executed.
func (m *Model) concerns(c fsm.Command) (operation string, types []string) {
	of := func(p *catalog.Package) (types []string) {
		for _, member := range p.Members {
			types = append(types, member.Type)
		}
		return types
	}
	switch c := c.(type) {
	case *fsm.LoadPackage:
		return "load", of(&c.Package)
	case *fsm.RouteType:
		return "route", []string{c.Type}
	case *fsm.UnrouteType:
		return "unroute", []string{c.Type}
	case *fsm.RollbackType:
		return "rollback", []string{c.Type}
	case *fsm.UnloadVersion:
		if p := m.find(c.Type, c.Version); p != nil {
			return "unload", of(p)
		}
		return "unload", []string{c.Type}
	case *fsm.UnloadWhenDrained:
		p := m.find(c.Type, c.Version)
		switch {
		case p == nil:
			return "unload", []string{c.Type}
		case m.isLive(p) || m.pins(p.Version).Total() == 0:
			return "unload", of(p)
		case m.facts[p.Version].asked:
			return "", nil
		}
		return "unload_when_drained", of(p)
	case *fsm.SetCanary:
		return "canary", []string{c.Type}
	case *fsm.EndCanary:
		switch {
		case c.Due && !m.dueNow(c):
			return "", nil
		case c.Due || c.Promote:
			return "canary_promote", []string{c.Type}
		}
		return "canary_abort", []string{c.Type}
	case *fsm.CancelUnload:
		if p := m.find(c.Type, c.Version); p != nil {
			return "cancel_unload", of(p)
		}
		return "cancel_unload", []string{c.Type}
	}
	return "", nil
}

// recordDeploy adds to the deploy history. Successes and refusals have a window each. Until a node
// has reported the cluster's limits they share one.
func (m *Model) recordDeploy(operation string, types []string, outcome string) {
	for _, typ := range types {
		m.deploys = append(m.deploys, deployed{m.index, operation, typ, outcome, m.level >= 1 && outcome == ok, m.left[typ]})
		alike := func(d deployed) bool {
			return m.bounds == (rows.Limits{}) && m.level < 1 || (d.outcome == ok) == (outcome == ok)
		}
		n := 0
		for _, d := range m.deploys {
			if alike(d) {
				n++
			}
		}
		if n > kept.Deploys {
			i := slices.IndexFunc(m.deploys, alike)
			m.deploys = slices.Delete(m.deploys, i, i+1)
		}
	}
}

// deploysAreNot reads the deploy history in small pages, newest first, of all types or of one, and
// returns the difference.
func (m *Model) deploysAreNot(v fsm.View, rng *rand.Rand) string {
	typ, limit := one(rng, append([]string{"", ""}, types...)), 1+rng.IntN(4)
	var want, got []deployed
	var told []wire.Deploy
	for _, d := range m.deploys {
		if typ == "" || d.typ == typ {
			want = append(want, d)
		}
	}
	slices.Reverse(want)
	for before, pages := (fsm.DeployCursor{}), 0; pages <= len(want); pages++ {
		page, next := v.Deploys(typ, limit, before)
		if len(page) > limit {
			return fmt.Sprintf("a page of %d deploys has %d", limit, len(page))
		}
		for _, d := range page {
			got = append(got, deployed{d.Index, d.Operation, d.Type, d.Outcome, d.Chain != (catalog.Digest{}), d.Previous})
			told = append(told, toldOf(d))
		}
		if before = next; next == (fsm.DeployCursor{}) {
			break
		}
	}
	if !slices.Equal(got, want) {
		return fmt.Sprintf("the deploys of %q, in pages of %d, are %+v, want %+v", typ, limit, got, want)
	}
	if typ != "" {
		return ""
	}
	head := ""
	if chain := v.DeployChain(); chain != (catalog.Digest{}) {
		head = chain.String()
	}
	if c := wire.CheckDeploys(told, head); !c.OK {
		return fmt.Sprintf("the deploy history is not linked at %+v: %s", c.Wrong, c.Why)
	}
	return ""
}

// toldOf is a record as callers get it.
func toldOf(d rows.DeployRecord) wire.Deploy {
	text := func(b [32]byte) string {
		if b == [32]byte{} {
			return ""
		}
		return hex.EncodeToString(b[:])
	}
	return wire.Deploy{
		Index: d.Index, N: d.N, At: d.At.Std(), Operation: d.Operation, WorkflowType: d.Type, Version: text(d.Version), Previous: text(d.Previous), Actor: d.Actor,
		RequestID: d.RequestID, Outcome: d.Outcome, Message: d.Message, FreshlyLoaded: d.Fresh, RouteChanged: d.Routed, RoutedBefore: text(d.Before), SignedBy: d.SignedBy, Chain: text(d.Chain),
	}
}

// feedIsNot reads the public stream in small pages: from its start on it has every end of a run.
func (m *Model) feedIsNot(v fsm.View, rng *rand.Rand) string {
	limit, start := 1+rng.IntN(9), v.FeedStart()
	var got, want []closedAt
	var drained []drainedAt
	n := 0
	for at := (fsm.FeedCursor{}); ; {
		page, next := v.Feed(at, limit)
		if len(page) == 0 {
			break
		}
		if len(page) > limit {
			return fmt.Sprintf("a page of %d events has %d", limit, len(page))
		}
		for _, e := range page {
			if e.Index < at.Index || e.Index == at.Index && e.N <= at.N && at != (fsm.FeedCursor{}) {
				return fmt.Sprintf("event %d of index %d comes after %+v", e.N, e.Index, at)
			}
			at = fsm.FeedCursor{Index: e.Index, N: e.N}
			if n++; e.Name == "WorkflowClosed" && e.Index >= start {
				got = append(got, closedAt{e.Index, e.RunID})
			}
			if e.Name == "VersionDrained" && e.Index >= start {
				var data struct{ Version string }
				if err := json.Unmarshal(e.Data, &data); err != nil {
					return err.Error()
				}
				version, _ := catalog.ParseVersion(data.Version)
				drained = append(drained, drainedAt{e.Index, version})
			}
		}
		if next != at {
			return fmt.Sprintf("a page goes on at %+v and ends at %+v", next, at)
		}
	}
	for _, c := range m.closes {
		if c.index >= start {
			want = append(want, c)
		}
	}
	order := func(a, b closedAt) int {
		if a.index != b.index {
			return int(a.index) - int(b.index)
		}
		return slices.Compare(a.run[:], b.run[:])
	}
	slices.SortFunc(got, order) // those of one entry in any order
	slices.SortFunc(want, order)
	switch {
	case !slices.Equal(got, want):
		return fmt.Sprintf("from index %d on the stream has %d ends of runs, want %d", start, len(got), len(want))
	case n > kept.Feed+kept.FeedSlack:
		return fmt.Sprintf("the stream has %d events, kept are %d and up to %d more", n, kept.Feed, kept.FeedSlack)
	case n < min(kept.Feed, len(m.closes)):
		return fmt.Sprintf("the stream has %d events, kept are %d", n, kept.Feed)
	}
	return m.drainsAreNot(drained, start)
}

// rowsAreNot reads jobs, schedules and a run's turns in pages of one or two.
func (m *Model) rowsAreNot(v fsm.View, rng *rand.Rand) string {
	limit, n := uint64(1+rng.IntN(2)), 0
	for after := uint64(0); ; n++ {
		page := v.Jobs(after, 1)
		if len(page) == 0 {
			break
		}
		if after = page[0].ID; n >= len(m.pending) || after != m.pending[n].id {
			return fmt.Sprintf("job %d is listed in place %d of %d", after, n+1, len(m.pending))
		}
	}
	if n != len(m.pending) {
		return fmt.Sprintf("%d jobs are listed one by one, want %d", n, len(m.pending))
	}
	n = 0
	for after := ""; ; n++ {
		page := v.Schedules(after, 1)
		if len(page) == 0 {
			break
		}
		if page[0].ID <= after || m.schedules[page[0].ID] == nil {
			return fmt.Sprintf("schedule %s is listed after %q", page[0].ID, after)
		}
		after = page[0].ID
	}
	if n != len(m.schedules) {
		return fmt.Sprintf("%d schedules are listed one by one, want %d", n, len(m.schedules))
	}
	if len(m.order) == 0 {
		return ""
	}
	r := m.runs[one(rng, m.order)]
	for from := uint64(1); r != nil && from <= r.turns; {
		page := v.Turns(r.id, from, int(limit))
		if len(page) == 0 || uint64(len(page)) > limit || page[0].N != from {
			return fmt.Sprintf("run %s: %d turns from %d on, in pages of %d; there are %d", r.id, len(page), from, limit, r.turns)
		}
		from += uint64(len(page))
	}
	return ""
}
