package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

// outcomeOf calls one node after another until the outcome is known. It gives up only if every
// answer so far has promised that nothing happened.
func outcomeOf[T any](w *killsWorld, h *hand, until context.Context, call func(context.Context, *client.Client) (T, error)) (a T, refusal *wire.Problem, never bool) {
	maybe := false
	for at := h.IntN(len(w.nodes)); ; at++ {
		ctx, cancel := context.WithTimeout(w.ctx, 20*time.Second)
		if h.IntN(40) == 0 { // an impatient caller
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

// must performs an operation on a run that is not in the books; it may come too late, or have
// nothing to do.
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

// see reads a run that was just started, through any node.
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

// signal sends one signal until it is acknowledged. A signal that certainly never arrived is sent
// again as a new one.
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
		if h.IntN(5) == 0 { // the same request on two paths at once
			var other sync.WaitGroup
			twin := &hand{rand.New(rand.NewPCG(h.Uint64(), 0))}
			other.Go(func() { outcomeOf(w, twin, w.ctx, call) })
			_, refusal, _ := outcomeOf(w, h, w.ctx, call)
			other.Wait()
			if refusal == nil { // either of them may have given up, so ask once more until the outcome is known
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

// expected are the refusals that random deploys meet.
var expected = map[string]string{
	"load": "", "route": "unknown_version", "rollback": "version_unavailable route_conflict", "unload": "unknown_version route_active version_pinned",
}

// change performs a deploy operation and records its outcome. It reports whether it succeeded.
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

// sampleDigests compares states while the nodes are working: at each index there is one digest, on
// every node and after every restart.
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
