package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/history"
	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// TestKills kills nodes of a real cluster with SIGKILL, and freezes them, while callers start, signal, pause and terminate runs and deploy, route, roll back
// and unload versions through whichever node they reach. Every call is repeated under its request id until its outcome is known, or given up when only
// "retry" was answered. In the end the histories, the deploy history and the answers have to tell one story; see check.
//
// AION_KILLS is the number of rounds, AION_KILLS_SEED repeats a choice of operations (not their timing), AION_KILLS_DIR keeps everything.
func TestKills(t *testing.T) {
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

const killsVersions = 6 // of each family

var killsFamilies = []string{"red", "blue"}

// killsSource is code whose result tells its version, and what it was given.
const killsSource = `
NAME = %q
def run(ctx, input):
    ctx.sleep(input["sleep"])
    maybe = ctx.signal("never", timeout = "30ms")
    got = [ctx.signal("s") for _ in range(input["signals"])]
    child = None
    if input["child"]:
        child = ctx.child(%q, input["n"])
    ctx.sleep("1ms")
    return {"name": NAME, "n": input["n"], "got": got, "child": child, "maybe": maybe}
`

const killsChild = `
NAME = %q
def run(ctx, input):
    ctx.sleep("20ms")
    return {"name": NAME, "n": input}
`

type killsWorld struct {
	t   *testing.T
	f   *fleet
	ctx context.Context

	archives map[string][][]byte // by family
	names    map[string]string   // of versions
	nodes    []*client.Client    // each knows one node, and never repeats a call

	mu      sync.Mutex
	starts  []*killsStart
	changes []*killsChange
	digests map[uint64]string // by index
	signals int
	lost    int
	acked   map[string]uint64 // by type: the newest index of an acknowledged change of its route
	did     string
	next    int
}

// killsStart is a run that a worker asked for, and what it then knows of it.
type killsStart struct {
	id, typ, request  string
	n, signals        int
	child             bool
	after             uint64 // index of the newest change of the type's route that was acknowledged before the start was sent
	answer            *wire.StartAnswer
	never             bool  // every attempt was answered with "retry", and then it was given up
	sent              []int // payloads of acknowledged signals, in order
	neverSent         []int // as never
	terminated, ended bool
}

// killsChange is a deploy operation whose outcome is known.
type killsChange struct {
	request, operation, family string
	message                    string
	code                       string // of a refusal; empty = it succeeded
	index                      uint64
	version                    string
	never                      bool
}

// hand is what one worker draws from.
type hand struct{ *rand.Rand }

func (w *killsWorld) hand(seed int64, n int) *hand {
	return &hand{rand.New(rand.NewPCG(uint64(seed), uint64(n)))}
}

func newKillsWorld(t *testing.T, f *fleet, ctx context.Context) *killsWorld {
	w := &killsWorld{t: t, f: f, ctx: ctx, archives: map[string][][]byte{}, names: map[string]string{}, digests: map[uint64]string{}, acked: map[string]uint64{}}
	for _, family := range killsFamilies {
		for i := range killsVersions {
			name, child := fmt.Sprintf("%s-%d", family, i), family+"_child"
			m := catalog.Manifest{Format: catalog.Format, ABI: catalog.ABI, Activities: []string{}, Workflows: []catalog.Workflow{
				{Type: family, EntryModule: "parent", EntryFunction: "run"}, {Type: child, EntryModule: "child", EntryFunction: "run"},
			}}
			modules := []catalog.Module{{Name: "parent.star", Source: fmt.Appendf(nil, killsSource, name, child)}, {Name: "child.star", Source: fmt.Appendf(nil, killsChild, name)}}
			archive, err := catalog.Write(m, modules)
			if err != nil {
				t.Fatal(err)
			}
			version, err := catalog.Hash(m, modules)
			if err != nil {
				t.Fatal(err)
			}
			w.archives[family] = append(w.archives[family], archive)
			w.names[version.String()] = name
		}
	}
	for _, name := range f.order {
		c, err := client.New(client.Config{Addresses: []string{f.nodes[name].http}, Patience: -1})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		w.nodes = append(w.nodes, c)
	}
	return w
}

func (w *killsWorld) versionOf(family string, i int) string {
	for v, name := range w.names {
		if name == fmt.Sprintf("%s-%d", family, i) {
			return v
		}
	}
	panic("no such version")
}

func (w *killsWorld) number() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.next++
	return w.next
}

