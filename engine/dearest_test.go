package engine_test

import (
	"fmt"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// TestDearestTurn makes turns that ask for as much as possible, and compares the cost of recording
// each piece with the most that an entry may cost. The ledger, which cuts turns, and the state
// machine, which counts work, must agree.
func TestDearestTurn(t *testing.T) {
	const most = 70_000 // units: 100 ms of one core, see fsm's TestDearest
	for name, begin := range map[string]string{
		"children":          `ctx.start_child("test", i, id="kid-%d" % i)`,
		"large children":    `ctx.start_child("test", "x" * 800)`,
		"activities":        `ctx.start_activity("charge", i, schedule_timeout="1h")`,
		"timers":            `ctx.start_timer("1h")`,
		"given up timers":   `ctx.start_timer("1h").cancel()`,
		"given up children": `ctx.start_child("test", i, on_cancel="abandon").cancel()`,
		"labelled children": `ctx.start_child("test", attributes={"k%d" % j: [str(k) for k in range(60)] for j in range(90)}) if i < 40 else None`,
		"asked children":    `ctx.start_child("test", i).cancel()`,
		"asked activities":  `ctx.start_activity("charge", i, schedule_timeout="1h").cancel()`,
		"waits":             `ctx.start_signal("s%d" % i, timeout="1h")`,
		"signals":           `ctx.signal_workflow("kid", "s", i)`,
		"large signals":     `ctx.signal_workflow("kid", "s", "x" * 800)`,
		"attributes":        `(ctx.set_attributes({"k%d" % (i % 100): [str(j) for j in range(90)]}) if i < 100 else None, ctx.start_child("test", i))`,
	} {
		t.Run(name, func(t *testing.T) {
			a := &catalog.Archive{
				Manifest: catalog.Manifest{Format: 1, ABI: 1, Workflows: []catalog.Workflow{{Type: "test", EntryModule: "test", EntryFunction: "run"}}, Activities: []string{"charge"}},
				Version:  catalog.Version{1},
				Modules:  []catalog.Module{{Name: "test.star", Source: fmt.Appendf(nil, "def run(ctx, input):\n    for i in range(9999):\n        %s\n    ctx.signal(\"go\")\n", begin)}},
			}
			p, err := starlark.Compiler{}.Compile(t.Context(), a)
			if err != nil {
				t.Fatal(err)
			}
			w := runtimetest.NewWorld(t, p, runtimetest.Member, "null", runtime.Limits{})
			s, err := fsm.Open(fsm.Config{Dir: "state", FS: vfs.NewMem(), Level: fsm.NewestLevel})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			apply := func(c fsm.Command) fsm.Answer {
				b, err := fsm.EncodeEntry(fsm.Entry{At: 1, Budget: fsm.EntryBudget, Commands: []fsm.Envelope{{Command: c}}})
				if err != nil {
					t.Fatal(err)
				}
				r, err := s.Apply(s.Applied()+1, b)
				if err != nil || r[0].Refusal != nil {
					t.Fatal(err, r)
				}
				return r[0].Answer
			}
			apply(&fsm.LoadPackage{Route: true, Package: catalog.Package{
				Version: catalog.Version{1}, Blob: catalog.Digest{1}, ManifestDigest: catalog.Digest{1}, Members: []catalog.Member{runtimetest.Member},
			}})
			apply(&fsm.StartRun{WorkflowID: "kid", RunID: history.RunID{8}, Type: "test"})
			id := history.RunID{7}
			apply(&fsm.StartRun{WorkflowID: "w", RunID: id, Type: "test"})
			through := uint64(1)
			for step := w.Turn(); ; step = w.Turn() {
				c := &fsm.RecordTurn{RunID: id, N: step.N, Through: through, Cut: step.Cut, Rules: step.Rules}
				for _, d := range step.Asked {
					c.Asked = append(c.Asked, history.Event{Data: d})
				}
				through = apply(c).(*fsm.TurnAnswer).Last
				if s.Work() > most {
					t.Errorf("turn %d asks for %d events and costs %d units, more than %d", step.N, len(step.Asked), s.Work(), most)
				}
				if fsm.Estimate(c) > fsm.EntryBudget {
					t.Errorf("turn %d is estimated at %d units", step.N, fsm.Estimate(c))
				}
				if !step.Cut {
					break
				}
			}
		})
	}
}
