package sim

import "aion.dev/aion/fsm"

// applied is called when a node has applied an entry.
func (w *World) applied(n *node, index uint64, e *entry, results []fsm.Result) {
	if len(results) != len(e.calls) {
		w.failf("node %d: entry %d has %d commands and %d results", n.index, index, len(e.calls), len(results))
	}
	first := !e.judged
	if first {
		e.judged, e.results = true, make([]outcome, len(results))
		w.model.begin(index, e.at)
		w.model.budget, w.model.tight = e.budget, e.tight
		if e.tight {
			n.state.View(func(v fsm.View) {
				w.model.view = v
				w.judge(n, index, e, results)
				w.model.view = nil
			})
		} else {
			w.judge(n, index, e, results)
		}
	}
	for i := range results {
		if got := outcomeOf(&results[i]); !first && got != e.results[i] {
			w.failf("node %d answers command %d of entry %d with %+v, another node with %+v", n.index, i+1, index, got, e.results[i])
		}
	}
	if first {
		w.model.end()
		w.model.endRequests(n)
		w.compareTouched(n)
	}
	if n.index != e.from {
		return
	}
	for i, c := range e.calls {
		if n.term == e.term && n.leads() {
			w.answer(c, index, &results[i])
		} else {
			c.lost() // it was deposed in the meantime
		}
	}
}

// judge compares the results of an entry, which n is the first to apply, with the model's
// prediction.
func (w *World) judge(n *node, index uint64, e *entry, results []fsm.Result) {
	w.model.written = n.event
	for i := range results {
		r := &results[i]
		kind := e.calls[i].envelope.Command.Kind()
		w.stats.Kinds[kind]++
		if r.Refusal != nil {
			w.stats.Refused[kind]++
		}
		if _, full := r.Refusal.(*fsm.RequestsFull); full {
			w.stats.Full++
		}
		if c, is := e.calls[i].envelope.Command.(*fsm.RecordTurn); is && c.Foreseen != nil {
			if r.Refusal == nil {
				w.stats.Foreseen++
			} else {
				w.stats.InVain++
			}
		}
		e.results[i], w.model.place = outcomeOf(r), i
		if why := w.model.judge(&e.calls[i].envelope, r); why != "" {
			w.failf("entry %d, command %d, %s %+v: %s", index, i+1, kind, e.calls[i].envelope.Command, why)
		}
	}
}

// outcome is the part of a result that is cheap to compare.
type outcome struct {
	index uint64
	code  string
	again bool
}

func outcomeOf(r *fsm.Result) outcome {
	o := outcome{index: r.Index, code: ok, again: r.Deduplicated}
	if r.Refusal != nil {
		o.code = r.Refusal.Code()
	}
	return o
}