// outcomeOf calls through one node after another until the outcome is known. It gives up only where every answer so far has promised that nothing happened.
func outcomeOf[T any](w *killsWorld, h *hand, until context.Context, call func(context.Context, *client.Client) (T, error)) (a T, refusal *wire.Problem, never bool) {
	maybe := false
	for at := h.IntN(len(w.nodes)); ; at++ {
		ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
		if h.IntN(40) == 0 { // a caller that is impatient
			ctx, cancel = context.WithTimeout(w.ctx, time.Duration(h.IntN(20))*time.Millisecond)
		}
		a, err := call(ctx, w.nodes[at%len(w.nodes)])
		cancel()
		if err == nil {
			return a, nil, false
		}
		var p *wire.Problem
		if !errors.As(err, &p) {
			p = wire.New("outcome_unknown", err.Error())
		}
		switch {
		case p.Outcome == wire.Rejected:
			return a, p, false
		case p.Outcome == wire.Unknown:
			if p.Code == "internal" {
				w.t.Errorf("a node answered %v", p)
			}
			maybe = true
			w.mu.Lock()
			w.lost++
			w.mu.Unlock()
		}
		if !maybe && (h.IntN(4) == 0 || until.Err() != nil) || w.ctx.Err() != nil {
			return a, nil, true
		}
		time.Sleep(time.Duration(h.IntN(100)) * time.Millisecond)
	}
}

// runs starts runs, and gives each what it waits for.
func (w *killsWorld) runs(h *hand, until context.Context) {
	for until.Err() == nil {
		family := killsFamilies[h.IntN(len(killsFamilies))]
		n := w.number()
		s := &killsStart{id: fmt.Sprintf("%s-%d", family, n), typ: family, request: fmt.Sprintf("start-%d", n), n: n, signals: h.IntN(4), child: h.IntN(3) == 0}
		w.mu.Lock()
		w.starts, s.after = append(w.starts, s), w.acked[family]
		w.mu.Unlock()
		input := fmt.Sprintf(`{"sleep": "%dms", "signals": %d, "child": %v, "n": %d}`, h.IntN(400), s.signals, s.child, n)
		start := func(ctx context.Context, c *client.Client) (*wire.StartAnswer, error) {
			return c.Start(ctx, wire.StartRequest{Type: family, WorkflowID: s.id, Input: json.RawMessage(input)}, client.RequestID(s.request))
		}
		a, refusal, never := outcomeOf(w, h, until, start)
		if refusal != nil {
			w.t.Errorf("start %s was refused: %v", s.id, refusal)
			s.never = true
			continue
		}
		if s.never = never; never {
			continue
		}
		s.answer = a
		w.see(h, until, s)
		if h.IntN(10) == 0 {
			again, refusal, never := outcomeOf(w, h, until, start)
			if refusal != nil || !never && (again.RunID != a.RunID || again.Version != a.Version || again.Index != a.Index || !again.Deduplicated) {
				w.t.Errorf("the repeated start %s answered %+v %v, at first %+v", s.id, again, refusal, a)
			}
		}
		ref := wire.RunRef{WorkflowID: s.id}
		if h.IntN(12) == 0 {
			w.must(h, s.id, "pause", func(ctx context.Context, c *client.Client, id client.Option) (*wire.RunAnswer, error) {
				return c.Pause(ctx, ref, "", id)
			})
		}
		for range s.signals {
			w.signal(h, until, s)
		}
		if h.IntN(20) == 0 {
			w.must(h, s.id, "terminate", func(ctx context.Context, c *client.Client, id client.Option) (*wire.RunAnswer, error) {
				return c.Terminate(ctx, ref, "", id)
			})
			s.terminated = true
		} else {
			w.must(h, s.id, "resume", func(ctx context.Context, c *client.Client, id client.Option) (*wire.RunAnswer, error) {
				return c.Resume(ctx, ref, id)
			})
		}
	}
}

// must carries out an operation on a run that is nowhere in the books; it may come too late, or have nothing to do.
func (w *killsWorld) must(h *hand, id, verb string, call func(context.Context, *client.Client, client.Option) (*wire.RunAnswer, error)) {
	request := client.RequestID(fmt.Sprintf("%s-%d", verb, w.number()))
	for {
		_, refusal, never := outcomeOf(w, h, w.ctx, func(ctx context.Context, c *client.Client) (*wire.RunAnswer, error) { return call(ctx, c, request) })
		if refusal != nil && refusal.Code != "not_running" && refusal.Code != "invalid_state" {
			w.t.Errorf("%s %s: %v", verb, id, refusal)
		}
		if !never || w.ctx.Err() != nil {
			return
		}
	}
}

