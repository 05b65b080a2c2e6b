package worker

import (
	"context"
	"errors"
	"iter"
	"net/http"
	"sync"
	"time"

	"aion.dev/aion/transport/client"
	"aion.dev/aion/transport/wire"
)

const (
	maxSenders  = 4       // calls under way; what comes meanwhile travels together, and a lone outcome at once
	maxBatch    = 500     // tokens of one call
	maxBytes    = 4 << 20 // of their outputs or details together, if there is more than one
	sendAttempt = 10 * time.Second
	sendAtLeast = 10 * time.Second // how long an outcome is sent again after its lease has ended: a cluster without a leader ends no leases
)

// mail is the outcomes on their way.
type mail struct {
	mu      sync.Mutex // guards what follows
	waiting [verbs][]outcome
	senders int
	closed  bool
	sending sync.WaitGroup
}

// deliver sends an outcome. It does not wait for the answer.
func (w *Worker) deliver(o outcome) {
	m := &w.mail
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		w.hand.drop(o.hold)
		return
	}
	m.waiting[o.verb] = append(m.waiting[o.verb], o)
	if m.senders < maxSenders {
		m.senders++
		m.sending.Go(w.send)
	}
}

// close waits until all outcomes are delivered, or given up. Those of later handlers are dropped.
func (m *mail) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.sending.Wait()
}

// send carries what is waiting until nothing is.
func (w *Worker) send() {
	m := &w.mail
	for {
		m.mu.Lock()
		most := complete
		for v := range m.waiting {
			if len(m.waiting[v]) > len(m.waiting[most]) {
				most = verb(v)
			}
		}
		all := m.waiting[most]
		if len(all) == 0 {
			m.senders--
			m.mu.Unlock()
			return
		}
		n := first(all, outcome.size)
		m.waiting[most] = all[n:]
		m.mu.Unlock()
		w.carry(all[:n:n])
	}
}

// carry tells the cluster of outcomes of one verb, as long as it may care.
func (w *Worker) carry(batch []outcome) {
	if batch[0].verb != complete {
		w.tellDetails(batch)
	}
	var pause pause
	for {
		left := w.worth(batch)
		replies, err := w.call(context.Background(), batch, client.Patience(sendAttempt, max(left, sendAttempt)))
		if err == nil && len(replies.Results) == len(batch) {
			for i, o := range batch {
				w.settle(o, replies.Results[i])
			}
			return
		}
		if err == nil {
			err = wire.New("internal", "the answer has another number of results than were sent")
		}
		if p := tasteless(err); p != nil && len(batch) > 1 { // one of them spoils it for the others
			for _, o := range batch {
				w.carry([]outcome{o})
			}
			return
		} else if p != nil {
			w.settle(batch[0], wire.TaskReply{Code: p.Code, Detail: p.Detail})
			return
		}
		if left <= 0 {
			w.log.Error("outcomes could not be delivered before their leases ended: other workers repeat the work", "tasks", len(batch), "error", err)
			for _, o := range batch {
				w.count.undelivered.Add(1)
				w.hand.drop(o.hold)
			}
			return
		}
		w.log.Warn("outcomes could not be delivered yet", "tasks", len(batch), "error", err)
		pause.wait(context.Background())
	}
}

// worth is how much longer it may matter to deliver the outcomes. Beats go on meanwhile, so leases
// do too as long as any node is reached.
func (w *Worker) worth(batch []outcome) time.Duration {
	w.hand.mu.Lock()
	defer w.hand.mu.Unlock()
	longest := time.Duration(0)
	for _, o := range batch {
		longest = max(longest, time.Until(o.hold.until().Add(max(o.hold.lease, sendAtLeast))))
	}
	return longest
}

