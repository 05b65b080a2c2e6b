package readers

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// reading is a history under construction: each call takes a second.
type reading []op.Op

func (r *reading) add(o op.Op, value, answer any) {
	o.ID, o.Workload, o.Node, o.Outcome = len(*r), "readers", "n1", op.OK
	o.Invoke = int64(len(*r)+1) * int64(time.Second)
	o.Return = o.Invoke + int64(time.Second)/2
	if value != nil {
		o.Value, _ = json.Marshal(value)
	}
	if answer != nil {
		o.Answer, _ = json.Marshal(answer)
	}
	*r = append(*r, o)
}

// twoEntries is a diary of two entries, started at index 10, written at 20 and 30.
func twoEntries() *reading {
	r := &reading{}
	r.add(op.Op{F: "start", Key: "d", Request: "start-d", Index: 10}, map[string]int{"count": 2}, nil)
	r.add(op.Op{F: "entry", Key: "d", Request: "entry-d-0", Index: 20}, 0, nil)
	r.add(op.Op{F: "entry", Key: "d", Request: "entry-d-1", Index: 30}, 1, nil)
	return r
}

func TestCheck(t *testing.T) {
	event := func(seq uint64, typ string) wire.Event {
		return wire.Event{Seq: seq, Type: typ, Data: json.RawMessage(`{}`)}
	}
	saw := func(seqs ...uint64) (list []followed) {
		types := []string{"", "WorkflowStarted", "SignalReceived", "SignalReceived", "WorkflowCompleted"}
		for _, s := range seqs {
			list = append(list, followed{s, types[s], json.RawMessage(`{}`)})
		}
		return list
	}
	from := pastBegins
	past := func(n int) (list []wire.RunName) {
		for i := range n {
			list = append(list, wire.RunName{WorkflowID: "past-0:" + from.Add(time.Duration(i)*time.Minute).Format(time.RFC3339)})
		}
		return list
	}
	pastIDs := func(n int) (ids []string) {
		for _, r := range past(n) {
			ids = append(ids, r.WorkflowID)
		}
		return ids
	}
	describe := func(h how, index, events uint64) func(*reading) {
		return func(r *reading) {
			r.add(op.Op{F: "describe", Key: "d", Index: index}, h, described{Events: events, Status: "running"})
		}
	}
	for _, c := range []struct {
		name string
		add  func(*reading)
		want string // empty: nothing is found
	}{
		{"all is well", describe(how{}, 31, 3), ""},
		{"its end may be seen", describe(how{}, 31, 4), ""},
		{"a stale look at an earlier index", describe(how{Stale: true}, 25, 2), ""},
		{"a linearizable look that is behind", describe(how{}, 25, 2), "has 2 events"},
		{"a look that is behind its own index", describe(how{Stale: true}, 31, 2), "has 2 events at index 31"},
		{"a look that is ahead of its index", describe(how{Stale: true}, 15, 2), "has 2 events at index 15"},
		{"min_index was not waited for", describe(how{MinIndex: 30}, 20, 2), "answered at index 20, though 30 was to be waited for"},
		{"a diary that is gone", func(r *reading) {
			r.add(op.Op{F: "describe", Key: "d", Code: "not_found"}, how{MinIndex: 12}, nil)
			(*r)[len(*r)-1].Outcome = op.Refused
		}, "is not found from index 12 on; it was started at 10"},
		{"a stale look before the start", func(r *reading) {
			r.add(op.Op{F: "describe", Key: "d", Code: "not_found"}, how{Stale: true}, nil)
			(*r)[len(*r)-1].Outcome = op.Refused
		}, ""},
		{"a query ahead of all that was written", func(r *reading) { r.add(op.Op{F: "query", Key: "d"}, nil, 3) }, "counts 3 entries; 2 had been written"},
		{"a query that goes back", func(r *reading) {
			r.add(op.Op{F: "query", Key: "d"}, nil, 2)
			r.add(op.Op{F: "query", Key: "d"}, nil, 1)
		}, "counts 1 entries; operation 6 counted 2 before"},
		{"a replay that draws another number", func(r *reading) {
			r.add(op.Op{F: "drawn", Key: "d"}, nil, 0.25)
			r.add(op.Op{F: "drawn", Key: "d"}, nil, 0.5)
		}, "has drawn 0.5; it told operation 6 that it had drawn 0.25"},
		{"counts that lack one", func(r *reading) { r.add(op.Op{F: "counts", Key: "diary"}, nil, counted{0, 0}) }, "there must be 1"},
		{"counts that do not add up", func(r *reading) { r.add(op.Op{F: "counts", Key: "diary"}, nil, counted{1, 2}) }, "2 by status"},
		{"a page that skips", func(r *reading) { r.add(op.Op{F: "list", Key: "diary"}, nil, []string{}) }, "d is left out"},
		{"a page that repeats", func(r *reading) { r.add(op.Op{F: "list", Key: "diary"}, nil, []string{"d", "d"}) }, "d is listed twice"},
		{"a page with a stranger", func(r *reading) { r.add(op.Op{F: "list", Key: "diary"}, nil, []string{"d", "x"}) }, "nobody had started it"},
		{"backtests", func(r *reading) {
			r.add(op.Op{F: "backtest", Key: "d", Index: 30}, tried{MinIndex: 30}, verdicts{Status: "completed", Done: 4, Total: 4, Same: 4})
			r.add(op.Op{F: "backtest", Key: "d", Index: 30}, tried{Other: true}, verdicts{Status: "failed", Done: 3, Total: 4, Diverged: 3})
			r.add(op.Op{F: "backtest", Key: "d", Code: "not_found"}, tried{}, nil)
			(*r)[len(*r)-1].Outcome = op.Refused
		}, ""},
		{"a backtest on its own code that finds something", func(r *reading) {
			r.add(op.Op{F: "backtest", Key: "d"}, tried{}, verdicts{Status: "completed", Done: 4, Total: 4, Same: 3, First: "x: diverged"})
		}, "3 of 4 diaries are the same; the first that is not: x: diverged"},
		{"a backtest on other code that overlooks something", func(r *reading) {
			r.add(op.Op{F: "backtest", Key: "d"}, tried{Other: true}, verdicts{Status: "completed", Done: 4, Total: 4, Diverged: 3})
		}, "3 of 4 diaries diverge"},
		{"a backtest that leaves runs out", func(r *reading) {
			r.add(op.Op{F: "backtest", Key: "d"}, tried{}, verdicts{Status: "completed", Done: 3, Total: 4, Same: 3})
		}, "completed with 3 of 4 runs"},
		{"a backtest of an earlier index", func(r *reading) {
			r.add(op.Op{F: "backtest", Key: "d", Index: 20}, tried{MinIndex: 30}, verdicts{Status: "completed"})
		}, "answered at index 20, though 30 was to be waited for"},
		{"a limit that is forgotten", func(r *reading) {
			r.add(op.Op{F: "limit", Key: "q", Request: "limit-q-1", Index: 40}, 1, nil)
			r.add(op.Op{F: "queues"}, nil, map[string]uint64{})
		}, "q has the limit 0; it must have at least 1"},
		{"a result of somebody else", func(r *reading) {
			r.add(op.Op{F: "quick", Key: "x", Request: "quick-x"}, 7, wire.StartAnswer{Status: "completed", Result: json.RawMessage("8")})
		}, "is told completed 8"},
		{"a follower", func(r *reading) { r.add(op.Op{F: "follow", Key: "d"}, map[string]uint64{"from": 1}, saw(1, 2, 3, 4)) }, ""},
		{"a follower that goes on", func(r *reading) { r.add(op.Op{F: "follow", Key: "d"}, map[string]uint64{"from": 3}, saw(3, 4)) }, ""},
		{"a follower that starts late", func(r *reading) { r.add(op.Op{F: "follow", Key: "d"}, map[string]uint64{"from": 1}, saw(2, 3)) }, "event 2 came where 1 was due"},
		{"a follower with a gap", func(r *reading) { r.add(op.Op{F: "follow", Key: "d"}, map[string]uint64{"from": 1}, saw(1, 3)) }, "event 3 came where 2 was due"},
		{"a history that was written anew", func(r *reading) {
			r.add(op.Op{F: "follow", Key: "d"}, map[string]uint64{"from": 4}, []followed{{4, "WorkflowFailed", json.RawMessage(`{}`)}})
		}, "event 4 was WorkflowFailed"},
		{"streams that repeat", func(r *reading) {
			r.add(op.Op{F: "tail"}, map[string]uint64{"tail": 1}, leg{Closed: []string{"a", "b"}, Last: 5})
			r.add(op.Op{F: "tail"}, map[string]uint64{"tail": 1, "after": 5}, leg{Closed: []string{"b", "c"}, Last: 9})
		}, ""},
		{"a stream that skips where it resumes", func(r *reading) {
			r.add(op.Op{F: "tail"}, map[string]uint64{"tail": 1}, leg{Closed: []string{"a"}, Last: 5})
			r.add(op.Op{F: "tail"}, map[string]uint64{"tail": 1, "after": 5}, leg{Closed: []string{"c"}, Last: 9})
		}, "1 events were skipped, the first the close of run b"},
		{"a back-fill", func(r *reading) {
			r.add(op.Op{F: "backfill", Key: "past-0", Request: "b"}, wire.BackfillRequest{From: from, To: from.Add(5 * time.Minute)}, past(5))
			r.add(op.Op{F: "schedules"}, nil, map[string]uint64{"past-0": 5})
			r.add(op.Op{F: "all", Key: "quick"}, nil, pastIDs(5))
		}, ""},
		{"a back-fill with one too many", func(r *reading) {
			r.add(op.Op{F: "backfill", Key: "past-0", Request: "b"}, wire.BackfillRequest{From: from, To: from.Add(5 * time.Minute)}, past(6))
		}, "started ["},
		{"a back-fill whose runs are gone", func(r *reading) {
			r.add(op.Op{F: "backfill", Key: "past-0", Request: "b"}, wire.BackfillRequest{From: from, To: from.Add(5 * time.Minute)}, past(5))
			r.add(op.Op{F: "all", Key: "quick"}, nil, pastIDs(4))
		}, "is missing, which b started"},
		{"a schedule that does not know", func(r *reading) {
			r.add(op.Op{F: "backfill", Key: "past-0", Request: "b"}, wire.BackfillRequest{From: from, To: from.Add(5 * time.Minute)}, past(5))
			r.add(op.Op{F: "schedules"}, nil, map[string]uint64{"past-0": 4})
		}, "past-0 has started 4 runs; it must have 5"},
	} {
		r := twoEntries()
		r.add(op.Op{F: "result", Key: "d"}, nil, wire.Result{Status: "completed", Result: json.RawMessage("2")})
		h := wire.History{Events: []wire.Event{event(1, "WorkflowStarted"), event(2, "SignalReceived"), event(3, "SignalReceived"), event(4, "WorkflowCompleted")}}
		r.add(op.Op{F: "history", Key: "d"}, nil, h)
		r.add(op.Op{F: "feed", Key: "z"}, nil, leg{Closed: []string{"a", "b", "c"}})
		c.add(r)
		var said []string
		for _, v := range (&Workload{}).Check(*r) {
			said = append(said, v.What)
		}
		all := strings.Join(said, "\n")
		if c.want == "" && all != "" || c.want != "" && !strings.Contains(all, c.want) {
			t.Errorf("%s: found %q, want %q", c.name, all, c.want)
		}
	}
	r := twoEntries()
	if found := fmt.Sprint((&Workload{}).Check(*r)); !strings.Contains(found, "d is open or gone") {
		t.Errorf("a diary that nobody saw the end of: %s", found)
	}
}
