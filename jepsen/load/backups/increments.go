package backups

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// Increments are written by the command, as operators do, through any node.
const (
	writers      = 2 // of one store, at the same time
	kept         = 4 // backups that each leaves
	readNewest   = 2 // of them: others may have written up to that many more when the run ended
	mostOfWriter = 4 // each round is a process
)

func storeOf(e *load.Env) string { return filepath.Join(e.Dir, "increments") }

// increments writes some backups into the store.
func (w *Workload) increments(ctx context.Context, e *load.Env, r *rand.Rand) {
	for n := 0; n < mostOfWriter && ctx.Err() == nil; n++ {
		w.increment(ctx, e, r)
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(500+r.IntN(2000)) * time.Millisecond):
		}
	}
}

// increment writes one. Whether one that failed is in the store is not known, and it may be.
func (w *Workload) increment(ctx context.Context, e *load.Env, r *rand.Rand) {
	if err := os.MkdirAll(storeOf(e), 0o700); err != nil {
		panic(err)
	}
	o := e.Call(ctx, op.Op{Process: e.Record.Process(), Workload: "backups", F: "backup", Key: storeOf(e), Node: e.AnyNode(r)}, func(ctx context.Context, c *client.Client, o *op.Op) error {
		out, err := e.Cluster.Command(ctx, "backup", storeOf(e), "--addr", strings.Join(c.Addresses(), ","), "--keep", fmt.Sprint(kept), "--json")
		if err != nil {
			return wire.New("unavailable", err.Error())
		}
		var a struct {
			ID    string `json:"id"`
			Index uint64 `json:"index"`
		}
		if err := json.Unmarshal([]byte(out), &a); err != nil {
			return err
		}
		o.Index, o.Answer = a.Index, json.RawMessage(out)
		o.Key = a.ID
		return nil
	})
	if o.Outcome == op.OK {
		w.mu.Lock()
		w.store = append(w.store, o)
		w.mu.Unlock()
	}
}

// newest returns the increments that must be in the store.
func (w *Workload) newest() []op.Op {
	all := slices.Clone(w.store)
	slices.SortFunc(all, func(a, b op.Op) int { return strings.Compare(b.Key, a.Key) })
	return all[:min(len(all), readNewest)]
}

// blockOf chooses an object that an increment consists of: its manifest, or one of its blocks.
func blockOf(store, id string, choose func(int64) int64) (path string, err error) {
	manifest := filepath.Join(store, "manifests", id+".json")
	b, err := os.ReadFile(manifest)
	if err != nil {
		return "", err
	}
	type block struct {
		Digest string `json:"digest"`
		Run    string `json:"run"`
	}
	var read struct {
		Manifest struct {
			Archives [][]block `json:"archives"`
			State    []block   `json:"state"`
		} `json:"manifest"`
	}
	if err := json.Unmarshal(b, &read); err != nil {
		return "", err
	}
	paths := []string{manifest}
	for _, list := range append(read.Manifest.Archives, read.Manifest.State) {
		for _, one := range list {
			paths = append(paths, filepath.Join(store, "blocks", one.Digest[:2], one.Digest+"."+one.Run))
		}
	}
	// Mostly blocks of the state: nothing but their own name checks what they hold.
	return paths[choose(int64(len(paths)))], nil
}
