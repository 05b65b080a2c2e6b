package updates

import (
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// story is what one run gave and three callers were told, for tests to corrupt.
type story struct {
	status string
	taken  [][]string
	calls  []op.Op
}

func newStory() *story {
	call := func(id int, who string, outcome op.Outcome, a *wire.UpdateAnswer) op.Op {
		o := op.Op{ID: id, Workload: "updates", F: "update", Key: "updates-0", Value: loadtest.JSON(ask{ID: who}), Outcome: outcome}
		if a != nil {
			o.Answer = loadtest.JSON(a)
		}
		return o
	}
	told := func(g, n int) *wire.UpdateAnswer {
		return &wire.UpdateAnswer{Status: "completed", Result: loadtest.JSON([]int{g, n})}
	}
	return &story{
		status: "completed", taken: [][]string{{"note"}, {"a", "b"}, {"c"}},
		calls: []op.Op{
			call(10, "a", op.OK, told(1, 1)), call(11, "b", op.Unknown, nil), call(12, "b", op.OK, told(1, 2)), call(13, "c", op.OK, &wire.UpdateAnswer{Status: "accepted"}),
			call(14, "d", op.OK, &wire.UpdateAnswer{Status: "rejected"}), call(15, "e", op.Failed, nil),
			call(16, "note", op.OK, told(0, 1)),
		},
	}
}

func (s *story) ops() (ops []op.Op) {
	ops = append(ops, s.calls...)
	for i := range targetCount {
		r := wire.Result{Status: "completed", Result: loadtest.JSON([][]string{})}
		if i == 0 {
			r = wire.Result{Status: s.status, Result: loadtest.JSON(s.taken)}
		}
		ops = append(ops, op.Op{ID: 90 + i, Workload: "updates", F: "result", Key: targetID(i), Outcome: op.OK, Answer: loadtest.JSON(r)})
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
		{"twice", func(s *story) { s.taken[2] = append(s.taken[2], "a") }, "a has the places [[1 1] [2 2]]"},
		{"another place", func(s *story) { s.taken[1][0], s.taken[1][1] = "b", "a" }, "a was told [1 1], and has the places [[1 2]]"},
		{"lost", func(s *story) { s.taken[2] = nil }, "c was accepted, and has no place"},
		{"a note lost", func(s *story) { s.taken[0] = nil }, "note was told [0 1], and has the places []"},
		{"rejected and there", func(s *story) { s.taken[2] = append(s.taken[2], "d") }, "d was rejected, and has"},
		{"refused and there", func(s *story) { s.calls[0].Outcome, s.calls[0].Code = op.Refused, "not_running" }, "a was refused (not_running), and has"},
		{"too many", func(s *story) {
			for range places {
				s.taken[2] = append(s.taken[2], "x")
			}
		}, "gave 16 places in generation 2"},
		{"invented", func(s *story) { s.taken[2] = append(s.taken[2], "z") }, "z has the places [[2 2]], and never asked"},
		{"never answered", func(s *story) {
			s.calls[3].Answer = loadtest.JSON(wire.UpdateAnswer{Status: "accepted", Error: &wire.RunError{Kind: "run_closed"}})
		}, "closed without an answer"},
		{"never settled", func(s *story) { s.calls = append(s.calls[:2:2], s.calls[3:]...) }, "b has no known outcome"},
		{"it hangs", func(s *story) { s.status = "running" }, "after it was told to stop"},
	} {
		s := newStory()
		c.spoil(s)
		loadtest.Expect(t, c.name, new(Workload).Check(s.ops()), c.want)
	}
}
