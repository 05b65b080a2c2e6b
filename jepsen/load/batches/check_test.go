package batches

import (
	"encoding/json"
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// story is what two runs got of a batch that was sent and of one that was refused.
type story struct {
	got map[string][]string
	end wire.Batch
	ops []op.Op
}

func newStory() *story {
	start := func(id int, run string, lot int, index uint64) op.Op {
		return op.Op{ID: id, Workload: "batches", F: "start", Key: run, Value: loadtest.JSON(lot), Outcome: op.OK, Index: index}
	}
	batch := func(id int, name string, outcome op.Outcome, answer json.RawMessage) op.Op {
		return op.Op{ID: id, Workload: "batches", F: "batch", Key: name, Value: loadtest.JSON(span{Name: name, First: 2, End: 5}), Outcome: outcome, Answer: answer}
	}
	return &story{
		got: map[string][]string{"pool-2": {"a"}, "pool-9": nil, "late": nil},
		end: wire.Batch{BatchID: "1", Status: "completed", Done: 1, Found: 1, BeganIndex: 10},
		ops: []op.Op{
			start(1, "pool-2", 2, 5), start(2, "pool-9", 9, 6), batch(3, "a", op.Unknown, nil), batch(4, "a", op.OK, loadtest.JSON(wire.BatchStarted{BatchID: "1"})),
			start(5, "late", 3, 11), batch(6, "b", op.Refused, nil),
		},
	}
}

func (s *story) all() []op.Op {
	ops := append([]op.Op{}, s.ops...)
	ops = append(ops, op.Op{ID: 20, Workload: "batches", F: "batches", Outcome: op.OK, Answer: loadtest.JSON(wire.Batches{Batches: []wire.Batch{s.end}})})
	for _, run := range []string{"pool-2", "pool-9", "late"} {
		list := s.got[run]
		if list == nil {
			list = []string{}
		}
		ops = append(ops, op.Op{ID: 30, Workload: "batches", F: "result", Key: run, Outcome: op.OK, Answer: loadtest.JSON(wire.Result{Status: "completed", Result: loadtest.JSON(list)})})
	}
	return ops
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(s *story)
		want  string
	}{
		{"right", func(*story) {}, ""},
		{"twice", func(s *story) { s.got["pool-2"], s.end.Done = []string{"a", "a"}, 2 }, "pool-2 of lot 2, started at 5, got a 2 times, want 1"},
		{"passed over", func(s *story) { s.got["pool-2"], s.end.Done = nil, 0 }, "got a 0 times, want 1"},
		{"another lot", func(s *story) { s.got["pool-9"], s.end.Done = []string{"a"}, 2 }, "pool-9 of lot 9, started at 6, got a 1 times, want 0"},
		{"one that began later", func(s *story) { s.got["late"], s.end.Done = []string{"a"}, 2 }, "late of lot 3, started at 11, got a 1 times, want 0"},
		{"refused and sent", func(s *story) { s.got["pool-2"] = []string{"a", "b"} }, "got b 1 times, want 0"},
		{"invented", func(s *story) { s.got["pool-9"] = []string{"z"} }, `pool-9 got "z", which no batch sends`},
		{"miscounted", func(s *story) { s.end.Done = 2 }, "says that it signalled 2 runs, and 1 have it"},
		{"it hangs", func(s *story) { s.end.Status = "running" }, "batch a ended as"},
		{"never settled", func(s *story) { s.ops[3].Outcome = op.Unknown }, "batch a has no known outcome"},
	} {
		s := newStory()
		c.spoil(s)
		found := new(Workload).Check(s.all())
		if c.name == "never settled" {
			found = found[:1]
		}
		loadtest.Expect(t, c.name, found, c.want)
	}
}
