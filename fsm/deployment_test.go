package fsm

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// deployed is everything that deploys change: what is loaded and routed, the acts, the schedules.
func (w *world) deployed() string {
	var b strings.Builder
	w.view(func(v View) {
		fmt.Fprintf(&b, "%x\n", rows.Encoded(v.Canaries()))
		for _, p := range v.Catalog().Packages() {
			fmt.Fprintf(&b, "%x\n", rows.Encoded(p))
		}
		fmt.Fprintln(&b, v.Catalog().Rows(), v.DeployChain())
		for _, s := range v.Schedules("", 100) {
			fmt.Fprintf(&b, "%x\n", rows.Encoded(s))
		}
	})
	return b.String()
}

// anyChange is a change of a few types and versions, which is often refused.
func anyChange(rng *rand.Rand) Change {
	versions, types := []string{"v1", "v2", "v3"}, []string{"order", "refund"}
	name, typ := versions[rng.IntN(3)], types[rng.IntN(2)]
	ref := versionOf(name).String()
	switch rng.IntN(8) {
	case 0, 1:
		carried := types
		if name == "v3" {
			carried = types[:1]
		}
		return Change{Load: &LoadPackage{Package: pack(name, carried...), Route: rng.IntN(2) == 0}}
	case 2:
		return Change{Route: &RouteType{Type: typ, Version: ref[:6+rng.IntN(59)]}}
	case 3:
		return Change{Unroute: &UnrouteType{Type: typ}}
	case 4:
		return Change{Unload: &UnloadVersion{Type: typ, Version: ref}}
	case 5, 6:
		c := &SetCanary{Type: typ, Version: ref, Share: rng.Uint64N(catalog.CanaryWhole + 10), Salt: rng.Uint64(), AbortFailures: rng.Uint64N(3), For: history.Duration(rng.IntN(2)) * 1e9}
		if rng.IntN(3) == 0 {
			c.Version = ""
		}
		return Change{Canary: c}
	}
	return Change{Schedule: &PutSchedule{Schedule: rows.Schedule{ID: fmt.Sprint("s", rng.IntN(2)), Type: typ, Every: 1e9, Next: 1 << 62}, Apart: true}}
}

// TestDeploymentIsAllOrNothing: any changes together are answered as a rehearsal says. They leave
// what the commands one after the other leave, or nothing but the record of a refusal, which names
// the first change that the commands refuse.
func TestDeploymentIsAllOrNothing(t *testing.T) {
	refusals := map[string]int{}
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 50))
		together, apart := newWorld(t), newWorld(t)
		for _, w := range []*world{together, apart} {
			if seed%2 == 0 { // what is loaded and has a run
				w.do(&LoadPackage{Package: pack("v1", "order", "refund")})
				w.do(&StartRun{WorkflowID: "pins", RunID: w.mint(), Type: "order", Version: versionOf("v1").String()})
			}
		}
		for range 4 {
			c := &Deploy{Message: "m"}
			if rng.IntN(4) == 0 {
				c.Expect = []catalog.Expect{{Type: "order", Ref: []string{"none", versionOf("v1").String()}[rng.IntN(2)]}}
			}
			for range 1 + rng.IntN(5) {
				c.Changes = append(c.Changes, anyChange(rng))
			}
			if rng.IntN(2) == 0 {
				start := &StartRun{WorkflowID: fmt.Sprint("w", len(together.runs)), RunID: together.mint(), Type: "order", Version: versionOf([]string{"v1", "v3"}[rng.IntN(2)]).String()}
				together.propose(Envelope{Command: start})
				apart.propose(Envelope{Command: start})
			}
			before := together.deployed()
			var rehearsed *DeployAnswer
			var foretold Refusal
			together.view(func(v View) { rehearsed, _, foretold = c.Rehearse(v) })
			r := together.propose(Envelope{Command: c, Actor: "ann"})[0]
			if (foretold == nil) != (r.Refusal == nil) || foretold != nil && (foretold.Error() != r.Refusal.Error() || foretold.Code() != r.Refusal.Code()) {
				t.Fatalf("seed %d: a rehearsal says %v, the entry %v", seed, foretold, r.Refusal)
			}
			if r.Refusal != nil {
				refusals[r.Refusal.Code()]++
				if together.deployed() != before {
					t.Fatalf("seed %d: a refused deployment (%v) leaves\n%s, before it was\n%s", seed, r.Refusal, together.deployed(), before)
				}
				newest := together.records()[len(together.records())-1]
				if newest.Index != r.Index || newest.Outcome != r.Refusal.Code() {
					t.Fatalf("seed %d: %v leaves the record %+v", seed, r.Refusal, newest)
				}
				if refused := new(ChangeRefused); errors.As(r.Refusal, &refused) && (refused.Facts()["change"] != refused.Change || refused.Op != c.Changes[refused.Change].Op()) {
					t.Fatalf("seed %d: the facts of %v are %v", seed, refused, refused.Facts())
				}
				apart.do(&Check{Leader: "n1"}) // so that indexes go on together
				continue
			}
			refusals["none"]++
			// The same, one after the other, in one entry: the same records and the same answers.
			var alone []Envelope
			for i := range c.Changes {
				alone = append(alone, Envelope{Command: c.Changes[i].alone(apart), Actor: "ann"})
			}
			answers := r.Answer.(*DeployAnswer).Changes
			for i, one := range apart.propose(alone...) {
				var a ChangeAnswer
				a.set(one.Answer)
				if one.Refusal != nil || !slices.Equal(rows.Encoded(a), rows.Encoded(answers[i])) {
					t.Fatalf("seed %d: change %d (%s) is answered %s, alone %s, %v", seed, i, c.Changes[i].Op(), show(answers[i]), show(a), one.Refusal)
				}
				if a := rehearsed.Changes[i]; answers[i].Schedule == nil && c.Changes[i].Load == nil && !reflect.DeepEqual(undated(a), undated(answers[i])) {
					t.Fatalf("seed %d: change %d (%s) is rehearsed %s, answered %s", seed, i, c.Changes[i].Op(), show(a), show(answers[i]))
				}
			}
			if together.deployed() != apart.deployed() {
				t.Fatalf("seed %d: together they leave\n%s, apart\n%s", seed, together.deployed(), apart.deployed())
			}
		}
		together.checkReplay("snapshot")
	}
	for _, code := range []string{"none", "unknown_version", "route_active", "route_conflict", "version_pinned", "unknown_workflow_type", "canary_active", "not_found", "invalid_input"} {
		if refusals[code] == 0 {
			t.Errorf("no deployment ended with %s: %v", code, refusals)
		}
	}
}

