package cluster

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/internal/faults"
	"aion.dev/aion/internal/lifecycle"
	"github.com/hashicorp/raft"
)

// watch is what a leader's watchdog has observed.
type watch struct {
	// how long nothing was committed or applied while a tick was in the log; 0 when none is
	waiting      time.Duration
	transferring time.Duration // how long every tick has been refused because leadership is being transferred
}

// diagnose returns an error if a leader must end its process. A sick disk keeps a useless leader
// elected, because heartbeats need no disk (hashicorp/raft#503, #614). An interrupted transfer of
// leadership blocks commands forever (#696).
func diagnose(w watch, stuckAfter time.Duration) error {
	switch {
	case w.waiting >= stuckAfter:
		return fmt.Errorf("this node leads and has committed nothing for %v: its disk, or its log, is stuck", w.waiting)
	case w.transferring >= 2*stuckAfter:
		return fmt.Errorf("a transfer of leadership has been under way for %v, which blocks every command (hashicorp/raft#696)", w.transferring)
	}
	return nil
}

// progress shows how far this node has come: what is committed, what reached the state, and how
// much work the state has done inside the entry that it is applying. A long entry is not a stuck
// disk.
type progress struct{ commit, seen, work uint64 }

func (c *Cluster) progress() progress {
	p := progress{seen: c.replica.seen.Load(), work: c.state.Progress()}
	if r := c.raft.Load(); r != nil {
		p.commit = r.CommitIndex()
	}
	return p
}

// keepWatch sends a tick through the log while this node leads, from the win on, and ends the
// process if neither the log nor the state makes progress. Before the first tick comes through,
// this node is not an active leader yet, so the watch also covers applying what earlier terms left.
func (c *Cluster) keepWatch(ctx context.Context) {
	every := c.cfg.Raft.StuckAfter / 5
	r := c.raft.Load()
	var (
		tick         chan error
		moved        = time.Now() // when something was last committed or applied
		transferring time.Time    // since when ticks are refused
		at           = c.progress()
		looked       = moved
	)
	send := func() {
		done := make(chan error, 1)
		if c.startTracked(func() { done <- r.Barrier(0).Error() }) {
			tick = done
		}
	}
	send()
	for {
		lifecycle.Pause(ctx, every)
		if ctx.Err() != nil {
			return
		}
		queue()
		now := time.Now()
		// A process that was stopped or starved in the meantime must not blame its disk for that
		// time.
		if late := now.Sub(looked) - every; late > every {
			moved = moved.Add(late)
			if !transferring.IsZero() {
				transferring = transferring.Add(late)
			}
		}
		looked = now
		if p := c.progress(); p != at {
			at, moved = p, now
		}
		select {
		case err := <-tick:
			tick = nil
			switch {
			case err == nil:
				moved, transferring = now, time.Time{}
			case errors.Is(err, raft.ErrLeadershipTransferInProgress):
				moved = now
				if transferring.IsZero() {
					transferring = now
				}
			default:
				return // the term is over, and ctx is about to end
			}
		default:
		}
		var w watch
		if tick != nil {
			w.waiting = now.Sub(moved)
		}
		if !transferring.IsZero() {
			w.transferring = now.Sub(transferring)
		}
		if err := diagnose(w, c.cfg.Raft.StuckAfter); err != nil {
			c.fail(err)
			return
		}
		if t, _ := c.lead.current(); t != nil {
			c.watchClock(ctx, t, faults.Now())
		}
		if tick == nil && (now.Sub(moved) >= every || !transferring.IsZero()) {
			send()
		}
	}
}

// steps is about how often a tick passes from one goroutine to another until it is through.
const steps = 16

// queue waits as often for its turn as a tick does: where thousands of goroutines may run, the
// time goes by in their line, and neither the disk nor the log is to blame.
func queue() {
	for range steps {
		runtime.Gosched()
	}
}

// watchEnd ends the process if its orderly end makes no progress: neither an entry being applied
// nor an fsync can be interrupted, and raft waits for both.
func (c *Cluster) watchEnd(over <-chan struct{}) {
	every, patience := c.cfg.Raft.StuckAfter/5, 3*c.cfg.Raft.StuckAfter
	look := time.NewTicker(every)
	defer look.Stop()
	// count rounds, not the clock: the process may be stopped in between
	waited, at := time.Duration(0), c.progress()
	for {
		select {
		case <-over:
			return
		case <-look.C:
		}
		waited += every
		if p := c.progress(); p != at {
			waited, at = 0, p
		}
		if waited >= patience {
			c.fail(fmt.Errorf("this node was told to end and has made no progress for %v: its disk, or its log, is stuck", waited))
			return
		}
	}
}

// watchClock compares log time with the wall clock. A leader whose clock was set transfers
// leadership: its timers would be late or early until the next leader starts from its own clock. (A
// leader whose clock is wrong does so through its objection; see wrongClock.)
func (c *Cluster) watchClock(ctx context.Context, t *term, now time.Time) {
	wall := history.At(c.wall(now))
	if j := c.judgeClock(); t.clock.heldBack() > 0 && j.verdict == clockRight && !j.alone {
		c.log.Warn("log time catches up with the clock: a majority of the voters' clocks agrees now", "by", t.clock.catchUp(now, wall))
	}
	total, since := t.clock.skew(now, wall)
	if total.Abs() >= skewAlarm && now.Sub(t.clock.alarmed) >= time.Minute {
		t.clock.alarmed = now
		c.log.Warn("log time differs from this machine's clock", "log_time_ahead", total, "since_the_win", since, "held_back", t.clock.heldBack())
	}
	if since.Abs() < c.cfg.Clock.MaxSkew || now.Sub(t.clock.handed) < time.Minute || c.wrongClock() != nil {
		return
	}
	t.clock.handed = now
	c.log.Warn("this machine's clock was set while it led: handing leadership on", "by", since)
	if _, err := c.Transfer(ctx, nil, ""); err != nil {
		c.log.Warn("leadership was not handed on", "error", err)
	}
}
