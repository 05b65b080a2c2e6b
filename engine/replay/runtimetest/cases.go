package runtimetest

import (
	"slices"

	"aion.dev/aion/engine/runtime"
)

// Cases are what every language must do. Recorded runs rely on them: add cases, but change none.
var Cases = slices.Concat(cases, messages, cancellations)

var cases = []Case{
	{Name: "echo", Does: "returns its input", Input: `{"a":[1,2.5,"x",null,true],"b":{}}`, Lines: []Line{
		{"turn", `WorkflowCompleted {"result":{"a":[1,2.5,"x",null,true],"b":{}}}
			closes`},
	}},
	{Name: "nothing", Does: "returns nothing, which is null", Lines: []Line{
		{"turn", `WorkflowCompleted {"result":null}
			closes`},
	}},
	{Name: "sleep", Does: "sleeps 10s, then 1m, and returns the seconds that the turn's time moved between its start and its end", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"10s"}
			waits: timer 1`},
		{"fire 1", `TimerStarted {"id":2,"duration":"1m0s"}
			waits: timer 2`},
		{"signal other 1", `waits: timer 2`},
		{"fire 2", `WorkflowCompleted {"result":5}
			closes`},
	}},
	{Name: "signals", Does: "waits for a signal a for 1h, then for two more without limit, and returns the three payloads", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s","signal":"a"}
			waits: signal 1 a`},
		{"signal b 0 ; signal a 1 ; signal a 2", `TimerCancelled {"id":1}
			waits: signal 3 a`},
		{"fire 1", `waits: signal 3 a`},
		{"signal a 3 ; signal a 4", `WorkflowCompleted {"result":[1,2,3]}
			closes`},
	}},
	{Name: "late", Does: "waits for a signal a for 1h; returns whether it got null and, of a second wait of 1s, the kind of its outcome's error", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s","signal":"a"}
			waits: signal 1 a`},
		{"fire 1", `TimerStarted {"id":2,"duration":"1s","signal":"a"}
			waits: signal 2 a`},
		{"fire 2 ; signal a 1", `WorkflowCompleted {"result":[true,"timeout"]}
			closes`},
	}},
	{Name: "first-come", Does: "starts two waits for a signal a, waits for the second, and returns both payloads, the first one's first", Lines: []Line{
		{"turn", `waits: signal 2 a`},
		{"signal a 1", `waits: signal 2 a`},
		{"signal a 2", `WorkflowCompleted {"result":[1,2]}
			closes`},
	}},
	{Name: "children", Does: "starts children one, two (id two-2, routed, cancelled with the parent) and three with inputs 1, 2, 3, and returns the results of all", Lines: []Line{
		{"turn", `ChildWorkflowStarted {"id":1,"workflow_id":"07000000-0000-0000-0000-000000000000:1","workflow_type":"one","input":1}
			ChildWorkflowStarted {"id":2,"workflow_id":"two-2","workflow_type":"two","input":2,"on_parent_close":"cancel","version_choice":"routed"}
			ChildWorkflowStarted {"id":3,"workflow_id":"07000000-0000-0000-0000-000000000000:3","workflow_type":"three","input":3}
			waits: child 1 07000000-0000-0000-0000-000000000000:1, child 2 two-2, child 3 07000000-0000-0000-0000-000000000000:3`},
		{"child 3 30", `waits: child 1 07000000-0000-0000-0000-000000000000:1, child 2 two-2`},
		{"child 1 10 ; child 2 20", `WorkflowCompleted {"result":[10,20,30]}
			closes`},
	}},
	{Name: "child-fails", Rules: 2, Does: "waits for all of three children; the failure of one is its own failure", Lines: []Line{
		{"turn", `ChildWorkflowStarted {"id":1...
			ChildWorkflowStarted {"id":2...
			ChildWorkflowStarted {"id":3...
			waits: child 1...`},
		{"child 2 failed broken it broke ; child 1 failed later it broke later", `ChildWorkflowCancelled {"id":3,"asked":true}
			WorkflowFailed {"error":{"kind":"broken","message":"it broke"...
			closes`},
	}},
	{Name: "child-tried", Does: "tries a child and returns [ok, kind, message] of its outcome; tries another and returns its value too", Lines: []Line{
		{"turn", `ChildWorkflowStarted {"id":1...
			waits: child 1...`},
		{"child 1 cancelled", `ChildWorkflowStarted {"id":2...
			waits: child 2...`},
		{"child 2 7", `WorkflowCompleted {"result":[false,"cancelled","the child was cancelled",7]}
			closes`},
	}},
	{Name: "race", Rules: 2, Does: "races a timer of 1h, a signal a and a child, and returns [index, value]", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			ChildWorkflowStarted {"id":3...
			waits: timer 1, signal 2 a, child 3...`},
		{"signal a 5 ; fire 1", `ChildWorkflowCancelled {"id":3,"asked":true}
			WorkflowCompleted {"result":[1,5]}
			closes`},
	}},
	{Name: "settled", Does: "waits until a timer of 1s, a child and a wait of 1s for a signal a are settled, and returns the kinds of their errors, null if none", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1s"}
			ChildWorkflowStarted {"id":2...
			TimerStarted {"id":3,"duration":"1s","signal":"a"}
			waits: timer 1, child 2 07000000-0000-0000-0000-000000000000:2, signal 3 a`},
		{"fire 1", `waits: child 2 07000000-0000-0000-0000-000000000000:2, signal 3 a`},
		{"fire 3 ; child 2 failed broken it broke", `WorkflowCompleted {"result":[null,"broken","timeout"]}
			closes`},
	}},
	{Name: "give-up", Rules: 2, Does: "starts a timer of 1h, a signal wait of 1h, a child; cancels them in the reverse order; returns [done before, done after, kind of the outcome] of the timer", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			TimerStarted {"id":2,"duration":"1h0m0s","signal":"a"}
			ChildWorkflowStarted {"id":3...
			ChildWorkflowCancelled {"id":3,"asked":true}
			TimerCancelled {"id":2}
			TimerCancelled {"id":1}
			WorkflowCompleted {"result":[false,true,"cancelled"]}
			closes`},
	}},
	{Name: "cancelled", Rules: 2, Does: "starts a timer of 1h and a child, and sleeps 2h", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			ChildWorkflowStarted {"id":2...
			TimerStarted {"id":3,"duration":"2h0m0s"}
			waits: timer 3`},
		{"cancel enough", `TimerCancelled {"id":1}
			ChildWorkflowCancelled {"id":2,"asked":true}
			TimerCancelled {"id":3}
			WorkflowCancelled {"reason":"enough"}
			closes`},
	}},
	{Name: "cancelled-caught", Does: "sleeps 1h by a future, catches the outcome, sleeps 1s more, and returns [kind, whether cancellation was requested before and after]", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			waits: timer 1`},
		{"cancel", `TimerCancelled {"id":1}
			TimerStarted {"id":2,"duration":"1s"}
			waits: timer 2`},
		{"cancel again", `waits: timer 2`},
		{"fire 2", `WorkflowCompleted {"result":["cancelled",false,true]}
			closes`},
	}},
	{Name: "cancelled-first", Does: "sleeps 1h", Lines: []Line{
		{"cancel", `TimerStarted {"id":1,"duration":"1h0m0s"}
			TimerCancelled {"id":1}
			WorkflowCancelled {}
			closes`},
	}},
	{Name: "cancelled-too-late", Does: "sleeps 1h, then returns 1", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			waits: timer 1`},
		{"fire 1 ; cancel", `WorkflowCompleted {"result":1}
			closes`},
	}},
	{Name: "cancelled-in-time", Does: "sleeps 1h, then returns 1", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			waits: timer 1`},
		{"cancel ; fire 1", `TimerCancelled {"id":1}
			WorkflowCancelled {}
			closes`},
	}},
	{Name: "cancelled-but-for-a-child", Rules: 2, Does: "starts a child of type kid to be abandoned and one to be terminated, and waits for both", Lines: []Line{
		{"turn", `ChildWorkflowStarted {"id":1,"workflow_id":"07000000-0000-0000-0000-000000000000:1","workflow_type":"kid","input":null,"on_parent_close":"abandon"}
			ChildWorkflowStarted {"id":2,"workflow_id":"07000000-0000-0000-0000-000000000000:2","workflow_type":"kid","input":null}
			waits: child 1 07000000-0000-0000-0000-000000000000:1, child 2 07000000-0000-0000-0000-000000000000:2`},
		{"cancel", `ChildWorkflowCancelled {"id":2,"asked":true}
			WorkflowCancelled {}
			closes`},
	}},
	{Name: "cancelled-before-it-began", Does: "waits for a signal a, then returns its payload", Lines: []Line{
		{"cancel ; signal a 1", `WorkflowCancelled {}
			closes`},
	}},
	{Name: "continue", Does: "waits for a signal a, then continues as new with its payload", Lines: []Line{
		{"turn", `waits: signal 1 a`},
		{"signal b 1 ; signal a 2 ; signal a 3", `WorkflowContinuedAsNew {"input":2,"carry":[2,4]}
			closes`},
	}},
	{Name: "continue-cancelled", Does: "waits for a signal a, then continues as new with its payload", Lines: []Line{
		{"turn", `waits: signal 1 a`},
		{"cancel enough ; signal a 1", `WorkflowCancelled {"reason":"enough"}
			closes`},
	}},
	{Name: "continue-same", Does: "continues as new on the same version, without input", Lines: []Line{
		{"turn", `WorkflowContinuedAsNew {"input":null,"same_version":true}
			closes`},
	}},
	{Name: "tell", Does: "sends 1 as signal s to workflow x, sets attributes b = 2.50 and a = [\"x\"], removes c, and returns", Lines: []Line{
		{"turn", `SignalSent {"workflow_id":"x","name":"s","payload":1}
			AttributesUpdated {"attributes":{"a":["x"],"b":2.5,"c":null}}
			WorkflowCompleted {"result":null}
			closes`},
	}},
	{Name: "asks-to-end", Does: "asks workflow x to end, because enough, and workflow y, and returns the id of x", Lines: []Line{
		{"turn", `CancelSent {"workflow_id":"x","reason":"enough"}
			CancelSent {"workflow_id":"y"}
			WorkflowCompleted {"result":"x"}
			closes`},
	}},
	{Name: "awaits", Does: "begins to wait for the results of the workflows x and y, and returns [result of x, kind of y's failure]", Lines: []Line{
		{"turn", `ResultAwaited {"id":1,"workflow_id":"x"}
			ResultAwaited {"id":2,"workflow_id":"y"}
			waits: result 1 x`},
		{"result 2 failed unknown_workflow there is none", `waits: result 1 x`},
		{"result 1 7", `WorkflowCompleted {"result":[7,"unknown_workflow"]}
			closes`},
	}},
	{Name: "awaits-and-fails", Does: "waits for the result of workflow x and returns it", Lines: []Line{
		{"turn", `ResultAwaited {"id":1,"workflow_id":"x"}
			waits: result 1 x`},
		{"result 1 failed broken no luck", `WorkflowFailed {"error":{"kind":"broken","message":"no luck"...
			closes`},
	}},
	{Name: "awaits-races", Does: "waits for the first result of the workflows x and y, and returns [index, result]", Lines: []Line{
		{"turn", `ResultAwaited {"id":1,"workflow_id":"x"}
			ResultAwaited {"id":2,"workflow_id":"y"}
			waits: result 1 x, result 2 y`},
		{"result 2 null", `AwaitCancelled {"id":1}
			WorkflowCompleted {"result":[1,null]}
			closes`},
	}},
	{Name: "awaits-cancelled", Does: "waits for workflow x, and returns the kind of the failure", Lines: []Line{
		{"turn", `ResultAwaited {"id":1,"workflow_id":"x"}
			waits: result 1 x`},
		{"cancel ; result 1 7", `AwaitCancelled {"id":1}
			WorkflowCompleted {"result":"cancelled"}
			closes`},
	}},
	{Name: "awaits-too-many", Does: "begins to wait for the result of workflow x, without end", Limits: runtime.Limits{Pending: 2}, Lines: []Line{
		{"turn", `ResultAwaited {"id":1,"workflow_id":"x"}
			ResultAwaited {"id":2,"workflow_id":"x"}
			WorkflowFailed {"error":{"kind":"limit_exceeded","message":"2 of kind result are pending, the limit is 2"...
			closes`},
	}},
	{Name: "awaits-before-rules-5", Rules: 4, Does: "waits for the result of workflow x and returns it", Lines: []Line{
		{"turn", `WorkflowFailed {"error":{"kind":"failed","message":"...
			closes`},
	}},
	{Name: "activities", Does: "runs activity charge with input 1 (queue q, retry 3 times from 1s, timeout 5m), tries ship without input, and returns [result, kind]", Activities: []string{"charge", "ship"}, Lines: []Line{
		{"turn", `ActivityScheduled {"id":1,"activity":"charge","queue":"q","input":1,"retry":{"max_attempts":3,"backoff":"1s","factor":2,"max_backoff":"1m0s"},"timeout":"5m0s"}
			waits: activity 1 charge`},
		{"activity 1 2", `ActivityScheduled {"id":2,"activity":"ship","queue":"default","input":null}
			waits: activity 2 ship`},
		{"activity 2 failed lost it is lost", `WorkflowCompleted {"result":[2,"lost"]}
			closes`},
	}},
	{Name: "undeclared", Does: "runs an activity charge that the manifest does not name", Lines: []Line{
		{"turn", `WorkflowFailed {"error":{"kind":"undeclared_activity","message":"activity \"charge\" is not among the activities that the package's manifest names"...
			closes`},
	}},
	{Name: "random", Does: "returns two random numbers in [0, 1), and a UUID", Lines: []Line{
		{"turn", `WorkflowCompleted {"result":[0.0503100466538281,0.021595104845751,"105c15b5-3132-49b1-a5fc-705cb69d88ef"]}
			closes`},
	}},
	{Name: "info", Does: "returns [workflow id, run id, type, attempt]", Lines: []Line{
		{"turn", `WorkflowCompleted {"result":["w","07000000-0000-0000-0000-000000000000","test",1]}
			closes`},
	}},
	{Name: "fails", Does: "fails with the message no stock", Lines: []Line{
		{"turn", `WorkflowFailed {"error":{"kind":"failed","message":"no stock"...
			closes`},
	}},
	{Name: "queries", Does: `answers stage with a text that is "a" until a signal go has come, then "b"; add with its argument plus 1; bad by scheduling; unlucky by drawing randomness;
		waiting by waiting for a signal. Waits for go, then for done.`, Lines: []Line{
		{"turn", `waits: signal 1 go`},
		{"query stage", `"a"`},
		{"query add 4", `5`},
		{"query bad", `query_failed: query "bad" failed: ...`},
		{"query unlucky", `query_failed: query "unlucky" failed: ...`},
		{"query waiting", `query_failed: query "waiting" failed: ...`},
		{"query none", `unknown_query: the run answers no query "none"; it answers add, bad, stage, unlucky, waiting`},
		{"signal go 1", `waits: signal 2 done`},
		{"query stage", `"b"`},
		{"signal done 1", `WorkflowCompleted {"result":null}
			closes`},
		{"query stage", `"b"`},
	}},
	{Name: "endless", Does: "sleeps 1s, then computes for ever", Limits: runtime.Limits{Steps: 100_000}, Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1s"}
			waits: timer 1`},
		{"fire 1", `WorkflowFailed {"error":{"kind":"limit_exceeded","message":"the turn makes more than 100000 steps"...
			closes`},
	}},
	{Name: "large-result", Does: "returns a text of 10,000 bytes", Limits: runtime.Limits{OutputBytes: 5000}, Lines: []Line{
		{"turn", `WorkflowFailed {"error":{"kind":"limit_exceeded","message":"result has 10002 bytes, the limit is 5000"}}
			closes`},
	}},
	{Name: "many-timers", Does: "starts timers without end", Limits: runtime.Limits{Pending: 3}, Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1s"}
			TimerStarted {"id":2,"duration":"1s"}
			TimerStarted {"id":3,"duration":"1s"}
			WorkflowFailed {"error":{"kind":"limit_exceeded","message":"3 of kind timer are pending, the limit is 3"...
			closes`},
	}},
	{Name: "chatty", Does: "logs 100 bytes 20 times, then returns 1", Limits: runtime.Limits{LogBytes: 1000}, Lines: []Line{
		{"turn", `WorkflowCompleted {"result":1}
			closes`},
	}},
	{Name: "bad-arguments", Does: "sleeps -1s", Lines: []Line{
		{"turn", `WorkflowFailed {"error":{"kind":"failed","message":"...
			closes`},
	}},
}