// see reads a run that was started a moment ago, through any node.
func (w *killsWorld) see(h *hand, until context.Context, s *killsStart) {
	opts := [][]client.Option{nil, {client.MinIndex(s.answer.Index)}}[h.IntN(2)]
	d, refusal, never := outcomeOf(w, h, until, func(ctx context.Context, c *client.Client) (*wire.Described, error) {
		return c.Describe(ctx, wire.RunRef{WorkflowID: s.id}, opts...)
	})
	switch {
	case never:
	case refusal != nil:
		w.t.Errorf("%s was acknowledged at %d but a read with %d options said %v", s.id, s.answer.Index, len(opts), refusal)
	case d.RunID != s.answer.RunID || d.Version != s.answer.Version || d.Index < s.answer.Index:
		w.t.Errorf("%s was acknowledged as %+v but a read said %+v", s.id, s.answer, d)
	}
}

// signal sends one signal until it is acknowledged. A signal that surely never came is sent again as another one.
func (w *killsWorld) signal(h *hand, until context.Context, s *killsStart) {
	w.mu.Lock()
	w.signals++
	w.mu.Unlock()
	for {
		n := w.number()
		request := client.RequestID(fmt.Sprintf("signal-%d", n))
		call := func(ctx context.Context, c *client.Client) (*wire.RunAnswer, error) {
			return c.Signal(ctx, wire.RunRef{WorkflowID: s.id}, "s", json.RawMessage(strconv.Itoa(n)), request)
		}
		if h.IntN(5) == 0 { // the same request on two ways at once
			var other sync.WaitGroup
			twin := &hand{rand.New(rand.NewPCG(h.Uint64(), 0))}
			other.Go(func() { outcomeOf(w, twin, w.ctx, call) })
			_, refusal, _ := outcomeOf(w, h, w.ctx, call)
			other.Wait()
			if refusal == nil { // either of them may have given up, so ask once more until it is told
				for again := true; again && w.ctx.Err() == nil; {
					_, refusal, again = outcomeOf(w, h, w.ctx, call)
				}
			}
			if refusal != nil {
				w.t.Errorf("signal %d to %s: %v", n, s.id, refusal)
			}
			s.sent = append(s.sent, n)
			return
		}
		_, refusal, never := outcomeOf(w, h, until, call)
		if refusal != nil {
			w.t.Errorf("signal %d to %s: %v", n, s.id, refusal)
			return
		}
		if !never {
			s.sent = append(s.sent, n)
			return
		}
		s.neverSent = append(s.neverSent, n)
		if w.ctx.Err() != nil {
			return
		}
		until = w.ctx
	}
}

// load loads version i of a family.
func (w *killsWorld) load(h *hand, family string, i int, route bool) bool {
	c := &killsChange{operation: "load", family: family}
	if !route {
		c.message = "noroute"
	}
	return w.change(h, c, func(ctx context.Context, node *client.Client, request client.Option) (string, uint64, error) {
		a, err := node.Load(ctx, w.archives[family][i], wire.LoadOptions{NoRoute: !route, Message: c.message}, request)
		if err != nil {
			return "", 0, err
		}
		return a.Version, a.Index, nil
	})
}

func (w *killsWorld) deploys(h *hand, until context.Context) {
	for until.Err() == nil {
		family, i := killsFamilies[h.IntN(len(killsFamilies))], h.IntN(killsVersions)
		version := w.versionOf(family, i)
		switch h.IntN(10) {
		case 0, 1, 2:
			w.load(h, family, i, h.IntN(2) == 0)
		case 3, 4:
			w.change(h, &killsChange{operation: "route", family: family}, func(ctx context.Context, c *client.Client, request client.Option) (string, uint64, error) {
				a, err := c.Route(ctx, family, wire.RouteRequest{Version: version}, request)
				if err != nil {
					return "", 0, err
				}
				return a.Version, a.Index, nil
			})
		case 5:
			w.change(h, &killsChange{operation: "rollback", family: family}, func(ctx context.Context, c *client.Client, request client.Option) (string, uint64, error) {
				a, err := c.Rollback(ctx, family, wire.RouteChange{}, request)
				if err != nil {
					return "", 0, err
				}
				return a.Version, a.Index, nil
			})
		default:
			w.change(h, &killsChange{operation: "unload", family: family}, func(ctx context.Context, c *client.Client, request client.Option) (string, uint64, error) {
				a, err := c.Unload(ctx, family, version, "", request)
				if err != nil {
					return "", 0, err
				}
				return a.Version, a.Index, nil
			})
		}
		time.Sleep(time.Duration(h.IntN(150)) * time.Millisecond)
	}
}

type killsOutcome struct {
	version string
	index   uint64
}

// expected are the refusals that deploying at random meets.
var expected = map[string]string{
	"load": "", "route": "unknown_version", "rollback": "version_unavailable route_conflict", "unload": "unknown_version route_active version_pinned",
}

