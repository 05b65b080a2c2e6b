package readers

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/runs"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// diary is everything that was asked about one diary, and the results.
type diary struct {
	count   int
	start   *change
	entries []*change
	history []wire.Event // in the end
	closed  int64        // when it was read, if that proves that the diary is closed
}

// change is one change, over all its attempts.
type change struct {
	asked  int64 // when first
	acked  int64 // when first acknowledged; 0 = never
	index  uint64
	unsure bool // acknowledged only to repeats, so when it happened is unknown
}

// before reports whether a change certainly happened before a time, until whether it may have
// happened by then.
func (c *change) before(at int64) bool { return c.acked > 0 && c.acked < at }
func (c *change) until(at int64) bool  { return c.asked < at }

// readings is a history of the readers workload, sorted.
type readings struct {
	found    []load.Violation
	diaries  map[string]*diary
	limits   map[string][]limited // of queues, in order of asking
	backfill map[string]*filled   // by request
	feed     []string             // run ids in the order of their close
}

type limited struct {
	value uint64
	*change
}

type filled struct {
	change
	schedule string
	runs     []string // that it must have started
}

func (x *readings) bad(o *op.Op, format string, args ...any) {
	x.found = append(x.found, load.Violation{Checker: "readers", What: fmt.Sprintf("%s %s through %s at %s: ", o.F, o.Key, o.Node, time.Duration(o.Invoke).Round(time.Millisecond)) + fmt.Sprintf(format, args...), Ops: []int{o.ID}})
}

// Check implements Workload.
func (w *Workload) Check(ops []op.Op) []load.Violation {
	x := &readings{diaries: map[string]*diary{}, limits: map[string][]limited{}, backfill: map[string]*filled{}}
	if err := x.collect(ops); err != nil {
		return []load.Violation{{Checker: "readers", What: err.Error()}}
	}
	newest, drawn := map[string]queried{}, map[string]*op.Op{}
	for i := range ops {
		o := &ops[i]
		if o.Workload != "readers" || o.Outcome != op.OK && o.Outcome != op.Refused {
			continue
		}
		switch o.F {
		case "describe":
			x.described(o)
		case "query":
			x.queried(o, newest)
		case "drawn":
			x.drawn(o, drawn)
		case "counts":
			x.counted(o)
		case "backtest":
			x.backtested(o)
		case "list", "all":
			x.listed(o)
		case "queues":
			x.queues(o)
		case "schedules":
			x.schedules(o)
		case "quick":
			x.quick(o)
		case "follow":
			x.follow(o)
		}
	}
	x.ends(ops)
	x.backfills(ops)
	x.tails(ops)
	return x.found
}

// collect finds out what was asked for and what happened.
func (x *readings) collect(ops []op.Op) error {
	changes := map[string]*change{} // by request
	for i := range ops {
		o := &ops[i]
		if o.Workload != "readers" || o.Outcome == op.Refused && o.Request != "" && o.F != "entry" {
			continue
		}
		read := func(into any) error {
			if err := json.Unmarshal(o.Answer, into); err != nil {
				return fmt.Errorf("operation %d, %s: %w", o.ID, o.F, err)
			}
			return nil
		}
		c := changes[o.Request]
		if o.Request != "" && c == nil {
			c = &change{asked: o.Invoke}
			changes[o.Request] = c
			if err := x.asked(o, c); err != nil {
				return err
			}
		}
		if c != nil && o.Outcome == op.OK && c.acked == 0 {
			c.acked, c.index, c.unsure = o.Return, o.Index, o.Replayed
		}
		if o.Outcome != op.OK {
			continue
		}
		switch o.F {
		case "backfill":
			x.backfill[o.Request].change = *c
		case "history":
			var h wire.History
			if err := read(&h); err != nil {
				return err
			}
			d := x.of(o.Key)
			if d.history = h.Events; len(h.Events) > 0 && h.Events[len(h.Events)-1].Type == "WorkflowCompleted" {
				d.closed = o.Return
			}
		case "feed":
			var l leg
			if err := read(&l); err != nil {
				return err
			}
			x.feed = l.Closed
		}
	}
	return nil
}

