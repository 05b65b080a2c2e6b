package worker

import (
	"context"
	"encoding/json"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

const (
	beatsPerLease = 3           // one heartbeat may be lost, and the next one be late
	detailsWithin = time.Second // a handler's details are sent this soon after the previous heartbeat, if that is earlier
)

// keepLeases sends heartbeats for all held tasks, until ctx ends and all heartbeats are over. A
// task whose lease has run out without one is lost.
func (w *Worker) keepLeases(ctx context.Context) {
	defer w.beating.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		for round := range batches(w.held.dueBeats(time.Now()), func(b beat) int { return len(b.details) }) {
			w.beating.Go(func() { w.beat(ctx, round) })
		}
		w.held.mu.Lock()
		if next := w.held.wake; next.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(next))
		}
		w.held.mu.Unlock()
		select {
		case <-timer.C:
		case <-w.held.rouse:
		case <-ctx.Done():
			return
		}
	}
}

// beat is one heartbeat.
type beat struct {
	hold    *hold
	details json.RawMessage
}

// dueBeats returns the heartbeats that are due, and those that soon will be, ends lost tasks, and
// sets when to look again.
func (a *heldTasks) dueBeats(now time.Time) (round []beat) {
	a.mu.Lock()
	defer a.mu.Unlock()
	any := false
	for h := range a.holds {
		if !h.lost && !h.returned && !now.Before(h.until()) {
			h.lost = true
			h.cancel(ErrLeaseLost)
		}
		any = any || h.beatDue(now, h.beatAt)
	}
	a.wake = time.Time{}
	for h := range a.holds {
		if h.beatDue(now, h.beatAt) || any && h.beatDue(now, h.beaten.Add(h.lease/beatsPerLease/2)) {
			h.beating = make(chan struct{})
			round = append(round, beat{h, h.details})
			h.details = nil
		}
		if h.lost {
			continue
		}
		if h.beating == nil {
			a.wakeBy(h.beatAt)
		}
		if !h.returned {
			a.wakeBy(h.until())
		}
	}
	return round
}

// beatDue reports whether a heartbeat is due at the time at, or was due before now.
func (h *hold) beatDue(now, at time.Time) bool {
	return !h.lost && h.beating == nil && !now.Before(at)
}

func (a *heldTasks) wakeBy(at time.Time) {
	if a.wake.IsZero() || at.Before(a.wake) {
		a.wake = at
	}
}

// beat sends a round of heartbeats, and learns from the answer which tasks are still ours, and
// wanted.
func (w *Worker) beat(ctx context.Context, round []beat) {
	sent, shortest := time.Now(), round[0].hold.lease
	req := wire.HeartbeatRequest{Tokens: make([]wire.TaskBeat, len(round))}
	for i, b := range round {
		req.Tokens[i] = wire.TaskBeat{Token: b.hold.task.Token, Details: b.details}
		shortest = min(shortest, b.hold.lease)
	}
	// A node that hangs must not cost the lease: another node is tried after half the time to the
	// next heartbeat, and the next heartbeat is sent in any case.
	each := max(shortest/beatsPerLease, time.Second)
	limited, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	replies, err := w.client.HeartbeatTasks(limited, req, client.Patience(each/2, each))
	w.count.beats.Add(1)
	if err == nil && len(replies.Results) != len(round) {
		err = wire.New("internal", "the answer's number of results differs from the number of tokens sent")
	}
	if p := contentRefusal(err); p != nil && len(round) > 1 { // one of them makes the call fail for the others
		for _, b := range round {
			w.beat(ctx, []beat{b})
		}
		return
	} else if p != nil { // its details are refused
		err = nil
		replies = &wire.TaskReplies{Results: []wire.TaskReply{{Code: p.Code, Detail: p.Detail}}}
	}
	if err != nil && ctx.Err() == nil {
		w.log.Warn("no sign of life could be given", "tasks", len(round), "error", err)
	}
	w.held.mu.Lock()
	defer w.held.mu.Unlock()
	for i, b := range round {
		if err != nil {
			b.unanswered(shortest)
		} else {
			w.handleBeatReply(b, replies.Results[i], sent)
		}
		close(b.hold.beating)
		b.hold.beating = nil
		w.held.notice(b.hold.beatAt)
	}
}

// unanswered records that a heartbeat got no answer: the next one is sent soon, with this one's
// details.
func (b *beat) unanswered(lease time.Duration) {
	b.hold.beatAt = time.Now().Add(min(lease/beatsPerLease/4, time.Second))
	if b.hold.details == nil {
		b.hold.details = b.details
	}
}

// handleBeatReply handles the reply to one heartbeat.
func (w *Worker) handleBeatReply(b beat, r wire.TaskReply, sent time.Time) {
	h := b.hold
	h.beatAt = time.Now().Add(h.lease / beatsPerLease)
	switch {
	case r.OK:
		h.beaten, h.beatAt = sent, sent.Add(h.lease/beatsPerLease)
		if h.details != nil { // there are newer details meanwhile
			h.beatAt = sent.Add(min(detailsWithin, h.lease/beatsPerLease))
		}
		if r.CancelRequested != nil && *r.CancelRequested {
			h.cancel(ErrCancelled)
		}
	case h.returned: // its outcome may have arrived before this heartbeat
	case r.Code == "lease_lost":
		h.lost = true
		h.cancel(ErrLeaseLost)
		w.log.Warn("a task is no longer this worker's", append(h.names(), "detail", r.Detail)...)
	default: // refused because of its details
		h.beatAt = time.Now()
		if b.details == nil {
			h.beatAt = time.Now().Add(h.lease / beatsPerLease / 4)
		}
		w.log.Warn("details of a heartbeat were refused", append(h.names(), "code", r.Code, "detail", r.Detail)...)
	}
}
