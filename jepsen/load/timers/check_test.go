package timers

import (
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// story is one run of two naps, for tests to corrupt.
type story struct {
	events []loadtest.Made
	status string
	result string
	start  op.Outcome
}

func nap(at int, id uint64, due int) loadtest.Made {
	return loadtest.Made{At: at, Type: "TimerStarted", Data: map[string]any{"id": id, "fire_at": loadtest.After(due)}}
}

func wake(at int, id uint64) loadtest.Made {
	return loadtest.Made{At: at, Type: "TimerFired", Data: map[string]any{"id": id}}
}

func newStory() *story {
	return &story{
		events: []loadtest.Made{
			{At: 0, Type: "WorkflowStarted", Data: nil}, nap(10, 1, 110), wake(115, 1), nap(120, 2, 170), wake(170, 2), {At: 171, Type: "WorkflowCompleted", Data: map[string]any{"result": 2}},
		},
		status: "completed", start: op.OK,
	}
}

func (s *story) ops() []op.Op {
	return []op.Op{
		{ID: 1, Workload: "timers", F: "start", Key: "t", Value: loadtest.JSON([]string{"100ms", "50ms"}), Outcome: s.start},
		{ID: 2, Workload: "timers", F: "result", Key: "t", Outcome: op.OK, Answer: loadtest.JSON(wire.Result{Status: s.status})},
		{ID: 3, Workload: "timers", F: "history", Key: "t", Outcome: op.OK, Answer: loadtest.JSON(loadtest.MadeHistory(s.events))},
	}
}

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(s *story)
		want  string
	}{
		{"right", func(*story) {}, ""},
		{"early", func(s *story) { s.events[2].At = 109 }, "and fired at"},
		{"short", func(s *story) { s.events[1] = nap(10, 1, 109) }, "was armed for 99ms, the nap is 100ms"},
		{"fired twice", func(s *story) { s.events[4] = wake(120, 1) }, "timer 1 fired again by event 5"},
		{"armed twice", func(s *story) { s.events[3] = nap(120, 1, 170) }, "timer 1 is armed twice, again by event 4"},
		{"armed together", func(s *story) { s.events[2] = nap(10, 2, 60) }, "while timer 1 runs"},
		{"one too many", func(s *story) { s.events[5] = nap(171, 3, 180) }, "one more than the 2 naps"},
		{"never armed", func(s *story) { s.events[2] = wake(115, 7) }, "timer 7 fired by event 3 and was not armed"},
		{"not fired", func(s *story) { s.events = append(s.events[:4:4], s.events[5]) }, "it completed after 2 of 2 naps, while timer 2 ran"},
		{"not slept", func(s *story) { s.events = append(s.events[:3:3], s.events[5]) }, "it completed after 1 of 2 naps"},
		{"wrong result", func(s *story) { s.events[5].Data["result"] = 1 }, "its result is 1, not 2"},
		{"goes on", func(s *story) { s.events = append(s.events, wake(180, 2)) }, "comes after the WorkflowCompleted"},
		{"strange event", func(s *story) { s.events[2].Type = "SignalReceived" }, "which nothing in it can have made"},
		{"time goes back", func(s *story) { s.events[3].At = 100 }, "before the one before it"},
		{"lost", func(s *story) { s.status, s.events = "running", s.events[:4] }, "is running"},
		{"never started", func(s *story) { s.start = op.Refused }, "nobody's start of it was acknowledged"},
	} {
		s := newStory()
		c.spoil(s)
		loadtest.Expect(t, c.name, (&Workload{}).Check(s.ops()), c.want)
	}
	ops := newStory().ops()
	loadtest.Expect(t, "gone", (&Workload{}).Check(ops[:1]), "there is no such run")
	ops[2].Answer = []byte("{")
	loadtest.Expect(t, "broken", (&Workload{}).Check(ops), "operation 3")
}
