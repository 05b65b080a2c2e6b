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

// What is thrown is a failure of whoever throws it, also if every look at it fails: of a query, of
// an update or its validator, of a handler of signals, of the run, or of a promise.
func TestThrown(t *testing.T) {
	p := compileModules(t, newRoom(t, wasm.Config{}), bundle(t, "tsonly"), "odd_throws")
	entry := func(*testing.T, runtimetest.Case) (runtime.Program, catalog.Member) {
		member := runtimetest.Member
		member.EntryFunction = "odd_throws"
		return p, member
	}
	runtimetest.RunCases(t, entry, runtimetest.Case{Name: "vast", Input: `"vast"`, Lines: []runtimetest.Line{{In: "turn", Out: "waits: signal 1 end"},
		{In: `signal end "plain"`, Out: `WorkflowFailed {"error":{"kind":"k","message":"m (its details have 2200002 bytes, the limit is 2097152)"}}` + "\ncloses"}}})
	for name, kind := range map[string]string{
		"revoked": "failed", "traps": "failed", "message": "failed", "name": "failed", "stack": "failed", "cause": "failed", "symbol": "failed",
		"text": "failed", "code": "failed", "none": "failed", "nothing": "failed", "details": "k", "huge": "failed", "kind": strings.Repeat("k", 200),
	} {
		lines := []runtimetest.Line{{In: "turn", Out: "waits: signal 1 end"}, {In: "query " + name, Out: `query_failed: query "` + name + `" failed:...`},
			{In: "update u1 " + name + " 1", Out: fmt.Sprintf("UpdateCompleted {\"update_id\":\"u1\",\"result\":null,\"error\":{\"kind\":%q...\nwaits: signal 1 end", kind)},
			{In: "update u2 later_" + name + " 1", Out: "TimerStarted {\"id\":2,\"duration\":\"0s\"}\nwaits: signal 1 end, timer 2"},
			{In: "fire 2", Out: fmt.Sprintf("UpdateCompleted {\"update_id\":\"u2\",\"result\":null,\"error\":{\"kind\":%q...\nwaits: signal 1 end", kind)},
			{In: `signal end "plain"`, Out: fmt.Sprintf("WorkflowFailed {\"error\":{\"kind\":%q...\ncloses", kind)}}
		runtimetest.RunCases(t, entry,
			runtimetest.Case{Name: name, Input: fmt.Sprintf("%q", name), Lines: lines},
			runtimetest.Case{Name: name + " rejected", Input: fmt.Sprintf("%q", name), Lines: []runtimetest.Line{{In: "turn", Out: "waits: signal 1 end"},
				{In: `signal end "rejected"`, Out: "WorkflowFailed {\"error\":{\"kind\":\"unhandled_rejection\"...\ncloses"}}},
			runtimetest.Case{Name: name + " handled", Input: fmt.Sprintf("%q", name), Lines: []runtimetest.Line{{In: "turn", Out: "waits: signal 1 end"},
				{In: `signal end "handled"`, Out: "waits: signal 2 never"}, {In: "signal go 1", Out: fmt.Sprintf("WorkflowFailed {\"error\":{\"kind\":%q...\ncloses", kind)}}})
	}
}
