package workers

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/jepsen/load/fleet"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/worker"
)

// step is one activity according to the history of its run.
type step struct {
	workflow, run string
	scheduled     runs.Event
	order         worker.Order
	starts        []runs.Event // ActivityStarted, one for each attempt
	asked         *runs.Event  // to end, while its code waits for what becomes of it
	outcome       *runs.Event
	// given up after its outcome was recorded, by a turn that had not seen it: the code saw only
	// that
	givenUp bool
	took    map[fleet.Attempt]worker.Line
}

// stepsOf collects the activities of a history, in the order in which they were scheduled.
func stepsOf(events []runs.Event) (steps []*step, problems []string) {
	byID := map[uint64]*step{}
	bad := func(e runs.Event, what string) {
		problems = append(problems, fmt.Sprintf("event %d, a %s of step %d: %s", e.Seq, e.Type, e.ID, what))
	}
	for i, e := range events {
		s := byID[e.ID]
		switch e.Type {
		case "ActivityScheduled":
			if s != nil {
				bad(e, "the step was scheduled before")
				continue
			}
			s = &step{scheduled: e}
			if err := json.Unmarshal(e.Input, &s.order); err != nil {
				bad(e, err.Error())
			}
			byID[e.ID] = s
			steps = append(steps, s)
		case "ActivityStarted":
			switch {
			case s == nil:
				bad(e, "the step was never scheduled")
				continue
			case s.outcome != nil:
				bad(e, fmt.Sprintf("attempt %d began after the outcome", e.Attempt))
			case len(s.starts) > 0 && s.starts[len(s.starts)-1].Attempt >= e.Attempt:
				bad(e, fmt.Sprintf("attempt %d began after attempt %d", e.Attempt, s.starts[len(s.starts)-1].Attempt))
			}
			if s.asked != nil {
				bad(e, fmt.Sprintf("attempt %d began after event %d, which asks the step to end", e.Attempt, s.asked.Seq))
			}
			s.starts = append(s.starts, e)
		case "ActivityCancelRequested":
			if s == nil {
				bad(e, "the step was never scheduled")
				continue
			}
			s.asked = &events[i]
		case "ActivityCompleted", "ActivityFailed", "ActivityCancelled":
			switch {
			case s == nil:
				bad(e, "the step was never scheduled")
				continue
			case s.outcome != nil && e.Type == "ActivityCancelled" && s.outcome.Type != "ActivityCancelled" && !s.givenUp:
				s.givenUp = true
				continue
			case s.outcome != nil:
				bad(e, fmt.Sprintf("there is an outcome already, event %d", s.outcome.Seq))
				continue
			}
			s.outcome = &events[i]
			if n := len(s.starts); e.Type != "ActivityCancelled" && !(n == 0 && e.Attempt == 0 && s.asked != nil) && (n == 0 || s.starts[n-1].Attempt != e.Attempt) {
				bad(e, fmt.Sprintf("it is the outcome of attempt %d, which is not the newest", e.Attempt))
			}
		}
	}
	return steps, problems
}

func (s *step) attempt(n uint32) fleet.Attempt {
	return fleet.Attempt{Run: s.run, Step: s.scheduled.ID, Attempt: n}
}

// check compares the history of a step with what the workers did and were told.
func (s *step) check(b *book, terms conditions) (problems []string) {
	bad := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	for _, l := range b.twice {
		if l.Run == s.run && l.Step == s.scheduled.ID {
			bad("attempt %d was given out twice, the second time to %s", l.Attempt, l.Worker)
		}
	}
	s.checkOutcome(b, bad)
	s.checkCancelled(b, terms, bad)
	s.checkRetries(b, bad)
	s.checkDetails(b, bad)
	for i := 1; i < len(s.starts); i++ {
		before, next := s.starts[i-1], s.starts[i]
		if held := s.heldFor(before, terms); next.At.Sub(before.At) < held {
			bad("attempt %d was given out %s after attempt %d, which was leased for %s at least", next.Attempt, next.At.Sub(before.At), before.Attempt, held)
		}
	}
	return problems
}

// silence returns how long a worker may be silent about an attempt.
func (s *step) silence(terms conditions) time.Duration {
	return least(parsed(terms.Lease), parsed(s.scheduled.Heartbeat))
}

