package canary

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"aion.dev/aion/jepsen/load"
	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// story is a short correct history: a is routed, and b is a canary of half of all starts that two
// failures abort. Run r1 is on b, goes on and fails; its id is used again. Its child is on b, too.
// Run r4 is on a. The canary is aborted by the second failure; then r5 starts on a.
func story() []op.Op {
	did := func(f, request string, index uint64, answer any) op.Op {
		o := newOp(f, "t", arguments{Type: "t"})
		o.Request, o.Index, o.Outcome, o.Answer = request, index, op.OK, loadtest.JSON(answer)
		return o
	}
	start := func(id, run, version string, index uint64) op.Op {
		o := did("start", run, index, wire.StartAnswer{WorkflowID: id, RunID: run, Version: version})
		o.Key = id
		return o
	}
	event := func(index uint64, name string, data loadtest.Facts) load.Event {
		return load.Event{Index: index, Name: name, Data: loadtest.JSON(data)}
	}
	closed := func(index uint64, run string) load.Event {
		return event(index, "WorkflowClosed", loadtest.Facts{"run_id": run, "workflow_type": "t"})
	}
	run := func(id, run, version, status string, at int) wire.Run {
		return wire.Run{WorkflowID: id, RunID: run, WorkflowType: "t", Version: version, Status: status, StartedAt: time.Unix(int64(at), 0)}
	}
	kid := run("kid", "r3", "b", "completed", 11)
	kid.Parent = &wire.RunName{WorkflowID: "x", RunID: "r1"}
	canary := func(began, failed uint64) loadtest.Facts {
		return loadtest.Facts{"workflow_type": "t", "version": "b", "routed": "a", "share": "50%", "abort_failures": 2, "began_index": began,
			"counts": counts{Canary: wire.CanaryRuns{Started: 3, Completed: 2, Failed: failed}, Routed: wire.CanaryRuns{Started: 1}}}
	}
	return []op.Op{
		{Workload: "canary", F: "level-is", Value: []byte("2"), Outcome: op.OK},
		did("set", "q1", 5, canary(5, 0)),
		start("x", "r1", "b", 10), start("y", "r4", "a", 12), start("x", "r6", "b", 20), start("z", "r5", "a", 40),
		did("look", "", 18, loadtest.Facts{"canaries": []any{canary(5, 1)}}),
		did("look", "", 45, loadtest.Facts{"canaries": []any{}}),
		{Workload: "canary", F: "runs", Key: "t", Outcome: op.OK, Answer: loadtest.JSON([]wire.Run{
			run("z", "r5", "a", "completed", 40), run("x", "r6", "b", "failed", 20), run("x", "r2", "b", "failed", 15), run("y", "r4", "a", "completed", 12), kid, run("x", "r1", "b", "continued_as_new", 10),
		})},
		did("stream", "", 50, []load.Event{
			event(3, "RouteChanged", loadtest.Facts{"workflow_type": "t", "version": "a"}),
			event(5, "CanaryStarted", loadtest.Facts{"type": "t", "version": "b", "share": 5000, "counts": counts{}}),
			closed(13, "r3"), closed(15, "r1"), closed(17, "r2"), closed(30, "r6"),
			event(30, "CanaryAborted", loadtest.Facts{"type": "t", "version": "b", "share": 5000, "counts": counts{
				Canary: wire.CanaryRuns{Started: 4, Completed: 2, Failed: 2}, Routed: wire.CanaryRuns{Started: 1},
			}}),
			closed(33, "r4"), closed(44, "r5"),
		}),
	}
}

