package moves

import (
	"strings"
	"testing"

	"aion.dev/aion/jepsen/load/loadtest"
	"aion.dev/aion/jepsen/op"
	"aion.dev/aion/transport/wire"
)

// story is a short correct history: a run takes its first step on version 0, is moved to version 1
// before its second, and ends there.
func story() []op.Op {
	did := func(f, key string, answer any) op.Op {
		o := newOp(f, key, arguments{From: 0, To: 1})
		o.Outcome, o.Answer = op.OK, loadtest.JSON(answer)
		return o
	}
	stand := did("stand", "n1", standing{
		Runs: map[string]string{"r": "b running 6"}, Open: map[string]uint64{"b": 1}, Pins: map[string]uint64{"a": 0, "b": 1},
	})
	stand.Node = "n1"
	return []op.Op{
		{Workload: "move", F: "versions-are", Value: loadtest.JSON([]string{"a", "b", "c", "d"}), Outcome: op.OK},
		did("start", "r", loadtest.Facts{}),
		did("move", typeName, loadtest.Facts{"results": []any{loadtest.Facts{"workflow_id": "r", "verdict": "moved"}}}),
		stand,
		loadtest.History("move", "r", "1",
			loadtest.Event(1, "WorkflowStarted", loadtest.Facts{"version": "a"}), loadtest.Event(2, "SignalReceived", nil), loadtest.Event(2, "TimerStarted", loadtest.Facts{"duration": "10ms"}),
			loadtest.Event(3, "TimerFired", nil), loadtest.Event(4, "SignalReceived", nil), loadtest.Event(4, "WorkflowMoved", loadtest.Facts{"from": "a", "to": "b"}),
			loadtest.Event(5, "TimerStarted", loadtest.Facts{"duration": "21ms"}), loadtest.Event(6, "WorkflowCompleted", loadtest.Facts{"result": "v1"})),
	}
}

// TestCheckerSeesWhatIsWrong: the story is right, and each lie about it is found.
func TestCheckerSeesWhatIsWrong(t *testing.T) {
	say := func(at int, old, new string) func([]op.Op) []op.Op {
		return func(ops []op.Op) []op.Op {
			said := strings.Replace(string(ops[at].Answer), old, new, 1)
			if said == string(ops[at].Answer) {
				t.Fatalf("%q is not in %s", old, said)
			}
			ops[at].Answer = []byte(said)
			return ops
		}
	}
	ask := arguments{From: 0, Gated: true}
	began, gate, deploys := newOp("start", "r", ask), newOp("gate", "t2", ask), newOp("deploys", "", ask)
	gate.Request = "g"
	began.Outcome, deploys.Outcome, began.Answer = op.OK, op.OK, loadtest.JSON(loadtest.Facts{})
	opened := func(at float64, to string) func([]op.Op) []op.Op {
		return func(ops []op.Op) []op.Op {
			deploys.Answer = loadtest.JSON(wire.Deploys{Deploys: []wire.Deploy{{RequestID: "g", Operation: "load", Outcome: "ok", At: loadtest.AtSecond(at), Version: to}}})
			ops[1] = began
			return append(ops, gate, deploys)
		}
	}
	for _, c := range []struct {
		name   string
		change func([]op.Op) []op.Op
		words  string
	}{
		{"nothing", func(ops []op.Op) []op.Op { return ops }, ""},
		{"another code ended it", say(4, `"v1"`, `"v0"`), `ended with "v0" on version 1`},
		{"a turn of the old code", say(4, `"21ms"`, `"20ms"`), "version 1 does not ask for a timer of 20ms"},
		{"a step that was not proven", say(4, `"to":"b"`, `"to":"c"`), `asked for timers ["10ms"] and is moved to version 2`},
		{"another version before", say(4, `"from":"a"`, `"from":"d"`), "moved from version 3, but it was on 0"},
		{"not completed", say(4, `"WorkflowCompleted"`, `"SignalReceived"`), "did not complete"},
		{"lost", func(ops []op.Op) []op.Op { return ops[:4] }, "is lost"},
		{"a move that was not", say(4, `"WorkflowMoved"`, `"SignalReceived"`), "its history says nothing of it"},
		{"a pin that stayed", say(3, `"a":0`, `"a":1`), "1 pins hold version 0, on which 0 runs are open"},
		{"another version on a node", say(3, `"b running 6"`, `"a running 6"`), "is on version 0, its history says 1"},
		{"a gate that opened in time", opened(4.5, "a"), ""},
		{"a gate that opened too late", opened(5.5, "a"), `version 0 be routed at`},
		{"a gate after the end", opened(7, "a"), ""},
		{"quarantined", func(ops []op.Op) []op.Op {
			o := newOp("describe", "r", arguments{})
			o.Outcome, o.Answer = op.OK, []byte(`{"quarantined":true,"pause_reason":"why"}`)
			return append(ops, o)
		}, "is quarantined: why"},
	} {
		loadtest.Expect(t, c.name, new(Workload).Check(c.change(story())), c.words)
	}
}
