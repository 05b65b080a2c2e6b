// Package fleet runs the worker processes of a workload, disturbs them while the suite's faults
// strike nodes, and reads their ledger. It does not judge what they did. Begin with Fleet.
package fleet

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"aion.dev/aion/jepsen/links"
	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/jepsen/worker"
)

// Fleet is the worker processes of a workload. The suite's faults strike only nodes, so the
// workload itself disturbs its workers. Every disturbance is an operation of the history ("hurt"),
// so that it can be compared with the ledger.
type Fleet struct {
	env      *load.Env
	workload string
	ledger   string
	workers  []*worker.Process
}

// New creates and starts workers; shape fills in what differs between them.
func New(e *load.Env, workload string, n int, shape func(i int, c *worker.Config)) (*Fleet, error) {
	f := &Fleet{env: e, workload: workload, ledger: filepath.Join(e.Dir, "ledger.jsonl")}
	var nodes []string
	for _, node := range e.Cluster.Nodes() {
		nodes = append(nodes, node.Public.HTTP)
	}
	for i := range n {
		c := worker.Config{Name: fmt.Sprintf("w%d", i+1), Nodes: nodes, Ledger: f.ledger, Lease: time.Second, Slots: 4, Face: load.FaceOf(e.Face)}
		c.Log = filepath.Join(e.Dir, c.Name+".log")
		shape(i, &c)
		f.workers = append(f.workers, &worker.Process{Config: c, Owns: e.Cluster.Links.Owns})
	}
	return f, f.Heal()
}

// Hurt disturbs one worker after another until ctx ends, and undoes each disturbance.
func (f *Fleet) Hurt(ctx context.Context, r *rand.Rand) {
	for load.Pause(ctx, time.Duration(300+r.IntN(1500))*time.Millisecond) {
		w := f.workers[r.IntN(len(f.workers))]
		did, mend := f.strike(w, r)
		last := time.Duration(100+r.IntN(3900)) * time.Millisecond // around a lease of a second or two
		what, _ := json.Marshal(map[string]string{"did": did, "for": last.String()})
		f.env.Record.Do(op.Op{Process: f.env.Record.Process(), Workload: f.workload, F: "hurt", Key: w.Config.Name, Value: what}, func(*op.Op) error {
			load.Pause(ctx, last)
			return mend()
		})
	}
}

// strike disturbs one worker and returns how to undo that.
func (f *Fleet) strike(w *worker.Process, r *rand.Rand) (string, func() error) {
	name := w.Config.Name
	switch r.IntN(5) {
	case 0, 1:
		w.Kill()
		return "kill -9", w.Start
	case 2, 3:
		w.Freeze()
		return "SIGSTOP", func() error { w.Thaw(); return nil }
	}
	in, out := r.IntN(3) > 0, r.IntN(3) > 0
	set := func(rule links.Rule) {
		for _, node := range f.env.Cluster.Names() {
			if out || !in {
				f.env.Cluster.Links.Set(name, node, rule, links.HTTP)
			}
			if in {
				f.env.Cluster.Links.Set(node, name, rule, links.HTTP)
			}
		}
	}
	set(links.Rule{Cut: true})
	return fmt.Sprintf("cut off, in %t out %t", in, out || !in), func() error { set(links.Rule{}); return nil }
}

// Heal makes every worker run undisturbed.
func (f *Fleet) Heal() error {
	var errs []error
	for _, w := range f.workers {
		w.Thaw()
		errs = append(errs, w.Start())
	}
	return errors.Join(errs...)
}

// Close kills every worker.
func (f *Fleet) Close() error {
	if f != nil {
		for _, w := range f.workers {
			w.Kill()
		}
	}
	return nil
}

// linesOfOp is how many ledger lines one operation contains.
const linesOfOp = 2000

// Finish lets the workers finish their tasks, ends them, and records the ledger as operations
// ("ledger").
func (f *Fleet) Finish() error {
	load.Each(f.workers, len(f.workers), func(_ int, w *worker.Process) error {
		w.Stop(20 * time.Second) // one that does not finish is killed: its tasks have no answer in the ledger
		return nil
	})
	lines, err := worker.ReadLedger(f.ledger)
	if err != nil {
		return err
	}
	for at := 0; at < len(lines); at += linesOfOp {
		f.env.Record.Do(op.Op{Process: f.env.Record.Process(), Workload: f.workload, F: "ledger"}, func(o *op.Op) (err error) {
			o.Answer, err = json.Marshal(lines[at:min(at+linesOfOp, len(lines))])
			return err
		})
	}
	return nil
}

// LedgerOf extracts the ledger from a history.
func LedgerOf(ops []op.Op, workload string) ([]worker.Line, error) {
	var lines []worker.Line
	for _, o := range ops {
		if o.Workload != workload || o.F != "ledger" {
			continue
		}
		var part []worker.Line
		if err := json.Unmarshal(o.Answer, &part); err != nil {
			return nil, fmt.Errorf("ledger in operation %d: %w", o.ID, err)
		}
		lines = append(lines, part...)
	}
	return lines, nil
}
