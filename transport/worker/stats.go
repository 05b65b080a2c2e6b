package worker

import "sync/atomic"

// Stats says what a worker does and has done. Each number is exact; together they may be a moment
// apart.
type Stats struct {
	Running int // handlers at work
	InHand  int // tasks held: with those whose outcome is on its way

	Polls       uint64 // calls for work
	Beats       uint64 // calls that gave signs of life
	Taken       uint64 // tasks
	Completed   uint64 // attempts whose output was recorded
	Failed      uint64 // attempts whose failure was recorded
	Panics      uint64 // of handlers; they fail their attempts
	Cancelled   uint64 // attempts that their workflow gave up, as the handler was told
	Lost        uint64 // attempts that another worker has, or nobody waits for: what became of them here did not count
	Released    uint64 // attempts given back undone
	Undelivered uint64 // outcomes that no node could be told, or that none took
}

type counters struct {
	polls, beats, taken, completed, failed, panics, cancelled, lost, released, undelivered atomic.Uint64
}

// Stats counts since Run began.
func (w *Worker) Stats() Stats {
	w.hand.mu.Lock()
	running, held := w.hand.running, len(w.hand.holds)
	w.hand.mu.Unlock()
	c := &w.count
	return Stats{
		Running: running, InHand: held,
		Polls: c.polls.Load(), Beats: c.beats.Load(), Taken: c.taken.Load(), Completed: c.completed.Load(), Failed: c.failed.Load(), Panics: c.panics.Load(),
		Cancelled: c.cancelled.Load(), Lost: c.lost.Load(), Released: c.released.Load(), Undelivered: c.undelivered.Load(),
	}
}
