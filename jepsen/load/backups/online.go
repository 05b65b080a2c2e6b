package backups

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// meanwhile is what became of a namespace that somebody made while a backup was restored.
type meanwhile struct {
	Restored uint64 `json:"restored"`       // index of the state
	Refused  int    `json:"refused"`        // restores, because the namespace came first
	Lost     string `json:"lost,omitempty"` // a namespace that was acknowledged
	Index    uint64 `json:"index,omitempty"`
}

const (
	// meanwhileWithin is when the namespace is made, from the begin of the restore on: it takes
	// about as long to build the state.
	meanwhileWithin = 40 * time.Millisecond
	// mostRaces is how often; then the restore has the cluster to itself.
	mostRaces = 3
)

// online restores a file into a running cluster.
func (w *Workload) online(r *rand.Rand, path string) restore {
	return func(ctx context.Context, e *load.Env, _ []string, f func(*client.Client) error) error {
		return e.Cluster.Fresh(ctx, func(c *client.Client) error {
			if err := takesNamespaces(ctx, c); err != nil {
				return err
			}
			var failed error
			e.Record.Do(op.Op{Process: e.Record.Process(), Workload: "backups", F: "meanwhile", Key: path}, func(o *op.Op) error {
				m := meanwhile{}
				failed = m.race(ctx, c, r, path)
				o.Answer = encoded(m)
				return failed
			})
			if failed != nil {
				return failed
			}
			return f(c)
		})
	}
}

// takesNamespaces waits until a cluster is at a level that has them.
func takesNamespaces(ctx context.Context, c *client.Client) error {
	for {
		s, err := c.Cluster(ctx)
		if err != nil || s.Level >= 4 {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// race restores the file, again and again until it is not refused because of the namespace.
func (m *meanwhile) race(ctx context.Context, c *client.Client, r *rand.Rand, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return err
	}
	for n := 0; ; n++ {
		name, made := fmt.Sprint("meanwhile-", n), make(chan *wire.NamespaceAnswer, 1)
		if after := time.Duration(r.Int64N(int64(meanwhileWithin))); n < mostRaces {
			go func() {
				time.Sleep(after)
				a, _ := c.CreateNamespace(ctx, wire.NamespaceSpec{Name: name})
				made <- a
			}()
		} else {
			made <- nil
		}
		restored, failed := c.Restore(ctx, file, info.Size())
		var p *wire.Problem
		if acked := <-made; acked != nil {
			switch _, err := c.Namespace(ctx, name); {
			case errors.As(err, &p) && p.Code == "not_found":
				m.Lost, m.Index = name, acked.Index
			case err != nil:
				return err
			}
		}
		if failed == nil {
			m.Restored = restored.Index
			return nil
		}
		if !errors.As(failed, &p) || p.Code != "invalid_state" {
			return failed
		}
		m.Refused++
		if _, err := c.DeleteNamespace(ctx, name); err != nil && !(errors.As(err, &p) && p.Code == "not_found") {
			return err
		}
		time.Sleep(20 * time.Millisecond) // until it is gone
	}
}
