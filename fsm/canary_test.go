package fsm

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"pgregory.net/rapid"
)

// canaryWorld has v1 routed and v2 as a canary with a share.
func canaryWorld(t testing.TB, c SetCanary) *world {
	w := newWorld(t)
	w.do(&LoadPackage{Package: pack("v1", "order", "refund"), Route: true})
	w.do(&LoadPackage{Package: pack("v2", "order")})
	c.Type, c.Version = "order", versionOf("v2").String()
	w.do(&c)
	return w
}

func canaryOf(w *world) (c rows.Canary, ok bool) {
	w.view(func(v View) { c, ok = v.Canary("order") })
	return c, ok
}

// TestCanaryTakesItsShare: of many ids the canary gets its share, as a coin with that chance would
// give; an id has the same lot again, and keeps it when the share grows.
func TestCanaryTakesItsShare(t *testing.T) {
	const n = 20_000
	for _, salt := range []uint64{1, 2, 1 << 60} {
		taken := map[uint64]map[int]bool{}
		for _, share := range []uint64{0, 100, 1_000, 5_000, catalog.CanaryWhole} {
			rule := catalog.Canary{Share: share, Salt: salt}
			taken[share] = map[int]bool{}
			for i := range n {
				if rule.Takes(StartLot(fmt.Sprint("order-", i), nil)) {
					taken[share][i] = true
				}
			}
			p := float64(share) / catalog.CanaryWhole
			if got, sigma := float64(len(taken[share])), math.Sqrt(n*p*(1-p)); math.Abs(got-n*p) > 5*sigma {
				t.Errorf("salt %d: a share of %d takes %v of %d", salt, share, got, n)
			}
		}
		for i := range taken[100] {
			if !taken[1_000][i] || !taken[5_000][i] {
				t.Fatalf("salt %d: what a small share takes a larger one does not", salt)
			}
		}
	}
}

// TestCanaryIsSticky: children and runs that go on get what their root got, whatever their own ids,
// and runs of a schedule what the schedule got.
func TestCanaryIsSticky(t *testing.T) {
	w := canaryWorld(t, SetCanary{Share: 5_000, Salt: 3})
	seen := map[catalog.Version]int{}
	for i := range 60 {
		id := fmt.Sprint("root-", i)
		w.start(id, "order")
		want := w.latest(id).Version
		seen[want]++
		w.turn(id, &history.ChildWorkflowStarted{ID: 1, WorkflowID: id + "-kid", WorkflowType: "refund", OnClose: history.CloseAbandon})
		if w.latest(id+"-kid").Version != versionOf("v1") {
			t.Fatalf("%s: refund has no canary", id)
		}
		w.turn(id+"-kid", &history.ChildWorkflowStarted{ID: 1, WorkflowID: id + "-grandkid", WorkflowType: "order", OnClose: history.CloseAbandon, Choice: history.ChildRouted})
		if got := w.latest(id + "-grandkid").Version; got != want {
			t.Fatalf("%s is on %s, its grandchild on %s", id, want.Short(), got.Short())
		}
		w.turn(id, &history.WorkflowContinuedAsNew{})
		w.turn(id+"-grandkid", &history.WorkflowContinuedAsNew{})
		if a, b := w.latest(id).Version, w.latest(id+"-grandkid").Version; a != want || b != want {
			t.Fatalf("%s was on %s, goes on on %s, its grandchild on %s", id, want.Short(), a.Short(), b.Short())
		}
	}
	if len(seen) != 2 {
		t.Errorf("all went one way: %v", seen)
	}
	w.checkReplays()
}

// TestCanaryByAttribute: all runs with the same value go the same way.
func TestCanaryByAttribute(t *testing.T) {
	w := canaryWorld(t, SetCanary{Share: 5_000, Salt: 4, Key: "customer"})
	of := map[string]catalog.Version{}
	both := map[catalog.Version]bool{}
	for i := range 80 {
		customer := fmt.Sprintf(`"c%d"`, i%8)
		a := w.do(&StartRun{WorkflowID: fmt.Sprint("w", i), RunID: w.mint(), Type: "order", Attributes: history.Attributes{"customer": history.Payload(customer)}}).(*StartAnswer)
		if first, ok := of[customer]; ok && first != a.Version {
			t.Fatalf("customer %s has runs on both versions", customer)
		}
		of[customer], both[a.Version] = a.Version, true
	}
	if len(both) != 2 {
		t.Errorf("all customers went one way")
	}
}

