package runtimetest

import "aion.dev/aion/engine/runtime"

// messages are the cases of waits that give nothing up, conditions and handlers.
var messages = []Case{
	{Name: "any", Does: "starts a timer of 1h and waits for signals a and b; waits for any of the three, then for any but a; returns both positions, and whether the timer is done", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			waits: timer 1, signal 2 a, signal 3 b`},
		{"signal a 1", `waits: timer 1, signal 3 b`},
		{"fire 1", `WorkflowCompleted {"result":[1,0,true]}
			closes`},
	}},
	{Name: "try-race", Does: "races a timer of 1h and a child for an outcome, and returns [index, ok, kind of the error]", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			ChildWorkflowStarted {"id":2...
			waits: timer 1, child 2 07000000-0000-0000-0000-000000000000:2`},
		{"child 2 failed broken it broke", `TimerCancelled {"id":1}
			WorkflowCompleted {"result":[1,false,"broken"]}
			closes`},
	}},
	{Name: "try-all", Does: "tries a timer of 1h, a timer of 1s and a child, and returns the kinds of their outcomes' errors, null if none", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			TimerStarted {"id":2,"duration":"1s"}
			ChildWorkflowStarted {"id":3...
			waits: timer 1, timer 2, child 3 07000000-0000-0000-0000-000000000000:3`},
		{"fire 2", `waits: timer 1, child 3 07000000-0000-0000-0000-000000000000:3`},
		{"child 3 failed broken it broke", `TimerCancelled {"id":1}
			WorkflowCompleted {"result":["cancelled",null,"broken"]}
			closes`},
	}},
	{Name: "until", Does: "collects the payloads of signals a by a handler, waits up to 1h until there are two, and returns [whether there were, the payloads]", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			waits: condition 1`},
		{"signal a 1", `waits: condition 1`},
		{"signal b 7", `waits: condition 1`},
		{"signal a 2 ; signal a 3", `TimerCancelled {"id":1}
			WorkflowCompleted {"result":[true,[1,2,3]]}
			closes`},
	}},
	{Name: "until-late", Does: "as until", Lines: []Line{
		{"signal a 1", `TimerStarted {"id":1,"duration":"1h0m0s"}
			waits: condition 1`},
		{"fire 1 ; signal a 2", `WorkflowCompleted {"result":[false,[1]]}
			closes`},
	}},
	{Name: "until-at-once", Does: "waits until true, without limit, then until a timer of 1s is done, and returns both answers", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1s"}
			waits: condition 2`},
		{"fire 1", `WorkflowCompleted {"result":[true,true]}
			closes`},
	}},
	{Name: "until-cancelled", Does: "as until", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			waits: condition 1`},
		{"cancel", `TimerCancelled {"id":1}
			WorkflowCancelled {}
			closes`},
	}},
	{Name: "until-changes", Tells: 1, Does: "waits until a condition that changes the run's own state", Lines: []Line{
		{"turn", `WorkflowFailed {"error":{"kind":"failed"...
			closes`},
	}},
	{Name: "until-schedules", Does: "collects signals by a handler, and waits until a condition that starts a timer once there is one", Lines: []Line{
		{"turn", `waits: condition 1`},
		{"signal a 1", `WorkflowFailed {"error":{"kind":"failed"...
			closes`},
	}},
	{Name: "handlers", Does: `lets a handler of signals a note "in N", sleep 1s and note "out N"; waits for a signal end, and returns the notes`, Lines: []Line{
		{"turn", `waits: signal 1 end`},
		{"signal a 1 ; signal a 2", `TimerStarted {"id":2,"duration":"1s"}
			TimerStarted {"id":3,"duration":"1s"}
			waits: signal 1 end, timer 2, timer 3`},
		{"fire 3", `waits: signal 1 end, timer 2`},
		{"signal end null", `waits: timer 2`},
		{"signal a 3 ; fire 2", `TimerStarted {"id":4,"duration":"1s"}
			waits: timer 4`},
		{"fire 4", `WorkflowCompleted {"result":["in 1","in 2","out 2"]}
			closes`},
	}},
	{Name: "handlers-in-order", Does: "as handlers", Lines: []Line{
		{"signal a 1 ; signal end null ; signal a 2", `TimerStarted {"id":2,"duration":"1s"}
			TimerStarted {"id":3,"duration":"1s"}
			waits: timer 2, timer 3`},
		{"fire 2 ; fire 3", `WorkflowCompleted {"result":[]}
			closes`},
	}},
	{Name: "handlers-cancelled", Does: "as handlers", Lines: []Line{
		{"turn", `waits: signal 1 end`},
		{"signal a 1", `TimerStarted {"id":2,"duration":"1s"}
			waits: signal 1 end, timer 2`},
		{"cancel", `TimerCancelled {"id":2}
			WorkflowCancelled {}
			closes`},
	}},
	{Name: "handler-fails", Does: "lets a handler of signals a fail, and waits for a signal end", Lines: []Line{
		{"turn", `waits: signal 1 end`},
		{"signal a 1", `WorkflowFailed {"error":{"kind":"failed","message":"no"...
			closes`},
	}},
	{Name: "handlers-continue", Does: "lets a handler of signals a sleep 1s, waits for a signal end, and continues as new", Lines: []Line{
		{"turn", `waits: signal 1 end`},
		{"signal a 1 ; signal end null ; signal b 2", `TimerStarted {"id":2,"duration":"1s"}
			waits: timer 2`},
		{"fire 2", `WorkflowContinuedAsNew {"input":null,"carry":[4]}
			closes`},
	}},
	{Name: "handlers-note", Does: "lets a handler of signals a sleep 1s and then note the payload, waits for a signal end, and continues as new with the notes", Lines: []Line{
		{"turn", `waits: signal 1 end`},
		{"signal a 1 ; signal end null", `TimerStarted {"id":2,"duration":"1s"}
			waits: timer 2`},
		{"signal a 2", `TimerStarted {"id":3,"duration":"1s"}
			waits: timer 2, timer 3`},
		{"fire 2", `waits: timer 3`},
		{"fire 3", `WorkflowContinuedAsNew {"input":[1,2]}
			closes`},
	}},
	{Name: "settling-cancelled", Does: "does what handlers-note does", Lines: []Line{
		{"turn", `waits: signal 1 end`},
		{"signal a 1 ; signal end null", `TimerStarted {"id":2,"duration":"1s"}
			waits: timer 2`},
		{"cancel enough", `TimerCancelled {"id":2}
			WorkflowCancelled {"reason":"enough"}
			closes`},
	}},
	{Name: "handler-continues", Does: "lets a handler of signals a continue as new, and waits for a signal end", Lines: []Line{
		{"turn", `waits: signal 1 end`},
		{"signal a 1", `WorkflowFailed {"error":{"kind":"failed"...
			closes`},
	}},
	{Name: "handled-and-waited-for", Does: "handles signals a, then waits for one", Lines: []Line{
		{"turn", `WorkflowFailed {"error":{"kind":"failed"...
			closes`},
	}},
	{Name: "handlers-share", Does: "lets a handler of signals a await a timer of 1s that run awaits too; returns how often the timer was seen done", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1s"}
			waits: timer 1`},
		{"signal a 1", `waits: timer 1, timer 1`},
		{"fire 1", `WorkflowCompleted {"result":1}
			closes`},
	}},
	{Name: "updates", Does: `takes updates add, which a validator rejects with "too much" above 9: adds the argument to a total, sleeps 1s if it is 5, fails with "odd" if it is 3, and answers with the
		total; updates end, without a validator, answer null. Waits until there was an end, and returns the total.`, Lines: []Line{
		{"turn", `waits: condition 1`},
		{"validate add 10", `update "add" is rejected: too much`},
		{"validate add 9", `asked`},
		{"validate end", `not asked`},
		{"validate none 1", `the run takes no update "none"; it takes add, end`},
		{"update u1 add 1", `UpdateCompleted {"update_id":"u1","result":1}
			waits: condition 1`},
		{"update u2 add 5 ; update u3 add 2", `TimerStarted {"id":2,"duration":"1s"}
			UpdateCompleted {"update_id":"u3","result":8}
			waits: condition 1, timer 2`},
		{"update u4 add 3", `UpdateCompleted {"update_id":"u4","result":null,"error":{"kind":"failed","message":"odd"...
			waits: condition 1, timer 2`},
		{"validate add 9", `asked`},
		{"update u5 end", `UpdateCompleted {"update_id":"u5","result":null}
			waits: timer 2`},
		{"fire 2", `UpdateCompleted {"update_id":"u2","result":11}
			WorkflowCompleted {"result":11}
			closes`},
	}},
	{Name: "updates-cancelled", Does: "as updates", Lines: []Line{
		{"update u1 add 5", `TimerStarted {"id":2,"duration":"1s"}
			waits: condition 1, timer 2`},
		{"cancel", `TimerCancelled {"id":2}
			WorkflowCancelled {}
			closes`},
	}},
	{Name: "update-too-large", Does: "answers an update with a text of 10,000 bytes, and waits for a signal end", Limits: runtime.Limits{OutputBytes: 5000}, Lines: []Line{
		{"turn", `waits: signal 1 end`},
		{"update u1 big null", `UpdateCompleted {"update_id":"u1","result":null,"error":{"kind":"limit_exceeded","message":"result of the update has 10002 bytes, the limit is 5000"}}
			waits: signal 1 end`},
	}},
	{Name: "validators-read", Tells: 3, Does: "takes updates a and b: a's validator starts a timer, b's changes the run's state", Lines: []Line{
		{"turn", `waits: signal 1 end`},
		{"validate a 1", `update "a" is rejected: ...`},
		{"validate b 1", `update "b" is rejected: ...`},
	}},
}
