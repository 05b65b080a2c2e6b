package transport

import "reflect"

// Parts is what the routes need from a node. Each part is declared beside the handlers that use it.
// *engine.Engine implements all of them.
//
// Errors are refusals (types with Code and Facts, by the state machine or by validation before the
// log) or *engine.NotLeader, *engine.NoQuorum, *engine.Unavailable, *engine.Unknown. Mutations and
// linearizable reads work on the leader only; stale reads work anywhere. Every mutation looks up
// its request id before any check that depends on state, and returns the first outcome, so handlers
// need not. The state machine resolves prefixes of versions. Paged lists take limit 0 as their
// default, and reject absurd limits and cursors as *catalog.InvalidInput. Any goroutine may call
// any method.
type Parts struct {
	Authority    Authority
	Deployer     Deployer
	Archivist    Archivist
	Releaser     Releaser
	Backtester   Backtester
	Mover        Mover
	Batcher      Batcher
	Stopper      Stopper
	RunLimiter   RunLimiter
	Catalog      Catalog
	Starter      Starter
	RunReader    RunReader
	LogReader    LogReader
	Rewinder     Rewinder
	RunCounter   RunCounter
	Controller   Controller
	Querier      Querier
	Updater      Updater
	TaskDesk     TaskDesk
	QueueKeeper  QueueKeeper
	Scheduler    Scheduler
	Retainer     Retainer
	CanaryKeeper CanaryKeeper
	PolicyKeeper PolicyKeeper
	JobReader    JobReader
	Timekeeper   Timekeeper
	EventFeed    EventFeed
	Namespacer   Namespacer
}

// missing names a part that is absent or nil.
func (p Parts) missing() string {
	v := reflect.ValueOf(p)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			return v.Type().Field(i).Name
		}
	}
	return ""
}
