package wasm_test

import (
	"fmt"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
)

// What only Go has works in workflow code, and every cut and replay of a run leads to the same.
func TestGo(t *testing.T) {
	code, room := build(t, "golang"), newRoom(t, wasm.Config{})
	p := compile(t, room, code, "goroutines", "charge")
	runtimetest.RunCases(t, func(t *testing.T, c runtimetest.Case) (runtime.Program, catalog.Member) {
		member := runtimetest.Member
		member.EntryFunction, _, _ = strings.Cut(c.Name, " ")
		return p, member
	}, golang...)
}

const charge = `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":null}
`

const charge2 = `ActivityScheduled {"id":2,"activity":"charge","queue":"default","input":null}
`

var golang = []runtimetest.Case{
	{Name: "goroutines", Lines: []runtimetest.Line{
		{In: "turn", Out: `ActivityScheduled {"id":1...
			ActivityScheduled {"id":2...
			ActivityScheduled {"id":3...
			waits: activity 1 charge, activity 2 charge, activity 3 charge`},
		{In: "activity 2 7", Out: `waits: activity 1 charge, activity 3 charge`},
		{In: "activity 3 7 ; activity 1 7", Out: `WorkflowCompleted {"result":[7,7,7]}
			closes`},
	}},
	{Name: "Pipeline", Input: "3", Lines: []runtimetest.Line{
		{In: "turn", Out: `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":0}
			waits: activity 1 charge`},
		{In: "activity 1 10", Out: `ActivityScheduled {"id":2,"activity":"charge","queue":"default","input":1}
			waits: activity 2 charge`},
		{In: "activity 2 20", Out: `ActivityScheduled {"id":3,"activity":"charge","queue":"default","input":4}
			waits: activity 3 charge`},
		{In: "activity 3 30", Out: `WorkflowCompleted {"result":60}
			closes`},
	}},
	{Name: "order_of_maps", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge`},
		{In: "activity 1 0", Out: `ActivityScheduled {"id":2...
			waits: activity 2 charge`},
		{In: "activity 2 0", Out: `ActivityScheduled {"id":3...
			waits: activity 3 charge`},
		{In: "activity 3 0", Out: `AttributesUpdated {"attributes":{"trace":"...
			WorkflowCompleted {"result":true}
			closes`},
	}},
	churn(3),
	{Name: "lock", Lines: []runtimetest.Line{
		{In: "turn", Out: `waits: condition 1`},
		{In: "signal a 1 ; signal a 2", Out: `TimerStarted {"id":2,"duration":"1s"}
			waits: condition 1, timer 2`},
		{In: "fire 2", Out: `TimerStarted {"id":3,"duration":"1s"}
			waits: condition 1, timer 3`},
		{In: "fire 3", Out: `WorkflowCompleted {"result":["in 1","out 1","in 2","out 2"]}
			closes`},
	}},
	{Name: "locked_condition", Lines: []runtimetest.Line{
		{In: "turn", Out: `waits: condition 1`},
		{In: "signal a 1", Out: `TimerStarted {"id":2,"duration":"1s"}
			WorkflowFailed {"error":{"kind":"failed","message":"a condition only reads: it waits for something"}}
			closes`},
	}},
	{Name: "waits_for_nothing", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"stuck","message":"the code waits for nothing that can come"}}
			closes`},
	}},
	{Name: "clock", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1m0s"}
			waits: timer 1`},
		{In: "fire 1", Out: `WorkflowCompleted {"result":[true,"2026-01-02T03:04:05Z","2s"]}
			closes`},
	}},
	{Name: "native_timer", Lines: []runtimetest.Line{
		{In: "turn", Out: `waits: condition 1`},
		{In: "signal poke 1", Out: `waits: condition 1`},
		{In: "signal poke 1", Out: `waits: condition 1`},
		{In: "signal poke 1", Out: charge2 + `waits: condition 1, activity 2 charge`},
		{In: "activity 2 1", Out: `WorkflowCompleted {"result":true}
			closes`},
	}},
	{Name: "zones", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowCompleted {"result":"2026-01-02 04:04:05 +0100 CET"}
			closes`},
	}},
	{Name: "numbers", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowCompleted {"result":[21,"234dd609",...
			closes`},
	}},
	{Name: "query_waits", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: signal 2 end`},
		{In: "query blocks", Out: `query_failed: query "blocks" failed: a query handler only reads: it waits for something`},
		{In: "query counts", Out: `1`},
		{In: "query counts", Out: `1`},
		{In: "query result", Out: `query_failed: query "result" failed: main.go:...`},
		{In: "query panics", Out: `query_failed: ...`},
		{In: "query fans 10", Out: `45`},
		{In: "activity 1 5", Out: `waits: signal 2 end`},
		{In: "query result", Out: `5`},
		{In: "signal end 1", Out: `WorkflowCompleted {"result":1}
			closes`},
		{In: "query result", Out: `5`},
	}},
	{Name: "nil_map", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"errors.go:40: assignment to entry in nil map","details":{"stack":["errors.go:44 in nilMap","errors.go:40 in (*cart).add"]}}}
			closes`},
	}},
	{Name: "index", Input: "[1]", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge`},
		{In: "activity 1 0", Out: `WorkflowFailed {"error":{"kind":"failed","message":"errors.go:52: runtime error: index out of range [5] with length 1","details":{"stack":["errors.go:52 in index"]}}}
			closes`},
	}},
	{Name: "panics", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"declined","message":"no money","details":{"stack":["errors.go:18 in init.0.func1"]}}}
			closes`},
	}},
	{Name: "goroutine_panics", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1s"}
			WorkflowFailed {"error":{"kind":"failed","message":"the code trapped: unreachable: panic: nobody catches this"}}
			closes`},
	}},
	{Name: "deep", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"limit_exceeded","message":"the calls of the code are too deep"}}
			closes`},
	}},
	{Name: "exits", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"the code ended the process with status 3"}}
			closes`},
	}},
	{Name: "goexit", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"the code has ended its goroutine by runtime.Goexit"}}
			closes`},
	}},
	{Name: "hungry", Limits: runtime.Limits{MemoryBytes: 16 << 20}, Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"limit_exceeded","message":"the code keeps more than 16777216 bytes"}}
			closes`},
	}},
	{Name: "kinds", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge`},
		{In: "activity 1 failed declined no money", Out: `WorkflowFailed {"error":{"kind":"mine","message":"true no money declined","details":{"stack":["errors.go:73 in kinds"]}}}
			closes`},
	}},
	{Name: "wraps", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge`},
		{In: "activity 1 failed declined no money", Out: `WorkflowFailed {"error":{"kind":"declined","message":"charging: declined: no money"}}
			closes`},
	}},
	{Name: "wraps a cancellation", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge`},
		{In: "cancel enough", Out: `ActivityCancelRequested {"id":1}
			waits: activity 1 charge`},
		{In: "activity 1 failed cancelled it has stopped", Out: `WorkflowCancelled {"reason":"enough"}
			closes`},
	}},
	{Name: "derived", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge`},
		{In: "signal stop 1", Out: `ActivityCancelRequested {"id":1}
			waits: activity 1 charge`},
		{In: "activity 1 failed cancelled it has stopped", Out: `TimerStarted {"id":2,"duration":"1s"}
			TimerCancelled {"id":2}
			WorkflowCompleted {"result":[true,"cancelled",true]}
			closes`},
	}},
	{Name: "deadline", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":2,"duration":"1m0s"}
			waits: signal 1 a, timer 2`},
		{In: "signal a 5", Out: `TimerCancelled {"id":2}
			TimerStarted {"id":4,"duration":"58s"}
			waits: signal 3 a, timer 4`},
		{In: "fire 4", Out: `WorkflowCompleted {"result":[5,"cancelled",true]}
			closes`},
	}},
	{Name: "deadline is cancelled", Lines: []runtimetest.Line{
		{In: "cancel", Out: `WorkflowCancelled {}
			closes`},
	}},
	{Name: "group", Lines: []runtimetest.Line{
		{In: "turn", Out: `ActivityScheduled {"id":1...
			ActivityScheduled {"id":2...
			ActivityScheduled {"id":3...
			waits: activity 1 charge, activity 2 charge, activity 3 charge`},
		{In: "activity 2 failed declined no money", Out: `ActivityCancelRequested...
			ActivityCancelRequested...
			waits: activity 1 charge, activity 3 charge`},
		{In: "activity 1 1 ; activity 3 failed cancelled it has stopped", Out: `WorkflowFailed {"error":{"kind":"declined","message":"no money"...
			closes`},
	}},
	{Name: "done_channel", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1h0m0s"}
			waits: timer 1`},
		{In: "cancel", Out: `TimerCancelled {"id":1}
			ActivityScheduled {"id":2...
			waits: activity 2 charge`},
		{In: "activity 2 1", Out: `WorkflowCancelled {}
			closes`},
	}},
	{Name: "misfit", Input: `{"N":"x"}`, Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"input: json: cannot unmarshal string...
			closes`},
	}},
	{Name: "misfit_of_activity", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge`},
		{In: `activity 1 "x"`, Out: `WorkflowFailed {"error":{"kind":"failed","message":"result of activity charge: json: cannot unmarshal string...
			closes`},
	}},
	{Name: "unwritable", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"result: json: unsupported type: chan int"}}
			closes`},
	}},
	{Name: "bad_timeout", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"errors.go:34: the timeout is 0: it must be more, or be left out"...
			closes`},
	}},
}

// churn is a case in which 8 goroutines wait for activities again and again, whatever their order.
func churn(rounds int) runtimetest.Case {
	c := runtimetest.Case{Name: "churn", Input: fmt.Sprint(rounds)}
	asked := func(from int) (events, waits string) {
		for i := range 8 {
			events += fmt.Sprintf("ActivityScheduled {\"id\":%d...\n", from+i)
		}
		return events, "waits: activity " + fmt.Sprint(from) + " charge..."
	}
	events, waits := asked(1)
	c.Lines = append(c.Lines, runtimetest.Line{In: "turn", Out: events + waits})
	for round := range rounds {
		var done []string
		for i := range 8 {
			done = append(done, fmt.Sprintf("activity %d 1", 8*round+1+i))
		}
		out := fmt.Sprintf("WorkflowCompleted {\"result\":%d}\ncloses", 8*rounds)
		if round < rounds-1 {
			events, _ := asked(8*round + 9)
			out = events + "waits: activity..."
		}
		c.Lines = append(c.Lines, runtimetest.Line{In: strings.Join(done, " ; "), Out: out})
	}
	return c
}
