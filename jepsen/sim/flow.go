package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/starlark"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// Runs of the types "flow" and "kid" are real code: the real machine replays a run from any
// replica's history and makes the next turn, and the model judges it like a drawn turn. Every turn
// gets a new machine, as after a change of leader. Code that asks for something other than it did
// before is a violation.
var flows = map[string]string{
	"flow": `
def run(ctx, input):
    n = 0
    for i in range(2):
        ctx.sleep("3s")
        r = ctx.try_activity("ship", i, retry = {"max_attempts": 2}, timeout = "9s")
        n += 1 if r.ok else 0
        if ctx.signal("go", timeout = "20s") != None:
            n += 10
    kids = [ctx.start_child("kid", i) for i in range(2)]
    which, got = ctx.race(kids)
    if ctx.random() < 0.3:
        ctx.continue_as_new(input)
    if ctx.random() < 0.2:
        fail("no luck")
    return n + got
`,
	"kid": `
def run(ctx, input):
    ctx.sleep("2s" if ctx.random() < 0.5 else "5s")
    return 100
`,
}

type code struct {
	archive *catalog.Archive
	program runtime.Program
}

// flowCode compiles the package of flows once. It panics if that fails, because the package is part
// of sim.
var flowCode = sync.OnceValue(func() code {
	m := catalog.Manifest{Format: catalog.Format, ABI: catalog.ABI, Activities: []string{"ship"}}
	var modules []catalog.Module
	for _, typ := range []string{"flow", "kid"} {
		m.Workflows = append(m.Workflows, catalog.Workflow{Type: typ, EntryModule: typ, EntryFunction: "run"})
		modules = append(modules, catalog.Module{Name: typ + ".star", Source: []byte(flows[typ])})
	}
	b, err := catalog.Write(m, modules)
	if err != nil {
		panic(err)
	}
	archive, err := catalog.Open(b, catalog.DefaultLimits())
	if err != nil {
		panic(err)
	}
	program, err := starlark.Compiler{}.Compile(context.Background(), archive)
	if err != nil {
		panic(err)
	}
	return code{archive, program}
})

// flow draws a client's command for flows. The first time it loads their package.
func (w *World) flow(rng *rand.Rand) fsm.Command {
	p := flowCode().archive.Package()
	id := fmt.Sprint("flow-", rng.IntN(4))
	switch {
	case w.model.loaded[p.Version] == nil:
		return &fsm.LoadPackage{Package: p, Route: true}
	case odds(rng, 3):
		return &fsm.SignalRun{Run: fsm.RunRef{WorkflowID: id}, Name: "go", Payload: payload(rng), MaxWaiting: 6}
	case odds(rng, 12):
		return &fsm.CancelRun{Run: fsm.RunRef{WorkflowID: id}}
	}
	return &fsm.StartRun{WorkflowID: id, RunID: w.mint(rng), Type: "flow", Input: history.Payload("1")}
}

// replayed replays real code up to a number of turns of a run. The caller closes the machine.
func (w *World) replayed(v fsm.View, r *rows.Run, turns uint64) (*replay.Machine, []history.Event) {
	code := flowCode()
	p := code.archive.Package()
	member, _ := p.Member(r.Type)
	events := v.Events(r.RunID, 1, int(r.Events))
	var reopened []history.Event
	for _, seq := range r.Reopened {
		reopened = append(reopened, events[seq-1])
	}
	m, err := replay.New(replay.Config{Program: code.program, Member: *member, Rules: w.newestRules}, events[0], reopened...)
	if err != nil {
		w.failf("run %s: %v", r.RunID, err)
	}
	if turns > 0 {
		if err := m.Replay(context.Background(), v.Turns(r.RunID, 1, int(turns)), events); err != nil {
			w.failf("run %s is replayed at index %d: %v", r.RunID, v.Index(), err)
		}
	}
	return m, events
}

// newestRules are those by which real code makes its turns at the level of the state.
func (w *World) newestRules() uint64 {
	if w.model.level < 4 {
		return 2
	}
	return history.Rules
}

// flowReopening finds by replay what reopening a run of real code has to take up again.
func (w *World) flowReopening(v fsm.View, r *rows.Run, c *fsm.ReopenRun) {
	turns := r.Turns
	if c.Turn != 0 {
		turns--
	}
	m, events := w.replayed(v, r, turns)
	defer m.Close()
	found, err := m.Reopening(events[m.Seen():])
	if err != nil {
		w.failf("run %s is to be reopened at index %d: %v", r.RunID, v.Index(), err)
	}
	c.Forget, c.ForgetCancel = found.Forget, found.Cancel && w.model.level >= 4
	for _, b := range found.Again {
		c.Again = append(c.Again, fsm.Again{ID: b.ID, Seq: b.Seq, Asked: b.Asked})
	}
}

// flowTurn makes the next turn of a run of real code, from one replica's history.
func (w *World) flowTurn(v fsm.View, r *rows.Run) fsm.Command {
	m, events := w.replayed(v, r, r.Turns)
	defer m.Close()
	step, err := m.Next(context.Background(), events[m.Seen():])
	if err != nil {
		w.failf("run %s, turn %d: %v", r.RunID, r.Turns+1, err)
	}
	if step.N != r.Turns+1 {
		w.failf("run %s: code made turn %d, its row says %d were recorded", r.RunID, step.N, r.Turns)
	}
	w.stats.Flows++
	return turnOf(r.RunID, step)
}

func turnOf(id history.RunID, step *replay.Step) *fsm.RecordTurn {
	c := &fsm.RecordTurn{RunID: id, N: step.N, Through: step.Through, Waiting: step.Waiting, Consumed: step.Consumed,
		Cut: step.Cut, Rules: step.Rules, Waits: step.Waits, Suggested: step.Suggested}
	for _, d := range step.Asked {
		c.Asked = append(c.Asked, history.Event{Data: d})
	}
	return c
}
