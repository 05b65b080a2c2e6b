package cluster

import (
	"context"
	"fmt"
	"sync"
	"time"

	"aion.dev/aion/cluster/port"
	"aion.dev/aion/internal/faults"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// ClockConfig bounds the damage that one wrong clock can do. Zero fields have defaults.
type ClockConfig struct {
	// MaxSkew bounds how far a leader's clock may differ from the voters' median, and how far a win
	// may move log time when no majority of the voters' clocks agrees with the leader's; 5 s.
	MaxSkew time.Duration
	// MaxStep bounds the step of the only voter, which has nobody to ask; 30 days.
	MaxStep time.Duration
}

// reading is what a member's clock showed when this node asked.
type reading struct {
	at    time.Time     // the middle of the round trip, by this node's monotonic clock
	shows time.Time     // the other clock, then
	error time.Duration // at most half of the round trip
}

const (
	readingKept  = time.Minute      // an older reading is ignored
	readingFresh = 10 * time.Second // a younger one is kept if it is more exact than the newest
	readingSlow  = time.Second      // a round trip longer than this gives no reading
	readClocks   = time.Second      // how often the voters are asked
)

// clocks holds the members' clocks, as their hellos reported them.
type clocks struct {
	mu sync.Mutex
	of map[string]reading // guarded by mu: by node id
}

// record keeps what a clock showed at some moment between a question and its answer.
func (c *clocks) record(id string, sent, got, shows time.Time) {
	half := got.Sub(sent) / 2
	if half > readingSlow {
		return
	}
	next := reading{sent.Add(half), shows, half}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of == nil {
		c.of = map[string]reading{}
	}
	if old, ok := c.of[id]; ok && next.error > old.error && next.at.Sub(old.at) < readingFresh {
		set := next.shows.Sub(old.shows) - next.at.Sub(old.at)
		if set.Abs() <= next.error+old.error {
			return // that clock was not set, and the old reading is more exact
		}
	}
	c.of[id] = next
}

// heardWithin is how young a node's newest reading is at least while it answers: an old one that is
// more exact is kept for readingFresh.
const heardWithin = readingFresh + 5*time.Second

// heard reports whether a node has told its clock lately.
func (c *clocks) heard(id string, now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.of[id]
	return ok && now.Sub(r.at) <= heardWithin
}

// ahead returns how far the members' clocks are ahead of a clock that shows wall at the moment now.
// Readings advance with the monotonic clock, so they stay correct when this node's wall clock is
// set.
func (c *clocks) ahead(now, wall time.Time) map[string]offset {
	c.mu.Lock()
	defer c.mu.Unlock()
	all := map[string]offset{}
	for id, r := range c.of {
		since := now.Sub(r.at)
		if since > readingKept {
			delete(c.of, id)
			continue
		}
		all[id] = offset{r.shows.Add(since).Sub(wall), r.error}
	}
	return all
}

// wall returns what this machine's wall clock showed at a moment, without the monotonic reading.
func (c *Cluster) wall(now time.Time) time.Time {
	if f := c.cfg.Parts.Wall; f != nil {
		return f(now).Round(0)
	}
	return faults.Wall(now).Round(0)
}

// judgeClock compares this node's clock with the voters' clocks that it knows.
func (c *Cluster) judgeClock() judgement {
	if c.raft.Load() == nil {
		return judgement{}
	}
	now := faults.Now()
	return judgeClock(c.voters(), c.id, c.clocks.ahead(now, c.wall(now)), c.cfg.Clock.MaxSkew)
}

// wrongClock objects while this node's clock differs from those of most voters. The objection
// yields: when nobody else can lead, a leader that makes no step in log time is better than none.
func (c *Cluster) wrongClock() *objection {
	j := c.judgeClock()
	if j.verdict != clockWrong {
		return nil
	}
	return &objection{Why: fmt.Sprintf("its clock is %v %s those of most voters", j.skew(c.id).Abs().Round(time.Millisecond), aheadOrBehind(j.skew(c.id))), Yields: true}
}

func aheadOrBehind(d time.Duration) string {
	if d < 0 {
		return "behind"
	}
	return "ahead of"
}

// keepClocks asks the voters for their clocks as long as this node runs, and logs when the verdict
// about its own clock changes.
func (c *Cluster) keepClocks(ctx context.Context) {
	said := clockUnknown
	for ctx.Err() == nil {
		c.hearClocks(ctx, false)
		if j := c.judgeClock(); j.verdict != said && ctx.Err() == nil {
			said = j.verdict
			c.logClockVerdict(j)
		}
		lifecycle.Pause(ctx, readClocks)
	}
}

func (c *Cluster) logClockVerdict(j judgement) {
	switch skew := j.skew(c.id); j.verdict {
	case clockWrong:
		c.log.Error("this node's clock is wrong: until it is set, others should lead",
			"ahead_of_most_voters", skew, "allowed", c.cfg.Clock.MaxSkew)
	case clockRight:
		c.log.Info("this node's clock agrees with those of most voters", "ahead", skew)
	case clockSplit:
		c.log.Warn("the voters' clocks differ and no majority agrees: log time makes no step until a majority does",
			"heard", j.heard, "ahead_of_this_one", j.ahead, "allowed", c.cfg.Clock.MaxSkew)
	}
}

// heldBack returns the step in log time that is held back while this node leads.
func (c *Cluster) heldBack() time.Duration {
	if t, _ := c.lead.current(); t != nil {
		return t.clock.heldBack()
	}
	return 0
}

// hearClocks greets all other voters and returns when each has answered or proved unreachable. With
// enough, it returns as soon as the verdict about this node's clock is certain.
func (c *Cluster) hearClocks(ctx context.Context, enough bool) {
	ctx, cancel := context.WithTimeout(ctx, helloWithin)
	defer cancel()
	var all sync.WaitGroup
	for _, s := range c.raft.Load().GetConfiguration().Configuration().Servers {
		if s.Suffrage != raft.Voter || string(s.ID) == c.id {
			continue
		}
		all.Go(func() {
			// hello records the clock if the node answers
			c.hello(ctx, port.Server{ID: string(s.ID), Address: string(s.Address)})
			if v := c.judgeClock().verdict; enough && (v == clockRight || v == clockWrong) {
				cancel()
			}
		})
	}
	all.Wait()
}
