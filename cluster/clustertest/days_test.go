package clustertest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/fsm"
)

// TestDays runs a cluster of real raft for simulated hours under faults: AION_SIM_HOURS of them, AION_SIM_SEED decides which. Without these it is a few minutes.
func TestDays(t *testing.T) {
	length, seed := 4*time.Minute, uint64(1)
	if s := os.Getenv("AION_SIM_HOURS"); s != "" {
		hours, err := strconv.ParseFloat(s, 64)
		if err != nil {
			t.Fatalf("AION_SIM_HOURS: %v", err)
		}
		length = time.Duration(hours * float64(time.Hour))
	}
	if s := os.Getenv("AION_SIM_SEED"); s != "" {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatalf("AION_SIM_SEED: %v", err)
		}
		seed = n
	}
	began := time.Now()
	var d *days
	synctest.Test(t, func(t *testing.T) {
		d = newDays(t, seed)
		d.run(length)
	})
	took := time.Since(began)
	fmt.Printf("TestDays: seed %d, %v simulated in %v (%.0f seconds a second), %d faults %v, %d calls acknowledged, %d unknown first, %d terms, %d runs to their end, %d signals\n",
		seed, length, took.Round(time.Millisecond), length.Seconds()/took.Seconds(), d.faults, d.by, d.acked, d.unknown, d.terms, d.ended, d.signals)
}

// days is a cluster, those who use it, and what they were told.
type days struct {
	t     *testing.T
	c     *Cluster
	rng   *rand.Rand // of the faults
	seed  uint64
	ready chan struct{} // closed once c is set: the first leader is there before

	faults int
	by     map[string]int

	mu      sync.Mutex
	live    []*cluster.Cluster // newest start of each node: callers may not look at the nodes themselves
	started map[string]started // acknowledged
	signal  map[string][]int   // run -> what one caller was told is in it, in order
	deploys []fsm.Result       // acknowledged loads, in order
	acked   int
	unknown int

	terms, ended, signals int
}

type started struct {
	answer fsm.StartAnswer
	after  int // loads that were acknowledged before the start was asked for
}

func newDays(t *testing.T, seed uint64) *days {
	d := &days{
		t: t, seed: seed, rng: rand.New(rand.NewPCG(seed, 24)), by: map[string]int{}, started: map[string]started{}, signal: map[string][]int{}, ready: make(chan struct{}),
	}
	d.c = NewWith(t, 3, Options{
		Latency: 2 * time.Millisecond,
		Raft:    cluster.RaftConfig{SnapshotEntries: 200, SnapshotEvery: 10 * time.Second, TrailingEntries: 50, Commit: 250 * time.Millisecond},
		Lead:    d.lead,
	})
	close(d.ready)
	d.look()
	return d
}

// look tells callers which nodes there are.
func (d *days) look() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live = d.live[:0]
	for _, n := range d.c.Nodes {
		d.live = append(d.live, n.Cluster)
	}
}

// run lets callers and faults go on for so long, then heals everything and looks at what came of it. Nodes are compared with each other every hour, too.
func (d *days) run(length time.Duration) {
	must(d.t, mustPropose(d.c, Load("order", "v0")), nil)
	d.deploys = append(d.deploys, fsm.Result{Answer: &fsm.LoadAnswer{Package: Load("order", "v0").Command.(*fsm.LoadPackage).Package}})
	ctx, stop := context.WithCancel(context.Background())
	var callers sync.WaitGroup
	for i := range 3 {
		rng := rand.New(rand.NewPCG(d.seed, uint64(100+i)))
		callers.Go(func() { d.startRuns(ctx, i, rng) })
		callers.Go(func() { d.sendSignals(ctx, i, rand.New(rand.NewPCG(d.seed, uint64(200+i)))) })
	}
	callers.Go(func() { d.deploy(ctx, rand.New(rand.NewPCG(d.seed, 300))) })

	end, check := time.Now().Add(length), time.Now().Add(time.Hour)
	for time.Now().Before(end) && !d.t.Failed() {
		<-time.After(time.Duration(5+d.rng.IntN(40)) * time.Second)
		d.fault()
		if time.Now().After(check) {
			d.c.Check()
			check = time.Now().Add(time.Hour)
		}
	}
	stop()
	callers.Wait()
	d.c.Check()
	d.judge()
}

// lead is what a leader does: it takes the turns of ready runs and fires what is due. A run of type "order" sleeps twice and completes; the run of a caller
// of signals only reads them.
func (d *days) lead(i int, ctx context.Context, _ uint64) {
	<-d.ready
	n := d.c.Nodes[i].Cluster
	for ctx.Err() == nil {
		var todo []fsm.Command
		n.View(func(v fsm.View) {
			ready, _ := v.Ready(fsm.ReadyCursor{}, 100)
			for _, r := range ready {
				if run, ok := v.Run(r.RunID); ok {
					todo = append(todo, turnOf(run))
				}
			}
			if due := v.DueTimers(history.At(time.Now()), 100); len(due) > 0 {
				todo = append(todo, &fsm.FireTimers{Timers: due})
			}
		})
		for _, c := range todo {
			call, cancel := context.WithTimeout(ctx, 10*time.Second)
			_, _ = n.Propose(call, fsm.Envelope{Command: c}) // whatever came of it: the next look tells
			cancel()
		}
		wait, cancel := context.WithTimeout(ctx, time.Second)
		_, _ = n.State().Wait(wait, n.State().Applied()) // until something happens, or timers may be due
		cancel()
	}
}

func turnOf(r fsm.Run) *fsm.RecordTurn {
	c := &fsm.RecordTurn{RunID: r.RunID, N: r.Turns + 1, Through: r.Events, Consumed: r.Events}
	ask := func(data history.Data) { c.Asked = append(c.Asked, history.Event{Data: data}) }
	switch {
	case r.WorkflowID[0] == 's': // signals
	case r.Turns < 2:
		ask(&history.TimerStarted{ID: c.N, Duration: history.Duration(1+len(r.WorkflowID)%5) * 7e9})
	default:
		ask(new(history.WorkflowCompleted))
	}
	return c
}
