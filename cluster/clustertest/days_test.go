package clustertest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"aion.dev/aion/cluster"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// TestDays runs a cluster of real raft for simulated hours under faults: AION_SIM_HOURS of them,
// with the seed AION_SIM_SEED. Without these it runs one hour. Bursts of calls and faults alternate
// with long quiet stretches, in which timers sleep for hours, a schedule fires and little breaks.
func TestDays(t *testing.T) {
	length, seed := time.Hour, uint64(1)
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
	fmt.Printf("TestDays: seed %d, %v simulated in %v (%.0f seconds a second), %d bursts, %d faults %v, %d calls acknowledged, %d unknown first, %d terms, %d log entries\n",
		seed, length, took.Round(time.Millisecond), length.Seconds()/took.Seconds(), d.bursts, d.faults, d.by, d.acked, d.unknown, d.terms, d.entries)
	fmt.Printf("TestDays: %d runs to their end, %d of them slept for hours, %d signals, %d fires of a schedule, latest timer %v after it was due\n",
		d.ended, d.slept, d.signals, d.fires, d.late.Round(time.Millisecond))
}

// days is a cluster, its callers, and what they were told.
type days struct {
	t     *testing.T
	c     *Cluster
	rng   *rand.Rand // of the faults
	seed  uint64
	ready chan struct{} // closed once c is set, which is when there is a first leader

	bursts, faults int
	by             map[string]int
	end            time.Time
	hourly         history.Time // first fire of the schedule

	mu      sync.Mutex
	live    []*cluster.Cluster // newest start of each node, because callers must not access the nodes themselves
	started map[string]started // acknowledged
	signal  map[string][]int   // run -> what one caller was told the run contains, in order
	deploys []fsm.Result       // acknowledged loads, in order
	acked   int
	unknown int

	terms, ended, slept, signals, fires int
	entries                             uint64
	late                                time.Duration // of the latest timer
}

type started struct {
	answer fsm.StartAnswer
	after  int // loads acknowledged before the start was requested
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
	d.publishNodes()
	return d
}

// publishNodes gives callers the current nodes.
func (d *days) publishNodes() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.live = d.live[:0]
	for _, n := range d.c.Nodes {
		d.live = append(d.live, n.Cluster)
	}
}

// run alternates bursts and quiet stretches for the given time, then heals everything and judges
// the outcome. It also compares the nodes after every burst.
func (d *days) run(length time.Duration) {
	must(d.t, mustPropose(d.c, Load("order", "v0")), nil)
	d.deploys = append(d.deploys, fsm.Result{Answer: &fsm.LoadAnswer{Package: Load("order", "v0").Command.(*fsm.LoadPackage).Package}})
	d.hourly = history.At(time.Now()).Add(every)
	must(d.t, mustPropose(d.c, fsm.Envelope{Command: &fsm.PutSchedule{Apart: true, Schedule: rows.Schedule{
		ID: "hourly", Type: "order", Every: history.Duration(every), Overlap: rows.OverlapAllowAll, Next: d.hourly,
	}}}), nil)
	d.end = time.Now().Add(length)
	for left := length; left > 0 && !d.t.Failed(); left = time.Until(d.end) {
		d.burst(min(left, time.Duration(60+d.rng.IntN(180))*time.Second))
		d.c.Check()
		d.quiet(time.Duration(20+d.rng.IntN(220)) * time.Minute)
	}
	d.c.Check()
	d.judge()
}

// burst lets callers and faults run for the given time.
func (d *days) burst(length time.Duration) {
	d.bursts++
	ctx, stop := context.WithCancel(context.Background())
	var callers sync.WaitGroup
	for i := range 3 {
		name, seed := fmt.Sprintf("%d-%d", d.bursts, i), uint64(1000*d.bursts+i)
		callers.Go(func() { d.startRuns(ctx, name, rand.New(rand.NewPCG(d.seed, 100+seed))) })
		callers.Go(func() { d.sendSignals(ctx, name, rand.New(rand.NewPCG(d.seed, 200+seed))) })
	}
	callers.Go(func() { d.deploy(ctx, rand.New(rand.NewPCG(d.seed, uint64(1000*d.bursts+300)))) })
	for over := time.Now().Add(length); time.Now().Before(over) && !d.t.Failed(); {
		<-time.After(time.Duration(5+d.rng.IntN(40)) * time.Second)
		d.fault()
	}
	stop()
	callers.Wait()
}

// quiet starts a few runs that sleep for long and leaves the cluster alone, except for a fault
// every hour or so.
func (d *days) quiet(length time.Duration) {
	left := time.Until(d.end) - 10*time.Minute // everything that sleeps must wake before the end
	for i := range 4 {
		if left < time.Minute {
			break
		}
		nap := time.Minute + time.Duration(d.rng.Int64N(int64(min(left/2, 9*time.Hour))))
		id := fmt.Sprintf("long-%d-%d-%d", d.bursts, i, int(nap.Seconds()))
		if r := d.ask(d.rng, id, Start("order", id)); r.Refusal != nil {
			d.t.Errorf("start of %s was refused: %v", id, r.Refusal)
		} else {
			d.mu.Lock()
			d.started[id] = started{*r.Answer.(*fsm.StartAnswer), len(d.deploys)}
			d.mu.Unlock()
		}
	}
	for over := time.Now().Add(min(length, time.Until(d.end))); time.Now().Before(over) && !d.t.Failed(); {
		<-time.After(min(time.Duration(10+d.rng.IntN(100))*time.Minute, time.Until(over)))
		if time.Now().Before(over) {
			d.fault()
		}
	}
}

// every is how often the schedule fires.
const every = 30 * time.Minute

// lead is a leader's work: it records the turns of ready runs and fires due timers. A run of type
// "order" sleeps twice, sometimes for hours, and completes; the run of a caller of signals only
// reads them.
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
			now := history.At(time.Now())
			if due := v.DueTimers(now, 100); len(due) > 0 {
				todo = append(todo, &fsm.FireTimers{Timers: due})
			}
			for _, id := range v.DueSchedules(now, 10) {
				if s, ok := v.Schedule(id); ok && s.Next != 0 && s.Next <= now {
					todo = append(todo, &fsm.FireSchedule{Apart: true, ID: id, Revision: s.Revision, Due: s.Next, Next: s.Next.Add(time.Duration(s.Every)), Times: []history.Time{s.Next}})
				}
			}
		})
		for _, c := range todo {
			call, cancel := context.WithTimeout(ctx, 10*time.Second)
			_, _ = n.Propose(call, fsm.Envelope{Command: c}) // whatever the outcome, the next round sees it
			cancel()
		}
		wait, cancel := context.WithTimeout(ctx, time.Second)
		_, _ = n.State().Wait(wait, n.State().Applied()) // until something happens, or timers may be due
		cancel()
	}
}

func turnOf(r rows.Run) *fsm.RecordTurn {
	c := &fsm.RecordTurn{RunID: r.RunID, N: r.Turns + 1, Through: r.Events, Consumed: r.Events}
	ask := func(data history.Data) { c.Asked = append(c.Asked, history.Event{Data: data}) }
	switch {
	case r.WorkflowID[0] == 's': // signals
	case r.Turns < 2:
		nap := 7 * (1 + len(r.WorkflowID)%5)
		fmt.Sscanf(strings.Replace(r.WorkflowID, "-", " ", -1), "long %d %d %d", new(int), new(int), &nap)
		ask(&history.TimerStarted{ID: c.N, Duration: history.Duration(nap) * 1e9})
	default:
		ask(new(history.WorkflowCompleted))
	}
	return c
}
