// Package worker carries out activities: it is the Go SDK for the task calls (docs/WORKERS.md).
//
//	err := worker.New(worker.Config{Addresses: []string{"127.0.0.1:7600"}}).
//		Handle("charge_card", func(ctx context.Context, t worker.Task) (any, error) { ... }).
//		Run(ctx)
//
// It decides when to poll (whenever a handler is free), when to give a sign of life (at a third of
// a task's lease, one call for all that is due), how results travel (at once when alone, together
// when many), and what a handler's error means to the workflow; see Failure. It drains when its
// context ends.
//
// It never decides whether a failed attempt is tried again: the workflow's retry policy does, in
// the cluster. It never promises that a handler runs once: an attempt whose worker falls silent is
// given to another one, so effects outside need a key such as Task.Key. And it keeps nothing that a
// restart would miss.
//
// Begin with Worker.Run, then hold.go (a task in hand), poll.go (how it comes), handle.go (what is
// made of it), beat.go (how it is kept) and deliver.go (how it goes).
package worker
