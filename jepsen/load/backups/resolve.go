package backups

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// inside is what a restored backup has.
type inside struct {
	Index   uint64            `json:"index"`   // that the file names
	Runs    map[string]string `json:"runs"`    // workflow id -> run id
	Missing int               `json:"missing"` // archives
	Again   map[string]string `json:"again"`   // of some starts that were sent again: request id -> run id
}

// again is how many starts are sent again to each restored cluster.
const again = 10

// Resolve makes a cluster of each backup and records what is in it.
func (w *Workload) Resolve(ctx context.Context, e *load.Env) error {
	if err := w.requests.Resolve(ctx, e); err != nil {
		return err
	}
	for n, taken := range w.taken {
		flip := func() (undo func() error, err error) { return flip(taken.Key, e.Rand(uint64(200+n)).Int64N) }
		into := w.offline
		if n%2 == 1 {
			into = w.online(e.Rand(uint64(400+n)), taken.Key)
		}
		if err := w.resolve(ctx, e, taken, flip, into, taken.Key); err != nil {
			return err
		}
		if err := os.Remove(taken.Key); err != nil {
			return err
		}
	}
	w.recoverSurvivor(ctx, e)
	for n, taken := range w.newest() {
		flip := func() (undo func() error, err error) {
			r := e.Rand(uint64(300 + n))
			path, err := blockOf(storeOf(e), taken.Key, r.Int64N)
			if err != nil {
				return nil, err
			}
			return flip(path, r.Int64N)
		}
		if err := w.resolve(ctx, e, taken, flip, w.offline, storeOf(e), "--at", taken.Key); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// resolve records what is in a backup, and what is said of it with another bit. The target is what
// commands call it.
func (w *Workload) resolve(ctx context.Context, e *load.Env, taken op.Op, flip func() (undo func() error, err error), into restore, target ...string) error {
	o := op.Op{Process: e.Record.Process(), Workload: "backups", F: "restored", Key: taken.Key, Value: encoded(taken.ID), Node: taken.Node}
	done := e.Record.Do(o, func(o *op.Op) error {
		in, err := w.look(ctx, e, into, target)
		o.Index, o.Answer = in.Index, encoded(in)
		if err != nil {
			return wire.New("invalid_state", err.Error()) // no node answered that: it is what became of the file
		}
		return nil
	})
	if done.Outcome != op.OK {
		return nil // nothing is there to flip
	}
	undo := func() error { return nil }
	o.F = "flipped"
	e.Record.Do(o, func(o *op.Op) (err error) {
		if undo, err = flip(); err != nil {
			return err
		}
		if _, err := e.Cluster.Command(ctx, append([]string{"backup", "verify", "--json"}, target...)...); err != nil {
			return wire.New("invalid_input", err.Error())
		}
		return nil
	})
	return undo() // others may share what was flipped
}

// restore makes a cluster of a backup, and calls f with a client of it.
type restore func(ctx context.Context, e *load.Env, target []string, f func(*client.Client) error) error

func (w *Workload) offline(ctx context.Context, e *load.Env, target []string, f func(*client.Client) error) error {
	return e.Cluster.Restored(ctx, target, f)
}

// look restores a backup and reads what is in it.
func (w *Workload) look(ctx context.Context, e *load.Env, into restore, target []string) (in inside, err error) {
	out, err := e.Cluster.Command(ctx, append([]string{"backup", "verify", "--rebuild", "--json"}, target...)...)
	if err != nil {
		return in, fmt.Errorf("verify: %w", err)
	}
	if err := json.Unmarshal([]byte(out), &in); err != nil {
		return in, err
	}
	in.Runs, in.Again = map[string]string{}, map[string]string{}
	err = into(ctx, e, target, func(c *client.Client) error {
		for page := (wire.Page{Limit: wire.MaxPage}); ; {
			list, err := c.List(ctx, wire.RunFilter{Type: "backups"}, page)
			if err != nil {
				return err
			}
			for _, r := range list.Workflows {
				in.Runs[r.WorkflowID] = r.RunID
			}
			if page.Cursor = list.NextCursor; page.Cursor == "" {
				break
			}
		}
		s, err := c.Cluster(ctx)
		if err != nil {
			return err
		}
		for _, m := range s.Members {
			in.Missing += m.MissingBlobs
		}
		for _, o := range w.acked {
			if o.Index > in.Index || len(in.Again) == again {
				continue
			}
			a, err := c.Start(ctx, wire.StartRequest{Type: "backups", WorkflowID: o.Key, Input: o.Value}, client.RequestID(o.Request))
			if err != nil {
				return fmt.Errorf("start %s again: %w", o.Key, err)
			}
			in.Again[o.Request] = a.RunID
		}
		return nil
	})
	return in, err
}

// flip changes one bit of a file, and returns how to change it back.
func flip(path string, choose func(int64) int64) (undo func() error, err error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return func() error { return nil }, err
	}
	at, bit := choose(int64(len(b))), byte(1)<<choose(8)
	b[at] ^= bit
	return func() error {
		b[at] ^= bit
		return os.WriteFile(path, b, 0o600)
	}, os.WriteFile(path, b, 0o600)
}
