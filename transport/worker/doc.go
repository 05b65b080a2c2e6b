// Package worker carries out activities: it is the Go SDK for the task calls (docs/WORKERS.md).
//
//	err := worker.New(worker.Config{Addresses: []string{"127.0.0.1:7600"}}).
//		Handle("charge_card", func(ctx context.Context, t worker.Task) (any, error) { ... }).
//		Run(ctx)
//
// It decides when to poll (whenever a handler is free), when to send a heartbeat (after a third of
// a task's lease, in one call for all that are due), how results are sent (a lone one at once, many
// of them together), and what a handler's error means to the workflow; see Failure. It drains when
// its context ends.
//
// It never decides whether a failed attempt is retried: the workflow's retry policy does, in the
// cluster. It never promises that a handler runs once: if a worker falls silent, its attempts are
// given to another one, so external effects need a key such as Task.Key. And it keeps nothing that
// a restart would lose.
//
// Begin with Worker.Run, then hold.go (a held task), poll.go (how it arrives), handle.go (how it is
// carried out), beat.go (how its lease is kept) and deliver.go (how its outcome is reported).
package worker