// asked records a change that was asked for the first time.
func (x *readings) asked(o *op.Op, c *change) error {
	var err error
	switch o.F {
	case "start":
		var input struct{ Count int }
		err = json.Unmarshal(o.Value, &input)
		d := x.of(o.Key)
		d.start, d.count = c, input.Count
	case "entry":
		d := x.of(o.Key)
		d.entries = append(d.entries, c)
	case "limit":
		l := limited{change: c}
		err = json.Unmarshal(o.Value, &l.value)
		x.limits[o.Key] = append(x.limits[o.Key], l)
	case "backfill":
		var b wire.BackfillRequest
		err = json.Unmarshal(o.Value, &b)
		f := &filled{change: *c, schedule: o.Key}
		for at := b.From; at.Before(b.To); at = at.Add(time.Minute) {
			f.runs = append(f.runs, o.Key+":"+at.UTC().Format(time.RFC3339))
		}
		x.backfill[o.Request] = f
	}
	return err
}

func (x *readings) of(id string) *diary {
	if x.diaries[id] == nil {
		x.diaries[id] = &diary{start: &change{asked: 1 << 62}}
	}
	return x.diaries[id]
}

// ends judges the final state of every diary.
func (x *readings) ends(ops []op.Op) {
	for i := range ops {
		o := &ops[i]
		if o.Workload != "readers" || o.F != "result" || o.Outcome != op.OK {
			continue
		}
		var r wire.Result
		if json.Unmarshal(o.Answer, &r) != nil || wire.Open(r.Status) {
			continue // ends below
		}
		d := x.of(o.Key)
		if r.Status != "completed" || string(r.Result) != fmt.Sprint(d.count) {
			x.bad(o, "is %s with %s; it was to count %d entries", r.Status, r.Result, d.count)
		}
	}
	for id, d := range x.diaries { // any order: each error has its own name
		if d.start.acked == 0 || len(d.entries) < d.count {
			continue
		}
		if d.closed == 0 {
			x.found = append(x.found, load.Violation{Checker: "readers", What: fmt.Sprintf("%s is open or gone, %s after the healed cluster last finished anything; its history has %d events", id, runs.Standstill, len(d.history))})
		}
		for i, e := range d.history {
			if e.Seq != uint64(i+1) {
				x.found = append(x.found, load.Violation{Checker: "readers", What: fmt.Sprintf("the history of %s has event %d at place %d", id, e.Seq, i+1)})
				break
			}
		}
	}
}

// follow: what a follower sees begins where it asked, has no gap, and equals the history.
func (x *readings) follow(o *op.Op) {
	var ask struct{ From uint64 }
	var events []followed
	if json.Unmarshal(o.Value, &ask) != nil || json.Unmarshal(o.Answer, &events) != nil {
		return // refused, because the run did not exist yet
	}
	history := x.of(o.Key).history
	for i, e := range events {
		if want := ask.From + uint64(i); e.Seq != want {
			x.bad(o, "event %d came where %d was due, from %d on", e.Seq, want, ask.From)
			return
		}
		if len(history) == 0 {
			continue
		}
		if e.Seq > uint64(len(history)) {
			x.bad(o, "event %d, a %s, is not in the history of %d events", e.Seq, e.Type, len(history))
			return
		}
		if now := history[e.Seq-1]; now.Type != e.Type || string(now.Data) != string(e.Data) {
			x.bad(o, "event %d was %s %s and is %s %s now", e.Seq, e.Type, e.Data, now.Type, now.Data)
			return
		}
	}
}

// tails: the legs of a stream, one after another, repeat some events and skip none.
func (x *readings) tails(ops []op.Op) {
	seen := map[uint64][]string{}
	known := map[uint64]map[string]bool{}
	broken := map[uint64]bool{}
	for i := range ops {
		o := &ops[i]
		if o.Workload != "readers" || o.F != "tail" || len(o.Answer) == 0 || len(x.feed) == 0 {
			continue
		}
		var ask struct{ Tail, After uint64 }
		var l leg
		if json.Unmarshal(o.Value, &ask) != nil || json.Unmarshal(o.Answer, &l) != nil || broken[ask.Tail] {
			continue
		}
		if known[ask.Tail] == nil {
			known[ask.Tail] = map[string]bool{}
		}
		for _, run := range l.Closed {
			if known[ask.Tail][run] {
				continue
			}
			at := len(seen[ask.Tail])
			if at >= len(x.feed) || x.feed[at] != run {
				why := "is not in the stream as it is read in the end"
				if is := slices.Index(x.feed, run); is > at {
					why = fmt.Sprintf("%d events were skipped, the first the close of run %s", is-at, x.feed[at])
				} else if is >= 0 {
					why = fmt.Sprintf("its place is %d, before others that came already", is)
				}
				x.bad(o, "stream %d, resumed after %d: the close of run %s came as number %d: %s", ask.Tail, ask.After, run, at, why)
				broken[ask.Tail] = true
				break
			}
			known[ask.Tail][run] = true
			seen[ask.Tail] = append(seen[ask.Tail], run)
		}
	}
}