// call is the one call for the verb of the batch.
func (w *Worker) call(ctx context.Context, batch []outcome, opts ...client.Option) (*wire.TaskReplies, error) {
	switch batch[0].verb {
	case complete:
		req := wire.CompleteRequest{Results: make([]wire.TaskCompletion, len(batch))}
		for i, o := range batch {
			req.Results[i] = wire.TaskCompletion{Token: o.hold.task.Token, Output: o.output}
		}
		return w.client.CompleteTasks(ctx, req, opts...)
	case fail:
		req := wire.FailRequest{Results: make([]wire.TaskFailure, len(batch))}
		for i, o := range batch {
			req.Results[i] = o.failure
			req.Results[i].Token = o.hold.task.Token
		}
		return w.client.FailTasks(ctx, req, opts...)
	default:
		req := wire.HeartbeatRequest{Tokens: make([]wire.TaskBeat, len(batch))}
		for i, o := range batch {
			req.Tokens[i] = wire.TaskBeat{Token: o.hold.task.Token}
		}
		return w.client.ReleaseTasks(ctx, req, opts...)
	}
}

// tellDetails tells what the handlers' last heartbeats said, so that the next attempts know it.
// Where that fails they know what was told before.
func (w *Worker) tellDetails(batch []outcome) {
	var beats []beat
	for _, o := range batch {
		if details := o.hold.takeDetails(); details != nil {
			beats = append(beats, beat{o.hold, details})
		}
	}
	for part := range cut(beats, func(b beat) int { return len(b.details) }) {
		w.tell(part)
	}
}

// tell sends details, each part by itself where one of them spoils it for the others.
func (w *Worker) tell(part []beat) {
	req := wire.HeartbeatRequest{Tokens: make([]wire.TaskBeat, len(part))}
	for i, b := range part {
		req.Tokens[i] = wire.TaskBeat{Token: b.hold.task.Token, Details: b.details}
	}
	_, err := w.client.HeartbeatTasks(context.Background(), req, client.Patience(sendAttempt, sendAttempt))
	if tasteless(err) != nil && len(part) > 1 {
		for _, b := range part {
			w.tell([]beat{b})
		}
		return
	}
	if err != nil {
		w.log.Warn("details of heartbeats could not be delivered", "tasks", len(part), "error", err)
	}
}

// settle takes the reply to one outcome.
func (w *Worker) settle(o outcome, r wire.TaskReply) {
	switch {
	case r.OK && o.verb == complete:
		w.count.completed.Add(1)
	case r.OK && o.verb == fail:
		w.count.failed.Add(1)
	case r.OK:
		w.count.released.Add(1)
	case r.Code == "lease_lost" && o.unwanted:
		w.count.cancelled.Add(1)
	case r.Code == "lease_lost":
		w.count.lost.Add(1)
		w.log.Warn("an outcome came too late", append(o.hold.names(), "detail", r.Detail)...)
	case o.verb == complete: // the activity would never have an outcome
		w.log.Error("an output was refused", append(o.hold.names(), "code", r.Code, "detail", r.Detail)...)
		w.deliver(outcome{hold: o.hold, unwanted: o.unwanted, verb: fail, failure: wire.TaskFailure{Kind: "invalid_output", Message: clip(r.Detail, maxMessage)}})
		return
	case o.verb == fail && !o.plain:
		o.plain = true
		o.failure.Details, o.failure.Message = nil, clip(o.failure.Message, 200)+" (details were refused: "+clip(r.Detail, 200)+")"
		w.deliver(o)
		return
	default:
		w.count.undelivered.Add(1)
		w.log.Error("an outcome was refused", append(o.hold.names(), "code", r.Code, "detail", r.Detail)...)
	}
	w.hand.drop(o.hold)
}

// tasteless returns the refusal of a call for what it carries, which no node would take. Any other
// refusal may pass: a token can be renewed.
func tasteless(err error) *wire.Problem {
	p, ok := errors.AsType[*wire.Problem](err)
	if ok && (p.Status == http.StatusBadRequest || p.Status == http.StatusRequestEntityTooLarge) {
		return p
	}
	return nil
}

func (o outcome) size() int { return len(o.output) + len(o.failure.Message) + len(o.failure.Details) }

// first is how many of all fit into one call: one at least.
func first[T any](all []T, size func(T) int) int {
	bytes := 0
	for i, x := range all {
		if bytes += size(x); i > 0 && (i >= maxBatch || bytes > maxBytes) {
			return i
		}
	}
	return len(all)
}

// cut yields all in parts that fit into one call each.
func cut[T any](all []T, size func(T) int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for len(all) > 0 {
			n := first(all, size)
			if !yield(all[:n:n]) {
				return
			}
			all = all[n:]
		}
	}
}
