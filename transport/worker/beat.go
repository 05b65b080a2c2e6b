package worker

import (
	"context"
	"encoding/json"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

const (
	beatsPerLease = 3           // one may be lost, and the next one be late
	tellWithin    = time.Second // a handler's details travel this soon after the beat before, if that is earlier
)

// keep gives signs of life for all that is in hand, until ctx ends and all beats are over. A task
// whose lease has run out without one is lost.
func (w *Worker) keep(ctx context.Context) {
	defer w.beating.Wait()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		for round := range cut(w.hand.due(time.Now()), func(b beat) int { return len(b.details) }) {
			w.beating.Go(func() { w.beat(ctx, round) })
		}
		w.hand.mu.Lock()
		if next := w.hand.wake; next.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(next))
		}
		w.hand.mu.Unlock()
		select {
		case <-timer.C:
		case <-w.hand.rouse:
		case <-ctx.Done():
			return
		}
	}
}

// beat is one sign of life.
type beat struct {
	hold    *hold
	details json.RawMessage
}

// due takes the beats that are due, with those that soon will be, ends what is lost, and sets when
// to look again.
func (a *hand) due(now time.Time) (round []beat) {
	a.mu.Lock()
	defer a.mu.Unlock()
	any := false
	for h := range a.holds {
		if !h.lost && !h.returned && !now.Before(h.until()) {
			h.lost = true
			h.cancel(ErrLeaseLost)
		}
		any = any || h.wants(now, h.beatAt)
	}
	a.wake = time.Time{}
	for h := range a.holds {
		if h.wants(now, h.beatAt) || any && h.wants(now, h.beaten.Add(h.lease/beatsPerLease/2)) {
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

// wants reports whether a beat is due at, or was before now.
func (h *hold) wants(now, at time.Time) bool {
	return !h.lost && h.beating == nil && !now.Before(at)
}

func (a *hand) wakeBy(at time.Time) {
	if a.wake.IsZero() || at.Before(a.wake) {
		a.wake = at
	}
}

// beat sends a round and learns from the answer which tasks are still ours, and wanted.
func (w *Worker) beat(ctx context.Context, round []beat) {
	sent, shortest := time.Now(), round[0].hold.lease
	req := wire.HeartbeatRequest{Tokens: make([]wire.TaskBeat, len(round))}
	for i, b := range round {
		req.Tokens[i] = wire.TaskBeat{Token: b.hold.task.Token, Details: b.details}
		shortest = min(shortest, b.hold.lease)
	}
	// A node that hangs must not cost the lease: another one is asked after half the time to the
	// next beat, and the next beat comes in any case.
	each := max(shortest/beatsPerLease, time.Second)
	limited, cancel := context.WithTimeout(ctx, each)
	defer cancel()
	replies, err := w.client.HeartbeatTasks(limited, req, client.Patience(each/2, each))
	w.count.beats.Add(1)
	if err == nil && len(replies.Results) != len(round) {
		err = wire.New("internal", "the answer has another number of results than tokens were sent")
	}
	if p := tasteless(err); p != nil && len(round) > 1 { // one of them spoils it for the others
		for _, b := range round {
			w.beat(ctx, []beat{b})
		}
		return
	} else if p != nil { // it is refused for what it tells
		err = nil
		replies = &wire.TaskReplies{Results: []wire.TaskReply{{Code: p.Code, Detail: p.Detail}}}
	}
	if err != nil && ctx.Err() == nil {
		w.log.Warn("no sign of life could be given", "tasks", len(round), "error", err)
	}
	w.hand.mu.Lock()
	defer w.hand.mu.Unlock()
	for i, b := range round {
		if err != nil {
			b.unheard(shortest)
		} else {
			w.heard(b, replies.Results[i], sent)
		}
		close(b.hold.beating)
		b.hold.beating = nil
		w.hand.notice(b.hold.beatAt)
	}
}

// unheard says that a beat had no answer: the next one comes soon, with what this one was to tell.
func (b *beat) unheard(lease time.Duration) {
	b.hold.beatAt = time.Now().Add(min(lease/beatsPerLease/4, time.Second))
	if b.hold.details == nil {
		b.hold.details = b.details
	}
}

// heard takes the reply to one beat.
func (w *Worker) heard(b beat, r wire.TaskReply, sent time.Time) {
	h := b.hold
	h.beatAt = time.Now().Add(h.lease / beatsPerLease)
	switch {
	case r.OK:
		h.beaten, h.beatAt = sent, sent.Add(h.lease/beatsPerLease)
		if h.details != nil { // more has been told meanwhile
			h.beatAt = sent.Add(min(tellWithin, h.lease/beatsPerLease))
		}
		if r.CancelRequested != nil && *r.CancelRequested {
			h.cancel(ErrCancelled)
		}
	case h.returned: // its outcome may have arrived before this beat did
	case r.Code == "lease_lost":
		h.lost = true
		h.cancel(ErrLeaseLost)
		w.log.Warn("a task is no longer this worker's", append(h.names(), "detail", r.Detail)...)
	default: // it was not taken for what it told
		h.beatAt = time.Now()
		if b.details == nil {
			h.beatAt = time.Now().Add(h.lease / beatsPerLease / 4)
		}
		w.log.Warn("details of a heartbeat were refused", append(h.names(), "code", r.Code, "detail", r.Detail)...)
	}
}
