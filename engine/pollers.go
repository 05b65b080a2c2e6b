package engine

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/lru"
)

// Poller is a worker that polls a queue, as the node that leads has seen it.
type Poller struct {
	Worker     string    // the worker's name, for people
	Version    string    // of the worker's own code, if it tells
	Node       string    // that took its newest poll
	Activities []string  // it polls for, by name: the first PollerActivities
	More       int       // activities beyond those
	LastPoll   time.Time // by this node's clock, when its newest poll began
	Waiting    int       // polls that wait for a task now
	Leased     uint64    // attempts that it has taken, or sent heartbeats for, since this node leads, and that it holds
}

// Bounds of what is remembered of pollers.
const (
	PollerActivities = 20
	pollersKept      = 10_000 // of all queues
	pollerWithin     = time.Hour
	heldKept         = 1 << 16 // attempts in the hands of workers
)

type pollerKey struct{ queue, worker string }

// pollers is who polls which queue, as this leader has seen it. Nothing depends on it, and another
// leader begins to learn it anew.
type pollers struct {
	mu    sync.Mutex // guards the fields below, and what they point at
	since time.Time  // since when polls are noted; zero = this node does not lead
	by    map[pollerKey]*Poller

	// held are attempts that workers have taken or sent heartbeats for, with their queues; "" = not
	// looked up yet. Their rows say whether they still hold them.
	held *lru.Cache[fsm.TaskToken, string]
}

// begin forgets what an earlier term has seen; zero = the term is over.
func (p *pollers) begin(since time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.since, p.by, p.held = since, map[pollerKey]*Poller{}, lru.New[fsm.TaskToken, string](heldKept)
}

// enter notes a poll, until leave is called.
func (p *pollers) enter(r PollRequest, activities []string, now time.Time) (leave func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	key := pollerKey{r.Queue, r.Worker}
	one := p.by[key]
	if one == nil {
		if p.since.IsZero() || !p.room(now) {
			return func() {}
		}
		one = &Poller{Worker: r.Worker}
		p.by[key] = one
	}
	one.Version, one.Node, one.LastPoll = r.Version, r.Node, now
	if first := activities[:min(len(activities), PollerActivities)]; !slices.Equal(one.Activities, first) {
		one.Activities = slices.Clone(first)
	}
	one.More = len(activities) - len(one.Activities)
	one.Waiting++
	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		one.Waiting--
	}
}

// room reports whether one more can be kept, once those are forgotten that have not polled for
// long. The caller holds mu.
func (p *pollers) room(now time.Time) bool {
	if len(p.by) >= pollersKept {
		p.forget(now)
	}
	return len(p.by) < pollersKept
}

func (p *pollers) forget(now time.Time) {
	for key, one := range p.by {
		if one.Waiting == 0 && now.Sub(one.LastPoll) > pollerWithin {
			delete(p.by, key)
		}
	}
}

// took notes that a worker has an attempt; queue may be "", not known.
func (p *pollers) took(token fsm.TaskToken, queue string) {
	p.mu.Lock()
	held := p.held
	p.mu.Unlock()
	if held == nil {
		return
	}
	if _, known := held.Peek(token); !known {
		held.Put(token, queue)
	}
}

// of returns those that have polled a queue within the last hour, and what is held.
func (p *pollers) of(queue string, now time.Time) (list []Poller, held *lru.Cache[fsm.TaskToken, string], since time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.forget(now)
	for key, one := range p.by {
		if key.queue == queue {
			list = append(list, *one)
		}
	}
	return list, p.held, p.since
}

// Pollers returns the workers that have polled a queue within the last hour, those that polled last
// first: at most limit of them, and how many there are. since = when this node began to note polls;
// zero: it does not lead, and knows of none.
func (e *Engine) Pollers(_ context.Context, queue string, limit int) (list []Poller, total int, since time.Time, err error) {
	if err := checkKnown("queue", queue); err != nil {
		return nil, 0, since, err
	}
	list, held, since := e.pollers.of(queue, time.Now())
	if since.IsZero() {
		return nil, 0, since, nil
	}
	leased := map[string]uint64{}
	e.cfg.Log.View(func(v fsm.View) {
		var over []fsm.TaskToken
		for token, of := range held.All() {
			if of != "" && of != queue {
				continue
			}
			t, ok := v.Task(token.RunID, token.ID)
			switch {
			case !ok || t.Attempt != token.Attempt || t.State != rows.TaskLeased && t.State != rows.TaskGivenUp || t.Deferred:
				over = append(over, token)
			case t.Queue == queue:
				leased[t.Worker]++
			}
			if ok && of == "" {
				held.Put(token, t.Queue)
			}
		}
		for _, token := range over {
			held.Take(token)
		}
	})
	for i := range list {
		list[i].Leased = leased[list[i].Worker]
	}
	slices.SortFunc(list, func(a, b Poller) int {
		return cmp.Or(b.LastPoll.Compare(a.LastPoll), strings.Compare(a.Worker, b.Worker))
	})
	return list[:min(len(list), limit)], len(list), since, nil
}
