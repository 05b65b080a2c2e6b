package transport

import "reflect"

// Parts are what the routes ask of a node, each declared beside the handlers that ask it.
// *engine.Engine is all of them.
//
// Errors are refusals (types with Code and Facts, by the state machine or by validation before the
// log) or *engine.NotLeader, *engine.NoQuorum, *engine.Unavailable, *engine.Unknown. Mutations and
// linearizable reads work on the leader only; stale reads anywhere. Every mutation looks its
// request id up itself, before any check that depends on state, and answers the first outcome:
// handlers just call. Prefixes of versions are resolved by the state machine. Lists that page take
// limit 0 as their default and refuse absurd limits and cursors as *catalog.InvalidInput. All
// methods may be called by any goroutine.
type Parts struct {
	Deployer    Deployer
	Catalog     Catalog
	Starter     Starter
	RunReader   RunReader
	LogReader   LogReader
	RunCounter  RunCounter
	Controller  Controller
	Querier     Querier
	TaskDesk    TaskDesk
	QueueKeeper QueueKeeper
	Scheduler   Scheduler
	Retainer    Retainer
	JobReader   JobReader
	Timekeeper  Timekeeper
	EventFeed   EventFeed
}

// missing names a part that nobody gave, or is empty.
func (p Parts) missing() string {
	v := reflect.ValueOf(p)
	for i := range v.NumField() {
		if v.Field(i).IsNil() {
			return v.Type().Field(i).Name
		}
	}
	return ""
}
