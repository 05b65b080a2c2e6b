package sim

import (
	"fmt"
	"slices"

	"aion.dev/aion/catalog"
	"aion.dev/aion/fsm"
	"aion.dev/aion/fsm/history"
)

// entry is a committed log entry.
type entry struct {
	bytes   []byte
	calls   []*call
	at      history.Time
	from    int // the node that proposed it
	term    uint64
	budget  uint64
	tight   bool // its budget is small
	judged  bool // the model has judged it
	results []outcome
	seen    bool
	digest  catalog.Digest
}

// propose turns n's pending calls into an entry. If n no longer leads, the entry is lost, and its
// callers do not know that.
func (w *World) propose(n *node) bool {
	if !n.leads() || len(n.pending) == 0 {
		return false
	}
	e := entry{calls: n.pending, from: n.index, term: n.term, at: w.now.Add(w.skew[n.index]), budget: fsm.EntryBudget}
	n.pending = nil
	if w.budget > 0 { // with a single command, so that the model need not know how much of the budget others used
		e.budget, e.tight, e.calls, n.pending = w.budget, true, e.calls[:1:1], e.calls[1:]
		if c, is := e.calls[0].envelope.Command.(*fsm.FireTimers); is && slices.ContainsFunc(c.Timers, func(t fsm.TimerRef) bool { return t.ID == 0 }) {
			// A run that times out may leave a timer to its job, and the next of these timers would
			// fire it.
			e.calls[0].envelope.Command = &fsm.FireTimers{Timers: c.Timers[:1], Jitter: c.Jitter}
		}
	}
	if n.term != w.term {
		for _, c := range e.calls {
			c.lost()
		}
		return true
	}
	pieces := make([][]byte, len(e.calls))
	for i, c := range e.calls {
		b, err := fsm.EncodeEnvelope(c.envelope)
		if err != nil {
			w.failf("%v", err)
		}
		pieces[i] = b
	}
	e.bytes = fsm.EntryWith(e.at, e.budget, pieces)
	w.flight = append(w.flight, e)
	return true
}

func (w *World) commit() bool {
	if len(w.flight) == 0 {
		return false
	}
	w.log = append(w.log, w.flight[0])
	w.flight = w.flight[1:]
	return true
}

// elect makes another node the leader. A prefix of the old leader's proposals may have reached a
// majority: it survives, and its callers do not know.
func (w *World) elect(n *node, seed uint64) bool {
	if n.state == nil {
		return false
	}
	w.stats.Elections++
	for _, e := range w.flight {
		for _, c := range e.calls {
			c.lost()
		}
	}
	kept := int(seed % uint64(len(w.flight)+1))
	w.stats.Survivors += kept
	w.flight = w.flight[:kept:kept]
	w.term++
	w.leader = n.index
	n.term, n.leader = w.term, n.index
	n.pending = append(n.pending, &call{envelope: fsm.Envelope{Command: &fsm.AnnounceLeader{Node: fmt.Sprint("n", n.index), Term: w.term}}})
	return true
}

// hear tells a node who leads. A deposed leader refuses its pending calls: the callers may ask
// again.
func (w *World) hear(n *node) bool {
	if n.state == nil || n.term == w.term && n.leader >= 0 {
		return false
	}
	n.term, n.leader = w.term, w.leader
	if n.leader != n.index {
		for _, c := range n.pending {
			c.lost()
		}
		n.pending = nil
	}
	return true
}

// forsake leaves the callers of a crashed node's proposals without an answer. If it led, nobody
// leads until the next election, which it may win itself.
func (w *World) forsake(from int) {
	for _, list := range [][]entry{w.flight, w.log[w.cut:]} {
		for _, e := range list {
			if e.from == from {
				for _, c := range e.calls {
					c.lost()
				}
			}
		}
	}
}
