package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/engine/desk"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
	"aion.dev/aion/internal/namespace"
)

// Poll gives tasks to a worker, waiting up to wait for the first one. If ctx ends, Poll returns
// none and gives back what was leased meanwhile. A repeated request gets the same tasks, except
// those that were given back or taken away since. With a request id, a poll may return no tasks
// before its wait is over.
func (e *Engine) Poll(ctx context.Context, r PollRequest, wait time.Duration) ([]WorkerTask, uint64, error) {
	lease, err := e.checkPoll(r)
	if err != nil {
		return nil, 0, err
	}
	if err := checkWait(wait); err != nil {
		return nil, 0, err
	}
	began := time.Now()
	e.polled.note(lease.Activities, began)
	d, err := e.desk(ctx)
	if ended(err) && ctx.Err() != nil {
		return e.noTasks()
	}
	if err != nil {
		return nil, 0, err
	}
	defer e.pollers.enter(r, lease.Activities, began)()
	request := ""
	if r.Request != nil {
		request = r.Request.ID
	}
	shared, leave := d.Join(request)
	defer leave()
	if res, ok, err := e.firstOutcome(r.Call); err != nil {
		return nil, 0, err
	} else if ok {
		answer, a, err := outcome[*fsm.LeaseAnswer](r.Call, res)
		if err != nil {
			return nil, 0, err
		}
		return e.handToWorker(ctx, d, r.Queue, shared, answer, a)
	}
	ask := leaseOf(func(tasks uint64) fsm.Envelope {
		some := *lease
		some.Max = uint32(tasks)
		return r.envelope(&some)
	})
	p := d.Enter(r.Queue, lease.Activities, uint64(lease.Max), ask)
	defer p.Leave()
	over := time.NewTimer(wait - time.Since(began))
	defer over.Stop()
	pauses := backoff{first: 5 * time.Millisecond, most: time.Second}
	for {
		grant, err := p.Await(ctx, over.C)
		if err != nil {
			e.hub.wakes.Pass()
			return nil, 0, &NotLeader{}
		}
		if grant.Tasks == 0 {
			e.hub.wakes.Pass()
			return e.noTasks()
		}
		answer, a, err := e.lease(d, r.Call, ask, grant)
		p.Answered(grant.Tasks)
		if errors.Is(err, ErrApart) { // it was booked with a turn that filled an entry: nobody has asked yet
			p.Requeue()
			continue
		}
		if err != nil {
			return nil, 0, err
		}
		if len(answer.Tasks) > 0 || r.Request != nil { // with a request id, another answer would be the same
			return e.handToWorker(ctx, d, r.Queue, shared, answer, a)
		}
		if pauses.pause(ctx) != nil {
			return e.noTasks()
		}
		p.Requeue()
	}
}

// leaseOf makes the command by which a poll asks for so many tasks.
type leaseOf func(tasks uint64) fsm.Envelope

// leased is the outcome of a lease that was booked.
type leased struct {
	res fsm.Result
	err error
}

// lease asks for the tasks that a poll was granted, unless its booking has asked. The proposal goes
// on even if the worker disconnects: the tasks that it leases can then be given back, instead of
// staying leased until they time out.
func (e *Engine) lease(d *desk.Desk, c Call, ask leaseOf, grant desk.Grant) (answer *fsm.LeaseAnswer, a Answered, err error) {
	if outcomes, ok := grant.Lease.(leased); ok {
		if outcomes.err != nil {
			return nil, Answered{}, outcomes.err
		}
		return outcome[*fsm.LeaseAnswer](c, outcomes.res)
	}
	return propose[*fsm.LeaseAnswer](d.Term(), e, c, ask(grant.Tasks).Command)
}

