package wasm_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"aion.dev/aion/catalog"
	"aion.dev/aion/catalog/project"
	"aion.dev/aion/engine/replay"
	"aion.dev/aion/engine/replay/runtimetest"
	"aion.dev/aion/engine/runtime"
	"aion.dev/aion/engine/runtime/wasm"
	"aion.dev/aion/fsm/history"
)

// What only TypeScript has works in workflow code, and every cut and replay of a run leads to the
// same.
func TestTypeScript(t *testing.T) {
	modules, room := bundle(t, "tsonly"), newRoom(t, wasm.Config{})
	p := compileModules(t, room, modules, "together", "charge")
	runtimetest.RunCases(t, func(t *testing.T, c runtimetest.Case) (runtime.Program, catalog.Member) {
		member := runtimetest.Member
		member.EntryFunction, _, _ = strings.Cut(c.Name, " ")
		return p, member
	}, typescript...)
}

// bundle makes the modules of a program in TypeScript below testdata. Without an interpreter the
// test is skipped.
func bundle(t testing.TB, name string) []catalog.Module {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	const config = "language = \"typescript\"\n\n[[workflow]]\ntype = \"test\"\n"
	if err := os.WriteFile(filepath.Join(dir, "workflow.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	built, err := project.Build(dir)
	if missing := (*project.NoInterpreter)(nil); errors.As(err, &missing) {
		t.Skipf("SKIPPED: nothing shows that workflows in TypeScript work: %v", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	modules := built.Modules
	for i, m := range modules {
		modules[i].Name = strings.Replace(m.Name, "main.", "test.", 1)
	}
	return modules
}

// compileModules makes a program whose entry module is test.
func compileModules(t testing.TB, r *wasm.Room, modules []catalog.Module, function string, activities ...string) runtime.Program {
	t.Helper()
	return compileDriver(t, r, catalog.Driver, modules, function, activities...)
}

// compileDriver is compileModules for a package whose scripts have that driver.
func compileDriver(t testing.TB, r *wasm.Room, driver int, modules []catalog.Module, function string, activities ...string) runtime.Program {
	t.Helper()
	p, err := wasm.Compiler{Room: r, Limits: runtime.Limits{Steps: 1_500_000}}.Compile(context.Background(), &catalog.Archive{
		Manifest: catalog.Manifest{Format: 1, ABI: 2, Driver: driver, Activities: activities,
			Workflows: []catalog.Workflow{{Type: "test", EntryModule: "test", EntryFunction: function}}},
		Version: catalog.Version{1},
		Modules: modules,
	})
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return p
}

var typescript = []runtimetest.Case{
	{Name: "together", Lines: []runtimetest.Line{
		{In: "turn", Out: `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":0}
			ActivityScheduled {"id":2,"activity":"charge","queue":"default","input":1}
			ActivityScheduled {"id":3,"activity":"charge","queue":"default","input":2}
			waits: activity 1 charge, activity 2 charge, activity 3 charge`},
		{In: "activity 2 7", Out: `waits: activity 1 charge, activity 3 charge`},
		{In: "activity 3 7 ; activity 1 7", Out: `WorkflowCompleted {"result":[7,8,9]}
			closes`},
	}},
	{Name: "promise_race", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1h0m0s"}
			waits: timer 1, signal 2 a`},
		{In: "signal a 5", Out: `WorkflowCompleted {"result":[5,false]}
			closes`},
	}},
	{Name: "shared", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge, activity 1 charge`},
		{In: "activity 1 5", Out: `WorkflowCompleted {"result":[5,6,5,{"ok":true,"value":5},false,"[object Future]"]}
			closes`},
	}},
	{Name: "ignored", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: signal 2 end`},
		{In: "activity 1 failed declined no money", Out: `waits: signal 2 end`},
		{In: "signal end 1", Out: `WorkflowCompleted {"result":"fine"}
			closes`},
	}},
	{Name: "rejected", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge, signal 2 end`},
		{In: "activity 1 5", Out: `WorkflowFailed {"error":{"kind":"unhandled_rejection","message":"RangeError: nobody catches this","details":{"stack":["promises.ts:35"]}}}
			closes`},
	}},
	{Name: "handled_later", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowCompleted {"result":"no"}
			closes`},
	}},
	{Name: "waits_for_nothing", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"stuck","message":"the code waits for nothing that can come"}}
			closes`},
	}},
	{Name: "mailbox", Lines: []runtimetest.Line{
		{In: "turn", Out: `waits: `},
		{In: "signal a 1 ; signal a 2", Out: `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":1}
			waits: activity 1 charge`},
		{In: "activity 1 10", Out: `ActivityScheduled {"id":2,"activity":"charge","queue":"default","input":2}
			waits: activity 2 charge`},
		{In: "activity 2 10", Out: `waits: `},
		{In: "signal a 3", Out: `ActivityScheduled {"id":3,"activity":"charge","queue":"default","input":3}
			waits: activity 3 charge`},
		{In: "activity 3 10", Out: `WorkflowCompleted {"result":30}
			closes`},
	}},
	{Name: "iterates", Lines: []runtimetest.Line{
		{In: "turn", Out: `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":0}
			waits: activity 1 charge`},
		{In: "activity 1 10", Out: `ActivityScheduled {"id":2,"activity":"charge","queue":"default","input":1}
			waits: activity 2 charge`},
		{In: "activity 2 20", Out: `WorkflowCompleted {"result":{"value":30,"entries":["a1"]}}
			closes`},
	}},
	{Name: "asks", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: signal 2 end`},
		{In: "query counts", Out: `1`},
		{In: "query counts", Out: `1`},
		{In: "query done", Out: `false`},
		{In: "query result", Out: `query_failed: query "result" failed: a query handler only reads: ...`},
		{In: "query blocks", Out: `query_failed: query "blocks" failed: a query handler only reads: it waits for something`},
		{In: "query throws", Out: `query_failed: query "throws" failed: TypeError: a mistake...`},
		{In: "query writes", Out: `query_failed: query "writes" failed: a query handler only reads: ...`},
		{In: "query unwritable", Out: `query_failed: query "unwritable" failed: result: ...`},
		{In: "activity 1 5", Out: `waits: signal 2 end`},
		{In: "query done", Out: `true`},
		{In: "query result", Out: `5`},
		{In: "signal end 1", Out: `WorkflowCompleted {"result":1}
			closes`},
		{In: "query result", Out: `5`},
	}},
	{Name: "odd_conditions", Input: `"promise"`, Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"a condition returns a promise: it must say at once whether it holds"...
			closes`},
	}},
	{Name: "odd_conditions fail", Input: `"fail"`, Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"TypeError: a mistake"...
			closes`},
	}},
	{Name: "validates", Lines: []runtimetest.Line{
		{In: "turn", Out: `waits: signal 1 end`},
		{In: "validate add 10", Out: `update "add" is rejected: too much`},
		{In: "validate add 9", Out: `asked`},
		{In: "update u1 again", Out: `UpdateCompleted {"update_id":"u1","result":null,"error":{"kind":"failed","message":"a handler cannot continue the run as a new one...
			waits: signal 1 end`},
		{In: "signal end 1", Out: `WorkflowCompleted {"result":1}
			closes`},
	}},
	{Name: "goes_on", Input: "1", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":2,"duration":"1s"}
			waits: timer 2, signal 1 a`},
		{In: "fire 2", Out: `SignalSent {"workflow_id":"x","name":"bye","payload":null}
			WorkflowContinuedAsNew {"input":2}
			closes`},
	}},
	{Name: "odd_answers", Lines: []runtimetest.Line{
		{In: "turn", Out: `waits: signal 1 end`},
		{In: "query rule", Out: `{"if":1,"then":"x"}`},
		{In: "query twice", Out: `1`},
		{In: "query both", Out: `query_failed: query "both" failed: no`},
		{In: "query getters", Out: `query_failed: query "getters" failed: an error that cannot be told`},
		{In: "query rejects", Out: `1`},
		{In: "update u1 rule 1", Out: `UpdateCompleted {"update_id":"u1","result":{"if":1,"then":"x"}}
			waits: signal 1 end`},
		{In: "update u2 twice 1", Out: `UpdateCompleted {"update_id":"u2","result":1}
			waits: signal 1 end`},
		{In: "update u3 both 1", Out: `UpdateCompleted {"update_id":"u3","result":null,"error":{"kind":"failed","message":"no"}}
			waits: signal 1 end`},
		{In: "update u4 fails 1", Out: `UpdateCompleted {"update_id":"u4","result":null,"error":{"kind":"failed","message":"odd"...
			waits: signal 1 end`},
		{In: "update u5 getters 1", Out: `UpdateCompleted {"update_id":"u5","result":null,"error":{"kind":"failed","message":"an error that cannot be told"}}
			waits: signal 1 end`},
		{In: "update u6 later 1", Out: `UpdateCompleted {"update_id":"u6","result":null,"error":{"kind":"failed","message":"an error that cannot be told"}}
			waits: signal 1 end`},
		{In: "signal end 1", Out: `WorkflowCompleted {"result":[true,1,{"if":1,"then":"x"}]}
			closes`},
	}},
	{Name: "odd_result", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowCompleted {"result":{"if":1,"then":"x"}}
			closes`},
	}},
	{Name: "long_sleep", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"the duration is 1152921504606847000: it is longer than 100 years"...
			closes`},
	}},
	{Name: "race_fails", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1h0m0s"}
			` + charge2 + `waits: timer 1, activity 2 charge`},
		{In: "activity 2 failed declined no money", Out: `TimerCancelled {"id":1}
			WorkflowFailed {"error":{"kind":"declined","message":"no money","details":{"stack":["promises.ts:146 in race_fails"]}}}
			closes`},
	}},

	{Name: "empty", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowCompleted {"result":[[],[],"there is no future to wait for"]}
			closes`},
	}},
	{Name: "no_futures", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1s"}
			WorkflowFailed {"error":{"kind":"failed","message":"these are not all futures: ...
			closes`},
	}},

	{Name: "scope_cancels", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"2h0m0s"}
			ActivityScheduled {"id":2,"activity":"charge","queue":"default","input":1}
			ActivityScheduled {"id":3,"activity":"charge","queue":"default","input":2}
			waits: activity 2 charge, activity 3 charge`},
		{In: "activity 2 5", Out: `TimerStarted {"id":4,"duration":"1h0m0s"}
			waits: activity 3 charge, timer 4`},
		{In: "signal stop 1", Out: `ActivityCancelRequested {"id":3}
			TimerCancelled {"id":4}
			waits: activity 3 charge`},
		{In: "activity 3 failed cancelled it has stopped", Out: `ActivityScheduled {"id":5,"activity":"charge","queue":"default","input":3}
			ActivityCancelRequested {"id":5}
			waits: activity 5 charge`},
		{In: "activity 5 failed cancelled nobody took it", Out: `TimerStarted {"id":6,"duration":"1s"}
			waits: timer 6`},
		{In: "fire 6", Out: `WorkflowCompleted {"result":[["cancelled","cancelled","cancelled",true,false],false,null]}
			closes`},
	}},
	{Name: "scope_times", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1m0s"}
			ActivityScheduled {"id":2,"activity":"charge","queue":"default","input":1}
			waits: timer 1, activity 2 charge`},
		{In: "activity 2 5", Out: `TimerCancelled {"id":1}
			TimerStarted {"id":3,"duration":"1m0s"}
			ActivityScheduled {"id":4,"activity":"charge","queue":"default","input":2}
			TimerStarted {"id":5,"duration":"1h0m0s"}
			waits: timer 3, activity 4 charge, timer 5`},
		{In: "fire 3", Out: `ActivityCancelRequested {"id":4}
			TimerCancelled {"id":5}
			WorkflowCompleted {"result":[5,"cancelled"]}
			closes`},
	}},
	{Name: "scope_shields", Lines: []runtimetest.Line{
		{In: "turn", Out: `ActivityScheduled {"id":1,"activity":"charge","queue":"default","input":1,"on_cancel":"ignore"}
			TimerStarted {"id":2,"duration":"1h0m0s"}
			waits: activity 1 charge, timer 2`},
		{In: "cancel", Out: `TimerCancelled {"id":2}
			waits: activity 1 charge`},
		{In: "activity 1 5", Out: `ChildWorkflowStarted {"id":3,"workflow_id":"07000000-0000-0000-0000-000000000000:3","workflow_type":"kid","input":null,"on_cancel":"ignore"}
			waits: child 3...`},
		{In: "child 3 6", Out: `WorkflowCompleted {"result":["cancelled",[5,6],true]}
			closes`},
	}},
	{Name: "scope_learns", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1h0m0s"}
			waits: timer 1`},
		{In: "cancel", Out: `TimerCancelled {"id":1}
			` + charge2 + `ActivityCancelRequested {"id":2}
			waits: activity 2 charge`},
		{In: "activity 2 failed cancelled nobody took it", Out: `TimerStarted {"id":3,"duration":"1s"}
			waits: timer 3`},
		{In: "fire 3", Out: `WorkflowCompleted {"result":[true,"cancelled",null]}
			closes`},
	}},
	{Name: "scope_nests", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1h0m0s"}
			TimerStarted {"id":2,"duration":"1h0m0s"}
			TimerStarted {"id":3,"duration":"1h0m0s"}
			TimerStarted {"id":4,"duration":"1m0s"}
			TimerStarted {"id":5,"duration":"2m0s"}
			waits: timer 1, timer 2, timer 3, timer 4, timer 5, signal 6 a`},
		{In: "signal a 1", Out: `TimerCancelled {"id":1}
			TimerCancelled {"id":2}
			TimerCancelled {"id":3}
			waits: timer 4, timer 5`},
		{In: "fire 4 ; fire 5", Out: `TimerStarted {"id":7,"duration":"1s"}
			TimerCancelled {"id":7}
			TimerStarted {"id":8,"duration":"1s"}
			waits: timer 8`},
		{In: "fire 8", Out: `WorkflowCompleted {"result":[["cancelled","cancelled","cancelled"],null,null,"cancelled",null]}
			closes`},
	}},
	{Name: "scope_leaves", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1h0m0s"}
			TimerStarted {"id":2,"duration":"2h0m0s"}
			TimerCancelled {"id":1}
			TimerCancelled {"id":2}
			WorkflowCompleted {"result":["cancelled","cancelled"]}
			closes`},
	}},
	{Name: "scope_of_the_run", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1h0m0s"}
			TimerStarted {"id":2,"duration":"2h0m0s"}
			TimerStarted {"id":3,"duration":"3h0m0s"}
			TimerStarted {"id":4,"duration":"1s"}
			waits: timer 2, timer 3, timer 4`},
		{In: "fire 4", Out: `TimerStarted {"id":5,"duration":"4h0m0s"}
			TimerStarted {"id":6,"duration":"5h0m0s"}
			TimerCancelled {"id":1}
			TimerCancelled {"id":5}
			TimerCancelled {"id":6}
			waits: timer 2, timer 3`},
		{In: "fire 2 ; fire 3", Out: `TimerStarted {"id":7,"duration":"1s"}
			waits: timer 7`},
		{In: "fire 7", Out: `WorkflowCompleted {"result":["cancelled","cancelled","cancelled",[null,null],null]}
			closes`},
	}},
	{Name: "scope_conditions", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1s"}
			waits: timer 1, condition 2`},
		{In: "fire 1", Out: `WorkflowCompleted {"result":"cancelled"}
			closes`},
	}},

	{Name: "type_error", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"TypeError: cannot read property 'set' of undefined","details":{"stack":["errors.ts:12 in type_error","errors.ts:7 in add"]}}}
			closes`},
	}},
	{Name: "after_a_wait", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge`},
		{In: "activity 1 5", Out: `WorkflowFailed {"error":{"kind":"failed","message":"late","details":{"stack":["errors.ts:17 in after_a_wait"]}}}
			closes`},
	}},
	{Name: "lets_through", Lines: []runtimetest.Line{
		{In: "turn", Out: `ActivityScheduled {"id":1...
			waits: activity 1 charge`},
		{In: "activity 1 failed declined no money", Out: `WorkflowFailed {"error":{"kind":"declined","message":"no money","details":{"stack":["errors.ts:24 in pay"]}}}
			closes`},
	}},
	{Name: "kinds", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge`},
		{In: "activity 1 failed declined no money", Out: `ChildWorkflowStarted {"id":2...
			waits: child 2...`},
		{In: "child 2 failed broken it broke", Out: `WorkflowFailed {"error":{"kind":"mine","message":"ActivityFailed: no money charge kid declined","details":{}}}
			closes`},
	}},
	{Name: "wraps", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge`},
		{In: "activity 1 failed declined no money", Out: `WorkflowFailed {"error":{"kind":"declined","message":"charging: no money","details":{"stack":["errors.ts:41 in wraps"]}}}
			closes`},
	}},
	{Name: "wraps a cancellation", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge`},
		{In: "cancel enough", Out: `ActivityCancelRequested {"id":1}
			waits: activity 1 charge`},
		{In: "activity 1 failed cancelled it has stopped", Out: `WorkflowCancelled {"reason":"enough"}
			closes`},
	}},
	{Name: "own_class", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"out_of_stock","message":"no lamp","details":{"stack":["errors.ts:50 in own_class","errors.ts:48 in OutOfStock"]}}}
			closes`},
	}},
	{Name: "own_name", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"Odd: not even","details":{"stack":["errors.ts:57 in own_name","errors.ts:55 in Odd"]}}}
			closes`},
	}},
	{Name: "throws_text", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"just text"}}
			closes`},
	}},
	{Name: "throws_object", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"plain","message":"an object","details":[1],"retryable":true}}
			closes`},
	}},
	{Name: "unwritable", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"result: ...
			closes`},
	}},
	{Name: "returns_function", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"result: a function is no JSON value"}}
			closes`},
	}},
	{Name: "bad_input", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"activity charge: ...
			closes`},
	}},
	{Name: "function_as_input", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"input: a function is no JSON value","details":{"stack":["errors.ts:83 in function_as_input"]}}}
			closes`},
	}},
	{Name: "bad_timeout", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"the timeout is 0: it must be more, or be left out","details":{"stack":["errors.ts:87 in bad_timeout"]}}}
			closes`},
	}},
	{Name: "bad_duration", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"the timeout is \"1 hour\": it must be a number of milliseconds, or a text such as \"1h30m\""...
			closes`},
	}},
	{Name: "far_inside", Input: "20", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"failed","message":"here","details":{"stack":[` + strings.Repeat(`"errors.ts:121 in far_inside",`, 20) + `"errors.ts:119 in far_inside"]}}}
			closes`},
	}},
	{Name: "deep", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"limit_exceeded","message":"the calls of the code are too deep"}}
			closes`},
	}},
	{Name: "hungry", Limits: runtime.Limits{MemoryBytes: 16 << 20}, Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"limit_exceeded","message":"the code keeps more than 16777216 bytes"}}
			closes`},
	}},
	{Name: "stubborn", Limits: runtime.Limits{Steps: 100_000}, Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowFailed {"error":{"kind":"limit_exceeded","message":"the turn makes more than 100000 steps"}}
			closes`},
	}},

	{Name: "clock", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1m0s"}
			waits: timer 1`},
		{In: "fire 1", Out: `WorkflowCompleted {"result":[true,"2026-01-02T03:04:05.000Z",2000,"Fri Jan 02 2026 00:00:00 GMT+0000",true,true,"string",0,true]}
			closes`},
	}},
	{Name: "timeouts", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"500ms"}
			TimerStarted {"id":2,"duration":"1s"}
			TimerCancelled {"id":1}
			waits: timer 2, condition 3`},
		{In: "fire 2", Out: `WorkflowCompleted {"result":[1,2]}
			closes`},
	}},
	{Name: "timeout_throws", Lines: []runtimetest.Line{
		{In: "turn", Out: `TimerStarted {"id":1,"duration":"1s"}
			TimerStarted {"id":2,"duration":"1h0m0s"}
			waits: timer 1, timer 2`},
		{In: "fire 1", Out: `WorkflowFailed {"error":{"kind":"unhandled_rejection","message":"too late"...
			closes`},
	}},
	{Name: "numbers", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowCompleted {"result":[true,36,true]}
			closes`},
	}},
	{Name: "drawn_early", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowCompleted {"result":[true,false]}
			closes`},
	}},
	{Name: "present", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowCompleted {"result":["atob","queueMicrotask","BigInt","Iterator","DOMException"]}
			closes`},
	}},
	{Name: "missing", Lines: []runtimetest.Line{
		{In: "turn", Out: `WorkflowCompleted {"result":[]}
			closes`},
	}},
	{Name: "logs", Lines: []runtimetest.Line{
		{In: "turn", Out: charge + `waits: activity 1 charge`},
		{In: "activity 1 5", Out: `WorkflowCompleted {"result":5}
			closes`},
	}},
}

// Numbers of JavaScript do not hold all nanoseconds, and a Date drops what is below a millisecond.
func TestTypeScriptFireTime(t *testing.T) {
	p := compileModules(t, newRoom(t, wasm.Config{}), bundle(t, "tsonly"), "fire_time")
	member := runtimetest.Member
	member.EntryFunction = "fire_time"
	for ms := int64(1_767_323_045_000); ms < 1_767_323_045_020; ms++ {
		m, err := replay.New(replay.Config{Program: p, Member: member}, history.Event{Seq: 1, At: 1, Data: &history.WorkflowStarted{
			WorkflowID: "w", RunID: history.RunID{7}, WorkflowType: member.Type, Version: p.Version(), Schedule: "s", FireTime: history.Time(ms * 1e6), Attempt: 1}})
		if err != nil {
			t.Fatal(err)
		}
		step, err := m.Next(context.Background(), nil)
		if err != nil {
			t.Fatal(err)
		}
		if done := step.Asked[0].(*history.WorkflowCompleted); string(done.Result) != strconv.FormatInt(ms, 10) {
			t.Errorf("%d is told as %s", ms, done.Result)
		}
		m.Close()
	}
}