// change carries out a deploy operation and notes what became of it. It reports whether it succeeded.
func (w *killsWorld) change(h *hand, c *killsChange, call func(context.Context, *client.Client, client.Option) (string, uint64, error)) bool {
	c.request = fmt.Sprintf("%s-%d", c.operation, w.number())
	request := client.RequestID(c.request)
	a, refusal, never := outcomeOf(w, h, w.ctx, func(ctx context.Context, node *client.Client) (killsOutcome, error) {
		version, index, err := call(ctx, node, request)
		return killsOutcome{version, index}, err
	})
	c.version, c.index, c.never = a.version, a.index, never
	if refusal != nil {
		c.code = refusal.Code
		if !slices.Contains(strings.Fields(expected[c.operation]), c.code) {
			w.t.Errorf("%s was refused: %v", c.request, refusal)
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.changes = append(w.changes, c)
	ok := refusal == nil && !never
	if ok && c.message != "noroute" && c.operation != "unload" {
		w.acked[c.family] = max(w.acked[c.family], c.index)
	}
	return ok
}

// sampleDigests compares states while the nodes are at work: at one index there is one digest, on every node and after every restart.
func (w *killsWorld) sampleDigests(until context.Context) {
	for until.Err() == nil {
		for _, name := range w.f.order {
			ctx, cancel := context.WithTimeout(until, 2*time.Second)
			if c, err := w.nodes[slices.Index(w.f.order, name)].Cluster(ctx); err == nil {
				w.digest(name, c)
			}
			cancel()
		}
		time.Sleep(20 * time.Millisecond)
	}
}

func (w *killsWorld) digest(name string, c *wire.Cluster) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if before, ok := w.digests[c.DigestIndex]; ok && before != c.Digest {
		w.t.Errorf("node %s has digest %s at index %d, where it was %s before", name, c.Digest, c.DigestIndex, before)
	}
	w.digests[c.DigestIndex] = c.Digest
}

// TestKillsFrozenLeader stops the leader's process, lets the others go on, and asks it while it sleeps. What it answers when it wakes, thinking that it leads,
// must be as new as what was acknowledged before it was asked. AION_KILLS_FREEZE is for how much longer it sleeps.
func TestKillsFrozenLeader(t *testing.T) {
	more, _ := time.ParseDuration(os.Getenv("AION_KILLS_FREEZE"))
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}}
	defer f.killAll()
	if err := f.startAll("a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	w := newKillsWorld(t, f, ctx)
	h := w.hand(1, 0)
	w.load(h, "red", 0, true)
	leader, err := f.leader()
	if err != nil {
		t.Fatal(err)
	}
	frozen := slices.Index(f.order, leader)
	process := f.nodes[leader].cmd.Process
	if err := process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	defer process.Signal(syscall.SIGCONT)
	all := w.nodes
	w.nodes = slices.Delete(slices.Clone(all), frozen, frozen+1)
	w.load(h, "red", 1, true)
	start := func(id string) func(context.Context, *client.Client) (*wire.StartAnswer, error) {
		return func(ctx context.Context, c *client.Client) (*wire.StartAnswer, error) {
			return c.Start(ctx, wire.StartRequest{Type: "red", WorkflowID: id, Input: json.RawMessage(`{"sleep": "0s", "signals": 1, "child": false, "n": 1}`)}, client.RequestID(id))
		}
	}
	ask(w, "start", start("elsewhere"))

	var asked sync.WaitGroup
	for i := range 20 {
		asked.Go(func() {
			switch d, err := all[frozen].Describe(ctx, wire.RunRef{WorkflowID: "elsewhere"}); {
			case err != nil && wire.Of(err).Outcome != wire.Retry:
				t.Errorf("the leader that slept cannot find a run that was acknowledged: %v", err)
			case err == nil && w.names[d.Version] != "red-1":
				t.Errorf("the leader that slept describes %+v", d)
			}
		})
		asked.Go(func() {
			id := fmt.Sprintf("asleep-%d", i)
			_, err := start(id)(ctx, all[frozen])
			if err != nil && wire.Of(err).Outcome == wire.Rejected {
				t.Errorf("the leader that slept refused: %v", err)
			}
			never := err != nil && wire.Of(err).Outcome == wire.Retry
			if d, err := all[(frozen+1)%3].Describe(ctx, wire.RunRef{WorkflowID: id}); err == nil && never {
				t.Errorf("a start that was answered with retry is there: %+v", d)
			}
			if a := ask(w, "start again", start(id)); w.names[a.Version] != "red-1" {
				t.Errorf("%s started version %s, after the route to red-1 was acknowledged", id, w.names[a.Version])
			}
		})
	}
	time.Sleep(200*time.Millisecond + more) // let the calls reach the socket
	if err := process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	asked.Wait()
	w.nodes = all
	w.checkNodes()
}

