package fsm

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// LeaseTasks gives a worker the oldest tasks of a queue that it can carry out, as far as the
// queue's limits allow; none is no refusal.
type LeaseTasks struct {
	Queue      string           `cbor:"1,keyasint"`
	Activities []string         `cbor:"2,keyasint"` // at most 1,000
	Worker     string           `cbor:"3,keyasint"`
	Max        uint32           `cbor:"4,keyasint"`           // at most 1,000
	Lease      history.Duration `cbor:"5,keyasint"`           // longest silence of this worker, at most 24 hours; 0 = 5 minutes
	Named      bool             `cbor:"6,keyasint,omitempty"` // the worker named Lease itself; else it is the node's default, which binds only activities without heartbeat and timeout
}

// LeaseAnswer lists what was given.
type LeaseAnswer struct {
	Tasks []Leased `cbor:"1,keyasint,omitempty"`
}

// Leased is one attempt in the hands of a worker.
type Leased struct {
	Token      TaskToken        `cbor:"1,keyasint"`
	WorkflowID string           `cbor:"2,keyasint"`
	Type       string           `cbor:"3,keyasint"`
	Activity   string           `cbor:"4,keyasint"`
	Seq        uint64           `cbor:"5,keyasint"`           // of the ActivityScheduled that holds the input
	Deadline   history.Time     `cbor:"6,keyasint,omitempty"` // of the attempt; 0 = none
	Heartbeat  history.Duration `cbor:"7,keyasint,omitempty"` // as the workflow asked for it
	Lease      history.Duration `cbor:"8,keyasint"`           // longest silence; 0 = only Deadline counts
	Details    history.Payload  `cbor:"9,keyasint,omitempty"` // of the heartbeats of the attempt before
}

// Kind implements Command.
func (*LeaseTasks) Kind() Kind { return KindLeaseTasks }
func (*LeaseAnswer) answer()   {}

func (c *LeaseTasks) apply(t *step) (Answer, Refusal) {
	if refusal := c.check(); refusal != nil {
		return nil, refusal
	}
	answer := new(LeaseAnswer)
	row := t.s.queueRows.row(t, rows.TextKey(rows.FamilyQueue, c.Queue))
	n := min(uint64(c.Max), row.value.Offered, row.value.Allows(t.now))
	if n == 0 {
		return answer, nil
	}
	activities := slices.Compact(slices.Sorted(slices.Values(c.Activities)))
	for _, o := range t.oldest(c.Queue, activities, int(n)) {
		if r, task := t.find(o.run, o.id); task != nil {
			t.lane(task).From = o.at  // it is the oldest
			if !r.Run.Status.Open() { // a job was to take it away
				t.endTask(r, task)
				continue
			}
			answer.Tasks = append(answer.Tasks, c.lease(t, r, task))
		} else {
			t.Fail(fmt.Errorf("activity %d of run %s is offered, but there is no such task", o.id, o.run))
		}
	}
	t.queue(c.Queue).Begin(uint64(len(answer.Tasks)), t.now)
	return answer, nil
}

// The most that a worker may ask for.
const (
	maxTaskBatch  = 1_000 // tasks or activities in one command
	maxLease      = history.Duration(24 * time.Hour)
	defaultLease  = history.Duration(5 * time.Minute)
	maxRecordedOf = 100 // attempts of one step that history tells of
)

func (c *LeaseTasks) check() Refusal {
	switch {
	case len(c.Queue) < 1 || len(c.Queue) > maxTaskName:
		return nameSize("queue", len(c.Queue))
	case len(c.Worker) > maxTaskName:
		return nameSize("worker_id", len(c.Worker))
	case len(c.Activities) < 1 || len(c.Activities) > maxTaskBatch:
		return &catalog.InvalidInput{Field: "activities", Reason: fmt.Sprintf("names %d activities; 1 to %d are allowed", len(c.Activities), maxTaskBatch)}
	case c.Max > maxTaskBatch:
		return &catalog.InvalidInput{Field: "max_tasks", Reason: fmt.Sprintf("is %d, the limit is %d", c.Max, maxTaskBatch)}
	case c.Lease < 0 || c.Lease > maxLease:
		return &catalog.InvalidInput{Field: "lease", Reason: fmt.Sprintf("is %s; up to %s is allowed", c.Lease, maxLease)}
	}
	for _, activity := range c.Activities {
		if len(activity) > maxTaskName {
			return nameSize("activities", len(activity))
		}
	}
	return nil
}

// lease puts the next attempt of a task into the worker's hands.
func (c *LeaseTasks) lease(t *step, r *row, task *rows.Task) Leased {
	t.unlist(r, task)
	task.State, task.Worker, task.StartedAt, task.Lease = rows.TaskLeased, c.Worker, t.now, c.silence(task)
	task.Deferred = t.staysDeferred(task)
	task.Attempt++
	task.Due = task.LeaseDue(t.now)
	t.list(r, task)
	t.putTask(r, task)
	if task.Attempt > r.Attempts {
		r.Attempts = task.Attempt
		t.touch(r)
	}
	if limits := r.Limits.OrDefault(); task.Attempt-task.Before <= maxRecordedOf && r.Run.Events < limits.Events && r.Run.Bytes < limits.HistoryBytes {
		t.append(r, &history.ActivityStarted{ID: task.ID, Attempt: task.Attempt, Worker: task.Worker, Failure: task.Failure})
	}
	return Leased{
		Token: TaskToken{RunID: task.RunID, ID: task.ID, Attempt: task.Attempt}, WorkflowID: r.Run.WorkflowID, Type: r.Run.Type, Activity: task.Activity, Seq: task.Seq,
		Deadline: task.Within(task.Deadline()), Heartbeat: task.Heartbeat, Lease: task.Lease, Details: task.Details,
	}
}

// silence is how long the worker may be silent about a task; 0 = until its deadline. The default
// binds only where nothing else would.
func (c *LeaseTasks) silence(task *rows.Task) history.Duration {
	lease := cmp.Or(c.Lease, defaultLease)
	switch {
	case task.Heartbeat > 0 && (task.Heartbeat < lease || !c.Named):
		return task.Heartbeat
	case task.Timeout > 0 && !c.Named:
		return 0
	}
	return lease
}
