package main

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"
)

// TestKills kills nodes of a real cluster with SIGKILL, and freezes them, while callers start,
// signal, pause and terminate runs and deploy, route, roll back and unload versions through
// whichever node they reach. Every call is repeated under its request id until its outcome is
// known, or given up if all answers were "retry". In the end the histories, the deploy history and
// the answers must be consistent; see check.
//
// AION_KILLS is the number of rounds, AION_KILLS_SEED repeats a choice of operations (not their
// timing), AION_KILLS_DIR keeps all data.
func TestKills(t *testing.T) {
	t.Parallel()
	rounds, seed := 5, time.Now().UnixNano()
	if s := os.Getenv("AION_KILLS"); s != "" {
		rounds, _ = strconv.Atoi(s)
	}
	if s := os.Getenv("AION_KILLS_SEED"); s != "" {
		seed, _ = strconv.ParseInt(s, 10, 64)
	}
	dir := os.Getenv("AION_KILLS_DIR")
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "aion-kills-"); err != nil {
			t.Fatal(err)
		}
		defer func() {
			if !t.Failed() {
				_ = os.RemoveAll(dir)
			}
		}()
	}
	t.Logf("AION_KILLS=%d AION_KILLS_SEED=%d; logs and data of a failure stay in %s", rounds, seed, dir)

	f := &fleet{dir: dir, nodes: map[string]*process{}}
	f.client.Timeout = 5 * time.Second
	defer f.killAll()
	if err := f.startAll("a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute+time.Duration(rounds)*20*time.Second)
	defer cancel()
	w := newKillsWorld(t, f, ctx)
	for _, family := range killsFamilies {
		if !w.load(w.hand(seed, 0), family, 0, true) {
			t.Fatal("the first packages were not loaded")
		}
	}

	var workers, watchers sync.WaitGroup
	working, stop := context.WithCancel(ctx)
	defer stop()
	for i := range 4 {
		workers.Go(func() { w.runs(w.hand(seed, 1+i), working) })
	}
	for i := range 2 {
		workers.Go(func() { w.deploys(w.hand(seed, 11+i), working) })
	}
	watchers.Go(func() { w.sampleDigests(working) })
	w.chaos(rand.New(rand.NewPCG(uint64(seed), 99)), rounds)
	stop()
	workers.Wait()
	watchers.Wait()
	if ctx.Err() != nil {
		t.Fatal("the cluster did not get through this in time")
	}
	w.check()
	t.Logf("%s; starts %d, deploys %d, signals %d, answers lost %d, digests compared %d",
		w.did, len(w.starts), len(w.changes), w.signals, w.lost, len(w.digests))
}
