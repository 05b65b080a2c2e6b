package starts

import (
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// story is two runs of a box, one with a delay, and one that may start once, for tests to corrupt.
type story struct {
	posts []op.Op
	seen  map[string][]string
	began []loadtest.Made
}

func newStory() *story {
	post := func(id int, key string, a ask, outcome op.Outcome, run, did string) op.Op {
		o := op.Op{ID: id, Workload: "starts", F: "post", Key: key, Value: loadtest.JSON(a), Request: a.Say, Outcome: outcome}
		if outcome == op.OK {
			o.Answer = loadtest.JSON(wire.StartAnswer{WorkflowID: key, RunID: run, StartOutcome: wire.StartOutcome{Outcome: did}})
		}
		return o
	}
	return &story{
		posts: []op.Op{
			post(1, "box-0", ask{Say: "a"}, op.OK, "r1", "started"), post(2, "box-0", ask{Say: "b"}, op.OK, "r1", "signalled"),
			post(3, "box-0", ask{Say: "c"}, op.Unknown, "", ""), post(4, "box-0", ask{Say: "c"}, op.OK, "r2", "started"),
			post(5, "late-0", ask{Say: "d", Delay: "1s"}, op.OK, "r3", "started"), post(6, "once-0", ask{Say: "e", Once: true}, op.OK, "r4", "started"),
			{ID: 7, Workload: "starts", F: "post", Key: "once-0", Value: loadtest.JSON(ask{Say: "f", Once: true}), Request: "f", Outcome: op.Refused, Code: "already_closed"},
		},
		seen: map[string][]string{"r1": {"a", "b"}, "r2": {"c"}, "r3": {"d"}, "r4": {"e"}},
		began: []loadtest.Made{
			{At: 0, Type: "WorkflowStarted", Data: map[string]any{"begins_at": "2026-01-01T00:00:00Z"}}, {At: 1, Type: "WorkflowBegan", Data: map[string]any{}},
		},
	}
}

func (s *story) ops() []op.Op {
	ops := s.posts
	for _, id := range []string{"r1", "r2", "r3", "r4"} {
		ops = append(ops, op.Op{Workload: "starts", F: "result", Key: id, Outcome: op.OK, Answer: loadtest.JSON(wire.Result{Status: "completed", Result: loadtest.JSON(s.seen[id])})})
	}
	return append(ops, op.Op{Workload: "starts", F: "history", Key: "r3", Outcome: op.OK, Answer: loadtest.JSON(loadtest.MadeHistory(s.began))})
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(s *story)
		want  string
	}{
		{"right", func(*story) {}, ""},
		{"lost", func(s *story) { s.seen["r1"] = []string{"a"} }, "no run saw signal b"},
		{"elsewhere", func(s *story) { s.seen["r1"], s.seen["r2"] = []string{"a"}, []string{"b", "c"} }, "run r2 saw signal b, whose sender was told of run r1"},
		{"twice", func(s *story) { s.seen["r2"] = []string{"c", "b"} }, "signal b was seen twice"},
		{"invented", func(s *story) { s.seen["r2"] = []string{"c", "x"} }, "which nobody sent"},
		{"refused and seen", func(s *story) { s.seen["r4"] = []string{"e", "f"} }, "did not happen"},
		{"never settled", func(s *story) { s.posts = append(s.posts[:3:3], s.posts[4:]...) }, "has no known outcome"},
		{"a box refuses", func(s *story) { s.posts[1].Outcome, s.posts[1].Code = op.Refused, "already_running" }, "was refused with already_running"},
		{"too new for the level", func(s *story) {
			s.posts[6].Code = "invalid_input"
			s.posts = append(s.posts, op.Op{Workload: "starts", F: "level-is", Value: []byte("4"), Outcome: op.OK})
		}, ""},
		{"not too new", func(s *story) { s.posts[6].Code = "invalid_input" }, "was refused with invalid_input"},
		{"started twice", func(s *story) { s.posts[1].Answer = s.posts[0].Answer }, "was started by operations"},
		{"once twice", func(s *story) {
			s.posts[6].Outcome, s.posts[6].Answer = op.OK, loadtest.JSON(wire.StartAnswer{RunID: "r4", StartOutcome: wire.StartOutcome{Outcome: "used"}})
		}, "may start once"},
		{"nobody started it", func(s *story) {
			s.posts[3].Answer = loadtest.JSON(wire.StartAnswer{RunID: "r2", StartOutcome: wire.StartOutcome{Outcome: "signalled"}})
		}, "nobody was told that it was started"},
		{"begun twice", func(s *story) { s.began = append(s.began, s.began[1]) }, "began 2 times"},
		{"never begun", func(s *story) { s.began = s.began[:1] }, "began 0 times"},
	} {
		s := newStory()
		c.spoil(s)
		loadtest.Expect(t, c.name, new(Workload).Check(s.ops()), c.want)
	}
}
