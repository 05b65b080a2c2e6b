package fsm

import (
	"fmt"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// CompleteTasks records the outcomes of attempts, each on its own: the answer says of each whether
// it counted.
type CompleteTasks struct {
	Results []TaskOutput `cbor:"1,keyasint"` // at most 1,000
}

// TaskOutput is what an attempt returned.
type TaskOutput struct {
	Token  TaskToken       `cbor:"1,keyasint"`
	Output history.Payload `cbor:"2,keyasint,omitempty"`
}

// FailTasks records failed attempts, each on its own. Whether a task is tried again follows from
// Error.Retryable and the retry policy it was scheduled with.
type FailTasks struct {
	Results []TaskFailure `cbor:"1,keyasint"` // at most 1,000
}

// TaskFailure is how an attempt failed.
type TaskFailure struct {
	Token  TaskToken        `cbor:"1,keyasint"`
	Error  history.RunError `cbor:"2,keyasint"`
	Jitter uint32           `cbor:"3,keyasint,omitempty"` // drawn before the log: spreads retries
}

// BeatTasks prolongs leases, each on its own.
type BeatTasks struct {
	Beats []TaskBeat `cbor:"1,keyasint"` // at most 1,000
}

// TaskBeat says that a worker still has an attempt in hand.
type TaskBeat struct {
	Token   TaskToken       `cbor:"1,keyasint"`
	Details history.Payload `cbor:"2,keyasint,omitempty"` // empty = as they were
}

// ReleaseTasks gives attempts back that never reached a worker, or that a worker will not carry
// out: they are offered again at once, in their old place, and count as no failure.
type ReleaseTasks struct {
	Tokens []TaskToken `cbor:"1,keyasint"` // at most 1,000
}

// TaskAnswer has one reply for each token, in the order asked.
type TaskAnswer struct {
	Replies []TaskReply `cbor:"1,keyasint"`
}

// TaskReply says what became of one token.
type TaskReply struct {
	Lost   string `cbor:"1,keyasint,omitempty"` // why the attempt is not the worker's any more (code lease_lost); empty = it counted
	Cancel bool   `cbor:"2,keyasint,omitempty"` // of heartbeats: the activity is to end, or nobody waits for its outcome any more
}

// Kind implements Command.
func (*CompleteTasks) Kind() Kind { return KindCompleteTasks }
func (*FailTasks) Kind() Kind     { return KindFailTasks }
func (*BeatTasks) Kind() Kind     { return KindBeatTasks }
func (*ReleaseTasks) Kind() Kind  { return KindReleaseTasks }
func (*TaskAnswer) answer()       {}

func (c *CompleteTasks) apply(t *step) (Answer, Refusal) {
	return t.eachAttempt("results", len(c.Results), func(i int) (TaskToken, func(*row, *rows.Task)) {
		return c.Results[i].Token, func(r *row, task *rows.Task) {
			t.append(r, &history.ActivityCompleted{ID: task.ID, Result: c.Results[i].Output, Attempt: task.Attempt})
			t.endTask(r, task)
		}
	})
}

func (c *FailTasks) apply(t *step) (Answer, Refusal) {
	return t.eachAttempt("results", len(c.Results), func(i int) (TaskToken, func(*row, *rows.Task)) {
		return c.Results[i].Token, func(r *row, task *rows.Task) { t.failTask(r, task, c.Results[i].Error, c.Results[i].Jitter) }
	})
}

func (c *BeatTasks) apply(t *step) (Answer, Refusal) {
	asked := make([]bool, len(c.Beats))
	answer, refusal := t.eachAttempt("tokens", len(c.Beats), func(i int) (TaskToken, func(*row, *rows.Task)) {
		return c.Beats[i].Token, func(r *row, task *rows.Task) {
			t.beat(r, task, c.Beats[i].Details)
			asked[i] = task.CancelAsked
		}
	})
	if a, ok := answer.(*TaskAnswer); ok {
		for i := range a.Replies {
			if a.Replies[i].Cancel {
				a.Replies[i].Lost = "" // it heard of it in time
			}
			a.Replies[i].Cancel = a.Replies[i].Cancel || asked[i]
		}
	}
	return answer, refusal
}

// beat renews a lease.
func (t *step) beat(r *row, task *rows.Task, details history.Payload) {
	if len(details) > 0 {
		task.Details = details
	}
	t.stopClock(r, task)
	task.Due = task.LeaseDue(t.now)
	t.startClock(r, task)
	t.putTask(r, task)
}

func (c *ReleaseTasks) apply(t *step) (Answer, Refusal) {
	return t.eachAttempt("tokens", len(c.Tokens), func(i int) (TaskToken, func(*row, *rows.Task)) {
		return c.Tokens[i], func(r *row, task *rows.Task) {
			if task.CancelAsked { // no other worker gets it
				t.append(r, cancelledTask(task))
				t.endTask(r, task)
				return
			}
			t.moveTask(r, task, rows.TaskOffered, task.OfferEnds())
		}
	})
}

// eachAttempt goes through the tokens of a command. of names the i-th and says what to do with the
// attempt if it is still the worker's.
func (t *step) eachAttempt(field string, n int, of func(i int) (TaskToken, func(*row, *rows.Task))) (Answer, Refusal) {
	if n > maxTaskBatch {
		return nil, &catalog.InvalidInput{Field: field, Reason: fmt.Sprintf("has %d tokens, the limit is %d", n, maxTaskBatch)}
	}
	answer := &TaskAnswer{Replies: make([]TaskReply, n)}
	for i := range n {
		token, do := of(i)
		r, task, reply := t.held(token)
		if task != nil {
			do(r, task)
		}
		answer.Replies[i] = reply
	}
	return answer, nil
}

// outsideQueues says as much to a caller that may report on some queues only as it may know: not
// whether there is such a run.
const outsideQueues = "the attempt is over, or of a queue that the caller may not work on"

// held returns the task whose attempt a token names; or nil, and why the attempt is not the
// worker's any more. A worker that asks about an attempt that was given up hears of it now, so that
// nothing is left to keep.
func (t *step) held(token TaskToken) (*row, *rows.Task, TaskReply) {
	r, task := t.find(token.RunID, token.ID)
	only := t.who.Only
	if r != nil && namespace.Of(r.Run.WorkflowID) != only.In() {
		r, task = nil, nil
	}
	if only.Limited() && (task == nil || !only.HasQueue(task.Queue)) {
		return nil, nil, TaskReply{Lost: outsideQueues}
	}
	switch {
	case r == nil:
		return nil, nil, TaskReply{Lost: "its run does not exist any more"}
	case task == nil && !r.Run.Status.Open():
		return nil, nil, TaskReply{Lost: "its run is closed: " + r.Run.Status.String()}
	case task == nil:
		return nil, nil, TaskReply{Lost: "the activity has its outcome, or was given up"}
	case task.Attempt < token.Attempt:
		return nil, nil, TaskReply{Lost: fmt.Sprintf("there was no attempt %d yet", token.Attempt)}
	case task.Attempt > token.Attempt:
		return nil, nil, TaskReply{Lost: fmt.Sprintf("attempt %d is over; the newest is attempt %d", token.Attempt, task.Attempt)}
	case task.State == rows.TaskOffered || task.State == rows.TaskBackoff:
		return nil, nil, TaskReply{Lost: fmt.Sprintf("attempt %d is over; the activity waits for the next one", token.Attempt)}
	case task.State == rows.TaskGivenUp || !r.Run.Status.Open():
		t.endTask(r, task)
		return nil, nil, TaskReply{Lost: "nobody waits for its outcome any more", Cancel: true}
	case t.fateOf(r) == doomed:
		return nil, nil, TaskReply{Lost: "its run ends with its parent, which has closed", Cancel: true}
	}
	return r, task, TaskReply{}
}