// TestCheckerSeesWhatIsWrong: the story is right, and each lie about it is found.
func TestCheckerSeesWhatIsWrong(t *testing.T) {
	// change changes what one operation answered.
	change := func(at int, f func(text []byte) []byte) func([]op.Op) []op.Op {
		return func(ops []op.Op) []op.Op {
			ops[at].Answer = f(ops[at].Answer)
			return ops
		}
	}
	runs := func(f func([]wire.Run)) func([]op.Op) []op.Op {
		return change(8, func(b []byte) []byte {
			var all []wire.Run
			json.Unmarshal(b, &all)
			f(all)
			return loadtest.JSON(all)
		})
	}
	stream := func(f func([]load.Event) []load.Event) func([]op.Op) []op.Op {
		return change(9, func(b []byte) []byte {
			var all []load.Event
			json.Unmarshal(b, &all)
			return loadtest.JSON(f(all))
		})
	}
	told := func(from, to string) func([]op.Op) []op.Op {
		return stream(func(all []load.Event) []load.Event {
			for i := range all {
				if text := string(all[i].Data); all[i].Name == "CanaryAborted" {
					all[i].Data = []byte(replace(t, text, from, to))
				}
			}
			return all
		})
	}
	for _, c := range []struct {
		name   string
		change func([]op.Op) []op.Op
		words  string
	}{
		{"nothing", func(ops []op.Op) []op.Op { return ops }, ""},
		{"a child on the other side", runs(func(all []wire.Run) { all[4].Version = "a" }), "went both ways"},
		{"a run that goes on elsewhere", runs(func(all []wire.Run) { all[2].Version = "a" }), "went both ways"},
		{"an id drawn anew", runs(func(all []wire.Run) { all[1].Version = "a" }), "went both ways"},
		{"a start on what was aborted", runs(func(all []wire.Run) { all[0].Version = "b" }), "to which no start went then"},
		{"a start that was not counted", told(`"started":4`, `"started":3`), "3 runs started; counted are 4 to 4"},
		{"a failure that was not counted", told(`"failed":2`, `"failed":1`), "came of itself"},
		{"an early end", stream(func(all []load.Event) []load.Event {
			all[6].Index = 25
			return all
		}), "CanaryAborted at index 25 says of the canary of t that 2 runs failed"},
		{"no end", stream(func(all []load.Event) []load.Event { return slices.Delete(all, 6, 7) }), "went on with 2 failures"},
		{"two ends", stream(func(all []load.Event) []load.Event { return append(all, all[6]) }), "which there was not"},
		{"a canary that nobody asked for", func(ops []op.Op) []op.Op { return slices.Delete(ops, 1, 2) }, "nobody's request was carried out"},
		{"an acknowledged canary that is not there", func(ops []op.Op) []op.Op {
			ops[1].Index = 6
			return ops
		}, "no event tells it"},
		{"half a deployment", func(ops []op.Op) []op.Op {
			ops[1].F, ops[1].Value, ops[1].Answer = "deploy", loadtest.JSON(arguments{Type: "t", Poison: true}), []byte("["+string(ops[1].Answer)+"]")
			return ops
		}, "must be refused"},
		{"one canary of two", func(ops []op.Op) []op.Op {
			ops[1].F, ops[1].Answer = "deploy", []byte("["+string(ops[1].Answer)+`,{"workflow_type":"u","version":"b"}]`)
			return ops
		}, "deploy of u was acknowledged at index 5, and no event tells it"},
		{"a node that lags", change(7, func([]byte) []byte {
			return loadtest.JSON(loadtest.Facts{"canaries": []any{loadtest.Facts{"workflow_type": "t", "version": "b"}}})
		}), "shows of t the canary"},
		{"a node that counts otherwise", change(6, func(b []byte) []byte { return []byte(replace(t, string(b), `"failed":1`, `"failed":0`)) }), "0 runs failed; counted are 1 to 1"},
		{"level 1", func(ops []op.Op) []op.Op {
			ops[0].Value = []byte("1")
			return runs(func(all []wire.Run) { all[0].Version = "b" })(ops)
		}, ""},
	} {
		loadtest.Expect(t, c.name, new(Workload).Check(c.change(story())), c.words)
	}
}

// TestCheckerCountsLots: a canary that takes all ids of a share of a tenth is found.
func TestCheckerCountsLots(t *testing.T) {
	for _, c := range []struct {
		takes int // one of so many
		words string
	}{{10, ""}, {1, "canaries took 200 of 200 ids"}} {
		ops := story()[:2]
		var all []wire.Run
		for i := range 200 {
			version := "a"
			if i%c.takes == 0 {
				version = "b"
			}
			o := newOp("start", fmt.Sprint("id", i), arguments{Type: "t"})
			o.Request, o.Index, o.Outcome, o.Answer = o.Key, uint64(10+i), op.OK, loadtest.JSON(wire.StartAnswer{WorkflowID: o.Key, RunID: o.Key, Version: version})
			ops, all = append(ops, o), append(all, wire.Run{WorkflowID: o.Key, RunID: o.Key, WorkflowType: "t", Version: version, Status: "running"})
		}
		slices.Reverse(all)
		ops = append(ops, op.Op{Workload: "canary", F: "runs", Key: "t", Outcome: op.OK, Answer: loadtest.JSON(all)}, op.Op{Workload: "canary", F: "stream", Outcome: op.OK, Answer: loadtest.JSON([]load.Event{
			{Index: 3, Name: "RouteChanged", Data: []byte(`{"workflow_type":"t","version":"a"}`)}, {Index: 5, Name: "CanaryStarted", Data: []byte(`{"type":"t","version":"b","share":1000}`)},
		})})
		loadtest.Expect(t, fmt.Sprint("one of ", c.takes), new(Workload).Check(ops), c.words)
	}
}

func replace(t *testing.T, text, from, to string) string {
	t.Helper()
	if !strings.Contains(text, from) {
		t.Fatalf("%q is not in %s", from, text)
	}
	return strings.Replace(text, from, to, 1)
}