// TestCanaryEndsItself: the entry that reaches a threshold ends the canary, once, and a failure
// counts before a success.
func TestCanaryEndsItself(t *testing.T) {
	for _, c := range []struct {
		name      string
		rule      SetCanary
		ends      []history.Data
		operation string
		message   string
		routed    string
	}{
		{"failures", SetCanary{AbortFailures: 2}, []history.Data{&history.WorkflowCompleted{}, &history.WorkflowFailed{}, &history.WorkflowFailed{}}, "canary_abort", "2 failures were to abort it: of the canary 4 started, 1 completed, 2 failed; of the routed version 0, 0, 0", "v1"},
		{"completed", SetCanary{PromoteAfter: 2}, []history.Data{&history.WorkflowFailed{}, &history.WorkflowCompleted{}, &history.WorkflowCompleted{}}, "canary_promote", "2 completed runs were to promote it: of the canary 4 started, 2 completed, 1 failed; of the routed version 0, 0, 0", "v2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.rule.Share = catalog.CanaryWhole
			w := newWorld(t)
			w.do(&LoadPackage{Package: pack("v1", "order"), Route: true})
			w.start("old", "order")
			w.do(&LoadPackage{Package: pack("v2", "order")})
			c.rule.Type, c.rule.Version = "order", versionOf("v2").String()
			w.propose(Envelope{Actor: "ann", Command: &c.rule})
			for i := range len(c.ends) + 1 {
				w.start(fmt.Sprint("w", i), "order")
			}
			w.turn("old", &history.WorkflowFailed{}) // it is older than the canary
			for i, end := range c.ends {
				if _, ok := canaryOf(w); !ok {
					t.Fatalf("it is over before end %d", i)
				}
				w.turn(fmt.Sprint("w", i), end)
			}
			if _, ok := canaryOf(w); ok {
				t.Fatal("it goes on")
			}
			w.view(func(v View) {
				if got := v.Catalog().Routed("order"); got != versionOf(c.routed) {
					t.Errorf("order is routed to %s", got.Short())
				}
				d, _ := v.Deploys("order", 1, DeployCursor{})
				if d[0].Operation != c.operation || d[0].Message != c.message || d[0].Actor != "ann" || d[0].Index != v.Index() {
					t.Errorf("recorded %+v", d[0])
				}
			})
			w.refused(&EndCanary{Type: "order"}, "not_found")
			w.checkReplays()
		})
	}
}

// TestCanaryHoldsTheRoute: while a type has a canary its route does not move and the canary is not
// unloaded; the time of a canary promotes it, and not before.
func TestCanaryHoldsTheRoute(t *testing.T) {
	w := canaryWorld(t, SetCanary{Share: 1_000, For: history.Duration(time.Minute)})
	v1, v2 := versionOf("v1").String(), versionOf("v2").String()
	w.do(&LoadPackage{Package: pack("v3", "order")})
	w.do(&RouteType{Type: "order", Version: v1}) // it is there
	for _, c := range []Command{
		&RouteType{Type: "order", Version: v2}, &RollbackType{Type: "order", Expect: ""}, &UnrouteType{Type: "order"}, &LoadPackage{Package: pack("v3", "order"), Route: true},
		&UnloadVersion{Type: "order", Version: v2}, &UnloadWhenDrained{Type: "order", Version: v2}, &SetCanary{Type: "order", Version: versionOf("v3").String()},
	} {
		want := "canary_active"
		if _, ok := c.(*RollbackType); ok {
			want = "route_conflict" // nothing was routed before
		}
		w.refused(c, want)
	}
	w.refused(&SetCanary{Type: "order", Key: "city", Share: 5}, "invalid_input")
	w.refused(&SetCanary{Type: "refund", Version: v1, Share: 5}, "invalid_input")
	w.refused(&SetCanary{Type: "refund", Share: 5}, "not_found")
	w.refused(&SetCanary{Type: "order", Share: catalog.CanaryWhole + 1}, "invalid_input")
	if got := stateOf(w, "v2", "order"); got != "canary@3" {
		t.Errorf("v2 is %s", got)
	}
	c, _ := canaryOf(w)
	w.refused(&EndCanary{Type: "order", Promote: true, Due: true, Index: c.Index}, (&Fenced{}).Code())
	w.now = w.now.Add(time.Minute)
	w.refused(&EndCanary{Type: "order", Promote: true, Due: true, Index: c.Index + 1}, (&Fenced{}).Code())
	a := w.do(&EndCanary{Type: "order", Promote: true, Due: true, Index: c.Index}).(*CanaryAnswer)
	if a.Ended != "promoted" || a.Routed != versionOf("v2") || stateOf(w, "v2", "order")[:6] != "routed" {
		t.Errorf("its time was over: %+v, v2 is %s", a, stateOf(w, "v2", "order"))
	}
	if got := stateOf(w, "v1", "order"); got[:8] != "draining" { // refund is routed to it
		t.Errorf("v1 is %s", got)
	}
	w.checkReplays()
}

