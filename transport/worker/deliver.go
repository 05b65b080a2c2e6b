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
	maxSenders  = 4       // concurrent calls; outcomes that arrive meanwhile are sent together, and a lone one at once
	maxBatch    = 500     // tokens per call
	maxBytes    = 4 << 20 // bytes of outputs or details per call, if there is more than one
	sendAttempt = 10 * time.Second
	sendAtLeast = 10 * time.Second // how long an outcome is resent after its lease has ended: a cluster without a leader ends no leases
)

// mail holds the outcomes being delivered.
type mail struct {
	mu      sync.Mutex // guards the fields below
	waiting [verbs][]outcome
	senders int
	closed  bool
	sending sync.WaitGroup
}

// deliver queues an outcome. It does not wait for the answer.
func (w *Worker) deliver(o outcome) {
	m := &w.mail
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		w.held.remove(o.hold)
		return
	}
	m.waiting[o.verb] = append(m.waiting[o.verb], o)
	if m.senders < maxSenders {
		m.senders++
		m.sending.Go(w.send)
	}
}

// close waits until all outcomes are delivered, or given up. Outcomes of later handlers are
// dropped.
func (m *mail) close() {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.sending.Wait()
}

// send sends queued outcomes until there are none.
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
		n := countFitting(all, outcome.size)
		m.waiting[most] = all[n:]
		m.mu.Unlock()
		w.report(all[:n:n])
	}
}

// report reports outcomes of one verb to the cluster, as long as they may still matter.
func (w *Worker) report(batch []outcome) {
	if batch[0].verb != complete {
		w.flushDetails(batch)
	}
	var pause pause
	for {
		left := w.timeLeft(batch)
		replies, err := w.reportCall(context.Background(), batch, client.Patience(sendAttempt, max(left, sendAttempt)))
		if err == nil && len(replies.Results) == len(batch) {
			for i, o := range batch {
				w.handleReply(o, replies.Results[i])
			}
			return
		}
		if err == nil {
			err = wire.New("internal", "the answer's number of results differs from the number sent")
		}
		if p := contentRefusal(err); p != nil && len(batch) > 1 { // one of them makes the call fail for the others
			for _, o := range batch {
				w.report([]outcome{o})
			}
			return
		} else if p != nil {
			w.handleReply(batch[0], wire.TaskReply{Code: p.Code, Detail: p.Detail})
			return
		}
		if left <= 0 {
			w.log.Error("outcomes could not be delivered before their leases ended: other workers repeat the work", "tasks", len(batch), "error", err)
			for _, o := range batch {
				w.count.undelivered.Add(1)
				w.held.remove(o.hold)
			}
			return
		}
		w.log.Warn("outcomes could not be delivered yet", "tasks", len(batch), "error", err)
		pause.wait(context.Background())
	}
}

// timeLeft returns how much longer it may matter to deliver the outcomes. Heartbeats go on
// meanwhile, so leases last as long as any node is reachable.
func (w *Worker) timeLeft(batch []outcome) time.Duration {
	w.held.mu.Lock()
	defer w.held.mu.Unlock()
	longest := time.Duration(0)
	for _, o := range batch {
		longest = max(longest, time.Until(o.hold.until().Add(max(o.hold.lease, sendAtLeast))))
	}
	return longest
}

// reportCall makes the call for the verb of the batch.
func (w *Worker) reportCall(ctx context.Context, batch []outcome, opts ...client.Option) (*wire.TaskReplies, error) {
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
		if batch[0].verb == later {
			return w.client.DeferTasks(ctx, req, opts...)
		}
		return w.client.ReleaseTasks(ctx, req, opts...)
	}
}

// flushDetails sends the details of the handlers' last heartbeats, so that the next attempts get
// them. If that fails, the next attempts get earlier details.
func (w *Worker) flushDetails(batch []outcome) {
	var beats []beat
	for _, o := range batch {
		if details := o.hold.removeDetails(); details != nil {
			beats = append(beats, beat{o.hold, details})
		}
	}
	for part := range batches(beats, func(b beat) int { return len(b.details) }) {
		w.sendDetails(part)
	}
}

// sendDetails sends details; if one part makes the call fail for the others, each is sent
// separately.
func (w *Worker) sendDetails(part []beat) {
	req := wire.HeartbeatRequest{Tokens: make([]wire.TaskBeat, len(part))}
	for i, b := range part {
		req.Tokens[i] = wire.TaskBeat{Token: b.hold.task.Token, Details: b.details}
	}
	_, err := w.client.HeartbeatTasks(context.Background(), req, client.Patience(sendAttempt, sendAttempt))
	if contentRefusal(err) != nil && len(part) > 1 {
		for _, b := range part {
			w.sendDetails([]beat{b})
		}
		return
	}
	if err != nil {
		w.log.Warn("details of heartbeats could not be delivered", "tasks", len(part), "error", err)
	}
}

// handleReply handles the reply to one outcome.
func (w *Worker) handleReply(o outcome, r wire.TaskReply) {
	switch {
	case r.OK && o.verb == complete:
		w.count.completed.Add(1)
	case r.OK && o.verb == fail && o.unwanted:
		w.count.cancelled.Add(1)
	case r.OK && o.verb == fail:
		w.count.failed.Add(1)
	case r.OK && o.verb == later:
		w.count.deferred.Add(1)
	case r.OK:
		w.count.released.Add(1)
	case r.Code == "lease_lost" && o.unwanted:
		w.count.cancelled.Add(1)
	case r.Code == "lease_lost":
		w.count.lost.Add(1)
		w.log.Warn("an outcome came too late", append(o.hold.names(), "detail", r.Detail)...)
	case o.verb == complete: // otherwise the activity would never have an outcome
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
	w.held.remove(o.hold)
}

// contentRefusal returns the refusal of a call because of its content, which no node would accept.
// Any other refusal may be temporary: a token can be renewed.
func contentRefusal(err error) *wire.Problem {
	p, ok := errors.AsType[*wire.Problem](err)
	if ok && (p.Status == http.StatusBadRequest || p.Status == http.StatusRequestEntityTooLarge) {
		return p
	}
	return nil
}

func (o outcome) size() int { return len(o.output) + len(o.failure.Message) + len(o.failure.Details) }

// countFitting returns how many elements of all fit into one call: at least one.
func countFitting[T any](all []T, size func(T) int) int {
	bytes := 0
	for i, x := range all {
		if bytes += size(x); i > 0 && (i >= maxBatch || bytes > maxBytes) {
			return i
		}
	}
	return len(all)
}

// batches yields all in parts that fit into one call each.
func batches[T any](all []T, size func(T) int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		for len(all) > 0 {
			n := countFitting(all, size)
			if !yield(all[:n:n]) {
				return
			}
			all = all[n:]
		}
	}
}
