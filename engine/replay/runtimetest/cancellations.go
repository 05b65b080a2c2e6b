package runtimetest

// cancellations are the cases of steps that are asked to end, and waited for.
var cancellations = []Case{
	{Name: "cancel-waits", Does: "runs activities charge and ship, one after the other, and returns both results", Activities: []string{"charge", "ship"}, Lines: []Line{
		{"turn", `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null}
			waits: activity 1 charge`},
		{"cancel enough", `ActivityCancelRequested {"id":1}
			waits: activity 1 charge`},
		{"cancel again", `waits: activity 1 charge`},
		{"activity 1 7", `ActivityScheduled {"id":2,"activity":"ship","queue":"default","input":null}
			ActivityCancelRequested {"id":2}
			waits: activity 2 ship`},
		{"activity 2 failed cancelled no worker took it", `WorkflowCancelled {"reason":"enough"}
			closes`},
	}},
	{Name: "cancel-waits-for-both", Does: "as cancel-waits: a request is not lost where steps are completed all the same", Activities: []string{"charge", "ship"}, Lines: []Line{
		{"cancel", `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null}
			ActivityCancelRequested {"id":1}
			waits: activity 1 charge`},
		{"activity 1 1", `ActivityScheduled {"id":2,"activity":"ship","queue":"default","input":null}
			ActivityCancelRequested {"id":2}
			waits: activity 2 ship`},
		{"activity 2 2", `WorkflowCompleted {"result":[1,2]}
			closes`},
	}},
	{Name: "cancel-loses", Does: "as cancel-waits, and the worker is lost", Activities: []string{"charge", "ship"}, Lines: []Line{
		{"cancel enough", `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null}
			ActivityCancelRequested {"id":1}
			waits: activity 1 charge`},
		{"activity 1 failed lease_lost it was silent", `WorkflowCancelled {"reason":"enough"}
			closes`},
	}},
	{Name: "cancel-fails", Does: "as cancel-waits, and the worker fails", Activities: []string{"charge", "ship"}, Lines: []Line{
		{"cancel enough", `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null}
			ActivityCancelRequested {"id":1}
			waits: activity 1 charge`},
		{"activity 1 failed declined no money", `WorkflowFailed {"error":{"kind":"declined","message":"no money"...
			closes`},
	}},
	{Name: "cancel-tells", Does: "tries activity charge, tries activity ship, and returns [kind or null of each, whether cancellation was requested]", Activities: []string{"charge", "ship"}, Lines: []Line{
		{"turn", `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null}
			waits: activity 1 charge`},
		{"cancel", `ActivityCancelRequested {"id":1}
			waits: activity 1 charge`},
		{"activity 1 failed lease_lost it was silent", `ActivityScheduled {"id":2,"activity":"ship","queue":"default","input":null}
			waits: activity 2 ship`},
		{"activity 2 2", `WorkflowCompleted {"result":["lease_lost",null,true]}
			closes`},
	}},
	{Name: "cancel-abandons", Does: "runs activity charge, which is to be abandoned when cancelled", Activities: []string{"charge"}, Lines: []Line{
		{"turn", `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null,"on_cancel":"abandon"}
			waits: activity 1 charge`},
		{"cancel enough", `ActivityCancelled {"id":1}
			WorkflowCancelled {"reason":"enough"}
			closes`},
	}},
	{Name: "cancel-ignores", Does: "runs activity charge, which is to ignore cancellations, and sleeps 1h", Activities: []string{"charge"}, Lines: []Line{
		{"turn", `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null,"on_cancel":"ignore"}
			waits: activity 1 charge`},
		{"cancel", `waits: activity 1 charge`},
		{"activity 1 7", `TimerStarted {"id":2,"duration":"1h0m0s"}
			TimerCancelled {"id":2}
			WorkflowCancelled {}
			closes`},
	}},
	{Name: "cancel-shields", Does: "starts, to ignore cancellations, a timer of 1h, a wait for signal a with timeout 2h and one for the result of workflow x, and a timer of 5h that does not; waits for the first, the second and the third, until False with timeout 3h that ignores cancellations, and for the last; returns [signal, result, until, kind of the last]", Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			TimerStarted {"id":2,"duration":"2h0m0s","signal":"a"}
			ResultAwaited {"id":3,"workflow_id":"x"}
			TimerStarted {"id":4,"duration":"5h0m0s"}
			waits: timer 1`},
		{"cancel enough", `TimerCancelled {"id":4}
			waits: timer 1`},
		{"fire 1", `waits: signal 2 a`},
		{"signal a 7", `TimerCancelled {"id":2}
			waits: result 3 x`},
		{"result 3 8", `TimerStarted {"id":5,"duration":"3h0m0s"}
			waits: condition 5`},
		{"fire 5", `WorkflowCompleted {"result":[7,8,false,"cancelled"]}
			closes`},
	}},
	{Name: "cancel-known", Does: "runs activity charge, asks whether cancellation was requested, and if so runs activity refund; returns its result", Activities: []string{"charge", "refund"}, Lines: []Line{
		{"turn", `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null}
			waits: activity 1 charge`},
		{"activity 1 7 ; cancel", `ActivityScheduled {"id":2,"activity":"refund","queue":"default","input":null}
			waits: activity 2 refund`},
		{"activity 2 1", `WorkflowCompleted {"result":1}
			closes`},
	}},
	{Name: "cancel-known-ends", Does: "starts a timer of 1h and activities charge and ship, asks whether cancellation was requested after a signal a, and waits for charge; returns [asked, kind of the timer, result]", Activities: []string{"charge", "ship"}, Lines: []Line{
		{"turn", `TimerStarted {"id":1,"duration":"1h0m0s"}
			ActivityScheduled {"id":2,"activity":"charge","queue":"default","input":null}
			ActivityScheduled {"id":3,"activity":"ship","queue":"default","input":null,"on_cancel":"abandon"}
			waits: signal 4 a`},
		{"signal a 1 ; cancel", `TimerCancelled {"id":1}
			ActivityCancelRequested {"id":2}
			ActivityCancelled {"id":3}
			waits: activity 2 charge`},
		{"activity 2 5", `WorkflowCompleted {"result":[true,"cancelled",5]}
			closes`},
	}},
	{Name: "cancel-late-signal", Does: "runs activity charge, then waits for a signal a; returns its payload, or the kind of the error", Activities: []string{"charge"}, Lines: []Line{
		{"turn", `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null}
			waits: activity 1 charge`},
		{"cancel", `ActivityCancelRequested {"id":1}
			waits: activity 1 charge`},
		{"activity 1 7 ; signal a 1", `WorkflowCompleted {"result":"cancelled"}
			closes`},
	}},
	{Name: "cancel-child", Does: "tries a child kid, and returns [ok, kind of the error]", Lines: []Line{
		{"turn", `ChildWorkflowStarted {"id":1...
			waits: child 1...`},
		{"cancel", `ChildWorkflowCancelRequested {"id":1}
			waits: child 1...`},
		{"child 1 cancelled", `WorkflowCompleted {"result":[false,"cancelled"]}
			closes`},
	}},
	{Name: "cancel-child-ends", Does: "waits for a child kid", Lines: []Line{
		{"turn", `ChildWorkflowStarted {"id":1...
			waits: child 1...`},
		{"cancel enough", `ChildWorkflowCancelRequested {"id":1}
			waits: child 1...`},
		{"child 1 cancelled", `WorkflowCancelled {"reason":"enough"}
			closes`},
	}},
	{Name: "cancel-child-policies", Does: "waits until four children kid are settled: on_cancel abandon; on_cancel ignore; on_parent_close abandon; that and on_cancel ignore. Returns the kinds of their errors, null if none", Lines: []Line{
		{"turn", `ChildWorkflowStarted {"id":1,"workflow_id":"07000000-0000-0000-0000-000000000000:1","workflow_type":"kid","input":null,"on_cancel":"abandon"}
			ChildWorkflowStarted {"id":2,"workflow_id":"07000000-0000-0000-0000-000000000000:2","workflow_type":"kid","input":null,"on_cancel":"ignore"}
			ChildWorkflowStarted {"id":3,"workflow_id":"07000000-0000-0000-0000-000000000000:3","workflow_type":"kid","input":null,"on_parent_close":"abandon"}
			ChildWorkflowStarted {"id":4,"workflow_id":"07000000-0000-0000-0000-000000000000:4","workflow_type":"kid","input":null,"on_parent_close":"abandon","on_cancel":"ignore"}
			waits: child 1...`},
		{"cancel", `ChildWorkflowCancelled {"id":1,"asked":true}
			waits: child 2...`},
		{"child 4 1", `waits: child 2...`},
		{"child 2 2", `WorkflowCompleted {"result":["cancelled",null,"cancelled",null]}
			closes`},
	}},
	{Name: "race-asks", Does: "races a timer of 1h and activity charge, and returns [index, result of charge]", Activities: []string{"charge"}, Lines: []Line{
		{"turn", `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null}
			TimerStarted {"id":2,"duration":"1h0m0s"}
			waits: timer 2, activity 1 charge`},
		{"fire 2", `ActivityCancelRequested {"id":1}
			waits: activity 1 charge`},
		{"activity 1 5", `WorkflowCompleted {"result":[0,5]}
			closes`},
	}},
	{Name: "try-all-asks", Does: "tries activities charge and ship at once, and returns the kinds of their errors, null if none", Activities: []string{"charge", "ship"}, Lines: []Line{
		{"turn", `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null}
			ActivityScheduled {"id":2,"activity":"ship","queue":"default","input":null}
			waits: activity 1 charge, activity 2 ship`},
		{"activity 1 failed declined no money", `ActivityCancelRequested {"id":2}
			waits: activity 2 ship`},
		{"activity 2 2", `WorkflowCompleted {"result":["declined",null]}
			closes`},
	}},
	{Name: "give-up-asks", Does: "starts activity charge and cancels it twice; returns [done, kind of its error, whether cancellation of the run was requested]", Activities: []string{"charge"}, Lines: []Line{
		{"turn", `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null}
			ActivityCancelRequested {"id":1}
			waits: activity 1 charge`},
		{"activity 1 failed cancelled no worker took it", `WorkflowCompleted {"result":[false,"cancelled",false]}
			closes`},
	}},
	{Name: "info-whole", Does: "waits for signals a and returns [events, bytes, whether to continue, parent, the root's workflow id], as it knows them after the first and the second", Lines: []Line{
		{"turn", `waits: signal 1 a`},
		{"signal a 1", `waits: signal 2 a`},
		{"signal b \"xy\" ; signal a 1", `WorkflowCompleted {"result":[[2,129,false,null,"w"],[4,262,false,null,"w"]]}
			closes`},
	}},
	{Name: "child-options", Does: "starts a child kid with a timeout of 1h and attributes a = 1, b = [\"x\"] and c = null, and returns its result", Lines: []Line{
		{"turn", `ChildWorkflowStarted {"id":1,"workflow_id":"07000000-0000-0000-0000-000000000000:1","workflow_type":"kid","input":null,"timeout":"1h0m0s","attributes":{"a":1,"b":["x"]}}
			waits: child 1...`},
		{"child 1 failed timed_out it was too slow", `WorkflowFailed {"error":{"kind":"timed_out"...
			closes`},
	}},
}
