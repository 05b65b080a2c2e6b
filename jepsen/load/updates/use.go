// Package updates asks runs for places by updates. A run has a number of places in each of its
// generations; a validator refuses what finds none left, and a full run goes on as a new one. So a
// yes that was given for a state that has passed shows as one place too many, an update that took
// effect twice as two places for one id, and one that a run went on over as none.
//
// It never judges how fast an update is answered. Begin with source, which every target executes.
package updates

import (
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	load.Language // of the runs' code, where the cluster can run that

	requests runs.Requests
}

// guests are source in other languages.
//
//go:embed guest
var guests embed.FS

// A run goes on as a new one a few times only: an update's id is looked for in the last runs of a
// chain, and Resolve repeats what is unknown at the end.
const (
	places      = 15
	generations = 6
)

const source = `
def run(ctx, input):
    s = {"taken": []}
    next = dict(input, notes = list(input["notes"]), over = input.get("over", False)) # told to the next run, with what comes until then

    def fits(a):
        if len(s["taken"]) >= input["places"]:
            fail("full")

    def take(a):
        s["taken"].append(a["id"])
        place = len(s["taken"])
        if a["nap"]:
            ctx.sleep(a["nap"])
        return [input["generation"], place]

    def note(a):
        next["notes"].append(a["id"])
        return [0, len(next["notes"])]

    def stop():
        next["over"] = True

    ctx.on_update("take", take, validator = fits)
    ctx.on_update("note", note)
    ctx.on_signal("stop", stop)
    more = input["generation"] < input["generations"]
    ctx.until(lambda: next["over"] or more and len(s["taken"]) >= input["places"])
    if not next["over"]:
        ctx.sleep("200ms")
    before = list(input["before"]) + [s["taken"]]
    if next["over"]: # also while it slept
        return [next["notes"]] + before
    next.update([("before", before), ("generation", input["generation"] + 1)])
    ctx.continue_as_new(next)
`

// ask is what an update carries. A note needs no place: nothing validates it, so it comes at any
// time, also when its run is about to go on as a new one.
type ask struct {
	Name string `json:"name"` // take or note
	ID   string `json:"id"`
	Nap  string `json:"nap"`
}

// targetCount is the number of runs.
const targetCount = 3

func targetID(i int) string { return fmt.Sprintf("updates-%d", i%targetCount) }

// Name implements load.Workload.
func (w *Workload) Name() string {
	return w.Titled("updates")
}

// code returns the package of the runs. Where older nodes hold the level, it is in Starlark.
func (w *Workload) code(ctx context.Context, e *load.Env) (load.Package, error) {
	p := load.Package{Type: "updates", Source: source}
	if runs, err := w.Runs(ctx, e, "updates"); err != nil || !runs {
		return p, err
	}
	var err error
	p.Code, err = w.Compile(ctx, e, w.In(guests))
	return p, err
}

// Setup implements load.Workload.
func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	code, err := w.code(ctx, e)
	if err != nil {
		return err
	}
	if err := load.Deploy(ctx, e, code); err != nil {
		return err
	}
	input, _ := json.Marshal(map[string]any{"places": places, "generation": 1, "generations": generations, "before": []string{}, "notes": []string{}})
	for i := range targetCount {
		id := targetID(i)
		o, err := e.Insist(ctx, op.Op{Process: e.Record.Process(), Workload: "updates", F: "target", Key: id, Value: input, Request: "target-" + id, Node: e.Cluster.Names()[0]}, runs.Start("updates"))
		if err != nil || o.Outcome != op.OK {
			return fmt.Errorf("start %s: %s %w", id, o.Error, err)
		}
	}
	return nil
}

// Run implements load.Workload.
func (w *Workload) Run(ctx context.Context, e *load.Env) {
	w.requests.Callers(ctx, e, 100, func(c *runs.Caller, n int) {
		a := ask{Name: []string{"take", "note"}[c.Rand.IntN(2)], ID: fmt.Sprintf("u%d-%d", c.I, n), Nap: []string{"", "", "1ms", "100ms"}[c.Rand.IntN(4)]}
		value, _ := json.Marshal(a)
		c.Do(ctx, op.Op{Workload: "updates", F: "update", Key: targetID(c.Rand.IntN(targetCount)), Value: value}, update)
	})
}

// update makes one. Only the id of the update keeps it from happening twice: the call has a
// new request id each time.
func update(ctx context.Context, c *client.Client, o *op.Op) error {
	var a ask
	if err := json.Unmarshal(o.Value, &a); err != nil {
		return err
	}
	o.Request = client.NewRequestID()
	u, err := c.Update(ctx, wire.RunRef{WorkflowID: o.Key}, a.Name, wire.UpdateRequest{Args: o.Value, UpdateID: a.ID}, 3*time.Second, client.RequestID(o.Request))
	if err == nil {
		o.Index = u.Index
		o.Answer, err = json.Marshal(u)
	}
	return err
}

// Resolve repeats what is unknown, tells the runs to stop, and reads what they gave.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	waits := runs.NewPatience()
	if err := w.requests.Resolve(ctx, e); err != nil {
		return err
	}
	return load.Each(make([]string, targetCount), targetCount, func(i int, _ string) error {
		id := targetID(i)
		o := op.Op{Process: e.Record.Process(), Workload: "updates", F: "stop", Key: id, Value: json.RawMessage("null"), Request: "stop-" + id, Node: e.AnyNode(e.Rand(uint64(i)))}
		if _, err := e.Insist(ctx, o, func(ctx context.Context, c *client.Client, o *op.Op) error {
			_, err := c.Signal(ctx, wire.RunRef{WorkflowID: o.Key}, "stop", o.Value, client.RequestID(o.Request))
			return err
		}); err != nil {
			return err
		}
		_, err := runs.Conclude(ctx, e, "updates", wire.RunRef{WorkflowID: id}, waits)
		return err
	})
}