// alone is the command that makes the same change alone, in a world as it stands.
func (c *Change) alone(w *world) Command {
	switch {
	case c.Load != nil:
		return c.Load
	case c.Route != nil:
		return c.Route
	case c.Unroute != nil:
		return c.Unroute
	case c.Unload != nil:
		return c.Unload
	case c.Canary != nil:
		return c.Canary
	}
	put := *c.Schedule
	w.view(func(v View) { _, put.Replace = v.Schedule(put.Schedule.ID) })
	return &put
}

// TestDeploymentsOfTheFuture: a change that this build does not know is refused, and so is more
// than one entry may do.
func TestDeploymentsOfTheFuture(t *testing.T) {
	w := newWorld(t)
	w.refused(&Deploy{Changes: []Change{{Load: &LoadPackage{Package: pack("v1", "order")}}, {}}}, "invalid_input")
	w.refused(&Deploy{Changes: make([]Change, MaxChanges+1)}, "resource_exhausted")
	many := &Deploy{}
	for i := range MaxChangedTypes/catalog.MaxMembers + 1 {
		many.Changes = append(many.Changes, Change{Load: &LoadPackage{Package: manyTypes(fmt.Sprint("d", i))}})
	}
	w.refused(many, "resource_exhausted")
	w.refused(&Deploy{Message: strings.Repeat("x", maxText+1)}, "invalid_input")
	w.refused(&Deploy{Changes: []Change{{Schedule: &PutSchedule{Schedule: rows.Schedule{ID: "."}}}}}, "invalid_input")
	w.view(func(v View) {
		if n := len(v.Catalog().Packages()); n > 0 {
			t.Errorf("%d packages are loaded", n)
		}
	})
	if a := w.do(&Deploy{}).(*DeployAnswer); len(a.Changes) > 0 {
		t.Errorf("nothing is answered %+v", a)
	}
	w.checkReplays()
}

func show(a ChangeAnswer) string {
	return fmt.Sprintf("%+v %+v %+v %+v %+v", a.Load, a.Route, a.Unload, a.Schedule, a.Canary)
}

// undated is an answer without what a rehearsal does not know: the index of a route, who began a
// canary and after which run.
func undated(a ChangeAnswer) ChangeAnswer {
	if a.Route != nil {
		a.Route = &RouteAnswer{Change: a.Route.Change}
		a.Route.Change.Index = 0
	}
	if a.Canary != nil {
		a.Canary = &CanaryAnswer{Canary: a.Canary.Canary, Routed: a.Canary.Routed}
		a.Canary.Canary.Actor, a.Canary.Canary.Serial = "", 0
	}
	return a
}