// TestAbortedCanaryDrains: an aborted canary is drained like what was routed once, and its events
// tell what became of its runs.
func TestAbortedCanaryDrains(t *testing.T) {
	w := canaryWorld(t, SetCanary{Share: catalog.CanaryWhole})
	w.start("a", "order")
	w.do(&SetCanary{Type: "order", Share: 0})
	w.start("b", "order")
	w.do(&EndCanary{Type: "order", Message: "worse"})
	if got := stateOf(w, "v2", "order"); got != "draining@7" {
		t.Errorf("v2 is %s", got)
	}
	w.turn("a", &history.WorkflowCompleted{})
	if got := stateOf(w, "v2", "order"); got != "drained@8 drained@8" {
		t.Errorf("v2 is %s", got)
	}
	var told []string
	w.view(func(v View) {
		events, _ := v.Feed(FeedCursor{}, 100)
		for _, e := range events {
			if bytes.HasPrefix([]byte(e.Name), []byte("Canary")) {
				told = append(told, e.Name+" "+string(e.Data))
				if !json.Valid(e.Data) {
					t.Errorf("%s is no JSON", e.Data)
				}
			}
		}
	})
	v2 := versionOf("v2").String()
	zero := `{"started":0,"completed":0,"failed":0}`
	want := []string{
		`CanaryStarted {"type":"order","version":"` + v2 + `","share":10000,"counts":{"canary":` + zero + `,"routed":` + zero + `}}`,
		`CanaryChanged {"type":"order","version":"` + v2 + `","share":0,"counts":{"canary":{"started":1,"completed":0,"failed":0},"routed":` + zero + `}}`,
		`CanaryAborted {"type":"order","version":"` + v2 + `","share":0,"counts":{"canary":{"started":1,"completed":0,"failed":0},"routed":{"started":1,"completed":0,"failed":0}}}`,
	}
	for i := range max(len(told), len(want)) {
		if i >= len(told) || i >= len(want) || told[i] != want[i] {
			t.Fatalf("announced\n%q\nwant\n%q", told, want)
		}
	}
}

// TestCanaryCounts holds the counts of a canary against a recount from the histories of all runs,
// after each of many random starts and ends.
func TestCanaryCounts(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := canaryWorld(t, SetCanary{Share: rapid.Uint64Range(0, catalog.CanaryWhole).Draw(rt, "share"), Salt: rapid.Uint64().Draw(rt, "salt")})
		defer w.s.Close()
		var open []string
		for i := range rapid.IntRange(1, 40).Draw(rt, "steps") {
			if len(open) == 0 || rapid.Bool().Draw(rt, "start") {
				id := fmt.Sprint("w", i)
				w.start(id, "order")
				open = append(open, id)
				continue
			}
			at := rapid.IntRange(0, len(open)-1).Draw(rt, "which")
			id := open[at]
			switch rapid.IntRange(0, 5).Draw(rt, "end") {
			case 5: // among those of the version that it ends on
				on, to := w.latest(id), versionOf("v1")
				if on.Version == to {
					to = versionOf("v2")
				}
				w.do(&MoveRun{Run: RunRef{WorkflowID: id}, From: on.Version, To: to})
				continue
			case 0:
				w.turn(id, &history.WorkflowFailed{})
			case 1:
				w.do(&TerminateRun{Run: RunRef{WorkflowID: id}})
			case 2:
				w.turn(id, &history.WorkflowContinuedAsNew{})
				continue
			default:
				w.turn(id, &history.WorkflowCompleted{})
			}
			open = append(open[:at], open[at+1:]...)
		}
		got, _ := canaryOf(w)
		want := map[catalog.Version]*rows.CanaryCounts{versionOf("v1"): {}, versionOf("v2"): {}}
		w.view(func(v View) {
			runs, _ := v.ListRuns(RunFilter{Type: "order"}, maxRows, "")
			for _, r := range runs {
				n := want[r.Version]
				n.Started++
				switch r.Status {
				case history.StatusCompleted, history.StatusContinuedAsNew:
					n.Completed++
				case history.StatusFailed:
					n.Failed++
				}
			}
		})
		if got.Counts != *want[versionOf("v2")] || got.Routed != *want[versionOf("v1")] {
			rt.Fatalf("counted %+v and %+v, want %+v and %+v", got.Counts, got.Routed, want[versionOf("v2")], want[versionOf("v1")])
		}
	})
}