// heldFor returns the least time, in log time, for which an attempt is leased whatever happens to
// its worker. It is 0 if the worker itself may have ended it, or never received it, because a node
// takes back what it could not hand over.
func (s *step) heldFor(start runs.Event, terms conditions) time.Duration {
	if _, taken := s.took[s.attempt(start.Attempt)]; !taken {
		return 0
	}
	switch s.order.Of(start.Attempt) {
	case worker.Fail, worker.Fatal, worker.Return:
		return 0
	}
	if s.outcome != nil && s.outcome.Attempt == start.Attempt {
		return s.outcome.At.Sub(start.At)
	}
	if s.isLast(start) {
		return 0 // it was given up, or its run ended: workers are told, and then it is free
	}
	return least(s.silence(terms), parsed(s.scheduled.Timeout))
}

func (s *step) isLast(start runs.Event) bool {
	return s.starts[len(s.starts)-1].Attempt == start.Attempt
}

// checkOutcome: the outcome is what the worker of that attempt reported, and the worker that was
// told that its report counted is that one.
func (s *step) checkOutcome(b *book, bad func(string, ...any)) {
	if o := s.outcome; o != nil && o.Type != "ActivityCancelled" {
		l, ok := b.effect[s.attempt(o.Attempt)]
		switch {
		case o.Type == "ActivityCompleted" && (!ok || l.Failed || !runs.SameJSON(l.Value, o.Result)):
			bad("completed with %s of attempt %d; the ledger says %s", o.Result, o.Attempt, l.Value)
		case o.Type == "ActivityFailed" && o.Error == nil:
			bad("failed without an error")
		case o.Type == "ActivityFailed" && o.Error.Kind == "timeout":
			if s.scheduled.Timeout == "" {
				bad("failed with kind timeout, and has none")
			}
		case o.Type == "ActivityFailed" && o.Error.Kind == "lease_lost":
			if retry := s.scheduled.Retry; s.asked == nil && (retry == nil || retry.MaxAttempts == 0) {
				bad("failed with kind lease_lost, though nothing says how often it may be lost")
			}
			if told := b.told[s.attempt(o.Attempt)]; told.OK {
				bad("failed with kind lease_lost of attempt %d, which was told that its word counted", o.Attempt)
			}
		case o.Type == "ActivityFailed" && o.Error.Kind == "cancelled" && s.asked != nil: // see checkCancelled
		case o.Type == "ActivityFailed" && (!ok || !l.Failed || l.Code != o.Error.Kind):
			bad("failed with kind %s of attempt %d; the ledger says %q", o.Error.Kind, o.Attempt, l.Code)
		}
	}
	for _, start := range s.starts {
		l, ok := b.told[s.attempt(start.Attempt)]
		if !ok {
			continue
		}
		is := s.outcome != nil && s.outcome.Type != "ActivityCancelled" && s.outcome.Attempt == start.Attempt
		switch {
		case l.OK && !l.Failed && !(is && s.outcome.Type == "ActivityCompleted"):
			bad("attempt %d was told that its result counted, and it is not the recorded one", start.Attempt)
		case l.OK && l.Failed && is && s.outcome.Type == "ActivityCompleted":
			bad("attempt %d was told that its failure counted, and is recorded as completed", start.Attempt)
		case !l.OK && l.Code == "lease_lost" && is && s.outcome.Error == nil, !l.OK && l.Code == "lease_lost" && is && s.outcome.Error.Kind != "timeout" && s.outcome.Error.Kind != "lease_lost" && s.outcome.Error.Kind != "cancelled":
			bad("attempt %d was told lease_lost, and is the recorded outcome", start.Attempt)
		case !l.OK && l.Code != "lease_lost":
			bad("attempt %d was refused with %q", start.Attempt, l.Code)
		}
	}
}

// checkCancelled: a step that was asked to end ends as cancelled because its worker says so, or
// because no worker holds it. What takes it back must not overtake a worker that goes on.
func (s *step) checkCancelled(b *book, terms conditions, bad func(string, ...any)) {
	o := s.outcome
	if o == nil || o.Type != "ActivityFailed" || o.Error == nil || o.Error.Kind != "cancelled" || s.asked == nil || len(s.starts) == 0 {
		return
	}
	start := s.starts[len(s.starts)-1]
	at := s.attempt(start.Attempt)
	said, told := b.effect[at], b.told[at]
	if said.Failed && said.Code == "cancelled" && told.Code != "lease_lost" || b.returned[at] {
		return
	}
	held := least(s.silence(terms), parsed(s.scheduled.Timeout))
	if _, taken := s.took[at]; !taken || slices.Contains([]string{worker.Fail, worker.Fatal, worker.Return}, s.order.Of(start.Attempt)) {
		held = 0
	}
	if after := o.At.Sub(start.At); after < held {
		bad("ended as cancelled %s after attempt %d began, whose worker had it for %s at least and did not say so", after, start.Attempt, held)
	}
}

