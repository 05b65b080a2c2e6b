package main

import (
	"context"
	"time"

	"aion.dev/aion/transport/worker"
)

// job carries out one activity.
type job struct {
	name   string
	do     func(*attempt) (any, error)
	pace   time.Duration
	ledger *ledger
}

// attempt is one of a job.
type attempt struct {
	worker.Task
	*job
	ctx context.Context
	in  input
}

func (j *job) run(ctx context.Context, t worker.Task) (any, error) {
	a := &attempt{Task: t, job: j, ctx: ctx}
	if err := t.Input(&a.in); err != nil {
		return nil, err
	}
	if err := j.ledger.write(a, "begin"); err != nil {
		return nil, err
	}
	if err := a.work(); err != nil {
		return nil, err
	}
	return j.do(a)
}

// work takes a while, unless the attempt is over before: then it returns why.
func (a *attempt) work() error {
	timer := time.NewTimer(a.pace)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-a.ctx.Done():
		return context.Cause(a.ctx)
	}
}

// effect is what the activity does to the world.
func (a *attempt) effect() error { return a.ledger.write(a, "effect") }
