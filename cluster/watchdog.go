package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"aion.dev/aion/internal/faults"
	"github.com/hashicorp/raft"
)

// watch is what a leader's watchdog has seen.
type watch struct {
	waiting      time.Duration // for how long nothing was committed or applied although a tick is in the log's hands; 0 when none is
	transferring time.Duration // for how long every tick has been refused because leadership is being transferred
}

// diagnose says why a leader must end its process, if it must. A sick disk keeps a useless leader elected, for its heartbeats need no disk
// (hashicorp/raft#503, #614); and a transfer of leadership that is interrupted blocks commands for good (#696).
func diagnose(w watch, stuckAfter time.Duration) error {
	switch {
	case w.waiting >= stuckAfter:
		return fmt.Errorf("this node leads and has committed nothing for %v: its disk, or its log, is stuck", w.waiting)
	case w.transferring >= 2*stuckAfter:
		return fmt.Errorf("leadership has been about to be transferred for %v, which blocks every command (hashicorp/raft#696)", w.transferring)
	}
	return nil
}

// keepWatch sends a tick through the log while this node leads, and ends the process when the log does not take it.
func (c *Cluster) keepWatch(ctx context.Context, t *term) {
	every := c.cfg.Raft.StuckAfter / 5
	r := c.raft.Load()
	var (
		tick         chan error
		moved        = time.Now() // when something was last committed or applied
		transferring time.Time    // since when ticks are refused
		commit, seen uint64
		looked       = moved
	)
	for {
		pause(ctx, every)
		if ctx.Err() != nil {
			return
		}
		now := time.Now()
		// A process that was stopped or starved meanwhile must not blame its disk for that time.
		if late := now.Sub(looked) - every; late > every {
			moved = moved.Add(late)
			if !transferring.IsZero() {
				transferring = transferring.Add(late)
			}
		}
		looked = now
		if n, m := r.CommitIndex(), c.replica.seen.Load(); n != commit || m != seen {
			commit, seen, moved = n, m, now
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
				return // the term is over, and ctx about to say so
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
		c.watchClock(ctx, t, faults.Now())
		if tick == nil && (now.Sub(moved) >= every || !transferring.IsZero()) {
			done := make(chan error, 1)
			if c.goes(func() { done <- r.Barrier(0).Error() }) {
				tick = done
			}
		}
	}
}

// watchClock compares log time with the wall clock. A leader whose clock was set hands leadership on, for its timers would be late or early until the
// next one starts from its own.
func (c *Cluster) watchClock(ctx context.Context, t *term, now time.Time) {
	total, since := t.clock.skew(now)
	if total.Abs() >= skewAlarm && now.Sub(t.clock.alarmed) >= time.Minute {
		t.clock.alarmed = now
		c.log.Warn("log time differs from this machine's clock", "log_time_ahead", total, "since_the_win", since)
	}
	if since.Abs() < skewHandOver || now.Sub(t.clock.handed) < time.Minute {
		return
	}
	t.clock.handed = now
	c.log.Warn("this machine's clock was set while it led: handing leadership on", "by", since)
	if err := c.Transfer(ctx, ""); err != nil {
		c.log.Warn("leadership was not handed on", "error", err)
	}
}