// checkRetries: there are not more failures than the policy has attempts, the step does not end
// before, and every back-off is observed.
func (s *step) checkRetries(b *book, bad func(string, ...any)) {
	retry := s.scheduled.Retry
	most := uint32(1)
	if retry != nil {
		most = retry.MaxAttempts
	}
	counted, possible := uint32(0), uint32(0) // failures that certainly counted, and that may have
	for i, start := range s.starts {
		at := s.attempt(start.Attempt)
		told, answered := b.told[at]
		effect, done := b.effect[at]
		sure := answered && told.OK && told.Failed
		if sure || retry != nil && s.isLost(i) {
			counted++
		}
		lost := retry != nil && !(answered && told.OK) && !b.returned[at]
		if sure || lost || done && effect.Failed && !answered || s.scheduled.Timeout != "" {
			possible++
		}
		if i+1 == len(s.starts) {
			break
		}
		if most > 0 && counted >= most {
			bad("attempt %d began after %d attempts that failed or were lost; max_attempts is %d", s.starts[i+1].Attempt, counted, most)
		}
		if sure && retry != nil {
			if wait, got := backoff(retry.Backoff, retry.MaxBackoff, retry.Factor, counted), s.starts[i+1].At.Sub(start.At); got < wait {
				bad("attempt %d began %s after attempt %d, which failed: the back-off is %s", s.starts[i+1].Attempt, got, start.Attempt, wait)
			}
		}
		if sure && retry != nil && slices.Contains(retry.NonRetryable, effect.Code) {
			bad("attempt %d began after a failure of kind %s", s.starts[i+1].Attempt, effect.Code)
		}
	}
	if s.asked != nil || s.outcome == nil || s.outcome.Type != "ActivityFailed" || s.outcome.Error == nil || retry == nil || slices.Contains(retry.NonRetryable, s.outcome.Error.Kind) {
		return
	}
	if most == 0 || possible < most {
		bad("failed for good after at most %d failures; max_attempts is %d", possible, most)
	}
}

// isLost reports whether the start with index i was of an attempt that certainly was lost: a worker
// received it and neither returned nor ended it, and the next attempt says so.
func (s *step) isLost(i int) bool {
	if i+1 == len(s.starts) || s.starts[i+1].Before == nil || s.starts[i+1].Before.Kind != "lease_lost" {
		return false
	}
	_, taken := s.took[s.attempt(s.starts[i].Attempt)]
	return taken && s.order.Of(s.starts[i].Attempt) != worker.Return
}

// backoff returns the wait after the n-th failure, without the jitter.
func backoff(first, most string, factor float64, n uint32) time.Duration {
	wait, bound := parsed(first), parsed(most)
	if bound == 0 {
		bound = time.Minute
	}
	if factor == 0 {
		factor = 2
	}
	for range n - 1 {
		wait = min(time.Duration(float64(wait)*factor), bound)
	}
	return min(wait, bound)
}

// checkDetails: an attempt receives the newest heartbeat that was accepted before, or a later one
// without an answer; never one that was refused.
func (s *step) checkDetails(b *book, bad func(string, ...any)) {
	var newest worker.Progress            // the newest accepted one
	known := map[worker.Progress]bool{}   // of earlier attempts
	refused := map[worker.Progress]bool{} // likewise
	for _, start := range s.starts {
		at := s.attempt(start.Attempt)
		if l, ok := b.took[at]; ok {
			got := progressOf(l.Value)
			switch {
			case newest.Newer(got):
				bad("attempt %d got details %+v; %+v was accepted before", start.Attempt, got, newest)
			case got != worker.Progress{} && !known[got]:
				bad("attempt %d got details %+v, which no earlier attempt sent", start.Attempt, got)
			case refused[got]:
				bad("attempt %d got details %+v, which were refused", start.Attempt, got)
			}
		}
		for p := range b.sent[at] {
			known[p] = true
		}
		for _, l := range b.beaten[at] {
			if p := progressOf(l.Value); l.OK && p.Newer(newest) {
				newest = p
			} else if !l.OK {
				refused[p] = true
			}
		}
	}
}

// parsed parses a duration; an empty one is 0.
func parsed(text string) time.Duration {
	d, _ := time.ParseDuration(text)
	return d
}

// least returns the smaller of those that are not 0.
func least(a, b time.Duration) time.Duration {
	if a == 0 || b > 0 && b < a {
		return b
	}
	return a
}

// progressOf reads the details of a heartbeat.
func progressOf(raw json.RawMessage) (p worker.Progress) {
	json.Unmarshal(raw, &p)
	return p
}
