package engine_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine"
	"aion.dev/aion/engine/enginetest"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/audit"
	"aion.dev/aion/fsm/history"
)

// Starts race with loads, routes and unloads. Whatever happens, a run executes the code of the
// version in its WorkflowStarted; a start after an acknowledged deploy runs that version or a later
// one; and nothing pinned is ever unloaded.
func TestStartsRacingDeploysRunWhatTheySay(t *testing.T) {
	n := enginetest.New(t)
	const versions, starters, starts = 6, 4, 40
	archives := make([][]byte, versions)
	says := make(map[catalog.Version]string)
	for i := range archives {
		text := fmt.Sprintf("v%d", i)
		archives[i] = enginetest.Pack(t, enginetest.Code{"w": fmt.Sprintf("def run(ctx, input):\n    ctx.sleep(\"1ms\")\n    return [%q, ctx.info.version]\n", text)})
		a, err := catalog.Open(archives[i], catalog.DefaultLimits())
		if err != nil {
			t.Fatal(err)
		}
		says[a.Version] = text
	}
	n.Deploy(archives[0])

	var wg sync.WaitGroup
	over := make(chan struct{})
	for seed := range 2 {
		wg.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(seed)))
			for {
				select {
				case <-over:
					return
				default:
				}
				var err error
				switch random.IntN(3) {
				case 0, 1:
					_, _, err = n.LoadPackage(background, engine.LoadRequest{Archive: archives[random.IntN(versions)], Route: random.IntN(2) == 0})
				default:
					rows, _, listErr := n.Versions(background, engine.Read{}, "w")
					if listErr != nil || len(rows) == 0 {
						continue
					}
					v := rows[random.IntN(len(rows))].Package.Version.String()
					if random.IntN(2) == 0 {
						_, _, err = n.Route(background, engine.Call{}, fsm.RouteType{Type: "w", Version: v})
					} else {
						_, _, err = n.Unload(background, engine.Call{}, fsm.UnloadVersion{Type: "w", Version: v})
					}
				}
				switch enginetest.CodeOf(err) {
				case "", "route_active", "version_pinned", "unknown_version":
					if err == nil || enginetest.CodeOf(err) != "" {
						continue
					}
				}
				t.Errorf("an operator's call: %v", err)
			}
		})
	}
	var starting sync.WaitGroup
	for range starters {
		starting.Go(func() {
			for range starts {
				answer, _, err := n.Start(background, engine.StartRequest{Type: "w"})
				if err != nil {
					t.Errorf("start: %v", err)
					return
				}
				ref := fsm.RunRef{WorkflowID: answer.WorkflowID, RunID: answer.RunID}
				want := fmt.Sprintf(`completed [%q,%q]`, says[answer.Version], answer.Version.String())
				if got := n.Outcome(ref); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
				started := n.Events(ref)[0].Data.(*history.WorkflowStarted)
				equal(t, "version", started.Version, answer.Version)
			}
		})
	}
	starting.Wait()
	close(over)
	wg.Wait()
	if err := audit.Check(n.State); err != nil {
		t.Error(err)
	}
}

// After a deploy is acknowledged, no start runs an older version.
func TestAStartAfterADeployRunsTheNewVersion(t *testing.T) {
	bubble(t, func(t *testing.T, n *enginetest.Node) {
		for i := range 20 {
			text := fmt.Sprintf("v%d", i)
			answer := n.Deploy(enginetest.Pack(t, enginetest.Code{"w": says(text)}))
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					ref := n.Begin("w", "")
					equal(t, "outcome", n.Outcome(ref), fmt.Sprintf("completed %q", text))
					equal(t, "version", n.Row(ref).Version, answer.Package.Version)
				})
			}
			wg.Wait()
		}
	})
}
