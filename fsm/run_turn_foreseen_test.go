package fsm

import (
	"strings"
	"testing"

	"aion.dev/aion/fsm/history"
	"aion.dev/aion/fsm/rows"
)

// TestForeseenTurns: a turn in the entry of the command that it follows from is recorded if that
// command did what the turn counted on. Otherwise it is fenced, and the state is as if it had not
// been proposed.
func TestForeseenTurns(t *testing.T) {
	start := func(w *world) (*StartRun, *RecordTurn) {
		run := w.mint()
		return &StartRun{WorkflowID: "a", RunID: run, Type: "order"},
			&RecordTurn{RunID: run, N: 1, Through: 1, Asked: []history.Event{{Data: &history.WorkflowCompleted{}}}, Foreseen: &Foresight{Back: 1, Version: versionOf("v1")}}
	}
	task := func(w *world) (*CompleteTasks, *RecordTurn) {
		run := w.start("a", "order")
		w.turn("a", &history.ActivityScheduled{ID: 1, Activity: "pay", Queue: "q"})
		token := w.do(&LeaseTasks{Queue: "q", Activities: []string{"pay"}, Worker: "w", Max: 1}).(*LeaseAnswer).Tasks[0].Token
		at := w.latest("a").Events
		return &CompleteTasks{Results: []TaskOutput{{Token: token}}},
			&RecordTurn{RunID: run, N: 2, Through: at + 1, Asked: []history.Event{{Data: &history.WorkflowCompleted{}}}, Foreseen: &Foresight{Back: 1, After: at}}
	}
	asksForKid := func() *history.ChildWorkflowStarted {
		return &history.ChildWorkflowStarted{ID: 1, WorkflowID: "kid", WorkflowType: "order"}
	}
	child := func(w *world) (*RecordTurn, *RecordTurn, *history.WorkflowStarted) {
		run := w.start("a", "order")
		kid := history.ChildRunID(run, 1, 0)
		started := &history.WorkflowStarted{WorkflowID: "kid", RunID: kid, WorkflowType: "order", Version: versionOf("v1"), Attempt: 1,
			Parent: &history.Parent{WorkflowID: "a", RunID: run, ID: 1}, Root: &history.Root{WorkflowID: "a", RunID: run}}
		return w.turnOf("a", asksForKid()), &RecordTurn{RunID: kid, N: 1, Through: 1, Asked: []history.Event{{Data: &history.WorkflowCompleted{}}},
			Foreseen: &Foresight{Back: 1, Version: versionOf("v1"), Saw: SawEvents(started)}}, started
	}
	parent := func(w *world) (*RecordTurn, *RecordTurn) {
		w.start("a", "order")
		w.turn("a", asksForKid())
		at := w.latest("a")
		result := history.Payload("1")
		return w.turnOf("kid", &history.WorkflowCompleted{Result: result}), &RecordTurn{RunID: at.RunID, N: 2, Through: at.Events + 1, Asked: []history.Event{{Data: &history.WorkflowCompleted{}}},
			Foreseen: &Foresight{Back: 1, After: at.Events, Saw: SawEvents(&history.ChildWorkflowCompleted{ID: 1, Result: result})}}
	}
	all := func(c ...Command) (e []Envelope) {
		for _, c := range c {
			e = append(e, Envelope{Command: c})
		}
		return e
	}
	for _, c := range []struct {
		name  string
		entry func(*world) []Envelope
		why   string // the turn, which is the last command, is refused with this; empty = it is recorded
	}{
		{"start", func(w *world) []Envelope { s, turn := start(w); return all(s, turn) }, ""},
		{"start on another version", func(w *world) []Envelope {
			w.do(&LoadPackage{Package: pack("v2", "order")})
			w.do(&RouteType{Type: "order", Version: versionOf("v2").String()})
			s, turn := start(w)
			return all(s, turn)
		}, "turn 1 was made on version"},
		{"start that is refused", func(w *world) []Envelope {
			w.start("a", "order")
			s, turn := start(w)
			return all(s, turn)
		}, "there is no run"},
		{"outcome", func(w *world) []Envelope { c, turn := task(w); return all(c, turn) }, ""},
		{"outcome after other commands", func(w *world) []Envelope {
			c, turn := task(w)
			return all(&PauseRun{Run: RunRef{WorkflowID: "other"}}, c, turn)
		}, ""},
		{"outcome further back", func(w *world) []Envelope {
			c, turn := task(w)
			w.start("b", "order")
			turn.Foreseen.Back = 2
			return all(c, &SignalRun{Run: RunRef{WorkflowID: "b"}, Name: "s", MaxWaiting: 9}, turn)
		}, ""},
		{"outcome that is lost", func(w *world) []Envelope {
			c, turn := task(w)
			w.do(&ReleaseTasks{Tokens: []TaskToken{c.Results[0].Token}})
			return all(c, turn)
		}, "saw event 4, but the newest is 3"},
		{"signal in its place, in the entry", func(w *world) []Envelope {
			c, turn := task(w)
			w.do(&ReleaseTasks{Tokens: []TaskToken{c.Results[0].Token}})
			turn.Foreseen.Back = 1
			return all(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "s", MaxWaiting: 9}, c, turn)
		}, "foresaw events up to"},
		{"signal in its place, before the entry", func(w *world) []Envelope {
			c, turn := task(w)
			w.do(&SignalRun{Run: RunRef{WorkflowID: "a"}, Name: "s", MaxWaiting: 9})
			return all(c, turn)
		}, "foresaw event 4, and event 5 came in its place"},
		{"the same outcome with another value, by another command", func(w *world) []Envelope {
			c, turn := task(w)
			first := &CompleteTasks{Results: []TaskOutput{{Token: c.Results[0].Token, Output: history.Payload("1")}}}
			return all(first, c, turn)
		}, "foresaw events up to"},
		{"no command that far back", func(w *world) []Envelope {
			c, turn := task(w)
			turn.Foreseen.Back = 2
			return all(c, turn)
		}, "foresaw a command 2 places before it"},
		{"no command", func(w *world) []Envelope {
			c, turn := task(w)
			w.do(c)
			turn.Foreseen.Back = 0
			return all(turn)
		}, "foresaw a command 0 places before it"},
		{"outcome in an entry before", func(w *world) []Envelope {
			c, turn := task(w)
			w.do(c)
			return all(&SignalRun{Run: RunRef{WorkflowID: "b"}, Name: "s", MaxWaiting: 9}, turn)
		}, "foresaw events up to"},
		{"more than foreseen", func(w *world) []Envelope {
			run := w.start("a", "order")
			w.turn("a", &history.TimerStarted{ID: 1, Duration: 1}, &history.TimerStarted{ID: 2, Duration: 1})
			at := w.latest("a").Events
			w.now = w.now.Add(1e9)
			var due []TimerRef
			w.view(func(v View) { due = v.DueTimers(w.now, 2) })
			return all(&FireTimers{Timers: due}, &RecordTurn{RunID: run, N: 2, Through: at + 1, Foreseen: &Foresight{Back: 1, After: at}})
		}, "foresaw events up to"},
		{"first turn of a child", func(w *world) []Envelope { p, turn, _ := child(w); return all(p, turn) }, ""},
		{"first turn of a child that is started with other input", func(w *world) []Envelope {
			p, turn, started := child(w)
			started.Input = history.Payload("1")
			turn.Foreseen.Saw = SawEvents(started)
			return all(p, turn)
		}, "foresaw other events after 0"},
		{"first turn of a child that cannot start", func(w *world) []Envelope {
			p, turn, _ := child(w)
			w.start("kid", "order")
			return all(p, turn)
		}, "there is no run"},
		{"turn of a parent", func(w *world) []Envelope { c, turn := parent(w); return all(c, turn) }, ""},
		{"turn of a parent whose child fails at a limit instead", func(w *world) []Envelope {
			c, turn := parent(w)
			c.Asked = append([]history.Event{{Data: &history.SignalSent{WorkflowID: "b", Name: "s"}}}, c.Asked...)
			c.Limits = rows.RunLimits{Events: 1}
			return all(c, turn)
		}, "foresaw other events after 2"},
		{"turn of a parent whose child ends otherwise, unnamed", func(w *world) []Envelope {
			c, turn := parent(w)
			c.Asked = []history.Event{{Data: &history.WorkflowCompleted{Result: history.Payload("2")}}}
			return all(c, turn)
		}, "foresaw other events after 2"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			w.do(&LoadPackage{Package: pack("v1", "order")})
			w.do(&RouteType{Type: "order", Version: versionOf("v1").String()})
			entry := c.entry(w)
			before := len(w.log)
			results := w.propose(entry...)
			last := results[len(results)-1]
			if (last.Refusal == nil) != (c.why == "") || last.Refusal != nil && !strings.Contains(last.Refusal.Error(), c.why) {
				t.Errorf("the turn was answered %+v, %v; want %q", last.Answer, last.Refusal, c.why)
			}
			w.checkReplays()
			if c.why == "" {
				return
			}
			_, digest := w.s.Digest()
			w.log = append(w.log[:before:before], mustEncode(t, Entry{At: w.now, Budget: w.budget, Commands: entry[:len(entry)-1]}))
			if _, without, _ := w.replay("plain"); without != digest {
				t.Error("a turn that was refused changed the state")
			}
		})
	}
}

func mustEncode(t *testing.T, e Entry) []byte {
	t.Helper()
	b, err := EncodeEntry(e)
	if err != nil {
		t.Fatal(err)
	}
	return b
}