// TestKillsMajorityGone: what is left of a cluster changes nothing and reads nothing but what it calls stale, and goes on when the others are back.
func TestKillsMajorityGone(t *testing.T) {
	f := &fleet{dir: t.TempDir(), nodes: map[string]*process{}}
	defer f.killAll()
	if err := f.startAll("a", "b", "c"); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	w := newKillsWorld(t, f, ctx)
	w.load(w.hand(1, 0), "red", 0, true)
	leader, err := f.leader()
	if err != nil {
		t.Fatal(err)
	}
	left := slices.Index(f.order, leader)
	for i, name := range f.order {
		if i != left {
			w.kill(name)
		}
	}
	c := w.nodes[left]
	start := wire.StartRequest{Type: "red", WorkflowID: "r", Input: json.RawMessage(`{"sleep": "0s", "signals": 0, "child": false, "n": 1}`)}
	for i := range 2 {
		_, err := c.Start(ctx, start, client.RequestID("r"))
		p := wire.Of(err)
		if err == nil || p.Outcome == wire.Rejected || i > 0 && p.Code != "no_quorum" && p.Code != "no_leader" { // the first may have got into its own log
			t.Errorf("start %d: %v", i, err)
		}
	}
	if _, err := c.Versions(ctx, ""); err == nil || wire.Of(err).Outcome != wire.Retry {
		t.Errorf("linearizable read: %v", err)
	}
	resp, err := f.get(leader, "/v1/versions?consistency=stale")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get(wire.HeaderLeaderContact) == "" {
		t.Errorf("stale read: %s %v", resp.Status, resp.Header)
	}
	if resp, err := f.get(leader, "/health/ready"); err != nil || resp.StatusCode == 200 {
		t.Errorf("it says that it is ready: %v %v", resp, err)
	}
	for i, name := range f.order {
		if i != left {
			w.restart(name)
		}
	}
	a := ask(w, "start", func(ctx context.Context, c *client.Client) (*wire.StartAnswer, error) {
		return c.Start(ctx, start, client.RequestID("r"))
	})
	ask(w, "describe", func(ctx context.Context, c *client.Client) (*wire.Described, error) {
		return c.Describe(ctx, wire.RunRef{WorkflowID: "r", RunID: a.RunID})
	})
	for _, name := range f.order {
		if err := f.ready(name); err != nil {
			t.Fatal(err)
		}
	}
	w.checkNodes()
}

// chaos kills, freezes and restarts nodes.
func (w *killsWorld) chaos(r *rand.Rand, rounds int) {
	counts := map[string]int{}
	defer func() { w.did = fmt.Sprint(counts) }()
	pause := func(ms int) { time.Sleep(time.Duration(r.IntN(ms)) * time.Millisecond) }
	for range rounds {
		if w.ctx.Err() != nil {
			return
		}
		pause(1500)
		names := slices.Clone(w.f.order)
		r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		leader := names[0]
		if c, err := w.f.status(names[0]); err == nil && c.Leader != "" {
			leader = c.Leader
		}
		what, victims := "one", names[:1]
		switch k := r.IntN(12); {
		case k < 3:
			what, victims = "leader", []string{leader}
		case k < 5:
			what, victims = "two", names[:2]
		case k < 8:
			what, victims = "all", names
		case k < 9:
			what, victims = "frozen", []string{leader}
		case k < 10:
			what, victims = "all frozen", names
		}
		counts[what]++
		for _, name := range victims {
			if strings.HasSuffix(what, "frozen") {
				_ = w.f.nodes[name].cmd.Process.Signal(syscall.SIGSTOP)
				continue
			}
			w.kill(name)
			if r.IntN(3) == 0 {
				pause(300)
			}
		}
		if strings.HasSuffix(what, "frozen") {
			pause(4000)
			for _, name := range victims {
				_ = w.f.nodes[name].cmd.Process.Signal(syscall.SIGCONT)
			}
			continue
		}
		r.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
		for _, name := range victims {
			pause(600)
			w.restart(name)
			if r.IntN(4) == 0 { // once more, while it comes up
				counts["again"]++
				pause(500)
				w.kill(name)
				w.restart(name)
			}
		}
		if r.IntN(3) > 0 {
			for _, name := range names {
				if err := w.f.ready(name); err != nil {
					w.t.Error(err)
				}
			}
		}
	}
}

func (w *killsWorld) kill(name string) {
	if err := w.f.kill(name); err != nil {
		w.t.Errorf("a node ended by itself: %v: %v; its log:\n%s", err, w.f.nodes[name].err, w.f.nodes[name].said())
	}
}

func (w *killsWorld) restart(name string) {
	if err := w.f.start(name); err != nil {
		w.t.Error(err)
	}
}