func (e *Engine) checkPoll(r PollRequest) (*fsm.LeaseTasks, error) {
	if err := r.Call.validate(); err != nil {
		return nil, err
	}
	if err := checkKnown("queue", r.Queue); err != nil {
		return nil, err
	}
	if err := checkLabel("worker_id", r.Worker); err != nil {
		return nil, err
	}
	if n := len(r.Activities); n < 1 || n > MaxActivities {
		return nil, invalid("activities", "holds %d names; 1 to %d are allowed", n, MaxActivities)
	}
	for _, name := range r.Activities {
		if err := checkKnown("activities", name); err != nil {
			return nil, err
		}
	}
	if r.Max < 0 || r.Max > MaxTasks {
		return nil, invalid("max_tasks", "is %d; 1 to %d are allowed", r.Max, MaxTasks)
	}
	if r.Version != "" {
		if err := checkLabel("worker_version", r.Version); err != nil {
			return nil, err
		}
	}
	if r.Lease != 0 && (r.Lease < MinLease || r.Lease > MaxLease) {
		return nil, invalid("lease", "is %s; %s to %s are allowed", r.Lease, MinLease, MaxLease)
	}
	activities := slices.Clone(r.Activities)
	slices.Sort(activities)
	return &fsm.LeaseTasks{
		Queue: r.Queue, Activities: slices.Compact(activities), Worker: r.Worker, Max: uint32(max(r.Max, 1)),
		Lease: history.Duration(cmp.Or(r.Lease, e.limits.Lease)), Named: r.Lease != 0,
	}, nil
}

// handToWorker reads what a worker gets with its leases. It gives back the tasks that do not fit
// into one answer, or all of them if ctx has ended meanwhile.
func (e *Engine) handToWorker(ctx context.Context, d *desk.Desk, queue string, shared *desk.Claim, answer *fsm.LeaseAnswer, a Answered) (tasks []WorkerTask, index uint64, err error) {
	there := ctx.Err() == nil
	if shared.DecideHandOver(there) != there { // another poll hands them over, or gives them back
		return nil, a.Index, nil
	}
	var spare []fsm.TaskToken
	bytes := 0
	e.cfg.Log.View(func(v fsm.View) {
		for _, leased := range answer.Tasks {
			if a.Deduplicated && !stillLeased(v, leased.Token) {
				continue
			}
			events := v.Events(leased.Token.RunID, leased.Seq, 1)
			if len(events) == 0 {
				continue // its run is purged: only a request that is repeated late gets here
			}
			scheduled, ok := events[0].Data.(*history.ActivityScheduled)
			if !ok {
				err = fmt.Errorf("engine: event %d of run %s is a %s instead of an ActivityScheduled", leased.Seq, leased.Token.RunID, events[0].Data.Type())
				return
			}
			bytes += len(scheduled.Input) + len(leased.Details)
			if !there || bytes > maxTaskBytes && len(tasks) > 0 {
				spare = append(spare, leased.Token)
				continue
			}
			e.taskTimes.begin(&leased, events[0].At, e.now())
			e.pollers.took(leased.Token, queue)
			task := WorkerTask{Leased: leased, Token: writeToken(namespace.Asked(ctx), leased.Token), Input: scheduled.Input}
			if e.cfg.Tracer != nil {
				task.Traceparent = e.cfg.Tracer.Traceparent(leased.Token)
			}
			tasks = append(tasks, task)
		}
	})
	if err != nil {
		return nil, a.Index, err
	}
	if len(spare) > 0 {
		e.giveBack(d.Term(), namespace.Asked(ctx), spare)
	}
	if !a.Deduplicated {
		e.metrics.leased.Add(float64(len(tasks)))
	}
	return tasks, a.Index, nil
}

// stillLeased reports whether an attempt is still leased to the poll that got it.
func stillLeased(v fsm.View, t fsm.TaskToken) bool {
	task, ok := v.Task(t.RunID, t.ID)
	return ok && task.Attempt == t.Attempt && (task.State == rows.TaskLeased || task.State == rows.TaskGivenUp)
}

// giveBack releases attempts that no worker has received, unless term ends first. If it fails, they
// are offered again when their leases expire.
func (e *Engine) giveBack(term context.Context, space string, tokens []fsm.TaskToken) {
	if _, err := e.cfg.Log.Propose(term, fsm.Envelope{Only: within(space), Command: &fsm.ReleaseTasks{Tokens: tokens}}); err != nil {
		e.log.Debug("tasks not given back, their leases will end", "tasks", len(tokens), "error", err)
		return
	}
	e.metrics.released.Add(float64(len(tokens)))
}

// noTasks is the answer of a poll whose wait is over.
func (e *Engine) noTasks() (_ []WorkerTask, index uint64, _ error) {
	e.cfg.Log.View(func(v fsm.View) { index = v.Index() })
	return nil, index, nil
}
