package load

import (
	"testing"

	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// timersStory is one run of two naps, for tests to spoil.
type timersStory struct {
	events []made
	status string
	result string
	start  op.Outcome
}

func nap(at int, id uint64, due int) made {
	return made{at, "TimerStarted", map[string]any{"id": id, "fire_at": after(due)}}
}

func wake(at int, id uint64) made { return made{at, "TimerFired", map[string]any{"id": id}} }

func newTimersStory() *timersStory {
	return &timersStory{
		events: []made{
			{0, "WorkflowStarted", nil}, nap(10, 1, 110), wake(115, 1), nap(120, 2, 170), wake(170, 2), {171, "WorkflowCompleted", map[string]any{"result": 2}},
		},
		status: "completed", start: op.OK,
	}
}

func (s *timersStory) ops() []op.Op {
	return []op.Op{
		{ID: 1, Workload: "timers", F: "start", Key: "t", Value: mustJSON([]string{"100ms", "50ms"}), Outcome: s.start},
		{ID: 2, Workload: "timers", F: "result", Key: "t", Outcome: op.OK, Answer: mustJSON(wire.Result{Status: s.status})},
		{ID: 3, Workload: "timers", F: "history", Key: "t", Outcome: op.OK, Answer: mustJSON(madeHistory(s.events))},
	}
}

func TestTimersCheck(t *testing.T) {
	for _, c := range []struct {
		name  string
		spoil func(s *timersStory)
		want  string
	}{
		{"right", func(*timersStory) {}, ""},
		{"early", func(s *timersStory) { s.events[2].at = 109 }, "and fired at"},
		{"short", func(s *timersStory) { s.events[1] = nap(10, 1, 109) }, "was armed for 99ms, the nap is 100ms"},
		{"fired twice", func(s *timersStory) { s.events[4] = wake(120, 1) }, "timer 1 fired again by event 5"},
		{"armed twice", func(s *timersStory) { s.events[3] = nap(120, 1, 170) }, "timer 1 is armed twice, again by event 4"},
		{"armed together", func(s *timersStory) { s.events[2] = nap(10, 2, 60) }, "while timer 1 runs"},
		{"one too many", func(s *timersStory) { s.events[5] = nap(171, 3, 180) }, "one more than the 2 naps"},
		{"never armed", func(s *timersStory) { s.events[2] = wake(115, 7) }, "timer 7 fired by event 3 and was not armed"},
		{"not fired", func(s *timersStory) { s.events = append(s.events[:4:4], s.events[5]) }, "it completed after 2 of 2 naps, while timer 2 ran"},
		{"not slept", func(s *timersStory) { s.events = append(s.events[:3:3], s.events[5]) }, "it completed after 1 of 2 naps"},
		{"wrong result", func(s *timersStory) { s.events[5].data["result"] = 1 }, "its result is 1, not 2"},
		{"goes on", func(s *timersStory) { s.events = append(s.events, wake(180, 2)) }, "comes after the WorkflowCompleted"},
		{"strange event", func(s *timersStory) { s.events[2].typ = "SignalReceived" }, "which nothing in it can have made"},
		{"time goes back", func(s *timersStory) { s.events[3].at = 100 }, "before the one before it"},
		{"lost", func(s *timersStory) { s.status, s.events = "running", s.events[:4] }, "is running"},
		{"never started", func(s *timersStory) { s.start = op.Refused }, "nobody's start of it was acknowledged"},
	} {
		s := newTimersStory()
		c.spoil(s)
		expect(t, c.name, (&timers{}).Check(s.ops()), c.want)
	}
	ops := newTimersStory().ops()
	expect(t, "gone", (&timers{}).Check(ops[:1]), "there is no such run")
	ops[2].Answer = []byte("{")
	expect(t, "broken", (&timers{}).Check(ops), "operation 3")
}
