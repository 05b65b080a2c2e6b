// Package backups starts runs, and takes backups meanwhile, through links that faults disturb; some
// are broken off on purpose and go on. Afterwards it makes a cluster of each backup and looks what
// is in it: exactly the runs that were started up to its index, which is not below that of anything
// acknowledged before the backup began; every archive; and the answers to repeated requests. A
// backup in which a bit is flipped must be refused.
//
// Beside those in files, two writers keep increments in one folder, and both give up what is old.
// The newest must be there, and hold what is said above.
//
// Half of the files are restored into a running, empty cluster in which somebody else makes
// something at the same moment. What was acknowledged must be there, or the restore is refused.
//
// In the end two more nodes are a cluster that loses its quorum under load: what was acknowledged
// is in what is recovered of the one that did not lead.
//
// Begin with Run, then check.go.
package backups

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Workload keeps what Resolve needs later.
type Workload struct {
	requests runs.Requests

	mu    sync.Mutex
	taken []op.Op // backups that are complete
	store []op.Op // increments that are
	acked []op.Op // starts
}

const source = `
def run(ctx, input):
    ctx.sleep("%dms" % input)
    return input
`

// mostBackups is how many are taken in one run: each is restored afterwards.
const mostBackups = 6

func (w *Workload) Name() string { return "backups" }

func (w *Workload) Setup(ctx context.Context, e *load.Env) error {
	return load.Deploy(ctx, e, load.Package{Type: "backups", Source: source}, load.Package{Type: "backups_other", Source: source + "\n# another\n"})
}

func (w *Workload) Run(ctx context.Context, e *load.Env) {
	var callers sync.WaitGroup
	for i := range e.Concurrency {
		callers.Go(func() {
			r, p := e.Rand(uint64(100+i)), e.Record.Process()
			for n := 0; e.Pace(ctx); n++ {
				id := fmt.Sprintf("backups-%d-%d", i, n)
				input, _ := json.Marshal(r.IntN(3000))
				var o op.Op
				o, p = w.requests.Do(ctx, e, op.Op{Process: p, Workload: "backups", F: "start", Key: id, Value: input, Request: "b-" + id, Node: e.AnyNode(r)}, runs.Start("backups"))
				if o.Outcome == op.OK {
					w.mu.Lock()
					w.acked = append(w.acked, o)
					w.mu.Unlock()
				}
			}
		})
	}
	for i := range writers {
		callers.Go(func() { w.increments(ctx, e, e.Rand(uint64(90+i))) })
	}
	callers.Go(func() {
		r := e.Rand(99)
		for n := 0; n < mostBackups && ctx.Err() == nil; n++ {
			w.take(ctx, e, r, n)
			select {
			case <-ctx.Done():
			case <-time.After(time.Duration(200+r.IntN(1500)) * time.Millisecond):
			}
		}
	})
	callers.Wait()
}

// take makes one backup through one node.
func (w *Workload) take(ctx context.Context, e *load.Env, r *rand.Rand, n int) {
	path := filepath.Join(e.Dir, fmt.Sprintf("backup-%d", n))
	cut := int64(0) // breaks off after as many bytes, once
	if r.IntN(2) == 0 {
		cut = 1 + r.Int64N(40_000)
	}
	o := e.Call(ctx, op.Op{Process: e.Record.Process(), Workload: "backups", F: "backup", Key: path, Node: e.AnyNode(r)}, func(ctx context.Context, c *client.Client, o *op.Op) error {
		f, err := os.Create(path)
		if err != nil {
			return err
		}
		defer f.Close()
		a := answer{}
		for {
			done, err := a.fetch(ctx, c, f, cut)
			if done || ctx.Err() != nil || a.ID == "" && err != nil {
				o.Index, o.Answer = a.Index, encoded(a)
				return err
			}
			var p *wire.Problem
			if errors.As(err, &p) && p.Code == "not_found" {
				return wire.New("unavailable", "the node has no such backup any more: "+p.Detail)
			}
			cut = 0
			a.Resumed++
			time.Sleep(50 * time.Millisecond)
		}
	})
	if o.Outcome != op.OK {
		os.Remove(path)
		return
	}
	w.mu.Lock()
	w.taken = append(w.taken, o)
	w.mu.Unlock()
}

// answer is what is recorded of a backup.
type answer struct {
	ID      string `json:"id"`
	Index   uint64 `json:"index"`
	Bytes   int64  `json:"bytes"`
	Resumed int    `json:"resumed"`
}

// fetch receives what is missing, and reports whether all is there.
func (a *answer) fetch(ctx context.Context, c *client.Client, f *os.File, cut int64) (bool, error) {
	b, err := c.Backup(ctx, client.BackupOptions{ID: a.ID, Offset: a.Bytes})
	if err != nil {
		return false, err
	}
	defer b.Close()
	a.ID, a.Index = b.ID, b.Index
	rest := b.Rest
	var from io.Reader = b
	if cut > 0 && cut < rest {
		from = io.LimitReader(b, cut)
	}
	n, err := io.Copy(f, from)
	a.Bytes += n
	return err == nil && n == rest, err
}

// encoded is a value as it is recorded.
func encoded(v any) json.RawMessage {
	b, _ := json.Marshal(v)
	return b
}
