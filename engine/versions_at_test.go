package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// TestVersionsAt: after any deploys, what was loaded and routed at each index and time is what the
// listing showed then.
func TestVersionsAt(t *testing.T) {
	code := func(i int, types ...string) enginetest.Code {
		c := enginetest.Code{}
		for _, typ := range types {
			c[typ] = fmt.Sprintf("def run(ctx, input):\n    return %d\n", i)
		}
		return c
	}
	for seed := range uint64(6) {
		rng := rand.New(rand.NewPCG(seed, 1))
		n := enginetest.New(t)
		var archives [][]byte
		for i := range 3 {
			archives = append(archives, enginetest.Pack(t, code(i, "order", "refund")), enginetest.Pack(t, code(i, "order")))
		}
		type moment struct {
			index uint64
			at    history.Time
			rows  string
		}
		var moments []moment
		line := func(typ, version string, index uint64, active bool) string {
			return fmt.Sprintf("%s %s %d %v", typ, version[:6], index, active)
		}
		note := func() {
			list, index, err := n.Versions(background, engine.Read{}, "")
			if err != nil {
				t.Fatal(err)
			}
			m := moment{index: index}
			var lines []string
			for _, r := range list {
				lines = append(lines, line(r.Member.Type, r.Package.Version.String(), r.Package.LoadedIndex, r.RouteActive))
			}
			n.State.View(func(v fsm.View) { m.at = v.Now() })
			slices.Sort(lines)
			m.rows = strings.Join(lines, ", ")
			moments = append(moments, m)
		}
		versions := []string{"ffffff"}
		for range 60 {
			typ := []string{"order", "refund"}[rng.IntN(2)]
			version := versions[rng.IntN(len(versions))]
			switch rng.IntN(6) {
			case 0, 1:
				a, _, err := n.LoadPackage(background, engine.LoadRequest{Archive: archives[rng.IntN(len(archives))], Route: rng.IntN(3) > 0})
				if err != nil {
					t.Fatal(err)
				}
				versions = append(versions, a.Package.Version.String())
			case 2:
				n.Route(background, engine.Call{}, fsm.RouteType{Type: typ, Version: version})
			case 3:
				n.Rollback(background, engine.Call{}, fsm.RollbackType{Type: typ})
			case 4:
				n.Unroute(background, engine.Call{}, fsm.UnrouteType{Type: typ})
			case 5:
				n.Unload(background, engine.Call{}, fsm.UnloadVersion{Type: typ, Version: version})
			}
			note()
		}
		page, err := n.Deploys(background, engine.Read{}, "", 1000, "")
		if err != nil {
			t.Fatal(err)
		}
		first := page.Records[len(page.Records)-1].Index
		for _, r := range slices.Backward(page.Records) {
			if first = r.Index; r.Outcome == fsm.OutcomeOK {
				break
			}
		}
		show := func(when engine.Moment) string {
			then, err := n.VersionsAt(background, engine.Read{}, "", when)
			if err != nil {
				t.Fatal(err)
			}
			var lines []string
			for _, v := range then.Versions {
				lines = append(lines, line(v.Type, v.Version.String(), v.LoadedIndex, v.RouteActive))
			}
			slices.Sort(lines)
			return strings.Join(lines, ", ")
		}
		for i, m := range moments {
			if m.index < first {
				continue
			}
			if got := show(engine.Moment{Index: m.index}); got != m.rows {
				t.Fatalf("seed %d: at index %d\n%s, listed was\n%s", seed, m.index, got, m.rows)
			}
			if i+1 < len(moments) && moments[i+1].at == m.at {
				continue // time stood still
			}
			if got := show(engine.Moment{Time: m.at}); got != m.rows {
				t.Fatalf("seed %d: at %s\n%s, listed was\n%s", seed, m.at, got, m.rows)
			}
		}
		newest := moments[len(moments)-1]
		for name, when := range map[string]engine.Moment{
			"beyond the newest index": {Index: newest.index + 1000},
			"in the future":           {Time: newest.at + history.Time(time.Hour)},
			"before the first act":    {Index: first - 1},
			"long ago":                {Time: 1},
		} {
			_, err := n.VersionsAt(background, engine.Read{}, "", when)
			refused(t, err, "invalid_input")
			if err == nil {
				t.Errorf("seed %d: %s is answered", seed, name)
			}
		}
	}
}

// TestVersionsAtOfOneType: the type narrows the listing, and nothing deployed is nothing loaded.
func TestVersionsAtOfOneType(t *testing.T) {
	n := enginetest.New(t)
	then, err := n.VersionsAt(background, engine.Read{}, "", engine.Moment{Index: 1})
	if err == nil && len(then.Versions) > 0 {
		t.Errorf("before any deploy %+v was loaded", then.Versions)
	}
	n.Deploy(enginetest.Pack(t, enginetest.Code{"order": "def run(ctx, input):\n    return 1\n", "refund": "def run(ctx, input):\n    return 1\n"}))
	_, index, err := n.Versions(background, engine.Read{}, "")
	if err != nil {
		t.Fatal(err)
	}
	then, err = n.VersionsAt(background, engine.Read{}, "refund", engine.Moment{Index: index})
	if err != nil || len(then.Versions) != 1 || then.Versions[0].Type != "refund" || !then.Versions[0].RouteActive || then.Versions[0].Package == nil {
		t.Errorf("%+v, %v", then, err)
	}
	_, err = n.VersionsAt(background, engine.Read{}, strings.Repeat("t", 10_000), engine.Moment{Index: index})
	refused(t, err, "invalid_input")
}
