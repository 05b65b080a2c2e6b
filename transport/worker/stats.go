package worker

import "sync/atomic"

// Stats describes what a worker is doing and has done. Each number is exact; together they may be
// slightly out of step.
type Stats struct {
	Running int // running handlers
	InHand  int // held tasks, including those whose outcome is being delivered

	Polls       uint64 // calls for tasks
	Beats       uint64 // calls that sent heartbeats
	Taken       uint64 // tasks taken
	Completed   uint64 // attempts whose output was recorded
	Failed      uint64 // attempts whose failure was recorded
	Panics      uint64 // of handlers; they fail their attempts
	Cancelled   uint64 // attempts that were to end, as the handler learned, and that did without a result
	Lost        uint64 // attempts that another worker has, or that nobody waits for: their outcome here did not count
	Released    uint64 // attempts given back unfinished
	Deferred    uint64 // attempts whose outcome comes later, from elsewhere (ErrLater)
	Undelivered uint64 // outcomes that no node could receive, or that none accepted
}

type counters struct {
	polls, beats, taken, completed, failed, panics, cancelled, lost, released, deferred, undelivered atomic.Uint64
}

// Stats counts since Run began.
func (w *Worker) Stats() Stats {
	w.held.mu.Lock()
	running, held := w.held.running, len(w.held.holds)
	w.held.mu.Unlock()
	c := &w.count
	return Stats{
		Running: running, InHand: held,
		Polls: c.polls.Load(), Beats: c.beats.Load(), Taken: c.taken.Load(), Completed: c.completed.Load(), Failed: c.failed.Load(), Panics: c.panics.Load(),
		Cancelled: c.cancelled.Load(), Lost: c.lost.Load(), Released: c.released.Load(), Deferred: c.deferred.Load(), Undelivered: c.undelivered.Load(),
	}
}