// ask reads through any node until there is an answer.
func ask[T any](w *killsWorld, what string, call func(context.Context, *client.Client) (T, error)) T {
	w.t.Helper()
	a, refusal, never := outcomeOf(w, w.hand(1, 0), w.ctx, call)
	for never && w.ctx.Err() == nil {
		a, refusal, never = outcomeOf(w, w.hand(1, 0), w.ctx, call)
	}
	if refusal != nil || w.ctx.Err() != nil {
		w.t.Fatalf("%s: %v %v", what, refusal, w.ctx.Err())
	}
	return a
}

// killsRun is a run's history, in short.
type killsRun struct {
	version         string
	started, closed time.Time
	status          string
}

func (w *killsWorld) check() {
	for _, name := range w.f.order {
		if err := w.f.ready(name); err != nil {
			w.t.Fatal(err)
		}
	}
	runs := map[string]killsRun{} // by run id
	for _, s := range w.starts {
		w.checkStart(s, runs)
	}
	var all []wire.Run
	for cursor := ""; ; {
		page := ask(w, "list", func(ctx context.Context, c *client.Client) (*wire.Runs, error) {
			return c.List(ctx, wire.RunFilter{}, wire.Page{Limit: 500, Cursor: cursor})
		})
		all = append(all, page.Workflows...)
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	for _, r := range all {
		if _, known := runs[r.RunID]; !known && r.Parent == nil {
			w.t.Errorf("there is a run that nobody started: %+v", r)
		} else if !known {
			w.t.Errorf("no history names the child %+v", r)
		}
	}
	if len(all) != len(runs) {
		w.t.Errorf("%d runs are listed, %d have a history", len(all), len(runs))
	}
	w.checkDeploys(runs)
	w.checkNodes()
}

// checkStart compares one run with what its caller was told.
func (w *killsWorld) checkStart(s *killsStart, runs map[string]killsRun) {
	ref := wire.RunRef{WorkflowID: s.id}
	if s.never {
		if d, refusal, _ := outcomeOf(w, w.hand(1, 0), w.ctx, func(ctx context.Context, c *client.Client) (*wire.Described, error) { return c.Describe(ctx, ref) }); refusal == nil || refusal.Code != "not_found" {
			w.t.Errorf("start %s was answered with retry alone, but describe says %+v %v", s.id, d, refusal)
		}
		return
	}
	if s.answer == nil {
		return // the test failed before
	}
	result := ask(w, "result of "+s.id, func(ctx context.Context, c *client.Client) (*wire.Result, error) {
		return c.Result(ctx, ref, 10*time.Second)
	})
	for wire.Open(result.Status) && w.ctx.Err() == nil {
		if d := ask(w, "describe", func(ctx context.Context, c *client.Client) (*wire.Described, error) { return c.Describe(ctx, ref) }); d.Quarantined {
			w.t.Errorf("%s is quarantined", s.id)
			return
		}
		result = ask(w, "result of "+s.id, func(ctx context.Context, c *client.Client) (*wire.Result, error) {
			return c.Result(ctx, ref, 10*time.Second)
		})
	}
	h, run := w.history(s.id, s.answer.RunID)
	runs[s.answer.RunID] = run
	name := w.names[s.answer.Version]
	if run.version != s.answer.Version || result.RunID != s.answer.RunID || result.Status != run.status {
		w.t.Errorf("%s was acknowledged as %+v, ended as %+v and has the history %+v", s.id, s.answer, result, run)
	}
	if s.answer.Index < s.after {
		w.t.Errorf("%s has index %d, but a route was acknowledged at %d before it was sent", s.id, s.answer.Index, s.after)
	}

	var received []int
	var childID, childRun string
	for _, e := range h {
		var d struct {
			Name       string          `json:"name"`
			Payload    json.RawMessage `json:"payload"`
			WorkflowID string          `json:"workflow_id"`
			RunID      string          `json:"run_id"`
		}
		_ = json.Unmarshal(e.Data, &d)
		switch e.Type {
		case "SignalReceived":
			n, _ := strconv.Atoi(string(d.Payload))
			received = append(received, n)
		case "ChildWorkflowStarted":
			childID, childRun = d.WorkflowID, d.RunID
		}
	}
	if !slices.Equal(received, s.sent) {
		w.t.Errorf("%s received the signals %v; acknowledged, in this order: %v; refused with retry: %v", s.id, received, s.sent, s.neverSent)
	}
	if childRun != "" {
		_, runs[childRun] = w.history(childID, childRun)
		if v := runs[childRun].version; v != run.version {
			w.t.Errorf("%s runs %s, its child %s", s.id, run.version, v)
		}
	}
	if s.terminated && run.status == "terminated" {
		return
	}
	want := fmt.Sprintf(`{"child":null,"got":%s,"maybe":null,"n":%d,"name":%q}`, text(append([]int{}, s.sent...)), s.n, name)
	if s.child {
		want = strings.Replace(want, `"child":null`, fmt.Sprintf(`"child":{"n":%d,"name":%q}`, s.n, name), 1)
	}
	var got any
	if err := json.Unmarshal(result.Result, &got); run.status != "completed" || err != nil || text(got) != want {
		w.t.Errorf("%s ended as %s with %s %v, want %s", s.id, run.status, result.Result, result.Error, want)
	}
}

// history reads a closed run's history and checks what holds for each of them.
func (w *killsWorld) history(id, runID string) (events []wire.Event, run killsRun) {
	for from := uint64(1); from != 0; {
		page := ask(w, "history of "+id, func(ctx context.Context, c *client.Client) (*wire.History, error) {
			return c.History(ctx, wire.RunRef{WorkflowID: id, RunID: runID}, from, 0, 0)
		})
		events = append(events, page.Events...)
		if from = page.Next; from != 0 && len(page.Events) == 0 {
			if w.ctx.Err() != nil {
				return events, run
			}
			time.Sleep(10 * time.Millisecond) // a child that is still open
		}
	}
	complain := func(format string, args ...any) {
		b, _ := json.Marshal(events)
		w.t.Errorf("%s %s: %s; its history is\n%s", id, runID, fmt.Sprintf(format, args...), b)
	}
	due, fired := map[uint64]history.Time{}, map[uint64]bool{}
	closings := 0
	for i, e := range events {
		if e.Seq != uint64(i+1) {
			complain("event %d has seq %d", i+1, e.Seq)
		}
		if i > 0 && e.At.Before(events[i-1].At) {
			complain("time goes back at seq %d", e.Seq)
		}
		var d struct {
			ID      uint64       `json:"id"`
			FireAt  history.Time `json:"fire_at"`
			Version string       `json:"version"`
		}
		_ = json.Unmarshal(e.Data, &d)
		switch e.Type {
		case "WorkflowStarted":
			run.version, run.started = d.Version, e.At
			if i != 0 {
				complain("it starts at seq %d", e.Seq)
			}
		case "WorkflowCompleted", "WorkflowFailed", "WorkflowCancelled", "WorkflowTerminated", "WorkflowTimedOut", "WorkflowContinuedAsNew":
			closings++
			run.closed, run.status = e.At, strings.ToLower(strings.TrimPrefix(e.Type, "Workflow"))
			if i != len(events)-1 {
				complain("%s is not the last event", e.Type)
			}
		case "TimerStarted":
			due[d.ID] = d.FireAt
		case "TimerFired", "TimerCancelled":
			if at, ok := due[d.ID]; !ok || fired[d.ID] || e.Type == "TimerFired" && history.At(e.At) < at {
				complain("%s of timer %d at %v: due %v, ended before: %v", e.Type, d.ID, e.At, at, fired[d.ID])
			}
			fired[d.ID] = true
		case "WorkflowPaused":
			if strings.Contains(string(e.Data), "quarantined") {
				complain("it was quarantined")
			}
		}
	}
	if closings != 1 {
		complain("it has %d closing events", closings)
	}
	return events, run
}

// checkDeploys replays the deploy history: what was routed and loaded when, and whether starts and unloads agree with it.
func (w *killsWorld) checkDeploys(runs map[string]killsRun) {
	var log []wire.Deploy
	for cursor := ""; ; {
		page := ask(w, "deploys", func(ctx context.Context, c *client.Client) (*wire.Deploys, error) {
			return c.Deploys(ctx, "", wire.Page{Limit: 500, Cursor: cursor})
		})
		log = append(log, page.Deploys...)
		if cursor = page.NextCursor; cursor == "" {
			break
		}
	}
	slices.Reverse(log)

	byRequest := map[string][]wire.Deploy{}
	type flip struct {
		index   uint64
		version string
	}
	routes := map[string][]flip{}
	loaded := map[string]bool{}
	routed := func(typ string) string {
		if l := routes[typ]; len(l) > 0 {
			return l[len(l)-1].version
		}
		return ""
	}
	for i, d := range log {
		if i > 0 && d.Index < log[i-1].Index {
			w.t.Errorf("the deploy history is out of order at %+v", d)
		}
		byRequest[d.RequestID] = append(byRequest[d.RequestID], d)
		if d.Outcome != "ok" {
			continue
		}
		switch d.Operation {
		case "load":
			loaded[d.Version] = true
		case "unload":
			if !loaded[d.Version] && d.WorkflowType == killsType(w.names[d.Version]) {
				w.t.Errorf("what is not loaded was unloaded: %+v", d)
			}
			if routed(d.WorkflowType) == d.Version {
				w.t.Errorf("what is routed was unloaded: %+v", d)
			}
			delete(loaded, d.Version)
			for id, r := range runs {
				if r.version == d.Version && r.started.Before(d.At) && r.closed.After(d.At) {
					w.t.Errorf("%s was unloaded at %v (index %d) while run %s was open: %+v", d.Version, d.At, d.Index, id, r)
				}
			}
			continue
		}
		if !loaded[d.Version] {
			w.t.Errorf("what is not loaded was routed: %+v", d)
		}
		if d.Message != "noroute" {
			routes[d.WorkflowType] = append(routes[d.WorkflowType], flip{d.Index, d.Version})
		}
	}
	for _, s := range w.starts {
		if s.answer == nil {
			continue
		}
		var may []string
		for _, r := range routes[s.typ] {
			if r.index < s.answer.Index {
				may = may[:0]
			}
			if r.index <= s.answer.Index {
				may = append(may, r.version)
			}
		}
		if !slices.Contains(may, s.answer.Version) {
			// At a shared index the route from before is right as well.
			before := ""
			for _, r := range routes[s.typ] {
				if r.index < s.answer.Index {
					before = r.version
				}
			}
			if before != s.answer.Version {
				w.t.Errorf("%s started version %s at index %d, where %v %s was routed", s.id, s.answer.Version, s.answer.Index, may, before)
			}
		}
	}

	for _, c := range w.changes {
		records := byRequest[c.request]
		delete(byRequest, c.request)
		switch {
		case c.never:
			if len(records) > 0 {
				w.t.Errorf("%+v was answered with retry alone, but there is %+v", c, records)
			}
			continue
		case c.code == "":
			want := 1
			if c.operation == "load" || c.operation == "unload" {
				want = 2 // members
			}
			if len(records) != want {
				w.t.Errorf("%+v was acknowledged, and is recorded %d times: %+v", c, len(records), records)
			}
		}
		for _, d := range records {
			if d.Operation != c.operation || c.code == "" && (d.Outcome != "ok" || d.Index != c.index || d.Version != c.version) || c.code != "" && d.Outcome != c.code {
				w.t.Errorf("%+v is recorded as %+v", c, d)
			}
		}
	}
	for id, d := range byRequest {
		w.t.Errorf("nobody sent the request %s: %+v", id, d)
	}

	// What the books say is what is there.
	versions := ask(w, "versions", func(ctx context.Context, c *client.Client) (*wire.Versions, error) { return c.Versions(ctx, "") })
	there := map[string]bool{}
	for _, v := range versions.Versions {
		there[v.Version] = true
		if v.RouteActive != (routed(v.WorkflowType) == v.Version) {
			w.t.Errorf("%s %s: route_active is %v, the last route was to %s", v.WorkflowType, v.Version, v.RouteActive, routed(v.WorkflowType))
		}
		if v.Pins.Total() != 0 {
			w.t.Errorf("%s %s has pins %+v, but no run is open", v.WorkflowType, v.Version, v.Pins)
		}
	}
	if !maps.Equal(there, loaded) {
		w.t.Errorf("loaded are %v, by the deploy history %v", there, loaded)
	}
}

func killsType(name string) string {
	family, _, _ := strings.Cut(name, "-")
	return family
}

// checkNodes waits until all nodes are at one index, and looks at what they say.
func (w *killsWorld) checkNodes() {
	err := eventually(func() error {
		seen := map[string]bool{}
		for _, name := range w.f.order {
			c, err := w.f.status(name)
			if err != nil {
				return err
			}
			w.digest(name, c)
			seen[fmt.Sprint(c.DigestIndex, " ", c.Digest)] = true
		}
		if len(seen) > 1 {
			return fmt.Errorf("the nodes differ: %v", slices.Sorted(maps.Keys(seen)))
		}
		return nil
	})
	if err != nil {
		w.t.Error(err)
	}
	bad := regexp.MustCompile(`(?m)^.*(panic|fatal error|goroutine \d+ \[|digest differs|quarantined|WARNING: DATA RACE).*$`)
	for _, name := range w.f.order {
		p := w.f.nodes[name]
		if !p.running() {
			w.t.Errorf("node %s ended by itself: %v; its log:\n%s", name, p.err, p.said())
		}
		log, err := os.ReadFile(filepath.Join(w.f.dir, name+".log"))
		if err != nil {
			w.t.Error(err)
		}
		for _, line := range bad.FindAllString(string(log), 20) {
			w.t.Errorf("node %s says: %s", name, line)
		}
	}
}
